"""Two questions to a backtest's rows: is the model as good for every group, and do its chances still hold over time?"""

import pandas as pd

from engine.errors import UndefinedEstimateError
from engine.estimation.drift import CalibrationWatch, watch_calibration
from engine.estimation.parity import parity_table
from engine.registers.sizes import size_of
from engine.store.workspaces.warehouse import Warehouse
from models.fitting.training import members
from models.judging.evaluation import PROBABILITY

GROUPS = ("district_code", "size", "entity_type", "industry_section")
"""Groups of firms among which a model is compared; a grouping that names nobody or everybody alike is left out.

The register states no ownership; what kind of object a firm is stands in its place.
"""


def entity_groups(warehouse: Warehouse, *, population: str) -> pd.DataFrame:
    """Return the groups of every entity that ever belonged to a population, as last known; key entity_id."""
    entities = warehouse.history("entities").semi_join(members(warehouse, population=population), "entity_id")
    read = ("entity_id", "known_at", "district_code", "entity_type", "industry_code", "registered_capital_fen")
    rows = entities.select(*read).execute()
    last = rows.sort_values(["entity_id", "known_at"]).drop_duplicates("entity_id", keep="last")
    grouped: pd.DataFrame = last.assign(
        industry_section=last["industry_code"].astype("string").str[:1],
        size=size_of(last["entity_type"], last["registered_capital_fen"]),
    )[["entity_id", *GROUPS]]
    return grouped.reset_index(drop=True)


def parity_rows(scored: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`engine.estimation.parity.parity_table` of every grouping, the grouping in column ``grouping``.

    Parameters
    ----------
    scored : rows of all windows with ``probability`` and ``adverse``.
    groups : of :func:`entity_groups`.
    """
    rows = scored.merge(groups, on="entity_id", how="left", validate="many_to_one")
    tables = []
    for name in GROUPS:
        if rows[name].dropna().nunique() < 2:
            continue
        try:
            table = parity_table(rows[PROBABILITY], rows["adverse"], rows[name])
        except UndefinedEstimateError:
            continue
        tables.append(table.assign(grouping=name))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"grouping": []})


def watched(scored: pd.DataFrame) -> CalibrationWatch:
    """Return the watch over the chances of all windows: every row was scored before its outcome was known."""
    return watch_calibration(scored[PROBABILITY], scored["adverse"], scored["occurred_on"])
