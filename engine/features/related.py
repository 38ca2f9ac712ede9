"""What is known against the entities that an entity is linked with, as of a date.

Entities are linked through a *hub* they share: a person (a salted digest, never a name), an address, or a firm that
holds shares in them or whose branches they are; a firm is a member of its own hub, so a shareholder and what it holds
are linked too. The share counts links, not firms: who shares two hubs with an entity is linked to it twice.

    share = sum over hubs h of the entity of (A_h - a) / sum over its hubs of (N_h - 1)

with N_h the members of the hub known on the date, A_h those of them with a record of the kind asked, a = 1 if the
entity itself has one. Taken over hubs it costs one pass over the links, however many entities share an address. The
result carries no identifier of a person.
"""

from collections.abc import Sequence
from dataclasses import replace

import ibis

from engine.features.aggregation import aggregate
from engine.features.declaration import Aggregate, Feature
from engine.features.events import KEY, events_as_of
from engine.features.settings import FeatureParameters
from engine.features.source import FAR, Source, column_or_null, until

HUB = "hub"


def link_spans(relations: ibis.Table) -> ibis.Table:
    """Return the links of all versions: entity_id, hub, ``begins`` and ``ends``, standing iff begins <= day < ends."""
    ended = column_or_null(relations, "ended_on", "date").fill_null(ibis.literal(FAR))
    return relations.select(
        entity_id=relations.entity_id,
        hub=relations.related_id,
        begins=ibis.greatest(relations.occurred_on, relations.known_at),
        ends=ibis.least(until(relations), ended),
    )


def linked_entities(relations: ibis.Table, versions: ibis.Table, spine: ibis.Table) -> ibis.Table:
    """Return the members of every hub on each date of the spine.

    Parameters
    ----------
    relations : all versions of table ``relations``.
    versions : all versions of the entities, :func:`engine.features.sources.entity_versions`.
    spine : key (entity_id, as_of); only its dates matter.

    Returns
    -------
    Table expression, key (hub, entity_id, as_of). Entities that are not known on the date are no members.
    """
    dates = spine.select("as_of").distinct()
    links = link_spans(relations)
    standing = dates.inner_join(links, [links.begins <= dates.as_of, links.ends > dates.as_of])
    pairs = standing.select(HUB, "entity_id", "as_of").distinct()
    hubs = pairs.select(HUB, entity_id=pairs.hub, as_of=pairs.as_of)
    everyone = ibis.union(pairs, hubs, distinct=True)
    held = versions.select(
        version_entity=versions.entity_id, version_known=versions.known_at, version_until=versions.until
    )
    known = everyone.inner_join(
        held,
        [
            everyone.entity_id == held.version_entity,
            held.version_known <= everyone.as_of,
            held.version_until > everyone.as_of,
        ],
    )
    return known.select(HUB, "entity_id", "as_of")


def related_shares(
    members: ibis.Table,
    records: ibis.Table,
    features: Sequence[Feature],
    *,
    source: Source,
    parameters: FeatureParameters,
) -> ibis.Table:
    """Return the shares of one source's features for every member of a hub.

    Parameters
    ----------
    members : result of :func:`linked_entities`.
    records : prepared relation of the source.

    Returns
    -------
    Table expression, key (entity_id, as_of), one float64 column per feature; null where nobody else is linked.
    """
    counted = [replace(feature, aggregate=Aggregate.COUNT) for feature in features]
    events = events_as_of(members.select(*KEY).distinct(), records, source=source)
    counts = aggregate(events, counted, source=source, parameters=parameters)
    counts = counts.rename(counted_entity="entity_id", counted_on="as_of")
    joined = members.left_join(counts, [("entity_id", "counted_entity"), ("as_of", "counted_on")])
    flags = {f"has_{n}": (joined[f.name].fill_null(0) > 0).cast("int64") for n, f in enumerate(features)}
    flagged = joined.select(HUB, *KEY, **flags)
    at_hub = ibis.window(group_by=[flagged.hub, flagged.as_of])
    sums = {f"others_{n}": flagged[name].sum().over(at_hub) - flagged[name] for n, name in enumerate(flags)}
    counted_links = flagged.mutate(links=flagged.count().over(at_hub) - 1, **sums)
    totals = counted_links.group_by(*KEY).aggregate(
        links=counted_links.links.sum(), **{name: counted_links[name].sum() for name in sums}
    )
    shares = {
        feature.name: totals[f"others_{n}"].cast("float64") / totals.links.cast("float64").nullif(0.0)
        for n, feature in enumerate(features)
    }
    return totals.select(*KEY, **shares)
