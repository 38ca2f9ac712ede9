"""Charts: a tidy frame in, an Altair chart out; the same functions serve pages, documents and notebooks.

Every chart carries letter and shape beside colour, its n as text, and takes its words from the translation handed in.
No chart reads anything but its frame.
"""

import altair as alt
import pandas as pd

from dashboards.theme import ACCENT, GRADE_MARKS, INK, QUIET, grade_scale, styled
from dashboards.words import grade_tag, mode_name, share
from engine.messages import Translate
from engine.vocabulary import JOINER

HEIGHT = 320
STEP = 88
TINTS = ("#F4F6F8", "#1F4E79")
DARK_FROM = 0.45
BRIEF_FROM = 0.1
"""Ratios from here on are shown without a decimal where room is short."""
NARROW = "bandwidth('x') < 58"
"""Whether tiles are as narrow as on a phone: their words are then short, and tooltip and table have the rest."""


def hit_rate_by_grade(rates: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return dots with intervals per grade, one panel per way of selection on one common axis.

    Parameters
    ----------
    rates : DataFrame, one row per (mode, grade); reads ``mode``, ``grade``, ``n``, ``hits``, ``hit_rate``, ``low``,
        ``high`` (shares 0..1, null when n = 0) and ``is_small``. A grade with small n is said to be small and has its
        interval alone; one without any outcome shows its letter and n only. Grades stand in the order of the rows.
    translate : the language of labels.
    """
    _ = translate
    shown = rates.assign(
        rate_text=[
            _("too few") if small else share(rate)
            for rate, small in zip(rates["hit_rate"], rates["is_small"], strict=True)
        ],
        label=[
            f"{grade_tag(grade)}\nn={n:,}" + ("\n" + _("too few") if small else "")
            for grade, n, small in zip(rates["grade"], rates["n"], rates["is_small"], strict=True)
        ],
    )
    seen = shown[shown["n"] > 0]
    top = min(1.0, float(seen["high"].max()) * 1.12) if len(seen) else 1.0
    modes = list(dict.fromkeys(shown["mode"]))
    panels = [_rate_panel(shown[shown["mode"] == mode], top=top, translate=_) for mode in modes]
    if len(panels) == 1:
        return styled(panels[0].properties(width="container", padding={"left": 5, "top": 5, "right": 40, "bottom": 5}))
    return styled(alt.concat(*(panel.properties(width=alt.Step(STEP)) for panel in panels), columns=2, spacing=36))


def _rate_panel(shown: pd.DataFrame, *, top: float, translate: Translate) -> alt.LayerChart:
    _ = translate
    grades, colours, shapes = grade_scale()
    names = list(shown["label"])
    axis = alt.Axis(labelExpr="split(datum.label, '\\n')", labelFontSize=14, ticks=False, domain=False)
    x = alt.X("label:N", sort=names, scale=alt.Scale(domain=names), title=None, axis=axis)
    y_scale = alt.Scale(domain=[0, top], nice=False)
    colour = alt.Color("grade:N", scale=alt.Scale(domain=grades, range=colours), legend=None)
    seen = shown[shown["n"] > 0]
    tooltip = [
        alt.Tooltip("grade:N", title=_("Grade")),
        alt.Tooltip("rate_text:N", title=_("Hit rate")),
        alt.Tooltip("low:Q", title=_("Lower limit"), format=".1%"),
        alt.Tooltip("high:Q", title=_("Upper limit"), format=".1%"),
        alt.Tooltip("n:Q", title="n", format=","),
        alt.Tooltip("hits:Q", title=_("Hits"), format=","),
    ]
    base = alt.Chart(seen).encode(x=x, color=colour, tooltip=tooltip)
    firm = alt.Chart(seen[~seen["is_small"]]).encode(x=x, color=colour, tooltip=tooltip)
    ink = alt.condition("datum.is_small", alt.value(QUIET), colour)
    y = alt.Y("low:Q", scale=y_scale, axis=alt.Axis(format=".0%", tickCount=6), title=_("Hit rate"))
    spans = base.mark_rule(strokeWidth=2.5).encode(y=y, y2="high:Q", color=ink)
    ends = [
        base.mark_tick(orient="horizontal", thickness=2.5, size=20, opacity=1).encode(
            y=alt.Y(f"{end}:Q", scale=y_scale), color=ink
        )
        for end in ("low", "high")
    ]
    dots = firm.mark_point(size=110, strokeWidth=2.5, opacity=1).encode(
        y=alt.Y("hit_rate:Q", scale=y_scale),
        shape=alt.Shape("grade:N", scale=alt.Scale(domain=grades, range=shapes), legend=None),
        fill=colour,
    )
    rate_text = firm.mark_text(dx=16, align="left", fontSize=14).encode(
        y=alt.Y("hit_rate:Q", scale=y_scale), text="rate_text:N", color=alt.value(INK)
    )
    mode = str(shown["mode"].iloc[0])
    return alt.layer(spans, *ends, dots, rate_text).properties(title=mode_name(mode, _), height=HEIGHT)


def grade_shares(shares: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return one bar per grade with its share of the graded entities.

    Parameters
    ----------
    shares : DataFrame, one row per grade; reads ``grade``, ``n_entities`` and ``share`` (0..1).
    translate : the language of labels.
    """
    _ = translate
    grades, colours, _shapes = grade_scale()
    shown = shares.assign(
        label=shares["grade"].map(grade_tag),
        text=[f"{share(part)}  ({n:,})" for part, n in zip(shares["share"], shares["n_entities"], strict=True)],
    )
    order = [grade_tag(grade) for grade in GRADE_MARKS if grade in set(shares["grade"])]
    top = min(1.0, float(shares["share"].max()) * 1.45)
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelFontSize=15, ticks=False, domain=False))
    x = alt.X(
        "share:Q",
        scale=alt.Scale(domain=[0, top]),
        axis=alt.Axis(format=".0%", tickCount=5),
        title=_("Share of graded entities"),
    )
    base = alt.Chart(shown).encode(y=y, x=x)
    bars = base.mark_bar(height=22).encode(
        color=alt.Color("grade:N", scale=alt.Scale(domain=grades, range=colours), legend=None)
    )
    words = base.mark_text(align="left", dx=6, fontSize=13, color=INK).encode(text="text:N")
    return styled(alt.layer(bars, words).properties(height=alt.Step(40), width="container"))


def sampling_ratios(cells: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return a table of tiles, item by grade: what was drawn out of how many, darker where the ratio is higher.

    Parameters
    ----------
    cells : DataFrame, one row per (item, grade); reads ``item_name``, ``grade``, ``n_units``, ``n_drawn`` and
        ``ratio`` (0..1). Merged grades (joined by ``;``) have columns of their own between their members.
    translate : the language of labels.
    """
    _ = translate
    shown = cells.assign(
        label=cells["grade"].map(grade_tag),
        text=[
            f"{drawn:,} / {units:,}\n{share(ratio)}"
            for drawn, units, ratio in zip(cells["n_drawn"], cells["n_units"], cells["ratio"], strict=True)
        ],
        brief=[
            f"{drawn:,}\n{share(ratio, digits=0 if ratio >= BRIEF_FROM else 1)}"
            for drawn, ratio in zip(cells["n_drawn"], cells["ratio"], strict=True)
        ],
    )
    shown["told"] = shown["text"].str.replace("\n", " · ")
    columns = sorted(set(cells["grade"]), key=_between)
    top = alt.Axis(
        orient="top",
        labelFontSize=alt.ExprRef(f"{NARROW} ? 11 : 15"),
        labelExpr=f"{NARROW} ? replace(datum.label, regexp('[^A-DU]', 'g'), '') : datum.label",
        ticks=False,
        domain=False,
    )
    side = alt.Axis(labelLimit=320, labelFontSize=alt.ExprRef(f"{NARROW} ? 11 : 13"), ticks=False, domain=False)
    base = alt.Chart(shown).encode(
        x=alt.X("label:N", sort=[grade_tag(grade) for grade in columns], title=None, axis=top),
        y=alt.Y("item_name:N", title=None, sort=None, axis=side),
        tooltip=[
            alt.Tooltip("item_name:N", title=_("Item")),
            alt.Tooltip("label:N", title=_("Grade")),
            alt.Tooltip("told:N", title=_("Drawn / frame · ratio")),
        ],
    )
    tiles = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("ratio:Q", scale=alt.Scale(type="sqrt", domain=[0, 1], range=list(TINTS)), legend=None)
    )
    ink = alt.condition(f"datum.ratio > {DARK_FROM}", alt.value("white"), alt.value(INK))
    words = [
        base.mark_text(
            fontSize=size, lineBreak="\n", dy=-7, opacity=alt.ExprRef(f"{NARROW} ? {narrow} : {wide}")
        ).encode(text=f"{text}:N", color=ink)
        for text, size, narrow, wide in (("text", 12, 0, 1), ("brief", 10, 1, 0))
    ]
    return styled(alt.layer(tiles, *words).properties(height=alt.Step(42), width="container"))


def _between(grade: str) -> float:
    """Return where a grade, or several merged ones, stands from A to U."""
    ranks = [list(GRADE_MARKS).index(letter) for letter in grade.split(JOINER)]
    return sum(ranks) / len(ranks)


def coordination(amounts: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return item checks against the visits that carry them.

    Parameters
    ----------
    amounts : DataFrame with ``what`` (label, in the order to show) and ``amount`` (count).
    translate : the language of labels.
    """
    _ = translate
    shown = amounts.assign(text=[f"{n:,}" for n in amounts["amount"]])
    top = max(1.0, float(amounts["amount"].max()) * 1.15)
    base = alt.Chart(shown).encode(
        y=alt.Y("what:N", sort=None, title=None, axis=alt.Axis(labelLimit=320, ticks=False, domain=False)),
        x=alt.X(
            "amount:Q", title=_("Count"), scale=alt.Scale(domain=[0, top]), axis=alt.Axis(format=",d", tickCount=5)
        ),
    )
    bars = base.mark_bar(height=22, color=ACCENT)
    words = base.mark_text(align="left", dx=6, fontSize=13, color=INK).encode(text="text:N")
    return styled(alt.layer(bars, words).properties(height=alt.Step(40), width="container"))


def team_sizes(sizes: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return how many visits the inspectors carry.

    Parameters
    ----------
    sizes : DataFrame, one row per number of visits; reads ``visits`` (per inspector) and ``inspectors`` (how many).
    translate : the language of labels.
    """
    _ = translate
    top = alt.Scale(domain=[0, float(sizes["inspectors"].max()) * 1.12], nice=False)
    bars = (
        alt.Chart(sizes)
        .mark_bar(color=ACCENT)
        .encode(
            x=alt.X("visits:O", title=_("Visits per inspector"), axis=alt.Axis(labelOverlap=True)),
            y=alt.Y("inspectors:Q", title=_("Inspectors"), scale=top, axis=alt.Axis(tickMinStep=1, format="d")),
            tooltip=[
                alt.Tooltip("visits:O", title=_("Visits per inspector")),
                alt.Tooltip("inspectors:Q", title=_("Inspectors")),
            ],
        )
    )
    return styled(bars.properties(height=220, width="container"))


def policy_fan(fan: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return findings per grade under present and tried ratios, P10 to P90 with a mark at P50.

    Parameters
    ----------
    fan : DataFrame, one row per (grade, policy); reads ``grade``, ``policy`` (words, present first), ``p10``, ``p50``
        and ``p90`` (findings of the year).
    translate : the language of labels.
    """
    _ = translate
    names = list(dict.fromkeys(fan["policy"]))
    shown = fan.assign(label=fan["grade"].map(grade_tag), text=[f"{value:,.0f}" for value in fan["p50"]])
    order = list(dict.fromkeys(shown["label"]))
    top = alt.Scale(domain=[0, max(1.0, float(fan["p90"].max()) * 1.18)], nice=False)
    base = alt.Chart(shown).encode(
        y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelFontSize=15, ticks=False, domain=False)),
        yOffset=alt.YOffset("policy:N", sort=names),
        color=alt.Color("policy:N", sort=names, scale=alt.Scale(domain=names, range=[QUIET, ACCENT]), title=None),
        tooltip=[
            alt.Tooltip("policy:N", title=_("Ratios")),
            *(alt.Tooltip(f"{part}:Q", title=part.upper(), format=",.0f") for part in ("p10", "p50", "p90")),
        ],
    )
    x = alt.X("p10:Q", scale=top, title=_("Findings of the year"), axis=alt.Axis(format=",d", tickCount=6))
    spans = base.mark_rule(strokeWidth=3).encode(x=x, x2="p90:Q")
    shape = alt.Shape("policy:N", sort=names, scale=alt.Scale(domain=names, range=["circle", "diamond"]), title=None)
    dots = base.mark_point(size=90, filled=True, opacity=1).encode(x=alt.X("p50:Q", scale=top), shape=shape)
    said = base.mark_text(align="left", dx=8, fontSize=12).encode(x=alt.X("p90:Q", scale=top), text="text:N")
    return styled(alt.layer(spans, dots, said).properties(height=alt.Step(26), width="container"))


def moves(moved: pd.DataFrame, *, before: str, after: str) -> alt.TopLevelMixin:
    """Return a table of tiles: how many moved from which grade to which.

    Parameters
    ----------
    moved : DataFrame ``from_grade``, ``to_grade``, ``n``. before, after : words of the axes.
    """
    tiles = alt.Chart(moved).encode(
        x=alt.X("to_grade:N", title=after, axis=alt.Axis(orient="top")),
        y=alt.Y("from_grade:N", title=before),
    )
    colour = alt.Color("n:Q", scale=alt.Scale(type="sqrt", range=["#F4F6F8", "#9DB4CC"]), legend=None)
    return styled(
        alt.layer(
            tiles.mark_rect(stroke="white").encode(color=colour),
            tiles.mark_text(fontSize=13, color=INK).encode(text=alt.Text("n:Q", format=",")),
        ).properties(height=alt.Step(36), width="container")
    )


def precision_course(course: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return one small panel per rule of warnings: share confirmed with its interval by period.

    Parameters
    ----------
    course : DataFrame, one row per (rule, period); reads ``rule`` (text), ``since`` (date), ``n``, ``n_confirmed``,
        ``precision``, ``low``, ``high`` (0..1) and ``is_enough``; too few have an interval and no point.
    translate : the language of labels.
    """
    _ = translate
    shown = course.assign(since=course["since"].astype(str), said=course["precision"].map(share))
    shown["said"] = shown["said"].where(shown["is_enough"], _("too few"))
    tooltip = [
        alt.Tooltip("since:N", title=_("Closed from")),
        alt.Tooltip("said:N", title=_("Precision")),
        alt.Tooltip("low:Q", title=_("Lower limit"), format=".1%"),
        alt.Tooltip("high:Q", title=_("Upper limit"), format=".1%"),
        alt.Tooltip("n:Q", title=_("Closed"), format=","),
    ]
    y = alt.Y("precision:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=3), title=None)
    base = alt.Chart(shown).encode(x=alt.X("since:N", title=None, axis=alt.Axis(labelOverlap=True)), tooltip=tooltip)
    spans = base.mark_rule(strokeWidth=2, color=ACCENT).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    judged = base.transform_filter("datum.is_enough")
    dots = judged.mark_point(size=70, filled=True, color=ACCENT, opacity=1).encode(y=y)
    counts = base.mark_text(dy=-6, fontSize=12, color=QUIET).encode(y=alt.Y("high:Q", title=None), text=alt.Text("n:Q"))
    panel = alt.layer(spans, dots, counts).properties(width=300, height=90)
    return styled(panel.facet(facet=alt.Facet("rule:N", title=None), columns=2))
