"""Who exists and is in scope on a date."""

from collections.abc import Mapping, Sequence
from datetime import date

import ibis

from engine.features.source import until
from engine.features.sources import CONDUCT

ACTIVE = ("active",)


def cohort(
    entities: ibis.Table,
    *,
    as_of: date,
    statuses: Sequence[str] = ACTIVE,
    populations: Sequence[str] | None = None,
    entity_types: Sequence[str] | None = None,
) -> ibis.Table:
    """Return the entities in scope on ``as_of``, as known then.

    Parameters
    ----------
    entities : all versions; key (entity_id, known_at).
    as_of : date, end of day.
    statuses : values of ``status`` in scope.
    populations, entity_types : values in scope, or None for all.

    Returns
    -------
    Table expression, key (entity_id, as_of): ``population``, ``entity_type``, ``district_code``, ``industry_code``.
    An entity whose establishment lies after ``as_of`` is not in it.
    """
    known = entities.filter(
        entities.known_at <= as_of,
        until(entities) > as_of,
        entities.occurred_on.isnull() | (entities.occurred_on <= as_of),
        entities.status.isin(list(statuses)),
    )
    if populations is not None:
        known = known.filter(known.population.isin(list(populations)))
    if entity_types is not None:
        known = known.filter(known.entity_type.isin(list(entity_types)))
    return known.select(
        "entity_id",
        as_of=ibis.literal(as_of),
        population=known.population,
        entity_type=known.entity_type,
        district_code=known.district_code,
        industry_code=known.industry_code,
    )


def with_record(members: ibis.Table, sources: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return the cohort with ``has_record``: whether any event of the entity was known and in force on its ``as_of``.

    Parameters
    ----------
    members : key (entity_id, as_of).
    sources : event relations; those of registers (``entities``, ``licences`` …) are no record of conduct and ignored.

    Notes
    -----
    An entity without a record has nothing to be graded on: it is a newcomer, reported as its own row.
    """
    first = [
        members.select("entity_id", "as_of")
        .inner_join(table, "entity_id")
        .filter(ibis._.known_at <= ibis._.as_of, ibis._.occurred_on <= ibis._.as_of, until(table) > ibis._.as_of)
        .select("entity_id", "as_of")
        for name, table in sources.items()
        if name in CONDUCT
    ]
    if not first:
        return members.mutate(has_record=ibis.literal(False))
    recorded = ibis.union(*first).distinct() if len(first) > 1 else first[0].distinct()
    recorded = recorded.rename(recorded_entity="entity_id", recorded_as_of="as_of")
    joined = members.left_join(recorded, [("entity_id", "recorded_entity"), ("as_of", "recorded_as_of")])
    return joined.select(*members.columns, has_record=joined.recorded_entity.notnull())
