"""The grades of a month: shares beside targets and the month before, who moved from where to where, and why."""

from functools import partial

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import charts, parts, queries, words
from dashboards.grades import shared
from dashboards.theme import ACCENT, BAD, INK, QUIET, legend_above, styled
from dashboards.view import View, choose
from engine.api.grading import months
from engine.messages import N_
from engine.vocabulary import population_name

NEW, LEFT = N_("new in the register"), N_("left the register")
WAYS = {
    "riskier": N_("▲ to a riskier grade"),
    "milder": N_("▼ to a milder grade"),
    "other": N_("● came, left or unclassified"),
}
WAY_COLOURS = {"riskier": BAD, "milder": ACCENT, "other": QUIET}
LISTED = 200
"""Movers shown at most; the file of ``xinheng run grades --moves`` holds all."""
ALL = "all"


def show(month: months.GradeMonth, view: View) -> None:
    """Show the part."""
    _ = view.translate
    shares = queries.kept(view, months.month_shares, needs=shared.NEEDS, run_id=month.run_id)
    matrix = queries.kept(view, months.month_migration, needs=shared.NEEDS, run_id=month.run_id)
    if shares.empty:
        parts.nothing_yet(_("No object within your districts and departments was graded in this run."))
        return
    population = _population(list(dict.fromkeys(map(str, shares["population"]))), view)
    own = matrix[matrix["population"] == population]
    own = own.assign(way=[months.direction(*ends) for ends in zip(own["from_grade"], own["to_grade"], strict=True)])
    shares = shares[shares["population"] == population]
    _cards(month, shares, own, view)
    _shares(month, shares, view)
    if not month.previous:
        st.caption(_("There is no finished run before this one to compare with."))
        return
    _moves(month, own, view)
    _causes(own[own["way"] != "same"], view)
    _movers(month, own, population, view)


def _population(held: list[str], view: View) -> str:
    """Return the population of the sidebar, or let one be chosen where that was not graded."""
    if view.population in held:
        return view.population
    return choose(
        st.selectbox,
        view.translate(N_("Population")),
        tuple(held),
        name="graded_population",
        default=held[0],
        label_of=lambda code: population_name(code, view.translate),
    )


def _cards(month: months.GradeMonth, shares: pd.DataFrame, matrix: pd.DataFrame, view: View) -> None:
    _ = view.translate
    n = int(shares["n"].sum())
    moved = matrix[matrix["cause"].isin(months.MOVED)]
    before = int(matrix.loc[matrix["from_grade"] != months.ABSENT, "n"].sum())
    counts = [(_("Objects graded"), n, _("U is not classified: {n}").format(n=words.count(_unclassified(shares))))]
    for way, name in (("riskier", N_("Moved to a riskier grade")), ("milder", N_("Moved to a milder grade"))):
        k = int(moved.loc[moved["way"] == way, "n"].sum())
        below = _("{share} of {n}").format(share=words.share(k / before), n=words.count(before)) if before else ""
        counts.append((_(name), k, below or words.NOTHING))
    counts.append((_("Corrected on objection"), month.n_corrected, _("in all populations")))
    for place, (name, value, below) in zip(st.columns(len(counts)), counts, strict=True):
        place.metric(name, words.count(value), delta=below, delta_color="off", delta_arrow="off", border=True)


def _unclassified(shares: pd.DataFrame) -> int:
    return int(shares.loc[shares["share"].isna(), "n"].sum())


def _shares(month: months.GradeMonth, shares: pd.DataFrame, view: View) -> None:
    _ = view.translate
    st.subheader(_("Shares of the grades"))
    classified = shares[shares["share"].notna()]
    if classified.empty:
        st.caption(_("No object of this population is classified: too little is known of them."))
        return
    shown = classified.assign(n_entities=classified["n"])
    table = pd.DataFrame(
        {
            _("Grade"): [words.grade_name(each, _) for each in shares["grade"]],
            _("Entities"): shares["n"].map(words.count),
            _("Share"): shares["share"].map(words.share),
            _("Target"): shares["target_share"].map(words.share),
            _("Entities before"): [words.NOTHING if pd.isna(n) else words.count(n) for n in shares["n_before"]],
            _("Share before"): shares["share_before"].map(words.share),
            _("Change in points"): [
                words.NOTHING if words.is_missing(change) else words.change(100 * change)
                for change in shares["share"] - shares["share_before"]
            ],
        }
    )
    parts.chart_with_table(
        charts.grade_shares(shown, translate=_), table, alt_text=_("Shares of the grades"), translate=_
    )
    said = _("As run {run} gave them; shares of the classified.").format(run=month.run_id)
    if month.previous:
        said += " " + _("Before: {day}.").format(day=words.day(month.previous_as_of))
    st.caption(said)
    parts.export_menu({"shares": table}, name="month-shares", view=view)


def _moves(month: months.GradeMonth, matrix: pd.DataFrame, view: View) -> None:
    """Show the migration matrix."""
    _ = view.translate
    st.subheader(_("Moves between grades"))
    counted = matrix.groupby(["from_grade", "to_grade"], as_index=False)["n"].sum()
    shown = counted.assign(
        from_grade=counted["from_grade"].replace(months.ABSENT, _(NEW)),
        to_grade=counted["to_grade"].replace(months.ABSENT, _(LEFT)),
    )
    total = counted.groupby("from_grade")["n"].transform("sum")
    table = pd.DataFrame(
        {
            _("Grade before"): [shared.grade_or_absent(each, view, absent=NEW) for each in counted["from_grade"]],
            _("Grade now"): [shared.grade_or_absent(each, view, absent=LEFT) for each in counted["to_grade"]],
            _("Entities"): counted["n"].map(words.count),
            _("Of those with the grade before"): (counted["n"] / total).map(words.share),
        }
    )
    chart = charts.moves(shown, before=_("Grade before"), after=_("Grade now"))
    parts.chart_with_table(chart, table, alt_text=_("Moves between grades"), translate=_)
    said = _("From the run of {before} to that of {now}, {n} objects.")
    st.caption(
        said.format(
            before=words.day(month.previous_as_of), now=words.day(month.as_of), n=words.count(int(matrix["n"].sum()))
        )
    )
    parts.export_menu({"moves": table}, name="month-moves", view=view)


def _causes(moved: pd.DataFrame, view: View) -> None:
    """Show why they moved, by direction."""
    _ = view.translate
    st.markdown("**" + _("Why they moved") + "**")
    if moved.empty:
        st.caption(_("Nobody moved."))
        return
    by = moved.groupby(["cause", "way"], as_index=False)["n"].sum()
    order = list(by.groupby("cause")["n"].sum().sort_values(ascending=False).index)
    shown = by.assign(
        said=[_(months.CAUSE_NAMES[each]) for each in by["cause"]], way_said=[_(WAYS[each]) for each in by["way"]]
    )
    wide = by.pivot_table(index="cause", columns="way", values="n", aggfunc="sum", fill_value=0).reindex(order)
    table = pd.DataFrame({_("Cause"): [_(months.CAUSE_NAMES[each]) for each in order]})
    for way, name in WAYS.items():
        held = wide[way] if way in wide else pd.Series(0, index=wide.index)
        table[_(name)] = [words.count(n) for n in held]
    parts.chart_with_table(
        _cause_bars(shown, [_(months.CAUSE_NAMES[each]) for each in order], view),
        table,
        alt_text=_("Why they moved"),
        translate=_,
    )
    parts.export_menu({"causes": table}, name="month-causes", view=view)


def _cause_bars(shown: pd.DataFrame, order: list[str], view: View) -> alt.TopLevelMixin:
    _ = view.translate
    ways = [_(name) for name in WAYS.values()]
    total = shown.groupby("said", as_index=False)["n"].sum()
    top = alt.Scale(domain=[0, float(total["n"].max()) * 1.12], nice=False)
    y = alt.Y("said:N", sort=order, title=None, axis=alt.Axis(labelLimit=320, ticks=False, domain=False))
    x = alt.X("n:Q", title=_("Entities"), scale=top, axis=alt.Axis(format=",d", tickCount=5, tickMinStep=1))
    bars = (
        alt.Chart(shown)
        .mark_bar(height=20)
        .encode(
            y=y,
            x=x,
            order=alt.Order("way_said:N"),
            color=alt.Color(
                "way_said:N",
                title=None,
                scale=alt.Scale(domain=ways, range=list(WAY_COLOURS.values())),
                legend=legend_above(len(WAYS), wide=210),
            ),
            tooltip=[
                alt.Tooltip("said:N", title=_("Cause")),
                alt.Tooltip("way_said:N", title=_("Direction")),
                alt.Tooltip("n:Q", title=_("Entities"), format=","),
            ],
        )
    )
    said = (
        alt.Chart(total)
        .mark_text(align="left", dx=6, fontSize=13, color=INK)
        .encode(y=y, x=alt.X("n:Q", scale=top), text=alt.Text("n:Q", format=","))
    )
    return styled(alt.layer(bars, said).properties(height=alt.Step(34), width="container"))


def _movers(month: months.GradeMonth, matrix: pd.DataFrame, population: str, view: View) -> None:
    """List who moved, the risky ones first."""
    _ = view.translate
    st.subheader(_("Who moved"))
    there = [cause for cause in months.MOVED if cause in set(matrix["cause"])]
    if not there:
        st.caption(_("Nobody who was there before moved."))
        return
    cause = choose(
        partial(st.selectbox),
        _("Cause"),
        (ALL, *there),
        name="cause",
        default=ALL,
        label_of=lambda each: _("all causes") if each == ALL else _(months.CAUSE_NAMES[each]),
    )
    causes = tuple(there) if cause == ALL else (cause,)
    rows = queries.kept(
        view,
        months.month_moves,
        needs=shared.NEEDS,
        run_id=month.run_id,
        population=population,
        causes=causes,
        most=LISTED,
    )
    n = int(matrix.loc[matrix["cause"].isin(causes), "n"].sum())
    said = _("{shown} of {n}; 'xinheng run grades {run} --moves FILE' writes all of them.")
    if n > len(rows):
        st.caption(said.format(shown=words.count(len(rows)), n=words.count(n), run=month.run_id))
    if rows.empty:
        return
    names = shared.names_of(rows["entity_id"], view)
    table = pd.DataFrame(
        {
            _("Object"): [names.get(each, each) for each in rows["entity_id"]],
            _("Code of the object"): rows["entity_id"],
            _("Grade before"): [words.grade_name(each, _) for each in rows["from_grade"]],
            _("Grade now"): [words.grade_name(each, _) for each in rows["to_grade"]],
            _("Cause"): [_(months.CAUSE_NAMES[each]) for each in rows["cause"]],
        }
    )
    parts.table(table, name="movers", view=view)
    entity = choose(
        st.selectbox,
        _("Object"),
        tuple(rows["entity_id"]),
        name="mover",
        default=str(rows["entity_id"].iloc[0]),
        label_of=partial(shared.named, names),
    )
    shared.record_link(entity, view)
