"""Charts of lift and calibration: a tidy frame in, an Altair chart out."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboards.theme import ACCENT, INK, QUIET, grade_scale, legend_above, styled
from dashboards.words import share, times
from engine.messages import Translate

HEIGHT = 340
NAME_WIDTH = 240
"""Pixels of the longest name of a score in a legend."""
LOOKS = (("#1F4E79", "circle"), ("#C44E00", "diamond"), ("#6B7280", "triangle-up"), ("#008A63", "square"))
"""Colour and shape by place; scores beyond the fourth reuse them."""
HIGHEST = 12.0
"""Limits beyond are cut off in the picture, and stand in the table."""


def lift_by_budget(lifts: pd.DataFrame, *, names: Mapping[str, str], translate: Translate) -> alt.TopLevelMixin:
    """Return lift with its interval at every budget, one mark per score, and the line of a uniform draw.

    Parameters
    ----------
    lifts : DataFrame, one row per (score, budget); reads ``score``, ``budget`` (0..1), ``lift``, ``low``, ``high``,
        ``n``, ``hits`` and ``is_small`` (its interval stands alone).
    names : words of the scores, in the order to show.
    """
    _ = translate
    shown = lifts.dropna(subset=["lift"]).assign(
        name=lambda rows: rows["score"].map(names),
        asked=lambda rows: rows["budget"].map(lambda value: share(value, digits=0)),
        shown_high=lambda rows: rows["high"].clip(upper=_top(rows)),
        said=lambda rows: [
            _("too few") if small else times(value) for value, small in zip(rows["lift"], rows["is_small"], strict=True)
        ],
        limits=lambda rows: [f"{times(a)} – {times(b)}" for a, b in zip(rows["low"], rows["high"], strict=True)],
    )
    order = list(names.values())
    looks = [LOOKS[at % len(LOOKS)] for at in range(len(order))]
    budgets = [share(value, digits=0) for value in sorted(lifts["budget"].unique())]
    x = alt.X("asked:O", sort=budgets, scale=alt.Scale(domain=budgets), title=_("Objects visited first, share"))
    y_scale = alt.Scale(domain=[0, _top(lifts)], nice=False)
    colour = alt.Color(
        "name:N",
        sort=order,
        scale=alt.Scale(domain=order, range=[each[0] for each in looks]),
        title=None,
        legend=legend_above(len(order), wide=NAME_WIDTH),
    )
    places = alt.XOffset("name:N", sort=order, scale=alt.Scale(domain=order))
    tooltip = [
        alt.Tooltip("name:N", title=_("Score")),
        alt.Tooltip("asked:N", title=_("Objects visited first, share")),
        alt.Tooltip("said:N", title=_("Lift")),
        alt.Tooltip("limits:N", title=_("Interval")),
        alt.Tooltip("n:Q", title="n", format=","),
        alt.Tooltip("hits:Q", title=_("Hits"), format=","),
    ]
    base, firm = (
        alt.Chart(rows).encode(x=x, xOffset=places, color=colour, tooltip=tooltip)
        for rows in (shown, shown[~shown["is_small"]])
    )
    spans = base.mark_rule(strokeWidth=2.5).encode(
        y=alt.Y("low:Q", scale=y_scale, title=_("Lift"), axis=alt.Axis(format=".0f", tickCount=6)), y2="shown_high:Q"
    )
    dots = firm.mark_point(size=90, strokeWidth=2.5, opacity=1).encode(
        y=alt.Y("lift:Q", scale=y_scale),
        shape=alt.Shape(
            "name:N", sort=order, scale=alt.Scale(domain=order, range=[each[1] for each in looks]), title=None
        ),
        fill=colour,
    )
    even = alt.Chart(pd.DataFrame({"lift": [1.0]})).mark_rule(color=INK, strokeDash=[5, 4]).encode(y="lift:Q")
    return styled(alt.layer(even, spans, dots).properties(height=HEIGHT, width="container"))


def gains(curves: pd.DataFrame, *, names: Mapping[str, str], deciding: str, translate: Translate) -> alt.TopLevelMixin:
    """Return the share of all findings over the share visited, with the lines of chance and of perfect knowledge.

    Parameters
    ----------
    curves : DataFrame, one row per score and step; reads ``score``, ``reached``, ``found``, ``low``, ``high``, ``base``
        (all 0..1), ``n``, ``hits``.
    names : words of the scores, in the order to show. deciding : score whose limits are drawn as a band.
    """
    _ = translate
    order, perfect, even = list(names.values()), _("whoever knew every finding"), _("at random")
    shown = curves.assign(name=curves["score"].map(names))
    base = float(curves["base"].iloc[0])
    lines = pd.DataFrame(
        {"name": [even, even, perfect, perfect, perfect], "reached": [0.0, 1.0, 0.0, min(1.0, base), 1.0],
         "found": [0.0, 1.0, 0.0, 1.0, 1.0]}
    )  # fmt: skip
    looks = [LOOKS[at % len(LOOKS)] for at in range(len(order))]
    domain = [*order, even, perfect]
    colour = alt.Color(
        "name:N",
        sort=domain,
        scale=alt.Scale(domain=domain, range=[*(each[0] for each in looks), INK, QUIET]),
        title=None,
        legend=legend_above(len(domain), wide=NAME_WIDTH),
    )
    axis = alt.Axis(format=".0%", tickCount=6)
    x = alt.X("reached:Q", title=_("Objects visited first, share"), scale=alt.Scale(domain=[0, 1]), axis=axis)
    y_scale = alt.Scale(domain=[0, 1])
    y = alt.Y("found:Q", title=_("Share of all findings"), scale=y_scale, axis=axis)
    band = (
        alt.Chart(shown[shown["score"] == deciding])
        .mark_area(opacity=0.16, color=looks[list(names).index(deciding)][0] if deciding in names else ACCENT)
        .encode(x=x, y=alt.Y("low:Q", scale=y_scale, axis=axis, title=_("Share of all findings")), y2="high:Q")
    )
    beside = alt.Chart(lines).mark_line(strokeDash=[5, 4], strokeWidth=1.5).encode(x=x, y=y, color=colour)
    tooltip = [
        alt.Tooltip("name:N", title=_("Score")),
        alt.Tooltip("reached:Q", title=_("Objects visited first, share"), format=".0%"),
        alt.Tooltip("found:Q", title=_("Share of all findings"), format=".1%"),
        alt.Tooltip("low:Q", title=_("Lower limit"), format=".1%"),
        alt.Tooltip("high:Q", title=_("Upper limit"), format=".1%"),
        alt.Tooltip("n:Q", title="n", format=","),
        alt.Tooltip("hits:Q", title=_("Hits"), format=","),
    ]
    drawn = alt.Chart(shown).encode(x=x, y=y, color=colour, tooltip=tooltip)
    shape = alt.Shape(
        "name:N", sort=order, scale=alt.Scale(domain=order, range=[each[1] for each in looks]), legend=None
    )
    dots = drawn.mark_point(size=45, filled=True, opacity=1).encode(shape=shape)
    return styled(alt.layer(band, beside, drawn.mark_line(), dots).properties(height=HEIGHT, width="container"))


def _top(lifts: pd.DataFrame) -> float:
    most = float(lifts["lift"].max())
    return max(2.0, min(HIGHEST, float(lifts["high"].max()) * 1.05), most * 1.1) if most == most else 2.0


def reliability(bins: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return observed against predicted rates with intervals, and the line on which they agree.

    Parameters
    ----------
    bins : DataFrame, one row per bin; reads ``predicted``, ``observed``, ``low``, ``high`` (0..1), ``n``, ``hits``,
        ``is_small`` (its interval stands alone).
    """
    _ = translate
    seen = bins[bins["n"] > 0].assign(
        said=lambda rows: [
            _("too few") if small else share(value)
            for value, small in zip(rows["observed"], rows["is_small"], strict=True)
        ]
    )
    top = min(1.0, max(float(seen["predicted"].max()), float(seen["high"].max()), 0.05) * 1.08)
    scale = alt.Scale(domain=[0, top], nice=False)
    axis = alt.Axis(format=".0%", tickCount=6)
    x = alt.X("predicted:Q", scale=scale, axis=axis, title=_("Predicted chance"))
    tooltip = [
        alt.Tooltip("predicted:Q", title=_("Predicted chance"), format=".1%"),
        alt.Tooltip("said:N", title=_("Observed rate")),
        alt.Tooltip("low:Q", title=_("Lower limit"), format=".1%"),
        alt.Tooltip("high:Q", title=_("Upper limit"), format=".1%"),
        alt.Tooltip("n:Q", title="n", format=","),
        alt.Tooltip("hits:Q", title=_("Hits"), format=","),
    ]
    base, firm = (alt.Chart(rows).encode(x=x, tooltip=tooltip) for rows in (seen, seen[~seen["is_small"]]))
    y = alt.Y("observed:Q", scale=scale, axis=axis, title=_("Observed rate"))
    spans = base.mark_rule(strokeWidth=2.5, color=ACCENT).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    dots = firm.mark_point(size=100, filled=True, opacity=1, color=ACCENT).encode(y=y)
    ends = pd.DataFrame({"predicted": [0.0, top], "observed": [0.0, top]})
    even = alt.Chart(ends).mark_line(color=QUIET, strokeDash=[5, 4], strokeWidth=1.5).encode(x=x, y=y)
    return styled(alt.layer(even, spans, dots).properties(height=HEIGHT, width="container"))


def score_histogram(bands: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return how many objects have which score, each bar in the colour of its grade, with a rule at every cut.

    Parameters
    ----------
    bands : DataFrame ``points``, ``score_grade``, ``n``.
    """
    _ = translate
    grades, colours, _shapes = grade_scale()
    width = max(1, -(-int(bands["points"].max() - bands["points"].min() + 1) // 60))
    wide = bands.assign(start=bands["points"] // width * width)
    shown = wide.groupby(["start", "score_grade"], as_index=False)["n"].sum()
    shown = shown.assign(end=shown["start"] + width, below=shown.groupby("start")["n"].cumsum() - shown["n"])
    shown = shown.assign(top=shown["below"] + shown["n"])
    x = alt.X("start:Q", title=_("Score"), axis=alt.Axis(tickCount=8, format=",d"))
    bars = (
        alt.Chart(shown)
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=x,
            x2="end:Q",
            y2="below:Q",
            y=alt.Y("top:Q", title=_("Entities"), axis=alt.Axis(format=",d", tickCount=5, tickMinStep=1)),
            color=alt.Color("score_grade:N", scale=alt.Scale(domain=grades, range=colours), legend=None),
            tooltip=[
                alt.Tooltip("start:Q", title=_("Score")),
                alt.Tooltip("score_grade:N", title=_("Grade")),
                alt.Tooltip("n:Q", title=_("Entities"), format=","),
            ],
        )
    )
    risen = bands[bands["score_grade"].isin(grades[1:4])].groupby("score_grade", as_index=False)["points"].min()
    risen = risen.rename(columns={"points": "start"}).assign(said=lambda rows: rows["score_grade"] + " ≥")
    rules = alt.Chart(risen).mark_rule(color=INK, strokeDash=[4, 3]).encode(x=x)
    letters = (
        alt.Chart(risen)
        .mark_text(align="left", dx=4, fontSize=13, color=INK, baseline="top")
        .encode(x=x, y=alt.value(0), text="said:N")
    )
    return styled(alt.layer(bars, rules, letters).properties(height=220, width="container"))
