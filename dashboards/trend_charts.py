"""Charts of hit rates over time: a tidy frame in, an Altair chart out."""

import altair as alt
import pandas as pd

from dashboards.theme import BAD, INK, QUIET, grade_scale, styled
from dashboards.words import grade_name, share, share_interval
from engine.messages import Translate

HEIGHT = 230
CROWDED = 6
"""Beyond so many periods their names stand upright and rates are read from table and tooltip."""
FIRM, OPEN, SMALL = "firm", "open", "small"
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def marker(at: int) -> str:
    """Return the sign of the change at a place, beginning with 0."""
    return CIRCLED[at] if at < len(CIRCLED) else f"({at + 1})"


def rates_over_time(
    rates: pd.DataFrame, changes: pd.DataFrame, *, periods: list[str], top: float, translate: Translate
) -> alt.TopLevelMixin:
    """Return dot and interval of one grade per period, with a dashed line where something changed.

    Parameters
    ----------
    rates : one row per period of one grade; reads ``grade``, ``period``, ``n``, ``hits``, ``hit_rate``, ``low``,
        ``high`` (shares 0..1, null when n = 0), ``is_small`` (its interval stands alone, and is said to rest on too
        few) and ``is_mature`` (else hollow and grey: results are still to come).
    changes : reads ``period``, ``is_within`` and ``mark`` (its sign); drawn on the edge before the period, or in its
        middle when the change lies inside it.
    periods : every period of the axis, oldest first. top : upper end of the axis, the same for every grade.
    """
    _ = translate
    grade = str(rates["grade"].iloc[0])
    grades, colours, shapes = grade_scale()
    colour, shape = colours[grades.index(grade)], shapes[grades.index(grade)]
    seen = rates[rates["n"] > 0]
    shown = seen.assign(
        state=[_state(small, mature) for small, mature in zip(seen["is_small"], seen["is_mature"], strict=True)],
        said=[
            _("too few") if small else share(rate)
            for small, rate in zip(seen["is_small"], seen["hit_rate"], strict=True)
        ],
        limits=[share_interval(low, high) for low, high in zip(seen["low"], seen["high"], strict=True)],
    )
    crowded = len(periods) > CROWDED
    x = _place(periods, at=0.5)
    y_scale = alt.Scale(domain=[0, top], nice=False)
    y_axis = alt.Axis(format=".0%", tickCount=5)
    tooltip = [
        alt.Tooltip("period:N", title=_("Period")),
        alt.Tooltip("said:N", title=_("Hit rate")),
        alt.Tooltip("limits:N", title=_("Interval")),
        alt.Tooltip("n:Q", title="n", format=","),
        alt.Tooltip("hits:Q", title=_("Hits"), format=","),
    ]
    when_firm = {"test": f"datum.state == '{FIRM}'", "value": colour}
    ink = alt.ColorValue(QUIET, condition=when_firm)
    base = alt.Chart(shown).encode(x=x, tooltip=tooltip)
    spans = base.mark_rule(strokeWidth=2.5).encode(
        y=alt.Y("low:Q", scale=y_scale, axis=y_axis, title=None), y2=alt.Y2("high:Q"), color=ink
    )
    ends = [
        base.mark_tick(orient="horizontal", thickness=2.5, size=14, opacity=1).encode(
            y=alt.Y(f"{end}:Q", scale=y_scale), color=ink
        )
        for end in ("low", "high")
    ]
    firm = alt.Chart(shown[shown["state"] != SMALL]).encode(x=x, tooltip=tooltip)
    dots = firm.mark_point(size=90, strokeWidth=2.5, opacity=1, shape=shape).encode(
        y=alt.Y("hit_rate:Q", scale=y_scale),
        color=ink,
        fill=alt.FillValue("white", condition=when_firm),
    )
    layers = [spans, *ends, dots, *_edges(changes, periods=periods)]
    if not crowded:
        words = base.mark_text(dy=-6, baseline="bottom", fontSize=12, color=INK)
        layers.append(words.encode(y=alt.Y("high:Q", scale=y_scale), text=alt.Text("said:N")))
    return styled(alt.layer(*layers).properties(title=grade_name(grade, _), height=HEIGHT, width="container"))


def _state(small: bool, mature: bool) -> str:
    return SMALL if small else FIRM if mature else OPEN


def _place(periods: list[str], *, at: float) -> alt.X:
    """The band of a period, or the edge before it (``at`` 0)."""
    axis = alt.Axis(labelAngle=-90 if len(periods) > CROWDED else 0, labelOverlap=True, ticks=False, title=None)
    return alt.X("period:O", sort=periods, scale=alt.Scale(type="band", domain=periods), axis=axis, bandPosition=at)


def _edges(changes: pd.DataFrame, *, periods: list[str]) -> list[alt.Chart]:
    """Dashed lines where something changed, with the signs that the words below the charts explain."""
    found = []
    for within, at in ((False, 0.0), (True, 0.5)):
        own = changes[changes["is_within"] == within]
        if own.empty:
            continue
        joined = own.groupby("period", sort=False)["mark"].agg("".join).reset_index()
        edge = alt.Chart(joined).encode(x=_place(periods, at=at))
        found.append(edge.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=BAD))
        found.append(
            edge.mark_text(dx=3, dy=8, align="left", fontSize=14, color=BAD).encode(
                y=alt.YValue(0), text=alt.Text("mark:N")
            )
        )
    return found
