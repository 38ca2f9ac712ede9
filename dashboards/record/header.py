"""The head of a credit record: grade, score, place among peers, day; the ways to the review and to an objection."""

import streamlit as st

from dashboards import parts, queries, words
from dashboards.record.shared import NEEDS, above_score_text
from dashboards.view import View
from engine.api.desk import Action
from engine.api.grading.months import grade_months
from engine.api.reading.peers import PeerPlace, peer_places
from engine.api.scoring.assessment import Explanation
from engine.errors import TableMissingError
from engine.messages import N_
from engine.vocabulary import population_name, section_name

AMONG_ALL = N_("Riskier than others of the population")
AMONG_NEAR = N_("Riskier than others of its industry and district")


def show(told: Explanation, view: View) -> None:
    """Show the head of the object."""
    _ = view.translate
    places = _places(told.entity_id, view)
    columns = st.columns(3)
    grade = words.NOTHING if not told.grade else words.grade_name(told.grade, _)
    columns[0].metric(_("Grade"), grade, border=True, height="stretch")
    score = words.NOTHING if told.score is None else f"{told.score:,.1f}"
    columns[1].metric(_("Score"), score, border=True, height="stretch")
    columns[2].metric(_("As of"), words.day(told.as_of), border=True, height="stretch")
    for column, place in zip(st.columns(len(places)) if places else (), places or (), strict=True):
        n = f"n={words.count(place.n)}"
        column.metric(
            _(AMONG_NEAR) if place.section else _(AMONG_ALL),
            words.share(place.riskier_than),
            delta=n if place.riskier_than is not None else n + " · " + _("too few"),
            delta_color="off",
            delta_arrow="off",
            help=_("Share of the other objects of the group with a lower score, equal ones counted half."),
            border=True,
            height="stretch",
        )
    if places is None:
        said = _("Places among peers are not counted for these grades yet.")
        parts.nothing_yet(said, command="xinheng marts build")
    if places:
        st.caption(" · ".join(_group(place, view) for place in places))
    _standing(told, view)
    _ways(told, view)


def _places(entity: str, view: View) -> tuple[PeerPlace, ...] | None:
    try:
        found: tuple[PeerPlace, ...] = queries.kept(view, peer_places, needs=NEEDS, entity_id=entity)
    except TableMissingError:
        return None
    return found


def _group(place: PeerPlace, view: View) -> str:
    _ = view.translate
    if not place.section:
        return _("Population: {population}").format(population=population_name(place.population, _))
    district = queries.unit_name(view, place.district_code, needs=NEEDS)
    return _("industry and district: {section}, {district}").format(
        section=section_name(place.section, _), district=district
    )


def _standing(told: Explanation, view: View) -> None:
    """Say what stands above the score."""
    _ = view.translate
    if told.override and told.override_code:
        rule = above_score_text(told.override_code, told.override, view)
        until = "" if told.until is None else " · " + _("until {day}").format(day=words.day(told.until))
        st.warning(_("The grade comes from a rule above the score: {rule}").format(rule=rule) + until)
    for each in told.sectors:
        st.info(_("Grade of the sector: {said}").format(said=each.render(_)))


def _ways(told: Explanation, view: View) -> None:
    """Offer the ways on: to the review of grades, and to an objection against this very grade."""
    _ = view.translate
    row = st.container(horizontal=True)
    label = _("Grades D to confirm, grades set by persons, contested grades")
    row.page_link("views/grades.py", label=label, icon=":material/arrow_forward:")
    if not view.desk.may(Action.SEE_RESULTS):
        return
    run = next((each.run_id for each in queries.kept(view, grade_months, needs=NEEDS) if each.as_of == told.as_of), "")
    asked = {"about": told.entity_id}
    if run:
        asked["target"] = f"grades:{run}:{told.entity_id}"
    label = _("Register an objection to this grade")
    row.page_link("views/objections.py", label=label, query_params=asked, icon=":material/gavel:")
