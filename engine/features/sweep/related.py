"""Shares of linked entities with a record: the meaning is that of :mod:`engine.features.related`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.features.declaration import Aggregate, Feature
from engine.features.sweep.tables import Days, Ints, Reals

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Links:
    """Links of all versions.

    Parameters
    ----------
    entity, hub : int64 numbers; a hub stands for a person, an address or a firm, and carries no identifier.
    begins, ends : int32 days since 1970; the link stands iff begins <= day < ends.
    hub_entity : int64 by hub, number of the entity that the hub is, -1 for persons, addresses and unknown firms.
    """

    entity: Ints
    hub: Ints
    begins: Days
    ends: Days
    hub_entity: Ints

    def standing(self, as_of: int) -> Booleans:
        """Return which links stand on a date."""
        return (self.begins <= as_of) & (self.ends > as_of)

    def members(self) -> Ints:
        """Return the entities that have a link or are a hub at any time, in rising order."""
        return np.unique(np.concatenate([self.entity, self.hub_entity[self.hub_entity >= 0]]))

    def among(self, position: Ints) -> "Links":
        """Return the links with entities numbered by their position, -1 for those without one."""
        hub_entity = np.where(self.hub_entity >= 0, position[self.hub_entity], -1)
        return Links(position[self.entity], self.hub, self.begins, self.ends, hub_entity)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Links by hub, and the hubs of each entity: whom a few entities can be linked with is found without all others.

    Parameters
    ----------
    links : sorted by hub. first : int64 by hub, place of its first link; one more at the end.
    hubs : int64, hubs of all entities one after the other. hubs_first : int64 by entity, as ``first``.
    """

    links: Links
    first: Ints
    hubs: Ints
    hubs_first: Ints

    @classmethod
    def of(cls, links: Links, *, n_entities: int) -> "Neighbourhood":
        """Return the index of links whose entities are numbered from 0 to ``n_entities`` - 1."""
        order, n_hubs = np.argsort(links.hub, kind="stable"), len(links.hub_entity)
        ordered = Links(links.entity[order], links.hub[order], links.begins[order], links.ends[order], links.hub_entity)
        own = np.flatnonzero(links.hub_entity >= 0)
        pairs = np.unique(
            np.concatenate([links.entity * n_hubs + links.hub, links.hub_entity[own] * n_hubs + own]).astype(np.int64)
        )
        entities, hubs = np.divmod(pairs, max(n_hubs, 1))
        return cls(
            ordered,
            np.searchsorted(ordered.hub, np.arange(n_hubs + 1)),
            hubs,
            np.searchsorted(entities, np.arange(n_entities + 1)),
        )

    def around(self, entities: Ints) -> tuple[Ints, Links]:
        """Return everybody at any hub of these entities, in rising order, and the links there, renumbered by place."""
        hubs = np.unique(self.hubs[_runs(self.hubs_first, entities)])
        rows, hub_entity = _runs(self.first, hubs), self.links.hub_entity[hubs]
        near = np.unique(np.concatenate([self.links.entity[rows], hub_entity[hub_entity >= 0]]))
        links = Links(
            np.searchsorted(near, self.links.entity[rows]),
            np.searchsorted(hubs, self.links.hub[rows]),
            self.links.begins[rows],
            self.links.ends[rows],
            np.where(hub_entity >= 0, np.searchsorted(near, hub_entity), -1),
        )
        return near, links


def _runs(first: Ints, chosen: Ints) -> Ints:
    """Return the places of the chosen runs, one after the other; ``first`` says where each begins."""
    starts, sizes = first[chosen], first[chosen + 1] - first[chosen]
    ends = np.cumsum(sizes)
    places: Ints = np.arange(int(sizes.sum())) + np.repeat(starts - (ends - sizes), sizes)
    return places


def links_from_arrow(table: pa.Table) -> Links:
    """Return the arrays of :func:`engine.features.sweep.relations.numbered_links`."""
    hub = table["hub"].to_numpy().astype(np.int64)
    hub_entity = np.full(int(hub.max(initial=-1)) + 1, -1, np.int64)
    hub_entity[hub] = table["hub_entity"].to_numpy()
    days = {name: table[name].cast(pa.date32()).cast(pa.int32()).to_numpy() for name in ("begins", "ends")}
    return Links(table["entity"].to_numpy().astype(np.int64), hub, days["begins"], days["ends"], hub_entity)


def counting(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Return the counts of events that tell who has a record, one per share of related entities."""
    return tuple(replace(feature, aggregate=Aggregate.COUNT) for feature in features)


def related_shares(links: Links, is_known: Booleans, has_record: Booleans, *, as_of: int) -> Reals:
    """Return the share of every entity on one date, NaN where nobody else is linked with it.

    Parameters
    ----------
    is_known : by entity, whether a version of it is known on the date.
    has_record : (features, entities).

    Returns
    -------
    float64 (features, entities).
    """
    n = len(is_known)
    shares = np.full((len(has_record), n), np.nan)
    rows = links.standing(as_of)
    hubs, entities = links.hub[rows], links.entity[rows]
    own = np.unique(hubs)
    own = own[links.hub_entity[own] >= 0]
    pairs = np.unique(np.concatenate([hubs * n + entities, own * n + links.hub_entity[own]]))
    hubs, entities = np.divmod(pairs, n) if n else (pairs, pairs)
    kept = is_known[entities]
    hubs, entities = hubs[kept], entities[kept]
    n_at_hub = np.bincount(hubs, minlength=len(links.hub_entity))
    n_links = np.bincount(entities, weights=n_at_hub[hubs] - 1, minlength=n)
    is_linked = n_links > 0
    for row, flags in enumerate(has_record):
        own_flag = flags[entities].astype(np.float64)
        at_hub = np.bincount(hubs, weights=own_flag, minlength=len(links.hub_entity))
        others = np.bincount(entities, weights=at_hub[hubs] - own_flag, minlength=n)
        shares[row, is_linked] = others[is_linked] / n_links[is_linked]
    return shares
