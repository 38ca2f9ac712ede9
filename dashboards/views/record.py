"""Record of one object: why it has its grade, and everything known of it."""

import re

import pandas as pd
import streamlit as st

from dashboards import parts, queries, words
from dashboards.definitions import RECORD
from dashboards.view import View, choose, current_view, written
from engine.api.desk import Action
from engine.api.reading import search as entity_search
from engine.api.reading.record import RecordEntry, credit_record
from engine.api.scoring import assessment
from engine.errors import SupervisionError, TableMissingError
from engine.messages import N_

STATUS = {
    "in_force": N_("counts"),
    "superseded": N_("replaced by a later version"),
    "ended": N_("ended"),
    "repaired": N_("repaired: does not count"),
    "revoked": N_("revoked: does not count"),
    "corrected": N_("corrected: does not count"),
    "withdrawn": N_("withdrawn: does not count"),
    "publicity_over": N_("publicity is over: does not count"),
    "validity_over": N_("validity is over: does not count"),
}
SEVERAL = re.compile(r"([;|])")


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Credit record"), RECORD, view=view, is_measured=False)
    asked = written(_("Name or code, at least two characters"), name="search")
    if not asked:
        parts.nothing_yet(_("Search for an object by a part of its name or code."))
        return
    found = queries.kept(view, entity_search.find_entities, needs=Action.SEE_ENTITIES, text=asked)
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
    _why(entity, view)
    label = _("Grades D to confirm, grades set by persons, contested grades")
    st.page_link("views/grades.py", label=label, icon=":material/arrow_forward:")
    _timeline(entity, view)


def _why(entity: str, view: View) -> None:
    """Show score, grade and every reason with its points, as stored when the score was made."""
    _ = view.translate
    st.subheader(_("Grade and reasons"))
    try:
        found = queries.kept(view, assessment.explain, needs=Action.SEE_ENTITIES, entity_id=entity)
    except TableMissingError as error:
        parts.nothing_yet(error.render(_))
        return
    left, middle, right = st.columns(3)
    left.metric(_("Grade"), words.NOTHING if not found.grade else words.grade_name(found.grade, _), border=True)
    middle.metric(_("Score"), words.NOTHING if found.score is None else f"{found.score:,.1f}", border=True)
    right.metric(_("As of"), words.day(found.as_of), border=True)
    if found.override:
        st.warning(_("The grade comes from a rule above the score: {rule}").format(rule=found.override))
    for each in found.sectors:
        st.info(_("Grade of the sector: {said}").format(said=each.render(_)))
    if not found.reasons:
        st.caption(_("No reason was stored: the score is that of an object without records."))
        return
    table = pd.DataFrame(
        {
            _("Rank"): [each.rank for each in found.reasons],
            _("Reason"): [each.sentence.render(_) for each in found.reasons],
            _("Points"): [f"{each.points:+,.1f}" for each in found.reasons],
            _("What would change it"): [
                _("without it the score would be {score}").format(score=f"{found.score - each.points:,.1f}")
                if found.score is not None
                else words.NOTHING
                for each in found.reasons
            ],
        }
    )
    parts.plain_table(table)
    parts.export_menu({"reasons": table}, name="reasons", view=view)


def _timeline(entity: str, view: View) -> None:
    """Show everything known, the newest first; what no longer counts is shown as such, not hidden."""
    _ = view.translate
    st.subheader(_("Everything known"))
    try:
        entries = queries.kept(view, credit_record, needs=Action.SEE_ENTITIES, entity_id=entity)
    except SupervisionError as error:
        st.error(error.render(_))
        return
    table = pd.DataFrame(
        {
            _("Day"): [words.day(each.occurred_on) for each in entries],
            _("Known since"): [words.day(each.known_at) for each in entries],
            _("Kind"): [words.table_name(each.table, _) for each in entries],
            _("Record number"): [each.record_id for each in entries],
            _("Counts"): [_(STATUS[each.status]) if each.status in STATUS else each.status for each in entries],
            _("Until"): [words.day(each.until) for each in entries],
            _("Details"): [_details(each, view) for each in entries],
            _("File"): [each.source_file for each in entries],
        }
    )
    parts.table(table.iloc[::-1], name="record", view=view)


def _details(entry: RecordEntry, view: View) -> str:
    """Say what a line holds, codes in words; of a draw's frame only whether it was drawn, of a grade only the grade."""
    _ = view.translate
    if entry.table == "selections":
        return _("drawn") if entry.details.get("is_drawn") else _("not drawn")
    grade = str(entry.details.get("grade", ""))
    if entry.table == "grades" and grade:
        return words.grade_name(grade, _)
    held = {
        name: each
        for name, each in entry.details.items()
        if not words.is_missing(each) and not isinstance(each, bool) and each != ""
    }
    return " · ".join(words.shortened(_in_words(name, str(each), view)) for name, each in held.items())


def _in_words(column: str, text: str, view: View) -> str:
    """Say codes and departments of a cell in words; several stand side by side."""
    pieces = SEVERAL.split(text)
    named = [queries.unit_name(view, each, needs=Action.SEE_ENTITIES) if each else each for each in pieces]
    return "".join(
        words.code_name(column, each, view.translate) if each == name else name
        for each, name in zip(pieces, named, strict=True)
    )


show(current_view())
