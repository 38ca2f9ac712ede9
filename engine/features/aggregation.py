"""Compiles the declarations of one source to one sort and one group-by over its events."""

from collections.abc import Sequence

import ibis

from engine.features.declaration import ORDERED, Aggregate, Feature
from engine.features.events import KEY
from engine.features.operators import OPERATORS, Bases, RankKey, is_selected, rank_key
from engine.features.peers import PeerBasis
from engine.features.settings import FeatureParameters
from engine.features.source import Source

HAS_EVENTS = "has_events"
"""Column of :func:`aggregate` that is never null, so that a missing row shows after a join."""


def aggregate(
    events: ibis.Table,
    features: Sequence[Feature],
    *,
    source: Source,
    parameters: FeatureParameters,
    peer_bases: Sequence[PeerBasis] = (),
) -> ibis.Table:
    """Return one row per (entity_id, as_of) that has events.

    Parameters
    ----------
    events : result of :func:`engine.features.events.events_as_of`.
    features : declarations of this source; peer rates need no events of the entity and are not among them.

    Returns
    -------
    Table expression, key (entity_id, as_of); float64 columns named as the features; for a shrunken rate its two sums,
    ``<name>__column`` and ``<name>__per``; ``has_events``; int64 columns of the peer bases' own shares.
    """
    events, ranks = _with_ranks(events, features)
    bases = Bases(events, source, parameters, ranks)
    values: dict[str, ibis.Deferred] = {HAS_EVENTS: ibis.literal(1, "int8")}
    for feature in features:
        values.update(_columns(bases, feature))
    for basis in peer_bases:
        for name in basis.own_columns:
            values[name] = bases.add((name,), events[name].sum()).cast("int64")
    grouped = events.group_by(*KEY).aggregate(**bases.expressions())
    return grouped.select(*KEY, **values)


def _columns(bases: Bases, feature: Feature) -> dict[str, ibis.Deferred]:
    if feature.aggregate is Aggregate.SHRUNKEN:
        parts = {"column": str(feature.column), "per": str(feature.per)}
        return {f"{feature.name}__{part}": bases.sum(feature, column) for part, column in parts.items()}
    value = OPERATORS[feature.aggregate](bases, feature).cast("float64")
    if feature.value_when_none is not None:
        value = (bases.count(feature) == 0).ifelse(feature.value_when_none, value).cast("float64")
    return {feature.name: value}


def _with_ranks(events: ibis.Table, features: Sequence[Feature]) -> tuple[ibis.Table, dict[RankKey, str]]:
    """Add, per distinct filter of ordered features, the position counted from the last event (1 = last)."""
    ordered = {rank_key(feature): feature for feature in features if feature.aggregate in ORDERED}
    if not ordered:
        return events, {}
    latest_first = ibis.window(
        group_by=list(KEY),
        order_by=[events.occurred_on.desc(), events.event_id.desc()],
        rows=(None, 0),
    )
    names = {key: f"rank_{position}" for position, key in enumerate(ordered)}
    ranks = {
        names[key]: is_selected(events, feature).ifelse(1, 0).sum().over(latest_first)
        for key, feature in ordered.items()
    }
    return events.mutate(**ranks), names
