"""Rows stored for the pages, as whoever reads them may see them: those of the reader's own scope, no others."""

from datetime import date

import pandas as pd

from engine.errors import TableMissingError
from engine.store.workspaces.workspace import Workspace


def own_rows(workspace: Workspace, name: str, *, as_of: date | None = None) -> pd.DataFrame:
    """Return the rows of the workspace's scope out of the newest build; no row where nothing was built.

    Parameters
    ----------
    name : a table with column ``scope``. as_of : day of the build, None = whichever was last.
    """
    try:
        table = workspace.warehouse.read(name, as_of=as_of)
    except TableMissingError:
        return pd.DataFrame()
    return pd.DataFrame(table.filter(table["scope"] == workspace.scope.key).execute())
