"""A killed process leaves the store as before or as after a load, never between; then the load completes."""

import signal

import pytest

from engine.api.records.intake import reverse
from engine.api.workspace import open_workspace
from engine.errors import WorkspaceMissingError
from engine.store.workspaces.workspace import Workspace
from tests.killed_load import start_load, start_reversal
from tests.small_sources import (
    ACTOR,
    COMPLAINT_HEADER,
    ENTITY_HEADER,
    NOW,
    complaint,
    counts,
    entity,
    rows,
    take_in,
    write_lines,
)


def held(folder):
    try:
        workspace = open_workspace(folder, create=False)
        workspace.decisions.migrate()
    except WorkspaceMissingError:
        return (0, 0)
    found = tuple(len(rows(workspace, table)) for table in ("entities", "complaints"))
    workspace.close()
    return found


@pytest.fixture
def sources(tmp_path):
    return (
        write_lines(tmp_path / "entities.csv", ENTITY_HEADER, *map(entity, range(20)), entity(90, status="x")),
        write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER, *map(complaint, range(30))),
    )


def test_killed_at_any_moment_then_loaded_again(tmp_path, sources):
    count = tmp_path / "count"
    start_load(tmp_path / "whole", sources, count=count).join()
    n_moments = int(count.read_text())
    states = []

    for moment in (0.4, 0.8, "_commit", "file_row", "append", 1.0):  # the named ones lie inside the commit
        folder = tmp_path / f"ws{moment}"
        stop = moment if isinstance(moment, str) else round(n_moments * moment)
        killed = start_load(folder, sources, stop=stop)
        killed.join()
        assert killed.exitcode == -signal.SIGKILL
        states.append(held(folder))

        workspace = Workspace(folder)
        take_in(workspace, *sources)
        assert held(folder) == (20, 30)
        assert len(workspace.ledger.entries(action="load.accepted")) == 1
        assert len(list(folder.rglob("*.parquet"))) == 3
        assert not list(folder.rglob("*.partial"))
        workspace.close()

    assert set(states) <= {(0, 0), (20, 30)}
    assert (0, 0) in states


def test_a_reversal_killed_at_any_moment_then_reversed_again(tmp_path, sources):
    again = write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, *map(entity, range(10, 30)))
    count, n_moments = tmp_path / "count", 0
    for moment in (0, 0.5, "_hand_over", "append"):
        folder = tmp_path / f"ws{moment}"
        workspace = Workspace(folder)
        load_id = take_in(workspace, *sources).loads[0].load_id
        take_in(workspace, again)
        assert held(folder) == (30, 30)

        stop = moment if isinstance(moment, str) else round(n_moments * moment)
        process = start_reversal(folder, load_id, stop=stop, count=None if moment else count)
        process.join()

        n_moments = n_moments or int(count.read_text())
        assert process.exitcode == (-signal.SIGKILL if moment else 0)
        assert held(folder) in ((30, 30), (20, 0))
        if held(folder) == (30, 30):
            reverse(workspace, load_id, reason="killed", actor=ACTOR, clock=lambda: NOW)
        assert held(folder) == (20, 0)
        assert len(workspace.ledger.entries(action="load.reversed")) == 1
        workspace.close()


def test_two_loads_at_once_both_land_and_the_same_lands_once(tmp_path, sources):
    other = write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, *map(entity, range(100, 110)))
    folder = tmp_path / "ws"

    started = [start_load(folder, paths) for paths in (sources, sources, (other,))]
    for process in started:
        process.join()

    assert [process.exitcode for process in started] == [0, 0, 0]
    assert held(folder) == (30, 30)
    workspace = Workspace(folder)
    assert len(workspace.ledger.entries(action="load.accepted")) == 2
    assert counts(take_in(workspace, other)) == {"entities": (10, 0, 0, 10)}
    workspace.close()
