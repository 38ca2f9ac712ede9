"""What happened at an entity's peers, without the entity: totals by group and date, and the rates made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.features.declaration import Aggregate, Feature, Peers
from engine.features.settings import FeatureParameters
from engine.features.sweep.asked import Asked
from engine.features.sweep.peers import add_steps, count_sharers, totals
from engine.features.sweep.program import Program
from engine.features.sweep.tables import Days, Ints, Reals, Records, Versions

KINDS = {peers: number for number, peers in enumerate(Peers)}
"""Row of each kind of peers in :attr:`Versions.groups`."""


def group_totals(records: Records, versions: Versions, dates: Days, *, program: Program) -> Ints:
    """Return the sums of all records of each group on each date: int64 (2 * bases, groups, dates)."""
    steps = np.zeros((2 * len(program.peers), versions.n_groups, len(dates) + 1), np.int64)
    add_steps(
        dates,
        np.ascontiguousarray(program.window_starts(dates).T),
        records.starts,
        records.occurred,
        records.known,
        records.until,
        records.narrow,
        records.wide,
        records.places,
        program.base_filters,
        program.bases,
        versions.starts,
        versions.known,
        versions.until,
        versions.groups,
        steps,
    )
    return totals(steps)


def address_totals(versions: Versions, dates: Days) -> Ints:
    """Return how many active entities share each address on each date: int64 (addresses, dates)."""
    steps = np.zeros((versions.n_addresses, len(dates) + 1), np.int64)
    count_sharers(dates, versions.known, versions.until, versions.address, versions.is_active, steps)
    return totals(steps)


def sharers(versions: Versions, asked: Asked, sums: Ints) -> Reals:
    """Return how many other active entities share the entity's address, NaN where none is known."""
    counts = np.full(len(asked.entity), np.nan)
    rows = np.flatnonzero((asked.version >= 0) & (versions.address[asked.version] >= 0))
    own = asked.version[rows]
    counts[rows] = sums[versions.address[own], asked.date[rows]] - versions.is_active[own]
    return counts


@dataclass(frozen=True, slots=True)
class PeerSums:
    """The sums of one source for rows of a spine.

    Parameters
    ----------
    scale : of the measure in question is taken from ``records``.
    totals : result of :func:`group_totals`.
    own : int64 (2 * bases, rows), the entity's own part of them.
    """

    records: Records
    versions: Versions
    program: Program
    asked: Asked
    totals: Ints
    own: Ints

    def rate(self, feature: Feature, own: Sequence[Reals], *, parameters: FeatureParameters) -> Reals:
        """Return a peer rate or shrunken rate by row, NaN for null.

        Parameters
        ----------
        own : of a shrunken rate, the entity's sums of ``column`` and ``per`` over its events.
        """
        column, per = self._others(feature, Peers.POPULATION)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(per == 0.0, np.nan, column / per)
        if feature.peers is not None and feature.peers is not Peers.POPULATION:
            k = parameters.peer_prior_strength
            column, per = self._others(feature, feature.peers)
            rate = (column + k * rate) / (per + k)
        if feature.aggregate is Aggregate.SHRUNKEN:
            k = parameters.entity_prior_strength
            rate = (own[0] / self.records.source.scale(feature.column) + k * rate) / (own[1] + k)
        return rate

    def _others(self, feature: Feature, peers: Peers) -> tuple[Reals, Reals]:
        """Return the sums of ``column`` and ``per`` over the group without the entity, NaN without a group."""
        number = next(basis.number for basis in self.program.peers if basis.matches(feature))
        group = self.versions.groups[KINDS[peers], self.asked.version]
        is_in = (self.asked.version >= 0) & (group >= 0)
        column, per = (
            np.where(is_in, self.totals[side, group, self.asked.date] - self.own[side], np.nan)
            for side in (2 * number, 2 * number + 1)
        )
        return column / self.records.source.scale(feature.column), per
