from datetime import date

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from engine.errors import TableMissingError, WorkspaceMissingError
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import (
    ACTOR,
    COMPLAINT_HEADER,
    ENTITY_HEADER,
    NOW,
    complaint,
    entity,
    take_in,
    write_lines,
)  # fmt: skip

DAY = date(2024, 6, 30)


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    take_in(
        workspace,
        write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)),
        write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER, complaint(1), complaint(2, known_at="2022-01-01")),
    )
    yield workspace
    workspace.close()


def write(workspace, tables, as_of=DAY):
    return workspace.warehouse.write_run(tables, kind="score", as_of=as_of, manifest={"v": 1}, actor=ACTOR, at=NOW)


def test_a_table_without_loads_is_empty_but_typed(workspace):
    penalties = workspace.warehouse.history("penalties")

    assert penalties.count().to_pyarrow().as_py() == 0
    assert penalties.schema()["fine_fen"].is_integer()
    assert penalties.schema()["superseded_at"].is_date()
    assert workspace.warehouse.provenance("penalties").count().to_pyarrow().as_py() == 0


def test_bounds_come_from_the_manifest(workspace):
    assert workspace.warehouse.bounds() == workspace.warehouse.bounds("complaints")
    assert (workspace.warehouse.bounds().first, workspace.warehouse.bounds().last) == (
        date(2021, 3, 1),
        date(2022, 1, 1),
    )
    with pytest.raises(TableMissingError):
        workspace.warehouse.bounds("penalties")


def test_an_expression_keeps_to_the_files_it_was_made_from(tmp_path, workspace):
    before = workspace.warehouse.table("entities")
    take_in(workspace, write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, entity(2)))

    assert before.count().to_pyarrow().as_py() == 1
    assert workspace.warehouse.table("entities").count().to_pyarrow().as_py() == 2


@pytest.mark.parametrize("form", ["pandas", "arrow", "ibis"])
def test_results_are_written_in_every_form_and_read_back(workspace, form):
    frame = pd.DataFrame({"entity_id": ["reg:1"], "as_of": [DAY], "score": [1.5]})
    given = {"pandas": frame, "arrow": pa.Table.from_pandas(frame), "ibis": ibis.memtable(frame)}[form]

    run_id = write(workspace, {"scores": given})

    (row,) = workspace.warehouse.read("scores").to_pyarrow().to_pylist()
    assert row == {"entity_id": "reg:1", "as_of": DAY, "score": 1.5, "run_id": run_id}


def test_the_latest_run_is_read_unless_one_is_named(workspace):
    first = write(workspace, {"scores": pd.DataFrame({"score": [1.0]})})
    write(workspace, {"scores": pd.DataFrame({"score": [2.0]})}, as_of=date(2025, 1, 1))
    write(workspace, {"grades": pd.DataFrame({"grade": ["A"]})})

    read = workspace.warehouse.read
    assert read("scores").score.to_pyarrow().to_pylist() == [2.0]
    assert read("scores", as_of=DAY).score.to_pyarrow().to_pylist() == [1.0]
    assert read("scores", run_id=first).score.to_pyarrow().to_pylist() == [1.0]
    assert [run.sequence for run in workspace.warehouse.runs(kind="score")] == [1, 2, 3]
    with pytest.raises(TableMissingError):
        read("strata")


def test_a_run_that_fails_shows_none_of_its_tables(workspace):
    with pytest.raises(ValueError):
        write(workspace, {"scores": pd.DataFrame({"score": [1.0]}), "grades": pd.DataFrame({"a": [1, "x"]})})

    with pytest.raises(TableMissingError):
        workspace.warehouse.read("scores")


def test_a_folder_without_a_workspace_is_named(tmp_path):
    with pytest.raises(WorkspaceMissingError, match="nowhere"):
        Workspace(tmp_path / "nowhere").require()
