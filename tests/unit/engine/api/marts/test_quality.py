"""Stored measures of data quality make the same report and end with any further record; judgement is not stored."""

from pathlib import Path

import pytest

from engine.access.scope import scope_of
from engine.api.marts import quality as quality_marts
from engine.api.marts.quality import KIND, MEASURES, build_quality, held_quality
from engine.api.records.quality import override_quality, quality_report
from engine.quality.gate import TableQuality
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, COMPLAINT_HEADER, ENTITY_HEADER, NOW, complaint, entity, take_in, write_lines

PENALTIES = "penalty_id,entity_id,doc_no,violation_type,categories,severity,occurred_on,known_at"


def penalties(path: Path, *severities: str, first: int = 0) -> Path:
    rows = enumerate(severities, start=first)
    lines = [f"p{n},reg:1,doc {n},dirty,罚款,{severity},2021-06-01,2021-06-03" for n, severity in rows]
    return write_lines(path, PENALTIES, *lines)


@pytest.fixture
def workspace(tmp_path: Path):
    held = Workspace(tmp_path / "ws")
    take_in(
        held,
        write_lines(tmp_path / "entities.csv", ENTITY_HEADER, *(entity(n) for n in range(1, 5))),
        write_lines(
            tmp_path / "complaints.csv",
            COMPLAINT_HEADER,
            complaint(1, known_at=NOW.date().isoformat()),
            complaint(2, of=99),
        ),
        penalties(tmp_path / "penalties.csv", *["minor"] * 400),
    )
    later = ["serious"] * 400 + ["grave"] * 150  # the last is no code of the contract
    take_in(held, penalties(tmp_path / "second" / "penalties.csv", *later, first=400))
    yield held
    held.close()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time the measures were taken from the records for a report."""
    times: list[int] = []

    def counted(workspace: Workspace, **terms: object) -> list[TableQuality]:
        times.append(1)
        return quality_marts.table_quality(workspace, **terms)  # type: ignore[arg-type]

    monkeypatch.setattr("engine.api.records.quality.table_quality", counted)
    return times


def build(workspace: Workspace) -> str | None:
    return build_quality(workspace, actor=ACTOR, clock=lambda: NOW)


def test_the_report_on_stored_measures_is_the_report_on_fresh_ones(workspace: Workspace, taken: list[int]) -> None:
    fresh = quality_report(workspace)
    assert build(workspace) is not None
    taken.clear()

    assert held_quality(workspace) == fresh
    assert taken == []
    assert any(each.drifts for each in fresh.tables)
    assert any(each.waiting for each in fresh.tables)


def test_what_stands_is_not_taken_again_and_a_load_ends_it(
    workspace: Workspace, taken: list[int], tmp_path: Path
) -> None:
    build(workspace)
    assert build(workspace) is None
    workspace.ledger.append("plan.submitted", subject="p", content={}, actor=ACTOR, at=NOW)
    held_quality(workspace)
    assert taken == []

    take_in(workspace, write_lines(tmp_path / "more" / "complaints.csv", COMPLAINT_HEADER, complaint(7)))

    assert held_quality(workspace) == quality_report(workspace)
    assert len(taken) == 2
    build(workspace)
    held_quality(workspace)
    assert len(taken) == 2
    assert len(workspace.warehouse.runs(kind=KIND)) == 2


def test_who_takes_responsibility_shows_at_once_on_stored_measures(workspace: Workspace, taken: list[int]) -> None:
    build(workspace)
    assert held_quality(workspace).is_blocking

    override_quality(workspace, as_of=None, reason="known", actor=ACTOR, clock=lambda: NOW)
    taken.clear()

    assert not held_quality(workspace).is_blocking
    assert held_quality(workspace).override.reason == "known"
    assert taken == []


def test_somebody_with_limits_reads_nothing_stored(workspace: Workspace, taken: list[int]) -> None:
    build(workspace)
    seen = scoped(workspace, scope_of(districts=["330602"]))

    assert seen.warehouse.read(MEASURES).count().execute() == 0


def test_where_nothing_was_loaded_nothing_is_stored(tmp_path: Path) -> None:
    empty = Workspace(tmp_path / "empty")
    with empty.writing():
        pass

    assert build(empty) is None
    empty.close()
