"""Everything known of an object, in time: records with what counts and what does not, and the way to object to one."""

import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards import parts, queries, record_charts, words
from dashboards.record.shared import COUNTING, NEEDS, status_name
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.reading.record import RecordEntry, credit_record
from engine.errors import SupervisionError

SEVERAL = re.compile(r"([;|])")
OBJECTED_BY = {"penalties": "penalty_id", "listings": "listing_id", "inspections": "", "external_grades": ""}
"""Records that can be objected to, with the column whose value names one; empty = the record number itself."""


def show(entity: str, view: View) -> None:
    """Show the part: the chart of time, everything known below it, and the way to an objection."""
    _ = view.translate
    st.subheader(_("Everything known"))
    try:
        entries = queries.kept(view, credit_record, needs=NEEDS, entity_id=entity)
    except SupervisionError as error:
        st.error(error.render(_))
        return
    _chart(entries, view)
    table = pd.DataFrame(
        {
            _("Day"): [words.day(each.occurred_on) for each in entries],
            _("Known since"): [words.day(each.known_at) for each in entries],
            _("Kind"): [words.table_name(each.table, _) for each in entries],
            _("Record number"): [each.record_id for each in entries],
            _("Counts"): [status_name(each.status, view) for each in entries],
            _("Until"): [words.day(each.until) for each in entries],
            _("Details"): [_details(each, view) for each in entries],
            _("File"): [each.source_file for each in entries],
        }
    )
    parts.table(table.iloc[::-1], name="record", view=view)
    if view.desk.may(Action.SEE_RESULTS):
        _object(entries, entity, view)


def _chart(entries: Sequence[RecordEntry], view: View) -> None:
    """Draw the records of conduct in time; a version that a later one replaced is in the table alone."""
    _ = view.translate
    shown = [each for each in entries if each.table in record_charts.KINDS and each.status != "superseded"]
    if not shown:
        return
    rows = pd.DataFrame(
        {
            "day": [each.occurred_on.isoformat() for each in shown],
            "table": [each.table for each in shown],
            "kind": [words.table_name(each.table, _) for each in shown],
            "counts": [each.status in COUNTING for each in shown],
            "status": [status_name(each.status, view) for each in shown],
            "number": [each.record_id for each in shown],
            "told": [_details(each, view) for each in shown],
        }
    )
    counts = rows.groupby(["kind", "counts"], sort=False).size().unstack(fill_value=0)
    table = pd.DataFrame(
        {
            _("Kind"): list(counts.index),
            _("counts"): [words.count(n) for n in counts.get(True, pd.Series(0, index=counts.index))],
            _("does not count"): [words.count(n) for n in counts.get(False, pd.Series(0, index=counts.index))],
        }
    )
    chart = record_charts.timeline(rows, translate=_)
    parts.chart_with_table(chart, table, alt_text=_("Records of the object in time, by kind"), translate=_)


def _object(entries: Sequence[RecordEntry], entity: str, view: View) -> None:
    """Choose a record that counts and go to the objection against it."""
    _ = view.translate
    targets: dict[str, str] = {}
    for each in reversed(entries):
        if each.table not in OBJECTED_BY or each.status != "in_force":
            continue
        column = OBJECTED_BY[each.table]
        name = str(each.details.get(column, each.record_id)) if column else each.record_id
        target = name if each.table == "inspections" else f"{each.table}:{name}"
        targets.setdefault(target, f"{words.day(each.occurred_on)} · {words.table_name(each.table, _)} · {name}")
    if not targets:
        return
    st.subheader(_("Object to a record"))
    target = choose(
        st.selectbox, _("Record"), tuple(targets), name="target", default=next(iter(targets)),
        label_of=targets.__getitem__,
    )  # fmt: skip
    asked = {"about": entity, "target": target}
    label = _("Register an objection to this record")
    st.page_link("views/objections.py", label=label, query_params=asked, icon=":material/gavel:")


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
    named = [queries.unit_name(view, each, needs=NEEDS) if each else each for each in pieces]
    return "".join(
        words.code_name(column, each, view.translate) if each == name else name
        for each, name in zip(pieces, named, strict=True)
    )
