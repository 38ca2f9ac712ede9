"""The same workspace with its decisions in PostgreSQL: loads, ledger, two writers at once."""

import signal
import threading

import pytest
import sqlalchemy

from engine.api.records.intake import loads
from engine.store.ledgers.decisions import REVISION
from engine.store.workspaces.workspace import Workspace
from tests.killed_load import start_load
from tests.postgres import program
from tests.postgres import server as postgres_server
from tests.small_sources import ENTITY_HEADER, counts, entity, rows, take_in, write_lines

pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed")
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """URL of a server that lives for this module; ``{name}`` stands for the database."""
    if program("initdb") is None or program("pg_ctl") is None:
        pytest.skip("no PostgreSQL server programs on this machine: install postgresql to try the server")
    with postgres_server(tmp_path_factory.mktemp("pg")) as url:
        yield url


@pytest.fixture
def database(server, request):
    """URL of an empty database."""
    name = request.node.name[:50].lower()
    maker = sqlalchemy.create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with maker.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    maker.dispose()
    return server.format(name=name)


def test_loads_and_ledger_live_in_the_server(database, tmp_path):
    workspace = Workspace(tmp_path / "ws", database_url=database)
    first = take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1), entity(2)))
    again = take_in(workspace, write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, entity(1), entity(2)))

    assert (counts(first), counts(again)) == ({"entities": (2, 2, 0, 0)}, {"entities": (2, 0, 0, 2)})
    assert not (workspace.path / "decisions.db").exists()
    with workspace.decisions.reading() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == REVISION

    others = [Workspace(workspace.path, database_url=database) for _ in range(3)]
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


def test_a_killed_load_leaves_nothing_in_the_server_and_then_completes(database, tmp_path):
    folder, count = tmp_path / "ws", tmp_path / "count"
    sources = (write_lines(tmp_path / "entities.csv", ENTITY_HEADER, *map(entity, range(50, 70))),)
    workspace = Workspace(folder, database_url=database)
    start_load(tmp_path / "other", sources, count=count).join()

    killed = start_load(folder, sources, stop=round(0.9 * int(count.read_text())), database_url=database)
    killed.join()

    assert killed.exitcode == -signal.SIGKILL
    take_in(workspace, *sources)
    assert len([row for row in rows(workspace, "entities") if row["entity_id"] >= "reg:50"]) == 20
    workspace.close()
