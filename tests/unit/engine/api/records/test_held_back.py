"""Waiting rows: why they wait, whose grade they could change, which load of a source was the last good one."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from engine.api.records.held_back import last_good_loads, trend, waiting_reach, waiting_reasons
from engine.api.records.quarantine import retry_quarantine
from engine.store.workspaces.quality import LoadQuality, load_quality
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, COMPLAINT_HEADER, ENTITY_HEADER, NOW, complaint, entity, take_in, write_lines
from tests.unit.engine.api.records.test_quarantine import exported_table, filled

PENALTIES = "penalty_id,entity_id,doc_no,violation_type,categories,severity,occurred_on,known_at"
ON = date(2021, 6, 30)


def penalty(n: int, *, of: str, severity: str = "minor", day: str = "2021-06-01") -> str:
    return f"p{n},{of},doc {n},dirty,罚款,{severity},{day},2021-06-03"


@pytest.fixture
def workspace(tmp_path: Path):
    held = Workspace(tmp_path / "ws")
    entities = write_lines(tmp_path / "entities.csv", ENTITY_HEADER, *(entity(n) for n in range(1, 5)))
    good = write_lines(tmp_path / "penalties.csv", PENALTIES, *(penalty(n, of="reg:1") for n in range(40)))
    take_in(held, entities, good)
    rows = [
        penalty(100, of="reg:1", severity="grave"),
        penalty(101, of="reg:1", severity="grave"),
        penalty(102, of="reg:2", severity="grave", day="last spring"),
        penalty(103, of="reg:99", severity="grave"),
        penalty(104, of="", severity="minor"),
    ]
    take_in(
        held,
        write_lines(tmp_path / "bad" / "penalties.csv", PENALTIES, *rows),
        write_lines(tmp_path / "bad" / "complaints.csv", COMPLAINT_HEADER, complaint(1)),
    )
    yield held
    held.close()


def graded(workspace: Workspace, *names: str) -> None:
    grades = pd.DataFrame({"entity_id": list(names), "grade": "A", "as_of": ON})
    workspace.warehouse.write_run({"grades": grades}, kind="grade", as_of=ON, manifest={}, actor=ACTOR, at=NOW)


def test_reasons_are_counted_by_check_and_column_the_most_frequent_first(workspace: Workspace) -> None:
    found = waiting_reasons(workspace)

    counted = {(row["column"], row["n_rows"]) for row in found.to_dict("records")}
    assert {("severity", 4), ("occurred_on", 1), ("entity_id", 1)} <= counted
    assert found["n_rows"].is_monotonic_decreasing
    assert str(found["reason"].iloc[0]).startswith("severity")
    assert str(found["reason"].iloc[0]).endswith(" holds a code that is not on the list")


def test_an_object_counts_once_and_only_if_it_has_a_grade(workspace: Workspace) -> None:
    before = waiting_reach(workspace)
    graded(workspace, "reg:1", "reg:2", "reg:3", "reg:4")
    found = waiting_reach(workspace)

    assert (before.as_of, before.n_graded, before.n_affected, before.share) == (None, 0, 0, None)
    assert (found.as_of, found.n_graded, found.n_affected, found.share) == (ON, 4, 2, 0.5)
    assert (found.n_rows, found.n_nameless) == (5, 1)
    assert found.by_source.to_dict("records") == [
        {"table": "penalties", "n_rows": 5, "n_objects": 3, "n_graded": 2, "is_read": True}
    ]


def test_a_mended_row_reaches_no_grade_any_more(workspace: Workspace, tmp_path: Path) -> None:
    graded(workspace, "reg:1", "reg:2")
    sheet = exported_table(workspace, tmp_path / "fix.xlsx", "penalties")
    column = next(place for place, title in enumerate(sheet[0]) if "severity" in title)
    changes = {(at, "severity"): "serious" for at, row in enumerate(sheet) if row[column] == "grave"}
    back = filled(tmp_path / "back.xlsx", sheet, changes, name="penalties")
    retry_quarantine(workspace, back, actor=ACTOR, clock=lambda: NOW)

    found = waiting_reach(workspace)
    assert found.n_affected == 1  # the row with two faults goes on waiting
    assert found.n_rows == 2
    assert "severity" not in set(waiting_reasons(workspace)["column"])


def test_without_a_waiting_row_nothing_is_reached(tmp_path: Path) -> None:
    held = Workspace(tmp_path / "ws")
    take_in(held, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)))
    graded(held, "reg:1")
    found = waiting_reach(held)
    held.close()

    assert (found.n_graded, found.n_affected, found.n_rows, found.share) == (1, 0, 0, 0.0)
    assert found.by_source.empty


def test_the_last_good_load_is_not_the_one_that_was_mostly_held_back(workspace: Workspace) -> None:
    loads = load_quality(workspace)
    good = last_good_loads(loads, on=ON)

    first, later = dict.fromkeys(each.load_id for each in loads)
    assert good["penalties"].load_id == first
    assert good["complaints"].load_id == later
    found = trend(loads)
    of = found[found["table"] == "penalties"]
    assert of["share"].tolist() == [0.0, 1.0]
    assert found[found["table"] == ""]["rows_in"].tolist() == [44, 6]


def test_a_load_without_rows_has_no_share_and_is_not_good() -> None:
    empty = LoadQuality("l1", "2021-06-30T08:00:00+08:00", "penalties", 0, 0, 0, 0)

    assert last_good_loads([empty], on=ON) == {}
    assert trend([empty])["share"].isna().all()


def test_a_load_of_some_bad_rows_is_good_up_to_the_limit_only() -> None:
    day = "2021-06-30T08:00:00+08:00"
    fine = LoadQuality("l1", day, "penalties", 100, 90, 10, 0)
    worse = LoadQuality("l2", day, "penalties", 100, 89, 11, 0)

    assert last_good_loads([fine, worse], on=ON) == {"penalties": fine}


def test_an_object_that_waits_in_two_tables_counts_once_and_tables_no_grade_reads_do_not_count(
    workspace: Workspace, tmp_path: Path
) -> None:
    graded(workspace, "reg:1", "reg:2", "reg:3", "reg:4")
    take_in(
        workspace,
        write_lines(tmp_path / "two" / "complaints.csv", COMPLAINT_HEADER, complaint(7), complaint(8, known_at="soon")),
        write_lines(
            tmp_path / "two" / "recusals.csv", "inspector_code,entity_id,reason,occurred_on,known_at",
            "I1,reg:4,kin,soon,2021-06-03",
        ),
    )  # fmt: skip
    found = waiting_reach(workspace)

    assert set(found.by_source["table"]) == {"penalties", "complaints", "recusals"}
    assert dict(zip(found.by_source["table"], found.by_source["is_read"], strict=True))["recusals"] is False
    assert found.n_affected == 2
