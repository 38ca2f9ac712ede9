"""Objections to grades as the records have them: which grade, since when, how decided; a disputed grade says so.

An objection to a grade is one about table ``grades`` and the record ``RUN:ENTITY``. Its steps are taken like those of
any other objection; what is different is what follows: the grade is computed again (:mod:`engine.api.rescoring`).
"""

from datetime import date

import pandas as pd

from engine.api.plan_book import rows_on
from engine.store.workspace import Workspace

GRADES_TABLE = "grades"
DECIDED = frozenset({"rejected", "corrected", "maintained", "withdrawn"})
COLUMNS = ("objection_id", "run_id", "entity_id", "state", "filed_on", "due_on", "decided_on", "reason", "is_disputed")


def grade_objections(workspace: Workspace, *, on: date, entity_id: str | None = None) -> pd.DataFrame:
    """Return the objections to grades known on a day, the one due first first.

    Returns
    -------
    DataFrame, key objection_id, :data:`COLUMNS`: ``state`` is the last event; ``reason`` of the objection and of its
    decision; ``is_disputed`` from its filing until it is decided, so that whoever reads the grade is told.
    """
    rows = rows_on(workspace, "objections", on=on)
    rows = rows[rows["target_table"] == GRADES_TABLE]
    found = []
    for name, events in rows.sort_values(["occurred_on", "known_at", "objection_event_id"]).groupby("objection_id"):
        run_id, _, entity = str(events["target_id"].iloc[0]).partition(":")
        if entity_id not in (None, entity):
            continue
        last, dues = events.iloc[-1], events["due_on"].dropna()
        is_over = last["event"] in DECIDED
        reasons = [str(each) for each in events["reason"].dropna() if each]
        found.append(
            (name, run_id, entity, last["event"], events["occurred_on"].iloc[0],
             dues.iloc[-1] if len(dues) else None, last["occurred_on"] if is_over else None, " / ".join(reasons),
             not is_over)
        )  # fmt: skip
    table = pd.DataFrame(found, columns=list(COLUMNS))
    return table.sort_values(["due_on", "objection_id"], ignore_index=True, na_position="last")


def disputed_grades(workspace: Workspace, *, on: date) -> frozenset[tuple[str, str]]:
    """Return (run, entity) of every grade under an objection that is not decided."""
    rows = grade_objections(workspace, on=on)
    rows = rows[rows["is_disputed"].astype(bool)]
    return frozenset(zip(rows["run_id"], rows["entity_id"], strict=True))
