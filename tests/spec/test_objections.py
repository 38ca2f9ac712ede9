"""Objections to a record: who may take which step, on which rule it is refused, and until when it is decided."""

from dataclasses import replace
from datetime import date

import pytest

from engine.errors import ResultRefusedError
from engine.outcomes.objections import (
    ACCEPTED,
    CORRECTED,
    FILED,
    MAINTAINED,
    MARKED,
    REJECTED,
    WITHDRAWN,
    Move,
    Objection,
    ObjectionEvent,
    Record,
    next_event,
)

DAY, DUE, LONGEST = date(2026, 3, 10), date(2026, 3, 17), date(2026, 4, 7)
RECORD = Record(is_public=True, concerned="reg:1", makers=frozenset({"Li", "Wang"}), longest=LONGEST)
NEW = Objection("V-K1-SCJG-objection-1", "reg:1", "inspections", "V-K1-SCJG", "SCJG")


def move(event, *, on=DAY, actor="Zhao", department="SCJG", reason="核查", **said):
    return Move(event, department, actor, on, reason, **said)


def at_state(*events):
    found = NEW
    for event in events:
        found = found.after(ObjectionEvent(event, DAY, "x", DUE if event == FILED else None))
    return found


OPEN = at_state(FILED, ACCEPTED, MARKED)
FORBIDDEN = [
    ("against nothing that is public", NEW, move(FILED), {"is_public": False}, "国务院令654"),
    ("by somebody else without evidence", replace(NEW, entity_id="reg:2"), move(FILED), {}, "国务院令654"),
    ("a second one while the first is open", NEW, move(FILED), {"disputed_by": "O-1"}, "arts 30–31"),
    ("without saying what is wrong", NEW, move(FILED, reason=" "), {}, "arts 30–31"),
    ("accepted by another department", at_state(FILED), move(ACCEPTED, department="WJW"), {}, "谁公开"),
    ("declined without a reason", at_state(FILED), move(REJECTED, reason=""), {}, "arts 30–31"),
    ("declined after it was accepted", OPEN, move(REJECTED), {}, "arts 30–31"),
    ("decided before it was accepted", at_state(FILED), move(MAINTAINED), {}, "arts 30–31"),
    ("decided by who made the record", OPEN, move(MAINTAINED, actor="Li"), {}, "does not decide"),
    ("corrected by who published it", OPEN, move(CORRECTED, actor="Wang"), {}, "does not decide"),
    ("declined by who made the record", at_state(FILED), move(REJECTED, actor="Li"), {}, "does not decide"),
    ("decided by another department", OPEN, move(CORRECTED, department="WJW"), {}, "谁公开"),
    ("decided without a reason", OPEN, move(CORRECTED, reason=""), {}, "arts 30–31"),
    ("decided twice", at_state(FILED, ACCEPTED, MAINTAINED), move(CORRECTED), {}, "arts 30–31"),
    ("taken up again after it was withdrawn", at_state(FILED, WITHDRAWN), move(ACCEPTED), {}, "arts 30–31"),
    ("put off beyond 20 working days", OPEN, move(ACCEPTED, due_on=date(2026, 4, 8)), {}, "arts 30–31"),
    ("put off without a reason", OPEN, move(ACCEPTED, due_on=LONGEST, reason=""), {}, "arts 30–31"),
    ("put off to an earlier day", OPEN, move(ACCEPTED, due_on=DAY), {}, "arts 30–31"),
    ("a step dated back", OPEN, move(MAINTAINED, on=date(2026, 3, 9)), {}, "arts 30–31"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "objection", "step", "record", "reference"), FORBIDDEN, ids=[row[0] for row in FORBIDDEN]
)
def test_a_step_that_law_forbids_is_refused_with_its_rule(what, objection, step, record, reference):
    with pytest.raises(ResultRefusedError) as refused:
        next_event(objection, step, record=replace(RECORD, **record))

    assert reference in refused.value.params["reference"]


def test_somebody_else_may_object_on_evidence():
    other = replace(NEW, entity_id="reg:2")

    assert next_event(other, move(FILED, evidence=("照片1",)), record=RECORD).event == FILED


def test_a_record_is_marked_from_acceptance_to_decision():
    states = [at_state(FILED), at_state(FILED, ACCEPTED), OPEN, at_state(FILED, ACCEPTED, MARKED, MAINTAINED)]

    assert [one.is_marked for one in states] == [False, True, True, False]
    assert [one.is_open for one in states] == [True, True, True, False]


def test_the_decision_is_put_off_where_others_have_to_check_and_its_last_day_moves():
    longer = OPEN.after(next_event(OPEN, move(ACCEPTED, due_on=LONGEST), record=RECORD))

    assert (OPEN.due_on, longer.due_on) == (DUE, LONGEST) and longer.is_marked
    decided = longer.after(next_event(longer, move(CORRECTED, on=LONGEST), record=RECORD))
    assert decided.state == CORRECTED and not decided.is_open
