"""Objections to grades: which grade, since when, how decided; a disputed grade says so.

An objection to a grade is one about table ``grades`` and the record ``RUN:ENTITY``. Its steps are taken like those of
any other objection (:mod:`engine.api.follow_up.objection_desk`); what is different is what follows: the grade is
computed again (:mod:`engine.api.grading.rescoring`).
"""

from datetime import date

import pandas as pd

from engine.api.grading.confirming import DECIDED
from engine.api.grading.monthly_records import STARTED, finished_of, grade_run_of
from engine.api.results.objections import objections_on
from engine.store.workspaces.workspace import Workspace

GRADES = "grades"
COLUMNS = ("objection_id", "run_id", "entity_id", "state", "filed_on", "due_on", "decided_on", "reason", "is_disputed")


def grade_objections(workspace: Workspace, *, on: date, entity_id: str | None = None) -> pd.DataFrame:
    """Return the objections to grades known on a day, the one due first first.

    Returns
    -------
    DataFrame, key objection_id, :data:`COLUMNS`: ``state`` is the last event; ``reason`` of the objection and of its
    decision; ``is_disputed`` from its filing until it is decided, so that whoever reads the grade is told.
    """
    rows = []
    for one in objections_on(workspace, on=on).values():
        run_id, _, entity = one.target_id.partition(":")
        if one.target_table != GRADES or entity_id not in (None, entity):
            continue
        reasons = " / ".join(event.reason for event in one.events if event.reason)
        decided = None if one.is_open else one.events[-1].on
        rows.append(
            (one.objection_id, run_id, entity, one.state, one.filed_on, one.due_on, decided, reasons, one.is_open)
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(["due_on", "objection_id"], ignore_index=True, na_position="last")


def disputed_grades(workspace: Workspace, *, on: date) -> frozenset[tuple[str, str]]:
    """Return (run, entity) of every grade under an objection that is not decided."""
    rows = grade_objections(workspace, on=on)
    rows = rows[rows["is_disputed"].astype(bool)]
    return frozenset(zip(rows["run_id"], rows["entity_id"], strict=True))


def graded_entity(workspace: Workspace, identifier: str) -> str:
    """Return whom the grade ``RUN:ENTITY`` of a finished monthly run is about, empty when there is no such grade."""
    run_id, _, entity = identifier.partition(":")
    if finished_of(workspace, run_id) is None:
        return ""
    rows = workspace.warehouse.read(GRADES, run_id=grade_run_of(workspace, run_id))
    return entity if int(rows.filter(rows.entity_id == entity).count().execute()) else ""


def grade_makers(workspace: Workspace, identifier: str) -> frozenset[str]:
    """Return who made a grade: started its run, or confirmed it."""
    run_id, _, entity = identifier.partition(":")
    starters = {entry.actor for entry in workspace.ledger.entries(action=STARTED, subject=run_id)}
    decided = workspace.ledger.entries(action=DECIDED, subject=run_id)
    return frozenset(starters | {entry.actor for entry in decided if entry.particulars["entity_id"] == entity})
