"""What happened at an entity's peers, as of every date at once, without the entity itself.

A record of a peer counts for a group during one interval of dates: from the day it had occurred and was known, until
it was superseded, out of force or older than the lookback, and only while the peer's known version belonged to the
group. The rate on any date is therefore a running sum of +1 and -1 steps by group, which costs one sort of the
records however many dates are asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis

from engine.features.declaration import Feature, Peers
from engine.features.source import FAR
from engine.windows import move_months

GROUP_COLUMNS = {
    Peers.POPULATION: ("population",),
    Peers.DISTRICT: ("population", "district_code"),
    Peers.INDUSTRY: ("population", "industry"),
}


@dataclass(frozen=True, slots=True)
class PeerBasis:
    """A share that is taken over peers.

    Parameters
    ----------
    number : int, its place among the bases of its source.
    where, column, per, lookback_months : as in :class:`engine.features.declaration.Feature`, read by record row.
    """

    number: int
    where: tuple[str, ...]
    column: str
    per: str
    lookback_months: int | None

    @property
    def own_columns(self) -> tuple[str, str]:
        """Names of the entity's own sums of ``column`` and ``per``."""
        return (f"own_{self.number}_column", f"own_{self.number}_per")

    def matches(self, feature: Feature) -> bool:
        """Return whether the feature is taken over this share."""
        return (self.where, self.column, self.per, self.lookback_months) == (
            feature.where,
            feature.column,
            feature.per,
            feature.lookback_months,
        )


def peer_bases(features: Sequence[Feature]) -> tuple[PeerBasis, ...]:
    """Return the distinct shares that features with peers are taken over, in order of declaration."""
    keys = dict.fromkeys(
        (f.where, str(f.column), str(f.per), f.lookback_months) for f in features if f.peers is not None
    )
    return tuple(PeerBasis(number, *key) for number, key in enumerate(keys))


def peer_steps(versions: ibis.Table, records: ibis.Table, *, basis: PeerBasis) -> ibis.Table:
    """Return by how much the sums of ``column`` and ``per`` change on each day in each cell of the population.

    Parameters
    ----------
    versions : all versions of the entities, :func:`engine.features.sources.entity_versions`.
    records : prepared event relation.

    Returns
    -------
    Table expression, key (population, district_code, industry, day), int64 ``column`` and ``per``. Cost: one pass over
    the records and one hash join; the result has at most two rows per record, usually far fewer.
    """
    cell = ("population", "district_code", "industry")
    spells = _spells(versions, _intervals(records, basis))
    steps = ibis.union(
        spells.select(*cell, day=spells.begins, column=spells.column, per=spells.per),
        spells.filter(spells.ends < FAR).select(*cell, day=ibis._.ends, column=-ibis._.column, per=-ibis._.per),
    )
    return steps.group_by(*cell, "day").aggregate(
        column=steps.column.sum().cast("int64"), per=steps.per.sum().cast("int64")
    )


def peer_totals(steps: ibis.Table, groups: ibis.Table, *, peers: Peers) -> ibis.Table:
    """Return the sums of ``column`` and ``per`` over all records of a group on each date asked.

    Parameters
    ----------
    steps : result of :func:`peer_steps`.
    groups : the groups and dates asked; group columns of ``peers`` and ``as_of``, duplicates allowed.

    Returns
    -------
    Table expression, key (group columns, as_of), int64 ``column_sum`` and ``per_sum``.
    """
    keys = GROUP_COLUMNS[peers]
    zero, one = ibis.literal(0, "int64"), ibis.literal(1, "int64")
    asked = groups.filter([groups[name].notnull() for name in keys]).select(*keys, day=groups.as_of).distinct()
    moves = ibis.union(
        asked.mutate(column=zero, per=zero, asked=one), steps.select(*keys, "day", "column", "per").mutate(asked=zero)
    )
    return _running(moves, keys, columns=("column", "per")).rename(column_sum="column", per_sum="per")


def sharers(versions: ibis.Table, groups: ibis.Table, *, column: str) -> ibis.Table:
    """Return how many active entities have the same value of ``column`` on each date asked.

    Parameters
    ----------
    versions : all versions of the entities, :func:`engine.features.sources.entity_versions`.
    groups : ``column`` and ``as_of``, duplicates allowed.

    Returns
    -------
    Table expression, key (column, as_of), int64 ``n_sharing`` (the entity itself included).
    """
    spells = versions.filter(
        versions[column].notnull(), versions.is_active == 1, versions.known_at < versions.until
    ).select(column, begins=versions.known_at, ends=versions.until)
    moves = [
        groups.filter(groups[column].notnull())
        .select(column, day=groups.as_of)
        .distinct()
        .mutate(n_sharing=ibis.literal(0, "int64"), asked=ibis.literal(1, "int64")),
        spells.select(column, day=spells.begins).mutate(
            n_sharing=ibis.literal(1, "int64"), asked=ibis.literal(0, "int64")
        ),
        spells.filter(spells.ends < FAR)
        .select(column, day=ibis._.ends)
        .mutate(n_sharing=ibis.literal(-1, "int64"), asked=ibis.literal(0, "int64")),
    ]
    return _running(ibis.union(*moves), (column,), columns=("n_sharing",))


def _intervals(records: ibis.Table, basis: PeerBasis) -> ibis.Table:
    """Return when each record counts: first date, first date no longer."""
    rows = records.filter([records[name].fill_null(0) != 0 for name in basis.where])
    ends = rows.until
    if basis.lookback_months is not None:
        leaves = move_months(rows.occurred_on, months=basis.lookback_months)
        # A clipped month end comes back earlier: that day still lies in the window.
        is_clipped = move_months(leaves, months=-basis.lookback_months) < rows.occurred_on
        leaves = is_clipped.ifelse(leaves + ibis.interval(days=1), leaves).cast("timestamp").cast("date")
        ends = ibis.least(ends, leaves)
    return rows.select(
        record_entity=rows.entity_id,
        record_begins=ibis.greatest(rows.known_at, rows.occurred_on),
        record_ends=ends,
        column=rows[basis.column].fill_null(0),
        per=rows[basis.per].fill_null(0),
    )


def _spells(versions: ibis.Table, records: ibis.Table) -> ibis.Table:
    """Return when each record counts for which group."""
    joined = versions.inner_join(
        records,
        [
            versions.entity_id == records.record_entity,
            versions.known_at < records.record_ends,
            versions.until > records.record_begins,
            records.record_begins < records.record_ends,
        ],
    )
    return joined.mutate(
        begins=ibis.greatest(joined.known_at, joined.record_begins),
        ends=ibis.least(joined.until, joined.record_ends),
    ).filter(ibis._.begins < ibis._.ends)


def _running(moves: ibis.Table, keys: Sequence[str], *, columns: Sequence[str]) -> ibis.Table:
    """Return the running sums by group at the days asked."""
    daily = moves.group_by(*keys, "day").aggregate(
        asked=moves.asked.max(), **{name: moves[name].sum() for name in columns}
    )
    so_far = ibis.window(group_by=list(keys), order_by=daily.day, rows=(None, 0))
    running = daily.mutate(**{name: daily[name].sum().over(so_far).cast("int64") for name in columns})
    return running.filter(running.asked == 1).select(*keys, *columns, as_of=running.day)
