"""Departments and districts beside each other: who needs help, told apart from chance by a funnel, never by a rank."""

from collections.abc import Callable
from datetime import date
from functools import partial

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from dashboards import job_parts, parts, queries, words
from dashboards.definitions import LEAGUE
from dashboards.theme import INK, QUIET, styled
from dashboards.view import View, choose, current_view, switch
from engine.api.desk import Action
from engine.api.figures import league
from engine.api.marts import league as league_marts
from engine.errors import TableMissingError
from engine.messages import N_

BY = {"district": N_("By district"), "department": N_("By department")}
COLOURS = {"above": "#C44E00", "below": "#0072B2", "inside": QUIET}
SHAPES = {"above": "triangle-up", "below": "triangle-down", "inside": "circle"}
POINTS = 60
# Opacity of a mark without a row, and of one with as many as the middle group or more.
FADE = [0.2, 1.0]


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Departments and districts"), LEAGUE, view=view, is_measured=False)
    if not view.desk.viewer.scope.is_whole:
        st.info(_("A comparison needs everybody: this page is for people who may see every district and department."))
        return
    titles = league.shares()
    stored = queries.kept(view, league_marts.stored_league, needs=Action.SEE_FIGURES)
    day = view.desk.clock().date() if stored is None else stored.as_of
    _freshness(stored, view)
    years = league_marts.years_of(day)
    left, middle, right = st.columns([3, 1, 2], vertical_alignment="bottom")
    kpi = choose(
        left.selectbox,
        _("Figure"),
        tuple(titles),
        name="kpi",
        default=next(iter(titles)),
        label_of=lambda code: _(titles[code]),
    )
    year = choose(middle.selectbox, _("Year"), years, name="year", default=years[0], label_of=str)
    by = choose(
        partial(right.segmented_control, required=True, label_visibility="collapsed"),
        _("Groups"),
        tuple(BY),
        name="by",
        default="district",
        label_of=lambda each: _(BY[each]),
    )
    above, below = league.meanings()[kpi]
    st.caption(_("Counted: {above}. Out of: {below}.").format(above=above.render(_), below=below.render(_)))
    is_adjusted = False
    if kpi in league.ADJUSTABLE:
        is_adjusted = switch(_("Take out the grades of what was checked"), name="adjusted")
    rows = _table(stored, view, period=year, by=by, as_of=day)
    rows = rows[(rows["kpi"] == kpi) & (rows["is_adjusted"] == is_adjusted)]
    if rows.empty:
        parts.nothing_yet(_("Nothing is known of this figure in this year."))
        return
    _shown(rows, view, is_adjusted=is_adjusted)


def _freshness(stored: league_marts.StoredLeague | None, view: View) -> None:
    """Say when the tables were counted, whether they still rest on the records as they are, and how to count anew."""
    _ = view.translate
    today = view.desk.clock().date()
    if stored is None:
        st.caption(_("Counted now, as of {day}; nothing is stored.").format(day=words.day(today)))
    else:
        said = _("Counted on {day}, from what was known that day (version {version}).")
        if stored.as_of < today:
            said += " " + _("It is counted anew by the next monthly run, or by 'xinheng marts build'.")
        st.caption(said.format(day=words.day(stored.as_of), version=stored.version[:12]))
    told = _("Departments and districts are counted.")
    if job_parts.under_way(view, {"league": lambda _result: told}, needs=Action.SEE_FIGURES) or stored is None:
        return
    if not stored.is_current:
        said = _("Records or policies changed since these figures were counted (version {old}, now {new}).")
        st.warning(said.format(old=stored.version[:12], new=stored.present_version[:12]))
    if not stored.is_current or stored.as_of < today:
        job_parts.offer(view, "league", label=_("Count it anew"))


def _table(stored: league_marts.StoredLeague | None, view: View, *, period: str, by: str, as_of: date) -> pd.DataFrame:
    """Every share of a year: from the store, or counted now where nothing is stored."""
    asked = {"needs": Action.SEE_FIGURES, "period": period, "by": by}
    if stored is not None:
        return queries.kept(view, league_marts.stored_table, **asked)
    try:
        return queries.kept(view, league.league_table, as_of=as_of, **asked)
    except TableMissingError:
        return pd.DataFrame(columns=list(league.COLUMNS))


def _shown(rows: pd.DataFrame, view: View, *, is_adjusted: bool) -> None:
    _ = view.translate
    overall = float(rows["overall"].iloc[0])
    said = _("All together {share}, n={n}. Lines: 95 % and 99.8 % of chance. Inside them nobody is better or worse.")
    if is_adjusted:
        said = _(
            "All together {share}, n={n}. 1× is what everybody's rates, grade by grade, give for the checks of the "
            "group. Bars: 95 % and 99.8 % of chance for its very mix. Inside them nobody is better or worse."
        )
    st.caption(said.format(share=words.share(overall), n=words.count(int(rows["n"].sum()))))
    table = _as_table(rows, view, is_adjusted=is_adjusted)
    chart = _adjusted_funnel(rows, view) if is_adjusted else _funnel(rows, overall, view)
    parts.chart_with_table(chart, table, alt_text=_("Funnel plot"), translate=_)
    st.caption(_("The fainter a mark, the fewer rows it rests on. Shrunken: trusted as far as there are rows."))
    parts.export_menu({"league": table}, name="league", view=view)


def _as_table(rows: pd.DataFrame, view: View, *, is_adjusted: bool) -> pd.DataFrame:
    _ = view.translate
    written = words.times if is_adjusted else words.share
    value = {_("Observed over expected") if is_adjusted else _("Share"): rows["value"].map(written)}
    if is_adjusted:
        limits = zip(rows["low_95"], rows["high_95"], strict=True)
        own = {
            _("Limits of chance (95 %)"): [f"{words.times(low)} – {words.times(high)}" for low, high in limits],
            _("Of these"): rows["numerator"].map(words.count),
            _("Expected"): rows["expected"].map(lambda each: f"{each:,.1f}"),
        }
    else:
        ends = zip(rows["low"], rows["high"], strict=True)
        own = {
            _("Interval"): [words.share_interval(*each) for each in ends],
            _("Of these"): rows["numerator"].map(words.count),
        }
    spans = zip(rows["shrunken"], rows["shrunken_low"], rows["shrunken_high"], strict=True)
    ranks = zip(rows["rank_low"], rows["rank_high"], rows["ranked"], strict=True)
    verdicts = {code: _(said) for code, said in words.VERDICTS.items()}
    return pd.DataFrame(
        {
            _("Group"): rows["name"],
            **value,
            **own,
            "n": rows["n"].map(words.count),
            _("Shrunken"): [
                words.NOTHING if words.is_missing(mid) else f"{written(mid)} ({written(low)} – {written(high)})"
                for mid, low, high in spans
            ],
            _("Possible ranks"): [
                words.NOTHING if words.is_missing(first) else _rank(int(first), int(last), int(of), view)
                for first, last, of in ranks
            ],
            _("Verdict"): rows["verdict"].map(verdicts).fillna(words.NOTHING),
        }
    )


def _rank(first: int, last: int, of: int, view: View) -> str:
    return view.translate(N_("{first} to {last} of {n}")).format(first=first, last=last, n=of)


def _funnel(rows: pd.DataFrame, overall: float, view: View) -> alt.TopLevelMixin:
    """Draw the shares over n with the limits of chance around the overall share."""
    _ = view.translate
    most = max(2, int(rows["n"].max() * 1.1))
    sizes = np.unique(np.geomspace(1, most, POINTS).astype(np.int64))
    limits = league.funnel_limits(overall, sizes).melt("n", var_name="line", value_name="share")
    top = min(1.0, max(float(rows["value"].max()), overall) * 1.4) or 1.0
    x = alt.X("n:Q", title="n", scale=alt.Scale(domain=[0, most]), axis=alt.Axis(format=",d", tickCount=6))
    y = alt.Y("share:Q", title=_("Share"), axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, top], clamp=True))
    lines = (
        alt.Chart(limits).mark_line(color=QUIET, strokeWidth=1.5, strokeDash=[4, 3]).encode(x=x, y=y, detail="line:N")
    )
    middle = alt.Chart(pd.DataFrame({"share": [overall]})).mark_rule(color=INK).encode(y=y)
    return styled(
        alt.layer(lines, middle, *_marks(rows, x, y, view, as_text=words.share)).properties(
            height=360, width="container"
        )
    )


def _adjusted_funnel(rows: pd.DataFrame, view: View) -> alt.TopLevelMixin:
    """Draw findings over those expected, each with the limits of chance of its own mix of grades."""
    _ = view.translate
    top = max(2.0, float(rows["value"].max()), float(rows["high_95"].max())) * 1.1
    x = alt.X("expected:Q", title=_("Expected findings"), scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6))
    scale = alt.Scale(domain=[0, top], clamp=True)
    y = alt.Y("share:Q", title=_("Observed over expected"), axis=alt.Axis(format=".1f"), scale=scale)
    bars = [
        alt.Chart(rows)
        .mark_rule(color=QUIET, strokeWidth=width, opacity=0.45)
        .encode(x=x, y=alt.Y(f"low_{level}:Q", scale=scale, title=_("Observed over expected")), y2=f"high_{level}:Q")
        for level, width in (("998", 2), ("95", 8))
    ]
    middle = alt.Chart(pd.DataFrame({"share": [1.0]})).mark_rule(color=INK).encode(y=y)
    return styled(
        alt.layer(*bars, middle, *_marks(rows, x, y, view, as_text=words.times)).properties(
            height=360, width="container"
        )
    )


def _marks(rows: pd.DataFrame, x: alt.X, y: alt.Y, view: View, *, as_text: Callable[[float], str]) -> list[alt.Chart]:
    """One mark per group, fainter the fewer rows it rests on; the names of those beyond chance."""
    _ = view.translate
    shown = rows.assign(
        share=rows["value"],
        text=rows["value"].map(as_text),
        held=rows["shrunken"].map(lambda each: words.NOTHING if words.is_missing(each) else as_text(each)),
    ).dropna(subset=["share"])
    kinds = list(words.VERDICTS)
    full = max(float(shown["n"].median()), 1.0) if len(shown) else 1.0
    base = alt.Chart(shown).encode(x=x, y=y)
    dots = base.mark_point(size=110, filled=True).encode(
        color=alt.Color("verdict:N", scale=alt.Scale(domain=kinds, range=[COLOURS[k] for k in kinds]), legend=None),
        shape=alt.Shape("verdict:N", scale=alt.Scale(domain=kinds, range=[SHAPES[k] for k in kinds]), legend=None),
        opacity=alt.Opacity("n:Q", scale=alt.Scale(type="sqrt", domain=[0, full], range=FADE, clamp=True), legend=None),
        tooltip=[
            alt.Tooltip("name:N", title=_("Group")),
            alt.Tooltip("text:N", title=_("Share")),
            alt.Tooltip("held:N", title=_("Shrunken")),
            alt.Tooltip("n:Q", title="n", format=","),
        ],
    )
    beyond = alt.Chart(shown[shown["verdict"] != "inside"]).encode(x=x, y=y)
    return [dots, beyond.mark_text(dx=10, align="left", fontSize=12, color=INK).encode(text="name:N")]


show(current_view())
