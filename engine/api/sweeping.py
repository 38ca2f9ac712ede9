"""The compiled engine over one workspace: records held as sorted arrays, a spine swept over them."""

from collections.abc import Mapping
from functools import cache

import ibis
import numpy as np
import pandas as pd

from engine.features.registry import FEATURES
from engine.features.settings import FeatureParameters
from engine.features.sources import ENTITIES, EVENT_SOURCES, RELATIONS
from engine.features.sweep.asked import Spine
from engine.features.sweep.build import sweep_features
from engine.features.sweep.related import Links, links_from_arrow
from engine.features.sweep.relations import (
    entity_numbers,
    numbered_links,
    numbered_spine,
    sorted_records,
    sorted_versions,
)
from engine.features.sweep.tables import Records, Versions, records_from_arrow, versions_from_arrow
from engine.store.warehouse import Warehouse

NUMBERS = "entity_numbers"
NUMBERS_SCHEMA = {"entity_id": "string", "entity": "int64"}
Schemas = tuple[tuple[str, ibis.Schema], ...]


class Sweep:
    """Records of a workspace as arrays, made when it is constructed.

    Parameters
    ----------
    warehouse : of the workspace.
    relations : event relations, held as ``event_<name>``.
    """

    def __init__(self, warehouse: Warehouse, relations: Mapping[str, ibis.Table]) -> None:
        self._warehouse = warehouse
        statements = _statements(tuple((name, table.schema()) for name, table in relations.items()))
        numbers = warehouse.hold(
            NUMBERS, entity_numbers(ibis.union(*(t.select("entity_id") for t in relations.values())))
        )
        n = int(numbers.count().execute())
        self._records: dict[str, Records] = {
            name: records_from_arrow(warehouse.execute_arrow(statements[name]), source=source, n_entities=n)
            for name, source in EVENT_SOURCES.items()
            if source.table in relations
        }
        self._versions: Versions | None = None
        if ENTITIES in relations:
            self._versions = versions_from_arrow(warehouse.execute_arrow(statements[ENTITIES]), n_entities=n)
        self._links: Links | None = None
        if RELATIONS in relations:
            self._links = links_from_arrow(warehouse.execute_arrow(statements[RELATIONS]))

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
            links=self._links if sources is None or RELATIONS in sources else None,
        )
        values = pd.DataFrame(matrix.T, columns=[feature.name for feature in FEATURES], copy=False)
        for position, key in enumerate(table.columns):
            values.insert(position, key, table[key])
        return values


@cache
def _statements(schemas: Schemas) -> Mapping[str, str]:
    """Return the statements over held tables that hand out arrays, compiled once per process."""
    numbers = ibis.table(NUMBERS_SCHEMA, name=NUMBERS)
    tables = {name: ibis.table(schema, name=f"event_{name}") for name, schema in schemas}
    expressions = {
        name: sorted_records(tables[source.table], numbers, source=source)
        for name, source in EVENT_SOURCES.items()
        if source.table in tables
    }
    if ENTITIES in tables:
        expressions[ENTITIES] = sorted_versions(tables[ENTITIES], numbers)
    if RELATIONS in tables:
        expressions[RELATIONS] = numbered_links(tables[RELATIONS], numbers)
    return {name: str(ibis.to_sql(expression, dialect="duckdb")) for name, expression in expressions.items()}


@cache
def _spine_statement(name: str) -> str:
    spine = ibis.table({"entity_id": "string", "as_of": "date"}, name=name)
    return str(ibis.to_sql(numbered_spine(spine, ibis.table(NUMBERS_SCHEMA, name=NUMBERS)), dialect="duckdb"))
