"""The filter below every page: what lies outside a scope is in no table, no file, no record and no ledger."""

from pathlib import Path

import pytest

from engine.access.scope import scope_of
from engine.api.records.object_matches import merge_decisions
from engine.errors import AccessError
from engine.store.workspaces.scoped import ScopedWarehouse, ScopedWorkspace, scoped
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, ENTITY_HEADER, NOW, take_in, write_lines
from tests.two_districts import HERE, SECRET, THERE, object_line, write_two_districts


@pytest.fixture
def whole(tmp_path: Path):
    write_two_districts(tmp_path / "ws")
    workspace = Workspace(tmp_path / "ws")
    yield workspace
    workspace.close()


def here(whole: Workspace) -> ScopedWorkspace:
    seen = scoped(whole, scope_of(districts=[HERE]))
    assert isinstance(seen, ScopedWorkspace)
    return seen


def ids(table) -> set[str]:
    return set(table.execute()["entity_id"])


def test_without_limits_it_is_the_workspace_itself(whole: Workspace) -> None:
    assert scoped(whole, scope_of()) is whole


@pytest.mark.parametrize("way", ["table", "history", "provenance"])
@pytest.mark.parametrize("name", ["entities", "complaints"])
def test_records_are_those_of_objects_in_the_district(whole: Workspace, way: str, name: str) -> None:
    seen = getattr(here(whole).warehouse, way)(name)

    assert ids(seen) == {"reg:1", "reg:2"}
    assert ids(getattr(whole.warehouse, way)(name)) == {"reg:1", "reg:2", "reg:3", "reg:4"}
    assert SECRET not in seen.execute().to_csv()


def test_results_are_filtered_by_object_by_district_and_else_hidden(whole: Workspace) -> None:
    warehouse = here(whole).warehouse

    assert ids(warehouse.read("grades")) == {"reg:1", "reg:2"}
    assert list(warehouse.read("strata").execute()["stratum"]) == ["s1"]
    assert warehouse.read("city_figures").execute().empty
    assert warehouse.read("by_department").execute().empty
    assert list(warehouse.read("scoped_figures").execute()["value"]) == [2.0]


def test_a_department_sees_shared_objects_and_its_own_rows(whole: Workspace) -> None:
    warehouse = scoped(whole, scope_of(departments=["fire"])).warehouse

    assert len(ids(warehouse.table("entities"))) == 4
    assert list(warehouse.read("by_department").execute()["n"]) == [2]
    assert warehouse.read("city_figures").execute().empty


def test_the_ways_around_the_tables_are_closed_too(whole: Workspace) -> None:
    warehouse = here(whole).warehouse

    assert warehouse.files("records") == []
    assert warehouse.rows_of("complaints", ["reg:1", "reg:3"])["entity_id"].to_pylist() == ["reg:1"]
    assert set(warehouse.results_of("grades", ["reg:1", "reg:3"])["entity_id"]) == {"reg:1"}
    rows = warehouse.execute_sql(warehouse.stored_sql(warehouse.contracts["entities"]))
    assert set(rows["entity_id"]) == {"reg:1", "reg:2"}


def test_an_object_that_moved_is_seen_where_it_is_now_with_its_past(tmp_path: Path, whole: Workspace) -> None:
    line = object_line(1, THERE, "此区企业1").replace("2020-01-02", "2025-01-01")
    take_in(whole, write_lines(tmp_path / "entities-moved.csv", ENTITY_HEADER, line))
    there = scoped(whole, scope_of(districts=[THERE])).warehouse

    assert ids(here(whole).warehouse.table("complaints")) == {"reg:2"}
    assert ids(there.table("complaints")) == {"reg:1", "reg:3", "reg:4"}


def test_the_records_of_a_merged_identifier_follow_the_object_that_stands_for_it(whole: Workspace) -> None:
    content = {"on": "2024-01-01", "kept_id": "reg:2", "merged_id": "reg:3", "entity_id": "reg:2"}
    whole.ledger.append("object_match.accepted", subject="m", content=content, actor=ACTOR, at=NOW)
    assert len(merge_decisions(whole.decisions)) == 1
    warehouse = here(whole).warehouse

    assert ids(warehouse.history("complaints")) >= {"reg:1", "reg:2"}
    assert "c3" in set(warehouse.history("complaints").execute()["complaint_id"])
    assert warehouse.rows_of("complaints", ["reg:3"]).num_rows == 1
    assert ids(scoped(whole, scope_of(districts=[THERE])).warehouse.table("complaints")) == {"reg:4"}


def test_the_ledger_shows_decisions_on_seen_objects_and_what_names_no_object(whole: Workspace) -> None:
    ledger = here(whole).ledger

    decided = ledger.entries(action="grade.decided")
    assert [entry.particulars["entity_id"] for entry in decided] == ["reg:1"]
    assert ledger.entries(action="load.accepted")
    assert ledger.entries(action="account.added") == []
    assert ledger.head() == whole.ledger.head()
    assert ledger.first_break() is None


def test_a_limited_view_writes_nothing(whole: Workspace) -> None:
    seen, before = here(whole), whole.ledger.head()

    with pytest.raises(AccessError):
        seen.ledger.append("grade.decided", subject="x", content={}, actor=ACTOR, at=NOW)
    with pytest.raises(AccessError), seen.writing():
        pass
    with pytest.raises(AccessError), seen.drawing():
        pass
    assert whole.ledger.head() == before


def test_the_list_of_items_is_open_to_districts_and_cut_to_its_own_for_a_department(whole: Workspace) -> None:
    listed = "SELECT unnest(['fire', 'market']) AS department_code"
    ours = scoped(whole, scope_of(departments=["fire"])).warehouse

    assert isinstance(ours, ScopedWarehouse)
    assert list(ours.execute_sql(ours._seen("items", listed))["department_code"]) == ["fire"]
    assert len(ours.execute_sql(ours._seen("departments", listed))) == 2
    theirs = here(whole).scoped_warehouse
    assert len(theirs.execute_sql(theirs._seen("items", listed))) == 2
