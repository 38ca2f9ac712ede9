"""The arrays the sweep reads: records and entity versions, sorted by entity."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.features.declaration import Peers
from engine.features.peers import GROUP_COLUMNS
from engine.features.source import Source

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Reals = npt.NDArray[np.float64]

ABSENT = np.iinfo(np.int64).min
"""Stands for null in whole-number arrays."""
NARROW_ABSENT = np.iinfo(np.int16).min
"""Stands for null in arrays of small numbers."""
MOST_CODES = 50_000_000
"""Numbers of combined texts that are renumbered by marking those met, above it by sorting."""
NO_DAY = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of one prepared source, sorted by (entity, occurred_on, event_id).

    Parameters
    ----------
    source : what they are.
    starts : int64, one more than entities; rows of entity e are ``starts[e]:starts[e + 1]``.
    occurred, known, until : int32 days since 1970.
    event : int32, number of the event within its entity where it has several rows, else -1; no rows unless the source
        is grouped.
    n_shared : most events with several rows of an entity.
    narrow, wide : int16 and int64 (rows, columns), :data:`NARROW_ABSENT` and :data:`ABSENT` for null; the column of
        ``is_open`` holds ``open_until``; columns that ``places`` does not name are padding.
    places : int64 (columns, 2): 0 for ``narrow`` or 1 for ``wide``, and the column there.
    columns : names of the measures.
    """

    source: Source
    starts: Ints
    occurred: Days
    known: Days
    until: Days
    event: Days
    n_shared: int
    narrow: npt.NDArray[np.int16]
    wide: Ints
    places: Ints
    columns: tuple[str, ...]

    def for_entities(self, n: int) -> "Records":
        """Return the records of ``n`` entities, those behind the ones here without any."""
        missing = n + 1 - len(self.starts)
        starts = np.concatenate([self.starts, np.full(missing, self.starts[-1], np.int64)]) if missing else self.starts
        return replace(self, starts=starts)


@dataclass(frozen=True, slots=True)
class Versions:
    """All versions of the entities, sorted by (entity, known_at).

    Parameters
    ----------
    starts, known, until : as of :class:`Records`.
    established : int32 days, :data:`NO_DAY` for null.
    capital : float64, yuan, NaN for null.
    is_active : int64, 0 or 1.
    groups : int64 (peers, versions), number of the group by :class:`Peers`, -1 for none; numbers are not shared.
    n_groups : how many there are.
    address : int64, number of the address, -1 for null.
    n_addresses : how many there are.
    """

    starts: Ints
    known: Days
    until: Days
    established: Days
    capital: Reals
    is_active: Ints
    groups: Ints
    n_groups: int
    address: Ints
    n_addresses: int


def versions_from_arrow(table: pa.Table, *, n_entities: int) -> Versions:
    """Return the arrays of :func:`engine.features.sweep.relations.sorted_versions`."""
    groups, n_groups = [], 0
    for peers in Peers:
        codes, n = _codes([table[name] for name in GROUP_COLUMNS[peers]])
        groups.append(np.where(codes < 0, -1, codes + n_groups))
        n_groups += n
    address, n_addresses = _codes([table["address"]])
    return Versions(
        starts=_starts(table["entity"], n_entities),
        known=days_of(table["known_at"]),
        until=days_of(table["until"]),
        established=days_of(table["established_on"]),
        capital=table["capital"].cast(pa.float64()).to_numpy().astype(np.float64),
        is_active=table["is_active"].to_numpy().astype(np.int64),
        groups=np.ascontiguousarray(np.stack(groups)),
        n_groups=n_groups,
        address=address,
        n_addresses=n_addresses,
    )


def days_of(column: pa.ChunkedArray) -> Days:
    """Return int32 days since 1970, :data:`NO_DAY` for null."""
    filled = column.cast(pa.date32()).cast(pa.int32()).fill_null(int(NO_DAY))
    return np.ascontiguousarray(filled.to_numpy().astype(np.int32, copy=False))


def _starts(entity: pa.ChunkedArray, n_entities: int) -> Ints:
    return np.searchsorted(entity.to_numpy(), np.arange(n_entities + 1)).astype(np.int64)


def _codes(columns: list[pa.ChunkedArray]) -> tuple[Ints, int]:
    """Return one number per distinct row of the columns, -1 where one of them is null, and how many there are."""
    codes = np.zeros(len(columns[0]), np.int64)
    is_absent = np.zeros(len(columns[0]), bool)
    for column in columns:
        encoded = column.combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        own = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        is_absent |= own < 0
        codes = codes * (len(encoded.dictionary) + 1) + own + 1
        if codes.max(initial=0) > MOST_CODES:
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    is_met = np.zeros(int(codes.max(initial=0)) + 1, np.bool_)
    is_met[codes[~is_absent]] = True
    dense = np.where(is_absent, -1, (np.cumsum(is_met) - 1)[codes])
    return dense, int(is_met.sum())
