"""The query engine keeps quiet and within its bounds."""

from engine.store.duck import settings
from engine.store.workspaces.workspace import Workspace


def test_long_queries_print_no_progress_bar(tmp_path):
    connection = Workspace(tmp_path / "ws").warehouse.connection

    shown = connection.con.execute("SELECT current_setting('enable_progress_bar')").fetchone()

    assert shown == (False,)


def test_nothing_is_fetched_and_memory_is_bounded(tmp_path):
    chosen = settings(tmp_path)

    assert chosen["autoinstall_known_extensions"] is False
    assert chosen["autoload_known_extensions"] is False
    assert chosen["memory_limit"]
