"""From arrays to the feature matrix."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.features.attributes import DAYS_PER_YEAR
from engine.features.declaration import Aggregate, Feature
from engine.features.registry import FEATURES
from engine.features.settings import FeatureParameters
from engine.features.source import IS_OPEN
from engine.features.sources import ENTITIES
from engine.features.sweep.asked import Asked, Spine, date_blocks
from engine.features.sweep.events import reduce_events
from engine.features.sweep.program import Program, program_of
from engine.features.sweep.rates import PeerSums, address_totals, group_totals, sharers
from engine.features.sweep.related import Links, Neighbourhood, counting, related_shares
from engine.features.sweep.tables import NO_DAY, Ints, Reals, Records, Versions

MOST_ROWS = 8_192
"""Rows of the spine that are worked on at once: their values fit a processor's cache."""
MOST_CELLS = 16_000_000
"""Sums by group or address and date that are held at once; more dates are taken in blocks."""
THREADS = 2
"""Pieces of a spine worked on side by side."""

Piece = tuple[Ints | slice, Reals]


def sweep_features(
    sources: Mapping[str, Records],
    versions: Versions | None,
    spine: Spine,
    *,
    parameters: FeatureParameters,
    features: Sequence[Feature] = FEATURES,
    links: Links | None = None,
) -> Reals:
    """Return the features of every row of the spine.

    Parameters
    ----------
    sources : records by source name; the features of a source that is left out are null.
    versions : of the entities, of the same numbering; None makes features of entities, peers and related entities
        null.
    links : of the entities, of the same numbering; None makes shares of related entities null.

    Returns
    -------
    float64 (features, rows of the spine), NaN for null, in order of declaration. Cost: for each source one pass over
    the events of each row's entity, and one over all records for the peers of all dates together.
    """
    matrix = np.empty((_Layout.of(sources, features, parameters=parameters).n_rows, len(spine.entity)))

    def in_place(rows: Ints | slice, asked: Asked, work: "_Block") -> Piece:
        if isinstance(rows, slice):
            work.write(asked, matrix, rows.start)
        else:
            matrix[:, rows] = work.written(asked)
        return rows, matrix[:, :0]

    deque(_pieces(sources, versions, spine, parameters=parameters, features=features, links=links, use=in_place), 0)
    return matrix[: len(features)]


def sweep_chunks(
    sources: Mapping[str, Records],
    versions: Versions | None,
    spine: Spine,
    *,
    parameters: FeatureParameters,
    features: Sequence[Feature] = FEATURES,
    links: Links | None = None,
) -> Iterator[Piece]:
    """Return :func:`sweep_features` piece by piece, for results that need not be held at once.

    Returns
    -------
    Pairs of the places of rows in the spine and their values (features, rows). Memory: the arrays handed in, the sums
    of at most :data:`MOST_CELLS` groups and dates, and a few times :data:`MOST_ROWS` rows of the result.
    """

    def apart(rows: Ints | slice, asked: Asked, work: "_Block") -> Piece:
        return rows, work.written(asked)[: len(features)]

    return _pieces(sources, versions, spine, parameters=parameters, features=features, links=links, use=apart)


def _pieces(
    sources: Mapping[str, Records],
    versions: Versions | None,
    spine: Spine,
    *,
    parameters: FeatureParameters,
    features: Sequence[Feature],
    links: Links | None,
    use: Callable[[Ints | slice, Asked, "_Block"], Piece],
) -> Iterator[Piece]:
    """Return what ``use`` makes of each piece, in order; ``use`` is called by one of the threads."""
    versions = None if versions is None or not len(versions.known) else versions
    layout = _Layout.of(sources, features, parameters=parameters)
    widest = 1
    if versions is not None:
        sums = [2 * len(program.peers) * versions.n_groups for program in layout.programs.values()]
        n_linked = 0 if links is None else len(links.members())
        widest = max([*sums, versions.n_addresses, len(layout.related) * n_linked, 1])
    with ThreadPoolExecutor(THREADS) as pool:
        for places, block in date_blocks(spine, versions, most_dates=max(1, MOST_CELLS // widest)):
            totals, at_address = _block_totals(sources, versions, layout, block, pool)
            related = None
            if versions is not None and links is not None and layout.related and len(links.entity):
                related = _Related.of(sources, versions, links, layout.related, block, parameters=parameters)
            work = _Block(sources, versions, layout, parameters, totals, at_address, related)
            waiting: deque[Future[Piece]] = deque()
            for rows, asked in block.chunks(MOST_ROWS):
                own = rows if isinstance(places, slice) else places[rows]
                waiting.append(pool.submit(use, own, asked, work))
                if len(waiting) > 2 * THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the outputs of every source go.

    Parameters
    ----------
    features : in order of declaration, one row of the result each.
    programs : by source.
    targets : row of each output of a program; both halves of a shrunken rate lie behind the features.
    n_rows : features and halves together.
    unwritten : rows that no program writes.
    related : shares of related entities whose source is there.
    """

    features: tuple[Feature, ...]
    programs: Mapping[str, Program]
    targets: Mapping[str, Ints]
    n_rows: int
    unwritten: Ints
    related: tuple[Feature, ...]

    @classmethod
    def of(
        cls, sources: Mapping[str, Records], features: Sequence[Feature], *, parameters: FeatureParameters
    ) -> "_Layout":
        programs = {
            name: program_of([f for f in features if f.source == name], records, parameters=parameters)
            for name, records in sources.items()
        }
        places = {feature.name: row for row, feature in enumerate(features)}
        n_rows, targets = len(features), {}
        for name, program in programs.items():
            own = np.empty(len(program.features), np.int64)
            for position, feature in enumerate(program.features):
                if feature.peers is None:
                    own[position] = places[feature.name]
                else:
                    own[position], n_rows = n_rows, n_rows + 1
            targets[name] = own
        written = np.concatenate([*targets.values(), np.empty(0, np.int64)])
        unwritten = np.setdiff1d(np.arange(len(features)), written)
        related = tuple(f for f in features if f.aggregate is Aggregate.RELATED_SHARE and f.source in sources)
        return cls(tuple(features), programs, targets, n_rows, unwritten, related)

    def halves(self, name: str, feature: Feature) -> list[int]:
        """Return the rows of a shrunken rate's sums of ``column`` and ``per``."""
        program = self.programs[name]
        return [int(self.targets[name][n]) for n, f in enumerate(program.features) if f.name == feature.name]


def _block_totals(
    sources: Mapping[str, Records],
    versions: Versions | None,
    layout: _Layout,
    block: Asked,
    pool: ThreadPoolExecutor,
) -> tuple[Mapping[str, Ints], Ints | None]:
    """Return the peers' sums by source and the sharers of each address on every date of a block."""
    if versions is None:
        return {}, None
    totals = {
        name: pool.submit(group_totals, sources[name], versions, block.dates, program=program)
        for name, program in layout.programs.items()
        if program.peers
    }
    at_address = address_totals(versions, block.dates)
    return {name: sums.result() for name, sums in totals.items()}, at_address


@dataclass(frozen=True, slots=True)
class _Related:
    """Shares of related entities of the rows that are asked.

    Parameters
    ----------
    position : int64 by entity, its place among those that are ever linked, -1 for the others.
    n_linked : how many are ever linked.
    keys : int64, date x ``n_linked`` + position, sorted.
    shares : float64 (features, keys).
    """

    position: Ints
    n_linked: int
    keys: Ints
    shares: Reals

    @classmethod
    def of(
        cls,
        sources: Mapping[str, Records],
        versions: Versions,
        links: Links,
        features: Sequence[Feature],
        block: Asked,
        *,
        parameters: FeatureParameters,
    ) -> "_Related":
        """Return the shares; on each date only those are looked at whom an asked entity can be linked with then."""
        members = links.members()
        position = np.full(len(versions.starts) - 1, -1, np.int64)
        position[members] = np.arange(len(members))
        all_links = Neighbourhood.of(links.among(position), n_entities=len(members))
        keys = np.unique(_keys(position, block, n_linked=len(members)))
        keys = keys[keys >= 0]
        edges = np.searchsorted(keys, np.arange(len(block.dates) + 1) * len(members))
        asked = [keys[start:end] % len(members) for start, end in pairwise(edges.tolist())]
        around = [all_links.around(own) for own in asked]
        near = [members[places] for places, _ in around]
        spine = Spine(np.concatenate(near), np.repeat(block.dates, [len(each) for each in near]))
        counts = counting(features)
        has_record = sweep_features(sources, None, spine, parameters=parameters, features=counts) > 0
        is_known = np.zeros(len(spine.entity), np.bool_)
        for rows, known in date_blocks(spine, versions, most_dates=len(block.dates)):
            is_known[rows] = known.version >= 0
        shares, first = np.full((len(features), len(keys)), np.nan), 0
        for place, (own, (others, local)) in enumerate(zip(asked, around, strict=True)):
            part = slice(first, first + len(others))
            found = related_shares(local, is_known[part], has_record[:, part], as_of=int(block.dates[place]))
            shares[:, edges[place] : edges[place + 1]] = found[:, np.searchsorted(others, own)]
            first += len(others)
        return cls(position, len(members), keys, shares)

    def of_rows(self, asked: Asked, place: int) -> Reals:
        """Return one feature of the rows asked, NaN for entities that are not linked."""
        if not len(self.keys):
            return np.full(len(asked.entity), np.nan)
        keys = _keys(self.position, asked, n_linked=self.n_linked)
        found = np.searchsorted(self.keys, np.maximum(keys, 0))
        return np.where(keys >= 0, self.shares[place, np.minimum(found, len(self.keys) - 1)], np.nan)


def _keys(position: Ints, asked: Asked, *, n_linked: int) -> Ints:
    """Return date and position of every row in one number, -1 for entities that are never linked."""
    own = np.where(asked.entity >= 0, position[asked.entity], -1)
    return np.where(own >= 0, asked.date * n_linked + own, -1)


@dataclass(frozen=True, slots=True)
class _Block:
    """What the rows of one block of dates are computed from."""

    sources: Mapping[str, Records]
    versions: Versions | None
    layout: _Layout
    parameters: FeatureParameters
    totals: Mapping[str, Ints]
    at_address: Ints | None
    related: _Related | None

    def written(self, asked: Asked) -> Reals:
        """Return float64 (rows of the layout, rows asked)."""
        out = np.empty((self.layout.n_rows, len(asked.entity)))
        self.write(asked, out, 0)
        return out

    def write(self, asked: Asked, out: Reals, first: int) -> None:
        """Write the values of the rows asked to the columns of ``out`` from ``first`` on."""
        layout, part = self.layout, out[:, first : first + len(asked.entity)]
        part[layout.unwritten] = np.nan
        for name, program in layout.programs.items():
            own = _reduce(self.sources[name], asked, program, layout.targets[name], out, first)
            if self.versions is not None and name in self.totals:
                sums = PeerSums(self.sources[name], self.versions, program, asked, self.totals[name], own)
                self._write_rates(part, name, sums)
        if self.versions is not None and self.at_address is not None:
            _write_attributes(part, layout.features, self.versions, asked, self.at_address)
        if self.related is not None:
            for place, feature in enumerate(layout.related):
                part[layout.features.index(feature)] = self.related.of_rows(asked, place)

    def _write_rates(self, part: Reals, name: str, sums: PeerSums) -> None:
        for row, feature in enumerate(self.layout.features):
            if feature.source == name and feature.peers is not None:
                halves = [part[half] for half in self.layout.halves(name, feature)]
                part[row] = sums.rate(feature, halves, parameters=self.parameters)


def _reduce(records: Records, asked: Asked, program: Program, targets: Ints, out: Reals, first: int) -> Ints:
    """Write the program's outputs to their rows and return the entities' own peer sums."""
    own = np.zeros((2 * len(program.peers), len(asked.entity)), np.int64)
    reduce_events(
        asked.entity,
        asked.date,
        asked.dates,
        program.window_starts(asked.dates),
        records.starts,
        records.occurred,
        records.known,
        records.until,
        records.event,
        records.n_shared,
        records.narrow,
        records.wide,
        records.places,
        records.columns.index(IS_OPEN) if IS_OPEN in records.columns else -1,
        records.source.is_grouped,
        program.read,
        program.sums,
        program.filters,
        program.pairs,
        program.operations,
        program.when_none,
        program.scales,
        program.band_pairs,
        program.weights,
        program.base_filters,
        program.bases,
        targets,
        out,
        first,
        own,
    )
    return own


def _write_attributes(
    part: Reals, features: Sequence[Feature], versions: Versions, asked: Asked, at_address: Ints
) -> None:
    is_known = asked.version >= 0
    for row, feature in enumerate(features):
        if feature.source != ENTITIES:
            continue
        if feature.aggregate is Aggregate.PEER_COUNT:
            part[row] = sharers(versions, asked, at_address)
        elif feature.column == "capital":
            part[row] = np.where(is_known, versions.capital[asked.version], np.nan)
        else:
            established = versions.established[asked.version].astype(np.int64)
            days = asked.dates[asked.date] - established
            has_age = is_known & (established != NO_DAY) & (days >= 0)
            part[row] = np.where(has_age, days.astype(np.float64) / DAYS_PER_YEAR, np.nan)
