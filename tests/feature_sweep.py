"""The sweep run on the small worlds of ``tests.feature_world``, its statements compiled once."""

from datetime import date
from functools import cache

import ibis
import numpy as np
import pyarrow as pa

from engine.features.registry import FEATURES
from engine.features.sources import ENTITIES, EVENT_SOURCES, RELATIONS
from engine.features.sweep.asked import Spine
from engine.features.sweep.build import sweep_features
from engine.features.sweep.ordering import records_from_arrow
from engine.features.sweep.related import links_from_arrow
from engine.features.sweep.relations import (
    entity_numbers,
    numbered_links,
    numbered_records,
    numbered_spine,
    sorted_versions,
)
from engine.features.sweep.tables import versions_from_arrow
from tests import feature_world as world


@cache
def statements(tables: tuple[str, ...]) -> dict[str, str]:
    """Return the SQL that hands the sweep its arrays, by name."""
    engine = world.engine()
    relations = engine.relations(tables)
    ids = [relation.select("entity_id") for relation in relations.values()]
    expressions = {"numbers": entity_numbers(ibis.union(*ids))}
    numbers = ibis.table({"entity_id": "string", "entity": "int64"}, name="numbers")
    expressions["spine"] = numbered_spine(engine.connection.table("spine"), numbers)
    for name, source in EVENT_SOURCES.items():
        if source.table in relations:
            expressions[name] = numbered_records(relations[source.table], numbers, source=source)
    if ENTITIES in relations:
        expressions[ENTITIES] = sorted_versions(relations[ENTITIES], numbers)
    if RELATIONS in relations:
        expressions[RELATIONS] = numbered_links(relations[RELATIONS], numbers)
    return {name: str(ibis.to_sql(expression, dialect="duckdb")) for name, expression in expressions.items()}


def sweep(
    histories: dict[str, list[dict]], spine: list[tuple[str, date]], features=FEATURES, parameters=world.PARAMETERS
) -> dict:
    """Return (entity_id, as_of) to feature name to value, as ``world.engine().features`` does."""
    engine = world.engine()
    engine.load(histories)
    engine.fill("spine", [{"entity_id": entity, "as_of": as_of} for entity, as_of in spine], world.SPINE)
    sql = statements(tuple(sorted(histories)))
    engine.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE numbers AS {sql['numbers']}")
    tables = {name: fetched(text) for name, text in sql.items() if name != "numbers"}
    n = engine.connection.raw_sql("SELECT count(*) FROM numbers").fetchone()[0]
    records = {
        name: records_from_arrow(tables[name], source=source, n_entities=n)
        for name, source in EVENT_SOURCES.items()
        if name in tables
    }
    versions = versions_from_arrow(tables[ENTITIES], n_entities=n) if ENTITIES in tables else None
    asked = tables["spine"]
    days = asked["as_of"].cast(pa.int32()).to_numpy()
    matrix = sweep_features(
        records,
        versions,
        Spine(asked["entity"].to_numpy(), days),
        parameters=parameters,
        features=features,
        links=links_from_arrow(tables[RELATIONS]) if RELATIONS in tables else None,
    )
    keys = zip(asked["entity_id"].to_pylist(), asked["as_of"].to_pylist(), strict=True)
    return {
        key: {f.name: None if np.isnan(value) else value for f, value in zip(features, column, strict=True)}
        for key, column in zip(keys, matrix.T.tolist(), strict=True)
    }


def fetched(sql: str) -> pa.Table:
    return world.engine().connection.raw_sql(sql).to_arrow_table()
