"""The same workspace with its decisions in PostgreSQL: loads, ledger, two writers at once."""

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from engine.api.intake import loads
from engine.store.decisions import REVISION
from engine.store.workspace import Workspace
from tests.small_sources import ENTITY_HEADER, counts, entity, rows, take_in, write_lines

pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed")
pytestmark = pytest.mark.server


def program(name):
    """Return the path of a server program, also where Debian keeps it."""
    places = [shutil.which(name), *map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True))]
    return next((place for place in places if place), None)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """URL of a server that lives for this module, on a socket of its own."""
    initdb, postgres = program("initdb"), program("pg_ctl")
    if initdb is None or postgres is None:
        pytest.skip("no PostgreSQL server programs on this machine: install postgresql to try the server")
    folder = tmp_path_factory.mktemp("pg")
    user = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
    if user:
        for each in (folder, *folder.parents):
            if each == Path(tempfile.gettempdir()) or each.owner() != "root" or each.stat().st_mode & 0o055 == 0o055:
                break
            each.chmod(0o755)
        shutil.chown(folder, user)

    def run(*command):
        subprocess.run(
            command, check=True, capture_output=True, user=user, cwd=folder, env={"PATH": os.environ["PATH"]}
        )

    run(initdb, "-D", f"{folder}/data", "-U", "xinheng", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run(postgres, "-D", f"{folder}/data", "-o", options, "-l", f"{folder}/log", "-w", "start")
    yield f"postgresql+psycopg://xinheng@/postgres?host={folder}"
    run(postgres, "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")


def test_loads_and_ledger_live_in_the_server(server, tmp_path):
    workspace = Workspace(tmp_path / "ws", database_url=server)
    first = take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1), entity(2)))
    again = take_in(workspace, write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, entity(1), entity(2)))

    assert (counts(first), counts(again)) == ({"entities": (2, 2, 0, 0)}, {"entities": (2, 0, 0, 2)})
    assert not (workspace.path / "decisions.db").exists()
    with workspace.decisions.reading() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == REVISION

    others = [Workspace(workspace.path, database_url=server) for _ in range(3)]
    sources = [write_lines(tmp_path / f"entities-{n}.csv", ENTITY_HEADER, entity(10 + n)) for n in range(3)]
    threads = [threading.Thread(target=take_in, args=pair) for pair in zip(others, sources, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(rows(workspace, "entities")) == 5
    assert len(loads(workspace)) == 4
    assert workspace.ledger.first_break() is None
    for each in (workspace, *others):
        each.close()
