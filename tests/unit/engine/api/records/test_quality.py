"""Data quality of loads, and a gate that scoring respects until somebody takes responsibility."""

from datetime import UTC, date, datetime

import pytest

from engine.api.records.quality import override_quality, quality_report, quality_tables, require_quality
from engine.api.scoring.assessment import score
from engine.errors import QualityGateError, TableMissingError, UsageError
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, COMPLAINT_HEADER, ENTITY_HEADER, NOW, complaint, entity, take_in, write_lines

PENALTIES = "penalty_id,entity_id,doc_no,violation_type,categories,severity,occurred_on,known_at"
AS_OF = date(2022, 1, 1)
LATE = date(2026, 12, 31)


def penalty(n, *, severity="minor", of=1):
    return f"p{n},reg:{of},doc {n},dirty,罚款,{severity},2021-06-01,2021-06-03"


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    penalties = [penalty(n) for n in range(30)] + [penalty(n, severity="grave") for n in range(30, 34)]
    take_in(
        workspace,
        write_lines(tmp_path / "entities.csv", ENTITY_HEADER, *(entity(n) for n in range(1, 5))),
        write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER, complaint(1), complaint(1), complaint(2, of=99)),
        write_lines(tmp_path / "penalties.csv", PENALTIES, *penalties),
    )
    yield workspace
    workspace.close()


def measured(report, table):
    return next(each for each in report.tables if each.table == table)


def test_rows_are_counted_as_the_loads_counted_them_and_the_register_is_covered(workspace):
    report = quality_report(workspace, as_of=AS_OF)
    penalties, complaints = measured(report, "penalties"), measured(report, "complaints")

    assert (penalties.rows_in, penalties.accepted, penalties.quarantined, penalties.waiting) == (34, 30, 4, 4)
    assert (complaints.rows_in, complaints.accepted, complaints.duplicates) == (3, 2, 1)
    assert (complaints.n_unregistered, complaints.n_covered, complaints.coverage) == (1, 1, 0.25)
    assert all(t.rows_in == t.accepted + t.quarantined + t.duplicates for t in (*report.tables, *report.loads))
    assert penalties.last_known_at == date(2021, 6, 3)


def test_too_many_waiting_rows_block_scoring_until_they_are_settled_or_overridden(workspace):
    with pytest.raises(QualityGateError, match=r"red: penalties: 11.8% of 34 rows wait"):
        score(workspace, as_of=AS_OF, profile="default", actor=ACTOR, clock=lambda: NOW)

    override_quality(workspace, as_of=AS_OF, reason="known, mended on Friday", actor=ACTOR, clock=lambda: NOW)

    with pytest.raises(TableMissingError):  # past the gate: features were never built here
        score(workspace, as_of=AS_OF, profile="default", actor=ACTOR, clock=lambda: NOW)
    (entry,) = workspace.ledger.entries(action="quality.overridden")
    assert (entry.actor, entry.reason) == (ACTOR.name, "known, mended on Friday")
    assert entry.particulars["findings"] == ["penalties.waiting_share"]


def test_an_override_holds_for_its_day_and_its_findings_only(workspace, tmp_path):
    override_quality(workspace, as_of=AS_OF, reason="known", actor=ACTOR, clock=lambda: NOW)
    strangers = [penalty(n, of=500) for n in range(100, 120)]
    with pytest.raises(QualityGateError):
        require_quality(workspace, as_of=date(2022, 1, 2), profile="default")

    take_in(workspace, write_lines(tmp_path / "penalties-2.csv", PENALTIES, *strangers))

    with pytest.raises(QualityGateError, match=r"20\.|40\.0% of 50 records name objects not on the register"):
        require_quality(workspace, as_of=AS_OF, profile="default")


def test_a_source_that_stopped_delivering_turns_red_and_one_that_delivered_since_is_not_late(workspace):
    late = {(f.table, f.measure) for f in quality_report(workspace, as_of=LATE).findings}
    past = {(f.table, f.measure) for f in quality_report(workspace, as_of=AS_OF).findings}

    assert ("penalties", "delivery_lateness") in late and ("complaints", "delivery_lateness") in late
    assert not any(measure == "delivery_lateness" for _, measure in past)


def test_foreign_records_block_nothing(workspace):
    assert not quality_report(workspace, as_of=AS_OF, profile="benchmark").is_blocking
    require_quality(workspace, as_of=AS_OF, profile="benchmark")


def test_the_newest_load_is_compared_with_those_before(workspace, tmp_path):
    take_in(
        workspace,
        write_lines(tmp_path / "penalties-2.csv", PENALTIES,
                    *(penalty(n, severity="serious") for n in range(100, 130))),
    )  # fmt: skip

    drifts = [f for f in quality_report(workspace, as_of=LATE).findings if f.measure.startswith("drift")]

    assert [str(f.sentence) for f in drifts] == [
        "penalties.severity: the share of serious went from 0.0% to 100.0% (30 new rows, 30 before)"
    ]


@pytest.mark.parametrize(("as_of", "reason"), [(AS_OF, " "), (date(2020, 6, 1), "nothing is red then")])
def test_an_override_needs_a_reason_and_something_to_override(tmp_path, workspace, as_of, reason):
    if as_of.year == 2020:
        from engine.api.records.intake import loads, reverse

        reverse(workspace, loads(workspace)[0].load_id, reason="x", actor=ACTOR, clock=lambda: NOW)
        take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)))

    with pytest.raises(UsageError):
        override_quality(workspace, as_of=as_of, reason=reason, actor=ACTOR, clock=lambda: datetime.now(UTC))


def test_pages_get_tables(workspace):
    path = workspace.path
    found = quality_tables(path, as_of=AS_OF)

    assert set(found) == {"tables", "loads", "findings"}
    assert found["findings"]["colour"].tolist()[0] == "red"
    assert len(found["loads"]) == 3
