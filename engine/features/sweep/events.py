"""The kernel over entities' own events: every output of a source, block by block of the spine."""

import numpy as np

from engine.compiling import compiled
from engine.features.declaration import Aggregate
from engine.features.sweep.gathering import (
    Array,
    add_own,
    block_end,
    gather,
    heads,
    longest_of,
    pick,
    take,
    take_open,
)
from engine.features.sweep.operators import (
    counted,
    decayed,
    largest,
    latest,
    shared,
    since,
    streaked,
    summed,
    surged,
    trended,
)
from engine.features.sweep.program import CODES, TOTAL

COUNT, SUM, MAX, MEAN = (CODES[a] for a in (Aggregate.COUNT, Aggregate.SUM, Aggregate.MAX, Aggregate.MEAN))
RATIO, DECAYED, TREND, SURGE = (
    CODES[a] for a in (Aggregate.RATIO, Aggregate.DECAYED, Aggregate.TREND, Aggregate.SURGE)
)
LAST, SECOND_LAST, CHANGE, STREAK = (
    CODES[a] for a in (Aggregate.LAST, Aggregate.SECOND_LAST, Aggregate.CHANGE, Aggregate.STREAK)
)
SINCE_LAST, SINCE_FIRST = CODES[Aggregate.DAYS_SINCE_LAST], CODES[Aggregate.DAYS_SINCE_FIRST]
SUMMED = TOTAL
MOST_ROWS = 512
"""Spine rows of a block: what is listed for them stays in a processor's cache."""
MOST_EVENTS = 8_192
"""Rows of records of a block, unless one entity has more."""


@compiled
def operate(
    operation: Array, scale: float, none: float, date: Array, dates: Array, starts: Array, picked: Array,
    kept: Array, heads_of: Array, bands: Array, weights: Array, days: Array, values: Array, out: Array,
) -> None:  # fmt: skip
    """Write one output of a block.

    Parameters
    ----------
    operation : int64, a row of :attr:`Program.operations`.
    kept : events of the output's list in its window, by spine row; ``heads_of`` in every window of the pairs.
    """
    code, column = operation[0], max(0, operation[2])
    if code == COUNT:
        counted(kept, none, out)
    elif code == SURGE:
        surged(kept, heads_of[operation[5]], none, out)
    elif code == SINCE_LAST or code == SINCE_FIRST:
        since(code == SINCE_LAST, date, dates, starts, picked, kept, days, none, out)
    elif code == DECAYED:
        decayed(starts, picked, kept, heads_of, bands, weights, values, operation[2], scale, none, out)
    elif code == RATIO:
        shared(starts, picked, kept, values[column], values[operation[3]], scale, none, out)
    elif code == MAX:
        largest(starts, picked, kept, values[column], scale, none, out)
    elif code == LAST:
        latest(starts, picked, kept, values[column], scale, 1, False, none, out)
    elif code == SECOND_LAST or code == CHANGE:
        latest(starts, picked, kept, values[column], scale, 2, code == CHANGE, none, out)
    elif code == STREAK:
        streaked(starts, picked, kept, values[column], none, out)
    elif code == TREND:
        trended(date, dates, starts, picked, kept, days, values[column], scale, none, out)
    else:
        summed(starts, picked, kept, values[column], scale, code == SUMMED, code == MEAN, none, out)


@compiled
def reduce_events(
    entity: Array, date: Array, dates: Array, window_starts: Array, starts: Array, occurred: Array, known: Array,
    until: Array, event: Array, n_shared: int, narrow: Array, wide: Array, places: Array, open_column: int,
    is_grouped: bool, read: Array, sums: Array, filters: Array, pairs: Array, operations: Array, when_none: Array,
    scales: Array, band_pairs: Array, weights: Array, base_filters: Array, bases: Array, targets: Array, out: Array,
    first_out: int, own: Array,
) -> None:  # fmt: skip
    """Write every output of a source and the entities' own peer sums for every row of a spine.

    Parameters
    ----------
    entity, date : int64 by spine row; number of the entity (-1 unknown) and position in ``dates``.
    window_starts : int32 (dates, windows), :meth:`Program.window_starts`.
    starts … places : :class:`Records`; read … bases : :class:`Program`.
    open_column : column that holds ``open_until``, or -1.
    targets : int64 (outputs,), row of ``out`` that each output is written to, from column ``first_out`` on.
    out : float64, written; NaN = null. own : int64 (2 * bases, spine), 0, written.
    """
    most = max(MOST_EVENTS, longest_of(entity, starts)) + 1  # one behind: a list's last place may be written in vain
    rows, owners, days = np.empty(most, np.int64), np.empty(most, np.int32), np.empty(most, np.int32)
    row_starts, event_starts = np.empty(MOST_ROWS + 1, np.int64), np.empty(MOST_ROWS + 1, np.int64)
    values = np.empty((max(1, read.shape[0]), most), np.int64)
    picked = np.empty((filters.shape[0], most), np.int32)
    list_starts = np.empty((filters.shape[0], MOST_ROWS + 1), np.int32)
    kept = np.empty((pairs.shape[0], MOST_ROWS), np.int32)
    stamps, slots = np.zeros(n_shared + 1, np.int64), np.zeros(n_shared + 1, np.int64)
    first = 0
    while first < entity.shape[0]:
        last = block_end(first, entity, starts, MOST_ROWS, MOST_EVENTS)
        n = last - first
        gather(
            first, last, entity, date, dates, starts, occurred, known, until, event, is_grouped, stamps, slots,
            row_starts, rows, owners, event_starts, days,
        )  # fmt: skip
        add_own(
            n, first, date, window_starts, occurred, narrow, wide, places, row_starts, rows, base_filters, bases, own
        )
        for number in range(read.shape[0]):
            if read[number] == open_column:
                take_open(
                    n, first, date, dates, row_starts, rows, owners, event_starts[n], narrow, wide, places,
                    open_column, values[number],
                )  # fmt: skip
            else:
                take(
                    n, row_starts, rows, owners, event_starts[n], narrow, wide, places[read[number]],
                    sums[read[number]], values[number],
                )  # fmt: skip
        for number in range(filters.shape[0]):
            pick(n, event_starts, values, filters[number], list_starts[number], picked[number])
        for pair in range(pairs.shape[0]):
            number = pairs[pair, 0]
            heads(n, first, date, window_starts, pairs[pair, 1], days, list_starts[number], picked[number], kept[pair])
        for output in range(operations.shape[0]):
            number = operations[output, 1]
            operate(
                operations[output], scales[output], when_none[output], date[first:last], dates, list_starts[number],
                picked[number], kept[operations[output, 4], :n], kept, band_pairs[number], weights, days, values,
                out[targets[output], first_out + first : first_out + last],
            )  # fmt: skip
        first = last
