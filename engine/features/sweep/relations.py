"""The expressions that hand the sweep its arrays: prepared relations with numbers for entities and events."""

from collections.abc import Collection

import ibis

from engine.features.related import link_spans
from engine.features.source import IS_OPEN, Source
from engine.features.sources import entity_versions


def entity_numbers(entity_ids: ibis.Table) -> ibis.Table:
    """Return one row per distinct entity_id, numbered from 0 in order of the identifier.

    Parameters
    ----------
    entity_ids : column entity_id; duplicates and nulls are dropped.
    """
    distinct = entity_ids.select("entity_id").filter(ibis._.entity_id.notnull()).distinct()
    return distinct.mutate(entity=ibis.row_number().over(order_by=distinct.entity_id))


def with_strangers(numbers: ibis.Table, entity_ids: ibis.Table) -> ibis.Table:
    """Return the numbers with the identifiers that have none behind them, in order of the identifier."""
    strangers = entity_numbers(entity_ids.anti_join(numbers, "entity_id"))
    n = numbers.entity.max().as_scalar().fill_null(-1) + 1
    return ibis.union(numbers, strangers.mutate(entity=(strangers.entity + n).cast("int64")))


def numbered_spine(spine: ibis.Table, numbers: ibis.Table) -> ibis.Table:
    """Return the spine sorted by its key, with ``entity`` (-1 where no record knows the entity)."""
    joined = spine.select("entity_id", "as_of").left_join(numbers, "entity_id")
    return joined.select("entity_id", "as_of", entity=joined.entity.fill_null(-1)).order_by("entity_id", "as_of")


def numbered_records(
    relation: ibis.Table, numbers: ibis.Table, *, source: Source, measures: Collection[str] | None = None
) -> ibis.Table:
    """Return the prepared rows of a source as :func:`engine.features.sweep.ordering.records_from_arrow` reads them.

    Parameters
    ----------
    relation : event relation of the source.
    numbers : result of :func:`entity_numbers`, held.
    measures : of the source that are read; None = all.

    Returns
    -------
    Table expression in any order; ``entity`` is null where the entity has no number yet. Cost: a hash join.
    """
    prepared = source.prepare(relation)
    joined = prepared.filter(prepared.entity_id.notnull()).left_join(numbers, "entity_id")
    names = [measure.name for measure in source.measures if measures is None or measure.name in measures]
    values = {name: joined.open_until if name == IS_OPEN else joined[name] for name in names}
    return joined.select("occurred_on", "known_at", "until", "event_id", entity=joined.entity.cast("int32"), **values)


def sorted_versions(entities: ibis.Table, numbers: ibis.Table) -> ibis.Table:
    """Return all versions as :func:`engine.features.sweep.tables.versions_from_arrow` reads them."""
    joined = entity_versions(entities).inner_join(numbers, "entity_id")
    return joined.drop("entity_id").order_by("entity", "known_at")


def numbered_links(relations: ibis.Table, numbers: ibis.Table) -> ibis.Table:
    """Return all versions of the links as :func:`engine.features.sweep.related.links_from_arrow` reads them.

    Identifiers of persons and addresses stay behind: a hub comes as a number, with the number of its entity (-1 for
    none).
    """
    spans = link_spans(relations)
    joined = spans.inner_join(numbers, "entity_id")
    hubs = numbers.rename(hub_id="entity_id", hub_entity="entity")
    named = joined.left_join(hubs, joined.hub == hubs.hub_id)
    return named.select(
        "entity",
        hub=ibis.dense_rank().over(order_by=named.hub),
        hub_entity=named.hub_entity.fill_null(-1),
        begins=named.begins,
        ends=named.ends,
    )
