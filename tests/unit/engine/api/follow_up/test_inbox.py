"""The inbox runs every clock: each event of the records appears with its deadline until it is done."""

from datetime import date

import pandas as pd
import pytest

from engine.api.follow_up.inbox import begin, end, inbox
from engine.api.records.intake import ingest
from engine.errors import UsageError
from engine.store.documents import load_policies
from tests.plan_world import BAO, at, hand_in, line, make, write

BOOK = load_policies()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inbox")
    found = make(folder)
    hand_in(found, line("L1"))
    day = {"known_at": date(2026, 3, 2), "occurred_on": date(2026, 3, 2)}
    filed = {"objection_id": "O1", "entity_id": "reg:000001", "target_table": "inspections", "target_id": "V-K1-SCJG"}
    sent = {
        "referral_id": "M1", "entity_id": "reg:000001", "inspection_id": None, "referral_type": "crime_transfer",
        "from_department": "SCJG", "to_department": "SW", "due_on": None, "annexes": None, "content": None,
    }  # fmt: skip
    tables = {
        "objections": [{**filed, "objection_event_id": "O1-1", "event": "filed", "reason": "x", "due_on": None,
                        "channel": None, **day}],
        "complaints": [{"complaint_id": "C1", "entity_id": "reg:000001", "topic": "x", "is_substantiated": None,
                        "channel": None, **day}],
        "penalties": [{"penalty_id": name, "entity_id": "reg:000001", "doc_no": name, "violation_type": "x",
                       "categories": "罚款", "severity": severity, "organ_code": "SCJG", **day}
                      for name, severity in (("P1", "minor"), ("P2", "none"))],
        "referrals": [{**sent, "referral_event_id": "M1-1", "event": "decided", **day}],
    }  # fmt: skip
    paths = [write(folder / "sources", name, pd.DataFrame(rows), name="inbox") for name, rows in tables.items()]
    ingest(found, paths, actor=BAO, clock=at(date(2026, 3, 2)))
    return found


def due(workspace, day=date(2026, 3, 10), **terms):
    return {(one.clock, one.subject): one for one in inbox(workspace, book=BOOK, as_of=day, **terms)}


def test_every_clock_of_the_records_runs(workspace):
    found = due(workspace, penalties_since=date(2026, 1, 1))
    days = {key: one.deadline.on for key, one in found.items()}

    assert days == {
        ("plan.deadline", "2026-WJW"): date(2026, 1, 31),  # of the health commission, which initiates too
        ("follow_up", "M1"): date(2026, 3, 3),
        ("deadlines.objection", "O1"): date(2026, 3, 9),
        ("deadlines.complaint_accept", "C1"): date(2026, 3, 11),
        ("deadlines.double_publicity", "P1"): date(2026, 3, 11),
        ("deadlines.lead_check", "C1"): date(2026, 3, 23),
        ("deadlines.publish_penalty", "P1"): date(2026, 3, 30),
    }
    assert list(days.values()) == sorted(days.values())
    assert (
        found["deadlines.objection", "O1"].department == "SCJG"
        and found["plan.deadline", "2026-WJW"].department == "WJW"
    )
    assert found["plan.deadline", "2026-WJW"].days_late == 38 and all(one.reference for one in found.values())
    assert set(due(workspace, clock="deadlines.objection")) == {("deadlines.objection", "O1")}


def test_a_clock_without_a_table_is_begun_and_ended_by_entry(workspace):
    terms = {"book": BOOK, "actor": BAO, "at": at(date(2026, 5, 6))}
    for _ in range(2):
        begin(workspace, "deadlines.repair_decide", "APP-7", department="SCJG", event=date(2026, 5, 6), **terms)
    mine = {"clock": "deadlines.repair_decide"}
    (one,) = due(workspace, date(2026, 5, 12), **mine).values()
    assert (one.deadline.on, one.days_late, one.department) == (date(2026, 5, 9), 3, "SCJG")  # a make-up Saturday
    assert not due(workspace, date(2026, 5, 5), **mine)
    with pytest.raises(UsageError):
        end(workspace, "deadlines.repair_decide", "APP-7", reason=" ", **terms)
    with pytest.raises(UsageError):
        begin(workspace, "deadlines.nothing", "APP-7", department="SCJG", event=date(2026, 5, 6), **terms)
    end(workspace, "deadlines.repair_decide", "APP-7", reason="决定书 7 号", **terms)
    assert not due(workspace, date(2026, 5, 12), **mine)


def test_a_department_without_a_plan_of_its_own_says_so(workspace):
    end(workspace, "plan.deadline", "2026-WJW", reason="本年无发起事项", book=BOOK, actor=BAO, at=at(date(2026, 3, 11)))

    assert not due(workspace, clock="plan.deadline")


def test_a_deadline_in_a_year_without_holidays_yet_is_provisional(workspace):
    terms = {"book": BOOK, "actor": BAO, "at": at(date(2026, 12, 20))}
    begin(workspace, "deadlines.publish_penalty", "P9", department="SCJG", event=date(2026, 12, 20), **terms)
    (one,) = (o for o in inbox(workspace, book=BOOK, as_of=date(2026, 12, 21)) if o.subject == "P9")

    assert one.deadline.is_provisional and one.deadline.on.year == 2027
