"""Finding an object of the register by what people know of it: a part of its code or name, or how the name is typed."""

import re

import ibis
import pandas as pd

from engine.api.marts.names import TABLE, is_current
from engine.errors import TableMissingError
from engine.store.workspaces.workspace import Workspace

COLUMNS = ("entity_id", "name", "district_code", "status")
LEAST_LETTERS = 2
TYPED = re.compile(r"[A-Za-z0-9 ]+")
"""What may be meant as first letters or pinyin."""


def find_entities(workspace: Workspace, *, text: str, limit: int = 20) -> pd.DataFrame:
    """Return the objects whose identifier contains, or whose name contains, a text; then those whose pinyin does.

    Parameters
    ----------
    text : at least :data:`LEAST_LETTERS` characters; fewer find nothing. Letters are compared with the first letters of
        a name and with its full pinyin too, without tones, where the names are stored
        (:mod:`engine.api.marts.names`); names whose spelling begins so come first.
    limit : most rows.

    Returns
    -------
    DataFrame, key entity_id, :data:`COLUMNS`, in the order said, sorted by entity_id. Cost: one scan of the stored
    names; of the register where these do not stand.
    """
    wanted = text.strip()
    if len(wanted) < LEAST_LETTERS:
        return pd.DataFrame(columns=list(COLUMNS))
    if is_current(workspace):
        return _among_stored(workspace.warehouse.read(TABLE), wanted, limit=limit)
    try:
        register = workspace.warehouse.history("entities")
    except TableMissingError:
        return pd.DataFrame(columns=list(COLUMNS))
    met = register.filter(
        register.superseded_at.isnull(), register.entity_id.contains(wanted) | register.name.contains(wanted)
    )
    return pd.DataFrame(met.select(*COLUMNS).order_by("entity_id").limit(limit).execute())


def _among_stored(names: ibis.Table, wanted: str, *, limit: int) -> pd.DataFrame:
    place = ibis.cases((names.entity_id.contains(wanted) | names.name.contains(wanted), 0), else_=9)
    if TYPED.fullmatch(wanted):
        typed = wanted.replace(" ", "").lower()
        place = ibis.cases(
            (names.entity_id.contains(wanted) | names.name.contains(wanted), 0),
            (names.initials.startswith(typed) | names.pinyin.startswith(typed), 1),
            (names.initials.contains(typed) | names.pinyin.contains(typed), 2),
            else_=9,
        )
    met = names.mutate(place=place).filter(lambda rows: rows.place < 9)
    return pd.DataFrame(met.order_by("place", "entity_id").limit(limit).select(*COLUMNS).execute())


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
