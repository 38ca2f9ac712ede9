"""The compiled engine over one workspace: records held as sorted arrays, a spine swept over them."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from engine.features.declaration import Aggregate, Feature
from engine.features.registry import FEATURES
from engine.features.settings import FeatureParameters
from engine.features.source import Source
from engine.features.sources import ENTITIES, EVENT_SOURCES, RELATIONS
from engine.features.sweep.asked import Spine
from engine.features.sweep.build import sweep_features
from engine.features.sweep.ordering import records_from_arrow
from engine.features.sweep.program import measures_read
from engine.features.sweep.related import Links, links_from_arrow
from engine.features.sweep.relations import (
    entity_numbers,
    numbered_links,
    numbered_records,
    numbered_spine,
    sorted_versions,
    with_strangers,
)
from engine.features.sweep.tables import Records, Versions, versions_from_arrow

NUMBERS = "entity_numbers"
NUMBERS_SCHEMA = {"entity_id": "string", "entity": "int64"}
Schemas = tuple[tuple[str, ibis.Schema], ...]
Measures = tuple[tuple[str, frozenset[str]], ...]


class Relations(Protocol):
    """What holds tables by name and runs statements over them: a warehouse."""

    def hold(self, name: str, rows: ibis.Table) -> ibis.Table:
        """Keep rows under a name."""

    def execute_sql(self, sql: str) -> pd.DataFrame:
        """Return the rows of a statement."""

    def execute_arrow(self, sql: str) -> pa.Table:
        """Return the rows of a statement in Arrow's columns."""


class Sweep:
    """Records of a workspace as arrays, made when it is constructed.

    Parameters
    ----------
    warehouse : of the workspace.
    relations : event relations, held as ``event_<name>``.
    features : those that will be asked for; nothing else is read.
    """

    def __init__(
        self, warehouse: Relations, relations: Mapping[str, ibis.Table], *, features: Sequence[Feature] = FEATURES
    ) -> None:
        self._warehouse = warehouse
        self._relations = relations
        self._features = tuple(features)
        self._statements = _statements(
            tuple((name, table.schema()) for name, table in relations.items()),
            tuple(measures_read(features).items()),
            any(feature.aggregate is Aggregate.RELATED_SHARE for feature in features),
        )
        self._is_numbered = False
        self._n = self._numbered([ENTITIES] if ENTITIES in relations else list(relations))
        self._records: dict[str, Records] = {}
        for name, source in EVENT_SOURCES.items():
            if name in self._statements:
                self._records[name] = self._read(name, source)
        self._versions: Versions | None = None
        if ENTITIES in relations:
            self._versions = versions_from_arrow(self._fetched(ENTITIES), n_entities=self._n)
        self._links: Links | None = None
        if RELATIONS in self._statements:
            self._links = links_from_arrow(self._fetched(RELATIONS))
        self._records = {name: held.for_entities(self._n) for name, held in self._records.items()}

    def _read(self, name: str, source: Source) -> Records:
        """Return the records of a source; entities that are met here first get the next numbers."""
        table = self._fetched(name)
        if table["entity"].null_count:
            self._n = self._numbered([source.table])
            table = self._fetched(name)
        return records_from_arrow(table, source=source, n_entities=self._n)

    def _fetched(self, name: str) -> pa.Table:
        return self._warehouse.execute_arrow(self._statements[name])

    def _numbered(self, tables: Sequence[str]) -> int:
        """Number the entities of held tables behind those that have numbers, and return how many there are."""
        ids = ibis.union(*(self._relations[name].select("entity_id") for name in tables))
        numbers = entity_numbers(ids)
        if self._is_numbered:
            numbers = with_strangers(ibis.table(NUMBERS_SCHEMA, name=NUMBERS), ids)
        self._is_numbered = True
        return int(self._warehouse.hold(NUMBERS, numbers).count().execute())

    def features(
        self, spine: str, *, parameters: FeatureParameters, sources: frozenset[str] | None = None
    ) -> pd.DataFrame:
        """Return the features of a held spine, sorted by (entity_id, as_of).

        Parameters
        ----------
        spine : name of the held table.
        sources : record tables that exist for these entities; None = all.
        """
        table = self._warehouse.execute_sql(_spine_statement(spine))
        days = table["as_of"].to_numpy().astype("datetime64[D]").astype(np.int32)
        matrix = sweep_features(
            {
                name: records
                for name, records in self._records.items()
                if sources is None or records.source.table in sources
            },
            self._versions if sources is None or ENTITIES in sources else None,
            Spine(table.pop("entity").to_numpy(np.int64), days),
            parameters=parameters,
            features=self._features,
            links=self._links if sources is None or RELATIONS in sources else None,
        )
        values = pd.DataFrame(matrix.T, columns=[feature.name for feature in self._features], copy=False)
        for position, key in enumerate(table.columns):
            values.insert(position, key, table[key])
        return values


@cache
def _statements(schemas: Schemas, read: Measures, with_links: bool) -> Mapping[str, str]:
    """Return the statements over held tables that hand out arrays, compiled once per process."""
    numbers = ibis.table(NUMBERS_SCHEMA, name=NUMBERS)
    tables = {name: ibis.table(schema, name=f"event_{name}") for name, schema in schemas}
    wanted = dict(read)
    expressions = {
        name: numbered_records(tables[source.table], numbers, source=source, measures=wanted[name])
        for name, source in EVENT_SOURCES.items()
        if source.table in tables and name in wanted
    }
    if ENTITIES in tables:
        expressions[ENTITIES] = sorted_versions(tables[ENTITIES], numbers)
    if RELATIONS in tables and with_links:
        expressions[RELATIONS] = numbered_links(tables[RELATIONS], numbers)
    return {name: str(ibis.to_sql(expression, dialect="duckdb")) for name, expression in expressions.items()}


@cache
def _spine_statement(name: str) -> str:
    spine = ibis.table({"entity_id": "string", "as_of": "date"}, name=name)
    return str(ibis.to_sql(numbered_spine(spine, ibis.table(NUMBERS_SCHEMA, name=NUMBERS)), dialect="duckdb"))
