"""Joint punishment as charts with their tables: the funnel, departments by measures, what followed a measure."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import altair as alt
import pandas as pd

from dashboards import queries, words
from dashboards.theme import ACCENT, BAD, INK, QUIET, styled
from dashboards.view import View
from engine.api.desk import Action
from engine.messages import N_, Translate
from engine.outcomes.punishment import STEP_WORDS

TINTS = ("#B3261E", "#F4F6F8", "#1F4E79")
MONTHS = 12
WRAPPED = 10
"""Characters of a line beside the tiles: a phone shows tiles too."""
PUSHED = "pushed"


def number(value: float | None) -> str:
    """Return a number of days, a dash where there is none."""
    return words.NOTHING if words.is_missing(value) else f"{value:,g}"


def funnel_table(funnel: pd.DataFrame, translate: Translate) -> pd.DataFrame:
    """Return one row per step as the reader sees it."""
    _ = translate
    spans = zip(funnel["median_days"], funnel["low"], funnel["high"], strict=True)
    return pd.DataFrame(
        {
            _("Step"): [_(STEP_WORDS[str(each)]) for each in funnel["step"]],
            _("Cases"): funnel["n"].map(words.count),
            _("Share of all cases"): funnel["share"].map(words.share),
            _("Number of departments"): funnel["n_departments"].map(words.count),
            _("Median days since the step before"): [_span(*each) for each in spans],
            _("n of the median"): [_count(each) for each in funnel["n_timed"]],
            _("Still waiting"): [_count(each) for each in funnel["n_open"]],
            _("Overdue now"): [_count(each) for each in funnel["n_overdue"]],
            _("Came late"): [_count(each) for each in funnel["n_late"]],
            _("Limit (working days)"): [_count(each) for each in funnel["limit_days"]],
        }
    )


def _span(median: float | None, low: float | None, high: float | None) -> str:
    return number(median) if words.is_missing(median) else f"{number(median)} ({number(low)} – {number(high)})"


def _count(value: object) -> str:
    return words.NOTHING if pd.isna(value) else words.count(int(value))  # type: ignore[call-overload, arg-type]


def funnel_chart(funnel: pd.DataFrame, translate: Translate) -> alt.TopLevelMixin:
    """Return a bar per step with its cases, its median days and, in red, how many are overdue."""
    _ = translate
    shown = funnel.assign(
        label=[_step(row, _) for row in funnel.to_dict("records")],
        text=[_said(row, _) for row in funnel.to_dict("records")],
        overdue=[
            _("{n} overdue").format(n=words.count(n)) if not pd.isna(n) and n > 0 else "" for n in funnel["n_overdue"]
        ],
    )[["label", "text", "overdue", "n"]]
    top = alt.Scale(domain=[0, max(1.0, float(shown["n"].max()) * 2)], nice=False)
    counts = alt.Axis(format=",d", tickMinStep=1, tickCount=4, labelOverlap=True)
    base = alt.Chart(shown).encode(
        y=alt.Y("label:N", sort=list(shown["label"]), title=None, axis=None, scale=alt.Scale(padding=0)),
        x=alt.X("n:Q", scale=top, title=_("Cases"), axis=counts),
    )
    # the step stands above its bar: beside it, a phone would have no room for the words
    left = {"align": "left", "dx": 6, "fontSize": 12}
    steps = base.mark_text(align="left", dy=-17, fontSize=13, color=INK).encode(
        text=alt.Text("label:N"), x=alt.value(2)
    )
    said = base.mark_text(dy=2, color=INK, **left).encode(text=alt.Text("text:N"))
    late = base.mark_text(dy=16, color=BAD, **left).encode(text=alt.Text("overdue:N"))
    bars = base.mark_bar(height=18, yOffset=9, color=ACCENT)
    return styled(alt.layer(bars, steps, said, late).properties(height=alt.Step(56), width="container"))


def _step(row: Mapping[Any, Any], translate: Translate) -> str:
    _ = translate
    name = _(STEP_WORDS[row["step"]])
    if row["step"] != PUSHED or not row["n_departments"]:
        return name
    return _("{step} to {n} department(s)").format(step=name, n=words.count(row["n_departments"]))


def _said(row: Mapping[Any, Any], translate: Translate) -> str:
    _ = translate
    parts = [words.count(row["n"])]
    if not words.is_missing(row["median_days"]):
        parts.append(_("{days} days").format(days=number(row["median_days"])))
    if not pd.isna(row["n_open"]) and row["n_open"] > 0:
        parts.append(_("{n} waiting").format(n=words.count(row["n_open"])))
    return " · ".join(parts)


def board_table(board: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return one row per department and measure as the reader sees it."""
    _ = view.translate
    ends = zip(board["low"], board["high"], strict=True)
    return pd.DataFrame(
        {
            _("Department"): queries.unit_names(view, board["department"], needs=Action.SEE_PUNISHMENTS),
            _("Measure"): [lawful_name(*each) for each in zip(board["measure"], board["is_lawful"], strict=True)],
            _("In time"): board["n_in_time"].map(words.count),
            "n": board["n"].map(words.count),
            _("Share in time"): board["share"].map(words.share),
            _("Interval"): [words.share_interval(*each) for each in ends],
            _("Not due yet"): board["n_waiting"].map(words.count),
            _("Remark"): [_("too few") if small else "" for small in board["is_small"]],
        }
    )


def lawful_name(measure: str, is_lawful: bool) -> str:  # noqa: FBT001 - a cell of two columns
    """Return a measure behind the sign of whether it may be taken today."""
    return f"{'✓' if is_lawful else '✗'} {measure}"


FEW = 3
"""Departments whose names still stand beside each other under a chart."""


def board_chart(board: pd.DataFrame, view: View) -> alt.TopLevelMixin:
    """Return tiles, measure by department: redder the fewer were in time; few cases make a hollow tile."""
    _ = view.translate
    shown = board.assign(
        unit=queries.unit_names(view, board["department"], needs=Action.SEE_PUNISHMENTS),
        name=[lawful_name(*each) for each in zip(board["measure"], board["is_lawful"], strict=True)],
        text=[
            _("too few") if small else words.share(each, digits=0)
            for each, small in zip(board["share"], board["is_small"], strict=True)
        ],
        rows=[f"n={words.count(each)}" for each in board["n"]],
    )
    shown["label"] = ["\n".join(wrap(each, WRAPPED)) for each in shown["name"]]
    lines = alt.Axis(labelExpr="split(datum.label, '\\n')", labelFontSize=12, ticks=False, domain=False, labelLimit=200)
    angle = 0 if shown["unit"].nunique() <= FEW else -45
    below = alt.Axis(labelAngle=angle, labelFontSize=12, labelLimit=150, ticks=False, domain=False)
    base = alt.Chart(shown[["unit", "label", "name", "text", "rows", "share", "is_small"]]).encode(
        x=alt.X("unit:N", title=None, axis=below),
        y=alt.Y("label:N", title=None, axis=lines),
        tooltip=[
            alt.Tooltip("unit:N", title=_("Department")),
            alt.Tooltip("name:N", title=_("Measure")),
            alt.Tooltip("text:N", title=_("Share in time")),
            alt.Tooltip("rows:N", title="n"),
        ],
    )
    colour = alt.Color("share:Q", scale=alt.Scale(domain=[0, 0.5, 1], range=list(TINTS)), legend=None)
    full = base.transform_filter("!datum.is_small").mark_rect(stroke="white", strokeWidth=2).encode(color=colour)
    hollow = base.transform_filter("datum.is_small").mark_rect(
        fill="white", stroke=QUIET, strokeWidth=1, strokeDash=[3, 3]
    )
    ink = alt.condition("!datum.is_small && abs(datum.share - 0.5) > 0.3", alt.value("white"), alt.value(INK))
    said = [
        base.mark_text(fontSize=size, dy=dy).encode(text=f"{name}:N", color=ink)
        for name, size, dy in (("text", 12, -7), ("rows", 10, 8))
    ]
    return styled(alt.layer(full, hollow, *said).properties(height=alt.Step(52), width="container"))


ARMS = {True: N_("after a measure"), False: N_("like firms without one")}


def curve_table(curve: pd.DataFrame, translate: Translate) -> pd.DataFrame:
    """Return the share without a violation by the twelfth month, with and without a measure."""
    _ = translate
    last = curve[curve["month"] == MONTHS]
    return pd.DataFrame(
        {
            _("Which firms"): [_(ARMS[bool(each)]) for each in last["is_with"]],
            _("No violation by month 12"): last["unfound"].map(words.share),
            _("Interval"): [words.share_interval(*each) for each in zip(last["low"], last["high"], strict=True)],
        }
    )
