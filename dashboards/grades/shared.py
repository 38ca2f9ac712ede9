"""What the parts of the page of grades share: names of objects, of absent grades, of what stands above a score."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboards import queries, words
from dashboards.view import View
from engine.api.desk import Action
from engine.api.grading.months import ABSENT
from engine.messages import N_

NEEDS = Action.SEE_ENTITIES
REVIEWED, SECTOR = "reviewed.", "sector."
GROUNDS = {
    "licence_revoked": N_("licence revoked"),
    "crime_transfer": N_("transferred for suspected crime"),
    "refused_check": N_("inspection refused"),
    "not_on_record": N_("facts not on record yet"),
    "objection_upheld": N_("objection upheld, record not corrected yet"),
}
"""What people call the grounds of policy ``grading.override_grounds``; a ground of a city's own keeps its code."""
RULES = {"serious_violation_listing": N_("on the serious-violation list")}


def names_of(entity_ids: Sequence[str], view: View) -> dict[str, str]:
    """Return the names of objects; those without one are left out."""
    return queries.object_names(view, entity_ids, needs=NEEDS)


def named(names: Mapping[str, str], entity_id: str) -> str:
    """Return name and code of an object, as it stands in choices."""
    return f"{names.get(entity_id, entity_id)} · {entity_id}"


def ground_name(code: str, view: View) -> str:
    """Return what people call the ground of an override."""
    return view.translate(GROUNDS[code]) if code in GROUNDS else code


def grade_or_absent(grade: str, view: View, *, absent: str) -> str:
    """Return the name of a grade, or ``absent`` for an object that has none at that time."""
    return view.translate(absent) if grade == ABSENT else words.grade_name(grade, view.translate)


def above_score(code: object, view: View) -> str:
    """Return what a grade rests on, by the code that the run stored: what stands above the score, or the score."""
    _ = view.translate
    if words.is_missing(code) or not code:
        return _("the score")
    said = str(code)
    if said.startswith(REVIEWED):
        return _("two persons: {ground}").format(ground=ground_name(said.removeprefix(REVIEWED), view))
    if said.startswith(SECTOR):
        return _("the sector's grade")
    return _(RULES[said]) if said in RULES else said


def record_link(entity_id: str, view: View) -> None:
    """Show the way to an object's credit record, where its reasons and everything known stand."""
    _ = view.translate
    asked = {"search": entity_id, "entity": entity_id}
    st.page_link(
        "views/record.py", label=_("To the credit record"), query_params=asked, icon=":material/arrow_forward:"
    )
