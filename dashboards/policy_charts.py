"""Charts of a ratio policy: whom it visits more or less, and what precision costs in findings."""

import altair as alt
import pandas as pd

from dashboards.theme import ACCENT, INK, QUIET, styled
from dashboards.words import change
from engine.messages import Translate

MORE, LESS = "#C44E00", "#0072B2"


def burden_change(groups: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return one bar per group: expected visits more (right, up-triangle) or less (left, down-triangle).

    Parameters
    ----------
    groups : DataFrame, one row per group; reads ``label`` (words), ``change`` (expected visits), ``verdict`` (more,
        less, same), ``visits_before``, ``visits_after`` and ``firms``.
    """
    _ = translate
    marks = {"more": "▲", "less": "▼", "same": "="}
    shown = groups.assign(
        text=[f"{marks[how]} {change(value)}" for how, value in zip(groups["verdict"], groups["change"], strict=True)],
        end=groups["change"].clip(lower=0),
    )
    reach = max(1.0, float(groups["change"].abs().max())) * 1.35
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    names = list(shown["label"])
    axis = alt.Axis(labelLimit=260, ticks=False, domain=False)
    base = alt.Chart(shown).encode(
        y=alt.Y("label:N", sort=names, title=None, axis=axis),
        tooltip=[
            alt.Tooltip("label:N", title=_("Group")),
            alt.Tooltip("firms:Q", title=_("Objects"), format=","),
            alt.Tooltip("visits_before:Q", title=_("Visits under the ratios in force"), format=",.1f"),
            alt.Tooltip("visits_after:Q", title=_("Visits under the ratios tried"), format=",.1f"),
        ],
    )
    x = alt.X(
        "change:Q", scale=scale, title=_("Expected visits more or less"), axis=alt.Axis(format="+,.1f", tickCount=5)
    )
    bars = base.mark_bar(height=16).encode(
        x=x,
        color=alt.Color(
            "verdict:N", scale=alt.Scale(domain=["more", "less", "same"], range=[MORE, LESS, QUIET]), legend=None
        ),
    )
    said = base.mark_text(align="left", dx=6, fontSize=12, color=INK).encode(
        x=alt.X("end:Q", scale=scale), text="text:N"
    )
    return styled(alt.layer(bars, said).properties(height=alt.Step(28), width="container"))


def findings_against_precision(points: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return the curve of best plans with the present and the tried ratios beside it.

    Parameters
    ----------
    points : DataFrame; reads ``where`` (words: best plans, ratios in force, ratios tried, in that order), ``plan``,
        ``findings``, ``total_cv`` (0..1) and ``checks``.
    """
    _ = translate
    names = list(dict.fromkeys(points["where"]))
    best = points[points["where"] == names[0]].sort_values("total_cv")
    base = alt.Chart(points).encode(
        x=alt.X(
            "total_cv:Q",
            title=_("Coefficient of variation of the next measurement"),
            scale=alt.Scale(zero=False, padding=24),
            axis=alt.Axis(format=".1%", tickCount=6),
        ),
        y=alt.Y(
            "findings:Q",
            title=_("Findings of the year"),
            scale=alt.Scale(zero=False, padding=24),
            axis=alt.Axis(format=",d", tickCount=6),
        ),
    )
    line = base.transform_filter(alt.FieldEqualPredicate(field="where", equal=names[0])).mark_line(
        color=QUIET, strokeWidth=2
    )
    dots = base.mark_point(size=120, filled=True, opacity=1).encode(
        color=alt.Color(
            "where:N", sort=names, scale=alt.Scale(domain=names, range=[QUIET, "#0072B2", "#C44E00"]), title=None
        ),
        shape=alt.Shape(
            "where:N", sort=names, scale=alt.Scale(domain=names, range=["circle", "square", "diamond"]), title=None
        ),
        tooltip=[
            alt.Tooltip("where:N", title=_("Ratios")),
            alt.Tooltip("findings:Q", title=_("Findings"), format=",.0f"),
            alt.Tooltip("total_cv:Q", title=_("Coefficient of variation"), format=".2%"),
            alt.Tooltip("checks:Q", title=_("Item checks"), format=",.0f"),
        ],
    )
    here = points[points["where"] == names[-1]]
    said = (
        alt.Chart(here)
        .mark_text(dy=-16, fontSize=13, color=ACCENT)
        .encode(x="total_cv:Q", y="findings:Q", text="where:N")
    )
    layers = [line, dots, said] if len(best) > 1 else [dots, said]
    return styled(alt.layer(*layers).properties(height=300, width="container"))
