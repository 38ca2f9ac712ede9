"""Charts of one object: what its score is made of, its grades from run to run, its records in time."""

import altair as alt
import pandas as pd

from dashboards.theme import ACCENT, BAD, GOOD, INK, QUIET, grade_scale, styled
from engine.messages import Translate

KINDS = {
    "penalties": "diamond",
    "listings": "square",
    "inspections": "circle",
    "complaints": "triangle-up",
    "repairs": "cross",
}
"""Kinds of records on the chart of time, with their shapes."""


def contributions(points: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return the stored points of every reason as signed bars, the heaviest first.

    Parameters
    ----------
    points : DataFrame, one row per reason in order; reads ``reason`` (short words) and ``points``.
    translate : the language of labels.
    """
    _ = translate
    shown = points.assign(
        said=[f"{value:+,.1f}" for value in points["points"]],
        sign=[_("raises the score") if value > 0 else _("lowers the score") for value in points["points"]],
    )
    signs = [_("raises the score"), _("lowers the score")]
    low, high = min(0.0, float(points["points"].min())), max(0.0, float(points["points"].max()))
    room = (high - low) * 0.25 or 1.0  # the figure stands beside its bar, on a phone too
    base = alt.Chart(shown).encode(
        y=alt.Y("reason:N", sort=list(points["reason"]), title=None, axis=None, scale=alt.Scale(padding=0)),
        x=alt.X(
            "points:Q",
            title=_("Points"),
            scale=alt.Scale(domain=[low - (room if low < 0 else 0), high + room], nice=False),
            axis=alt.Axis(tickCount=5),
        ),
    )
    colour = alt.Color("sign:N", scale=alt.Scale(domain=signs, range=[BAD, GOOD]), legend=None)
    below = 10
    bars = base.mark_bar(height=14, yOffset=below).encode(color=colour)
    right = base.mark_text(align="left", dx=5, dy=below, fontSize=12, color=INK).encode(text="said:N")
    left = base.mark_text(align="right", dx=-5, dy=below, fontSize=12, color=INK).encode(text="said:N")
    names = base.mark_text(align="left", dy=-8, fontSize=13, color=INK, limit=alt.ExprRef("width")).encode(
        text="reason:N", x=alt.value(2)
    )
    return styled(
        alt.layer(
            bars, names, right.transform_filter("datum.points >= 0"), left.transform_filter("datum.points < 0")
        ).properties(height=alt.Step(42), width="container")
    )


def grade_course(steps: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return the score of every run as a step line with the letter and shape of the grade it had.

    Parameters
    ----------
    steps : DataFrame, one row per run in order; reads ``day`` (ISO text), ``score`` (null without one), ``grade`` and
        ``tag`` (letter and shape).
    translate : the language of labels.
    """
    _ = translate
    grades, colours, shapes = grade_scale()
    shown = steps.dropna(subset=["score"])
    top = max(1.0, float(shown["score"].max()) * 1.2) if len(shown) else 1.0
    base = alt.Chart(shown).encode(
        x=alt.X(
            "day:T",
            title=_("As of"),
            scale=alt.Scale(padding=30),
            axis=alt.Axis(format="%Y-%m-%d", labelOverlap=True, tickCount=6),
        ),
        y=alt.Y("score:Q", title=_("Score"), scale=alt.Scale(domain=[0, top], nice=False)),
        tooltip=[
            alt.Tooltip("day:T", title=_("As of"), format="%Y-%m-%d"),
            alt.Tooltip("tag:N", title=_("Grade")),
            alt.Tooltip("score:Q", title=_("Score"), format=",.1f"),
        ],
    )
    line = base.mark_line(interpolate="step-after", color=QUIET, strokeWidth=1.5)
    dots = base.mark_point(size=110, filled=True, opacity=1).encode(
        color=alt.Color("grade:N", scale=alt.Scale(domain=grades, range=colours), legend=None),
        shape=alt.Shape("grade:N", scale=alt.Scale(domain=grades, range=shapes), legend=None),
    )
    said = base.mark_text(dy=-15, fontSize=13, color=INK).encode(text="tag:N")
    return styled(alt.layer(line, dots, said).properties(height=200, width="container"))


def timeline(records: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return the records on lanes by kind: the shape says the kind, full those that count, hollow those that do not.

    Parameters
    ----------
    records : DataFrame, one row per record; reads ``day`` (ISO text), ``table`` (of :data:`KINDS`), ``kind`` (words),
        ``counts`` (bool), ``status`` (words), ``number`` and ``told``.
    translate : the language of labels.
    """
    _ = translate
    counted, not_counted = _("counts"), _("does not count")
    shown = records.assign(standing=[counted if each else not_counted for each in records["counts"]])
    kinds = records.drop_duplicates("table").set_index("table")["kind"]
    order = [str(kinds[table]) for table in KINDS if table in kinds.index]
    shapes = [shape for table, shape in KINDS.items() if table in kinds.index]
    colour = alt.Scale(domain=[counted, not_counted], range=[ACCENT, QUIET])
    base = alt.Chart(shown).encode(
        x=alt.X(
            "day:T",
            title=_("Day"),
            scale=alt.Scale(padding=12),
            axis=alt.Axis(format="%Y", labelOverlap=True, tickCount="year"),
        ),
        y=alt.Y("kind:N", sort=order, title=None, axis=alt.Axis(ticks=False, labelLimit=180, grid=True)),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=order, range=shapes), legend=None),
        color=alt.Color("standing:N", scale=colour, title=None, legend=alt.Legend(orient="top", symbolType="circle")),
        tooltip=[
            alt.Tooltip("day:T", title=_("Day"), format="%Y-%m-%d"),
            alt.Tooltip("kind:N", title=_("Kind")),
            alt.Tooltip("number:N", title=_("Record number")),
            alt.Tooltip("status:N", title=_("Counts")),
            alt.Tooltip("told:N", title=_("Details")),
        ],
    )
    full = base.transform_filter("datum.counts").mark_point(size=90, filled=True, opacity=0.85)
    hollow = base.transform_filter("!datum.counts").mark_point(size=90, filled=False, strokeWidth=1.8, opacity=0.9)
    return styled(alt.layer(hollow, full).properties(height=alt.Step(42), width="container"))
