"""Departments and districts beside each other: who needs help, told apart from chance by a funnel, never by a rank."""

from datetime import date
from functools import partial

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from dashboards import job_parts, parts, queries, words
from dashboards.definitions import LEAGUE
from dashboards.theme import INK, QUIET, styled
from dashboards.view import View, choose, current_view
from engine.api.desk import Action
from engine.api.figures import league
from engine.api.marts import league as league_marts
from engine.errors import TableMissingError
from engine.messages import N_

BY = {"district": N_("By district"), "department": N_("By department")}
VERDICTS = {"above": N_("▲ above chance"), "below": N_("▼ below chance"), "inside": N_("● within chance")}
COLOURS = {"above": "#C44E00", "below": "#0072B2", "inside": QUIET}
SHAPES = {"above": "triangle-up", "below": "triangle-down", "inside": "circle"}
POINTS = 60


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
    rows = _table(stored, view, period=year, by=by, as_of=day)
    rows = rows[rows["kpi"] == kpi]
    if rows.empty:
        parts.nothing_yet(_("Nothing is known of this figure in this year."))
        return
    _shown(rows, view)


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


def _shown(rows: pd.DataFrame, view: View) -> None:
    _ = view.translate
    overall = float(rows["overall"].iloc[0])
    st.caption(
        _(
            "All together {share}, n={n}. Lines: 95 % and 99.8 % of chance. Inside them nobody is better or worse."
        ).format(share=words.share(overall), n=words.count(int(rows["n"].sum())))
    )
    table = pd.DataFrame(
        {
            _("Group"): rows["name"],
            _("Share"): rows["value"].map(words.share),
            _("Interval"): [words.share_interval(*ends) for ends in zip(rows["low"], rows["high"], strict=True)],
            _("Of these"): rows["numerator"].map(words.count),
            "n": rows["n"].map(words.count),
            _("Verdict"): [_(VERDICTS[each]) for each in rows["verdict"]],
        }
    )
    parts.chart_with_table(_funnel(rows, overall, view), table, alt_text=_("Funnel plot"), translate=_)
    parts.export_menu({"league": table}, name="league", view=view)


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
    shown = rows.assign(share=rows["value"])
    kinds = list(VERDICTS)
    base = alt.Chart(shown).encode(x=x, y=y)
    dots = base.mark_point(size=110, filled=True, opacity=1).encode(
        color=alt.Color("verdict:N", scale=alt.Scale(domain=kinds, range=[COLOURS[k] for k in kinds]), legend=None),
        shape=alt.Shape("verdict:N", scale=alt.Scale(domain=kinds, range=[SHAPES[k] for k in kinds]), legend=None),
        tooltip=[
            alt.Tooltip("name:N", title=_("Group")),
            alt.Tooltip("share:Q", title=_("Share"), format=".1%"),
            alt.Tooltip("n:Q", title="n", format=","),
        ],
    )
    beyond = alt.Chart(shown[shown["verdict"] != "inside"]).encode(x=x, y=y)
    names = beyond.mark_text(dx=10, align="left", fontSize=12, color=INK).encode(text="name:N")
    return styled(alt.layer(lines, middle, dots, names).properties(height=360, width="container"))


show(current_view())
