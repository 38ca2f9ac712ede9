"""The expressions that hand the sweep its arrays: prepared relations with numbers for entities and events."""

import ibis

from engine.features.related import link_spans
from engine.features.source import IS_OPEN, Source
from engine.features.sources import entity_versions

ENTITY = "entity"
EVENT = "event"


def entity_numbers(entity_ids: ibis.Table) -> ibis.Table:
    """Return one row per distinct entity_id, numbered from 0 in order of the identifier.

    Parameters
    ----------
    entity_ids : column entity_id; duplicates and nulls are dropped.
    """
    distinct = entity_ids.select("entity_id").filter(ibis._.entity_id.notnull()).distinct()
    return distinct.mutate(entity=ibis.row_number().over(order_by=distinct.entity_id))


def numbered_spine(spine: ibis.Table, numbers: ibis.Table) -> ibis.Table:
    """Return the spine sorted by its key, with ``entity`` (-1 where no record knows the entity)."""
    joined = spine.select("entity_id", "as_of").left_join(numbers, "entity_id")
    return joined.select("entity_id", "as_of", entity=joined.entity.fill_null(-1)).order_by("entity_id", "as_of")


def sorted_records(relation: ibis.Table, numbers: ibis.Table, *, source: Source) -> ibis.Table:
    """Return the prepared rows of a source as :func:`engine.features.sweep.tables.records_from_arrow` reads them.

    Parameters
    ----------
    relation : event relation of the source.
    numbers : result of :func:`entity_numbers`, held; entities it does not name have no rows.

    Returns
    -------
    Table expression sorted by (entity, occurred_on, event). Cost: a hash join and a sort, two where events have
    several rows.
    """
    prepared = source.prepare(relation)
    joined = prepared.inner_join(numbers, "entity_id")
    event = ibis.literal(0, "int64")
    if source.is_grouped:
        event = ibis.dense_rank().over(group_by=joined.entity, order_by=joined.event_id)
    measures = {m.name: joined[m.name] for m in source.measures if m.name != IS_OPEN}
    if source.has_span:
        measures[IS_OPEN] = joined.open_until
    rows = joined.select(
        "entity", "occurred_on", "known_at", "until", "event_id", **{EVENT: event.cast("int32")}, **measures
    )
    return rows.order_by("entity", "occurred_on", "event_id").drop("event_id")


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
