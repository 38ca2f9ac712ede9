"""Opening a workspace, the first thing every door does."""

import os
from pathlib import Path

from engine.store.workspaces.workspace import Workspace

DATABASE_VARIABLE = "XINHENG_DATABASE"

__all__ = ["Workspace", "open_workspace"]


def open_workspace(path: Path | str, *, create: bool) -> Workspace:
    """Return the workspace at a folder; nothing is written before the first load or run.

    Parameters
    ----------
    path : folder. ``XINHENG_DATABASE`` may name another decisions database by SQLAlchemy URL.
    create : whether a folder without a workspace is fine (the first write creates it).

    Raises
    ------
    WorkspaceMissingError
        There is none and ``create`` is false.
    """
    workspace = Workspace(Path(path), database_url=os.environ.get(DATABASE_VARIABLE))
    return workspace if create else workspace.require()
