"""Finding an object of the register by what people know of it: the beginning of its code, or a part of its name."""

import pandas as pd

from engine.errors import TableMissingError
from engine.store.workspaces.workspace import Workspace

COLUMNS = ("entity_id", "name", "district_code", "status")
LEAST_LETTERS = 2


def find_entities(workspace: Workspace, *, text: str, limit: int = 20) -> pd.DataFrame:
    """Return the objects whose identifier contains, or whose name contains, a text.

    Parameters
    ----------
    text : at least :data:`LEAST_LETTERS` characters; fewer find nothing.
    limit : most rows.

    Returns
    -------
    DataFrame, key entity_id, sorted by it, :data:`COLUMNS`. Cost: one scan of two columns of the register.
    """
    wanted = text.strip()
    if len(wanted) < LEAST_LETTERS:
        return pd.DataFrame(columns=list(COLUMNS))
    try:
        register = workspace.warehouse.history("entities")
    except TableMissingError:
        return pd.DataFrame(columns=list(COLUMNS))
    met = register.filter(
        register.superseded_at.isnull(), register.entity_id.contains(wanted) | register.name.contains(wanted)
    )
    return pd.DataFrame(met.select(*COLUMNS).order_by("entity_id").limit(limit).execute())


def entity_names(workspace: Workspace, *, entity_ids: tuple[str, ...]) -> dict[str, str]:
    """Return the names of objects as the register has them now; those without a name, or unknown, are left out.

    Cost: one scan of two columns of the register.
    """
    try:
        register = workspace.warehouse.history("entities")
    except TableMissingError:
        return {}
    met = register.filter(register.superseded_at.isnull(), register.entity_id.isin(list(entity_ids)))
    rows = met.filter(met.name.notnull()).select("entity_id", "name").execute()
    return dict(zip(rows["entity_id"].astype(str), rows["name"].astype(str), strict=True))
