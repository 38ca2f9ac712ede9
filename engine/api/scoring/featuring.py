"""Building features of any spine over a workspace: records held once, expressions compiled once."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from engine.features.build import build_features
from engine.features.registry import FEATURES
from engine.features.settings import FeatureParameters
from engine.features.sources import EVENT_SOURCES
from engine.parameters import PolicyBook
from engine.store.workspaces.warehouse import Warehouse
from engine.validity.publicity import PublicityRules
from engine.validity.records import event_relations

if TYPE_CHECKING:
    from engine.api.scoring.sweeping import Sweep

HISTORIES = ("entities", "inspections", "penalties", "listings", "repairs", "complaints")
"""Record tables whose features are 0 where nothing was ever delivered."""
REGISTERS = ("licences", "annual_reports", "external_grades")
"""Record tables whose features are null before the first record of the table was known: no file says nothing about a
firm. What is delivered later cannot change that for an earlier date."""
LINKS = ("relations",)
SPINE = "spine"
KEY = ("entity_id", "as_of")
_TABLES = {name: source.table for name, source in EVENT_SOURCES.items()}


class FeatureEngine(StrEnum):
    """What computes features; both give the same values."""

    SWEEP = "sweep"
    """Compiled, over sorted arrays in memory; the one taken unless told otherwise."""
    IBIS = "ibis"
    """One statement in the warehouse's SQL."""


class FeatureBuilder:
    """Features over one workspace as it stands now; records are held on the first call.

    Parameters
    ----------
    warehouse : of the workspace.
    book : policies; their publicity periods say which records count.
    engine : what computes them.
    """

    def __init__(self, warehouse: Warehouse, *, book: PolicyBook, engine: FeatureEngine = FeatureEngine.SWEEP) -> None:
        self._warehouse = warehouse
        self._book = book
        self._engine = engine
        self._held: dict[str, ibis.Table] = {}
        self._first_known: dict[str, pd.Timestamp] = {}
        self._sweep: Sweep | None = None

    @property
    def relations(self) -> Mapping[str, ibis.Table]:
        """Event relations of every record table, held in memory or spilled."""
        if not self._held:
            histories = {name: self._warehouse.history(name) for name in (*HISTORIES, *REGISTERS, *LINKS)}
            relations = event_relations(histories, rules=PublicityRules.from_policies(self._book))
            self._held = {name: self._warehouse.hold(f"event_{name}", table) for name, table in relations.items()}
        return self._held

    def build(
        self, spine: ibis.Table | pd.DataFrame, *, on: date, sources: frozenset[str] | None = None
    ) -> pd.DataFrame:
        """Return the features of a spine, sorted by (entity_id, as_of).

        Parameters
        ----------
        spine : key (entity_id, as_of), as_of a date; other columns are ignored.
        on : day whose dated numbers apply.
        sources : record tables that exist for these entities; None = all. Features of others are null, not zero.
        """
        self._warehouse.hold(SPINE, spine[list(KEY)])
        parameters = FeatureParameters.from_policies(self._book, on=on)
        if self._engine is FeatureEngine.SWEEP:
            return self._delivered(self._swept().features(SPINE, parameters=parameters, sources=sources))
        tables = {name: table for name, table in self.relations.items() if sources is None or name in sources}
        schemas = tuple((name, table.schema()) for name, table in tables.items())
        sql = _compiled(schemas, parameters)
        return self._delivered(self._warehouse.execute_sql(sql).sort_values(list(KEY), ignore_index=True))

    def _delivered(self, values: pd.DataFrame) -> pd.DataFrame:
        """Set the features of a register to null on the dates before its first record was known."""
        if not self._first_known:
            for name in REGISTERS:
                first = self.relations[name].known_at.min().execute()
                self._first_known[name] = pd.Timestamp.max if pd.isna(first) else pd.Timestamp(first)
        return delivered(values, self._first_known)

    def _swept(self) -> "Sweep":
        if self._sweep is None:
            from engine.api.scoring.sweeping import Sweep  # the compiler takes half a second to import

            self._sweep = Sweep(self._warehouse, self.relations)
        return self._sweep


def delivered(values: pd.DataFrame, first_known: Mapping[str, pd.Timestamp]) -> pd.DataFrame:
    """Return features with those of a register null on the dates before its first record was known.

    Parameters
    ----------
    values : of any of the features, reads ``as_of``; changed in place.
    first_known : day by register; the latest day there is for one that was never delivered.
    """
    as_of = pd.to_datetime(values["as_of"])
    for name, first in first_known.items():
        is_before = (as_of < first).to_numpy()
        if is_before.any():
            own = [feature.name for feature in FEATURES if _TABLES.get(feature.source) == name]
            values.loc[is_before, [each for each in own if each in values.columns]] = np.nan
    return values


@cache
def _compiled(schemas: tuple[tuple[str, ibis.Schema], ...], parameters: FeatureParameters) -> str:
    """Return the statement over held tables; compiling takes seconds, so it is done once per process."""
    sources = {name: ibis.table(schema, name=f"event_{name}") for name, schema in schemas}
    spine = ibis.table({"entity_id": "string", "as_of": "date"}, name=SPINE)
    return str(ibis.to_sql(build_features(sources, spine, parameters=parameters), dialect="duckdb"))
