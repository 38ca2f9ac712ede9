"""Record of one object: is its grade right, what would change it, what is known of it, how it fared."""

from functools import partial

import streamlit as st

from dashboards import parts, queries
from dashboards.definitions import RECORD
from dashboards.record import changes, course, header, known, why
from dashboards.record.shared import NEEDS
from dashboards.view import View, choose, current_view, written
from engine.api.reading import search as entity_search
from engine.api.scoring import assessment
from engine.errors import TableMissingError
from engine.messages import N_

PARTS = {
    "why": N_("Grade and reasons"),
    "changes": N_("What would change the grade"),
    "known": N_("Everything known"),
    "course": N_("Grades and draws"),
}
WITHOUT_GRADE = ("known", "course")


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Credit record"), RECORD, view=view, is_measured=False)
    named = st.query_params.get("entity", "")  # a link that names the object alone is enough
    asked = written(_("Name, code or pinyin, at least two characters"), name="search", usual=named)
    if not asked:
        parts.nothing_yet(_("Search for an object by a part of its name or code."))
        return
    found = queries.kept(view, entity_search.find_entities, needs=NEEDS, text=asked)
    if found.empty:
        parts.nothing_yet(_("No object within your districts and departments is called so."))
        return
    names = {str(row["entity_id"]): f"{row['name']} · {row['entity_id']}" for row in found.to_dict("records")}
    entity = choose(
        st.selectbox,
        _("Object"),
        tuple(names),
        name="entity",
        default=next(iter(names)),
        label_of=names.__getitem__,
    )
    _object(entity, view)


def _object(entity: str, view: View) -> None:
    """Show the head of the object, then the part that was chosen."""
    _ = view.translate
    told: assessment.Explanation | None = None
    try:
        told = queries.kept(view, assessment.explain, needs=NEEDS, entity_id=entity)
    except TableMissingError as error:
        parts.nothing_yet(error.render(_))
    else:
        header.show(told, view)
    offered = tuple(PARTS) if told is not None else WITHOUT_GRADE
    part = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Part"),
        offered,
        name="part_of_record",
        default=offered[0],
        label_of=lambda each: _(PARTS[each]),
    )
    if part == "known":
        known.show(entity, view)
    elif part == "course":
        course.show(entity, view)
    elif told is not None:
        {"why": why.show, "changes": changes.show}[part](told, view)


show(current_view())
