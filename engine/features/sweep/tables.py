"""The arrays the sweep reads: records and entity versions, sorted by entity."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.features.declaration import Peers
from engine.features.peers import GROUP_COLUMNS
from engine.features.source import IS_OPEN, Source

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Reals = npt.NDArray[np.float64]

ABSENT = np.iinfo(np.int64).min
"""Stands for null in whole-number arrays."""
NO_DAY = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of one prepared source, sorted by (entity, occurred_on, event).

    Parameters
    ----------
    source : what they are.
    starts : int64, one more than entities; rows of entity e are ``starts[e]:starts[e + 1]``.
    occurred, known, until : int32 days since 1970.
    event : int32, number of the event within its entity, in order of its identifier.
    measures : int64 (rows, columns), :data:`ABSENT` for null; the column of ``is_open`` holds ``open_until``.
    columns : names of the columns of ``measures``.
    """

    source: Source
    starts: Ints
    occurred: Days
    known: Days
    until: Days
    event: Days
    measures: Ints
    columns: tuple[str, ...]


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


def records_from_arrow(table: pa.Table, *, source: Source, n_entities: int) -> Records:
    """Return the arrays of :func:`engine.features.sweep.relations.sorted_records`."""
    columns = tuple(measure.name for measure in source.measures)
    measures = np.empty((table.num_rows, len(columns)), np.int64)
    for position, name in enumerate(columns):
        first = 0
        for chunk in table[name].chunks:
            measures[first : first + len(chunk), position] = _whole(chunk, is_day=name == IS_OPEN)
            first += len(chunk)
    days = {name: _days(table[name]) for name in ("occurred_on", "known_at", "until")}
    return Records(
        source=source,
        starts=_starts(table["entity"], n_entities),
        occurred=days["occurred_on"],
        known=days["known_at"],
        until=days["until"],
        event=np.ascontiguousarray(table["event"].to_numpy().astype(np.int32)),
        measures=measures,
        columns=columns,
    )


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
        known=_days(table["known_at"]),
        until=_days(table["until"]),
        established=_days(table["established_on"]),
        capital=table["capital"].cast(pa.float64()).to_numpy().astype(np.float64),
        is_active=table["is_active"].to_numpy().astype(np.int64),
        groups=np.ascontiguousarray(np.stack(groups)),
        n_groups=n_groups,
        address=address,
        n_addresses=n_addresses,
    )


def measure_positions(records: Records) -> Mapping[str, int]:
    """Return column name to position in ``measures``."""
    return {name: position for position, name in enumerate(records.columns)}


def _whole(chunk: pa.Array, *, is_day: bool) -> Ints:
    values = chunk.cast(pa.int32()).cast(pa.int64()) if is_day else chunk.cast(pa.int64())
    filled: Ints = values.fill_null(int(ABSENT)).to_numpy(zero_copy_only=False)
    return filled


def _days(column: pa.ChunkedArray) -> Days:
    filled = column.cast(pa.date32()).cast(pa.int32()).fill_null(int(NO_DAY))
    return np.ascontiguousarray(filled.to_numpy().astype(np.int32))


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
    _, dense = np.unique(np.where(is_absent, -1, codes), return_inverse=True)
    dense = dense.astype(np.int64) - int(is_absent.any())
    return dense, int(dense.max(initial=-1)) + 1
