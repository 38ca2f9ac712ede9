"""From rows in any order to :class:`engine.features.sweep.tables.Records`."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.features.source import Source
from engine.features.sweep.sorting import by_day, by_entity, hashed, number_events
from engine.features.sweep.tables import ABSENT, NARROW_ABSENT, Days, Ints, Records, days_of

THREADS = 2
"""Parts moved side by side."""
AT_ONCE = 65_536
"""Rows of a part."""
Order = npt.NDArray[np.int32]
Identifiers = tuple[Ints, npt.NDArray[np.uint8]]


def records_from_arrow(table: pa.Table, *, source: Source, n_entities: int) -> Records:
    """Return the arrays of :func:`engine.features.sweep.relations.numbered_records`, put in order.

    Notes
    -----
    Cost: rows are counted into the places of their entities, and each column is moved once. Measures outside
    -32,767..32,767 take eight bytes a row, others two.
    """
    columns = tuple(measure.name for measure in source.measures if measure.name in table.column_names)
    ids = _identifiers(table["event_id"])
    starts, order = np.zeros(n_entities + 1, np.int64), np.empty(table.num_rows, np.int32)
    by_entity(table["entity"].to_numpy(), starts, order)
    occurred = _taken(days_of(table["occurred_on"]), order)
    by_day(starts, occurred, order, *ids)
    event, n_shared = np.full(table.num_rows if source.is_grouped else 0, -1, np.int32), 0
    if source.is_grouped:
        hashes = np.empty(table.num_rows, np.uint64)
        hashed(*ids, hashes)
        n_shared = number_events(starts, order, np.take(hashes, order, mode="clip"), *ids, event)
    narrow, wide, places = packed([table[name] for name in columns], order=order)
    return Records(
        source=source,
        starts=starts,
        occurred=occurred,
        known=_taken(days_of(table["known_at"]), order),
        until=_taken(days_of(table["until"]), order),
        event=event,
        n_shared=int(n_shared),
        narrow=narrow,
        wide=wide,
        places=places,
        columns=columns,
    )


def packed(columns: Sequence[pa.ChunkedArray], *, order: Order) -> tuple[npt.NDArray[np.int16], Ints, Ints]:
    """Return ``narrow``, ``wide`` and ``places`` of :class:`Records`.

    Parameters
    ----------
    columns : whole numbers or days. order : row by place.

    Notes
    -----
    All measures of a row are moved together: where a row lands is decided by chance, and each move to a place that is
    in no cache costs more than the bytes moved.
    """
    is_narrow = [_is_narrow(column) for column in columns]
    places = np.empty((len(columns), 2), np.int64)
    for number, is_small in enumerate(is_narrow):
        places[number] = (0 if is_small else 1, sum(one == is_small for one in is_narrow[:number]))
    small = [_whole(column, np.int16) for column, is_small in zip(columns, is_narrow, strict=True) if is_small]
    large = [_whole(column, np.int64) for column, is_small in zip(columns, is_narrow, strict=True) if not is_small]
    return _moved(small, order, np.int16), _moved(large, order, np.int64), places


def _moved(columns: Sequence[npt.NDArray[Any]], order: Order, kind: type) -> npt.NDArray[Any]:
    """Return the columns side by side, rows in order; rows of a power of two in bytes are moved fastest."""
    width = 1 << (len(columns) - 1).bit_length() if columns else 0
    beside: npt.NDArray[Any] = np.zeros((len(order), width), kind)
    moved = np.empty_like(beside)
    parts = [slice(first, first + AT_ONCE) for first in range(0, len(order), AT_ONCE)]

    def lay(part: slice) -> None:
        for number, column in enumerate(columns):
            beside[part, number] = column[part]

    def move(part: slice) -> None:
        np.take(beside, order[part], axis=0, out=moved[part], mode="clip")

    if columns:
        with ThreadPoolExecutor(THREADS) as pool:
            deque(pool.map(lay, parts), 0)
            deque(pool.map(move, parts), 0)
    return moved


def _is_narrow(column: pa.ChunkedArray) -> bool:
    if pa.types.is_date(column.type):
        return False
    bounds = pc.min_max(column)
    least, most = bounds["min"].as_py(), bounds["max"].as_py()
    return least is None or (least > NARROW_ABSENT and most <= -(NARROW_ABSENT + 1))


def _whole(column: pa.ChunkedArray, kind: type) -> npt.NDArray[Any]:
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.int32())
    absent = NARROW_ABSENT if kind is np.int16 else ABSENT
    column = column.cast(pa.from_numpy_dtype(kind))
    if column.null_count:
        column = column.fill_null(pa.scalar(int(absent), column.type))
    return np.asarray(column.to_numpy())


def _taken(days: Days, order: Order) -> Days:
    return np.take(days, order, mode="clip")


def _identifiers(column: pa.ChunkedArray) -> Identifiers:
    """Return where the bytes of each identifier begin, one more than rows, and the bytes."""
    ids = column.cast(pa.large_string()).combine_chunks()
    ids = pa.concat_arrays(ids.chunks) if isinstance(ids, pa.ChunkedArray) else ids
    _, offsets, text = ids.buffers()
    starts = np.frombuffer(offsets, np.int64) if len(ids) else np.zeros(1, np.int64)
    return starts[ids.offset : ids.offset + len(ids) + 1], np.frombuffer(text or b"", np.uint8)
