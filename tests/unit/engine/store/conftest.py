"""A workspace of its own for every test of the store."""

import pytest

from engine.store.workspaces.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    yield workspace
    workspace.close()
