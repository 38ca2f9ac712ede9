"""The kernel over an entity's own events: every operator of a source for every row of the spine.

Rows are read from the latest to the earliest. The first row met of an event is its last one, so events come in the
order in which they happened, latest first, without a sort, and a window ends at the first event outside it. The events
that pass a filter are listed once per filter and row of the spine; an output reads the head of its filter's list.
"""

from typing import Any

import numpy as np

from engine.compiling import compiled
from engine.features.declaration import Aggregate
from engine.features.sweep import tables
from engine.features.sweep.program import CODES, TOTAL

ABSENT = int(tables.ABSENT)
DAYS_PER_YEAR = 365.0
COUNT, SUM, MAX, MEAN = (CODES[a] for a in (Aggregate.COUNT, Aggregate.SUM, Aggregate.MAX, Aggregate.MEAN))
RATIO, DECAYED, TREND, SURGE = (
    CODES[a] for a in (Aggregate.RATIO, Aggregate.DECAYED, Aggregate.TREND, Aggregate.SURGE)
)
LAST, SECOND_LAST, CHANGE, STREAK = (
    CODES[a] for a in (Aggregate.LAST, Aggregate.SECOND_LAST, Aggregate.CHANGE, Aggregate.STREAK)
)
SINCE_LAST, SINCE_FIRST = CODES[Aggregate.DAYS_SINCE_LAST], CODES[Aggregate.DAYS_SINCE_FIRST]
SUMMED = TOTAL

Array = Any
"""A numpy array inside a kernel."""
Whole = Any
"""A whole number of numpy's or of Python's; inside a kernel there is no difference."""


@compiled
def passes(values: Array, row: int, filters: Array, number: int) -> bool:
    """Return whether all columns that a filter names are known and not 0 in a row of ``values``."""
    for place in range(filters.shape[1]):
        column = filters[number, place]
        if column >= 0 and (values[row, column] == ABSENT or values[row, column] == 0):
            return False
    return True


@compiled
def merge_row(values: Array, at: int, row: int, sums: Array) -> None:
    """Take row ``row`` of ``values`` into the event at ``at``: sums are added up, else the largest counts."""
    for column in range(values.shape[1]):
        part = values[row, column]
        if part == ABSENT:
            continue
        if values[at, column] == ABSENT:
            values[at, column] = part
        elif sums[column]:
            values[at, column] += part
        elif part > values[at, column]:
            values[at, column] = part


@compiled
def add_own(values: Array, row: int, bases: Array, base: int, own: Array, place: int) -> None:
    """Add a row's ``column`` and ``per`` to the entity's own part of a peer sum."""
    for side in range(2):
        part = values[row, bases[base, 1 + side]]
        if part != ABSENT:
            own[2 * base + side, place] += part


@compiled
def gather(
    first: int,
    last: int,
    as_of: Whole,
    occurred: Array,
    known: Array,
    until: Array,
    event: Array,
    measures: Array,
    open_column: int,
    is_grouped: bool,
    sums: Array,
    filters: Array,
    bases: Array,
    window_starts: Array,
    date: int,
    slots: Array,
    days: Array,
    values: Array,
    own: Array,
    place: int,
) -> int:
    """Fill ``days`` and ``values`` with the events that count, latest first, ``own`` with the rows' peer sums."""
    n = 0
    if is_grouped:
        for row in range(first, last):
            slots[event[row]] = -1
    for row in range(last - 1, first - 1, -1):
        if occurred[row] > as_of or known[row] > as_of or until[row] <= as_of:
            continue
        for column in range(measures.shape[1]):
            values[n, column] = measures[row, column]
        if open_column >= 0:
            values[n, open_column] = 1 if values[n, open_column] > as_of else 0
        for base in range(bases.shape[0]):
            if occurred[row] > window_starts[date, bases[base, 3]] and passes(values, n, filters, bases[base, 0]):
                add_own(values, n, bases, base, own, place)
        at = slots[event[row]] if is_grouped else -1
        if at >= 0:
            merge_row(values, at, n, sums)
            continue
        days[n] = occurred[row]
        if is_grouped:
            slots[event[row]] = n
        n += 1
    return n


@compiled
def over_values(  # noqa: C901
    code: int, scale: float, column: int, as_of: Whole, number: int, n_kept: int, picked: Array, days: Array,
    values: Array,
) -> float:  # fmt: skip
    """Return an operator of one column's known values, NaN for null."""
    n_known, total, largest, last, second, streak, is_streak = 0, 0, ABSENT, 0, 0, 0, True
    for place in range(n_kept):
        value = values[picked[number, place], column]
        if value == ABSENT:
            continue
        n_known += 1
        total += value
        largest = max(largest, value)
        if n_known == 1:
            last = value
        elif n_known == 2:
            second = value
        is_streak = is_streak and value != 0
        if is_streak:
            streak += 1
    if code == SUMMED:
        return float(total)
    if code == STREAK:
        return float(streak)
    if n_known == 0 or (n_known == 1 and (code == SECOND_LAST or code == CHANGE)):
        return np.nan
    if code == SUM:
        return float(total) / scale
    if code == MAX:
        return float(largest) / scale
    if code == MEAN:
        return float(total) / (float(n_known) * scale)
    if code == LAST:
        return float(last) / scale
    if code == SECOND_LAST:
        return float(second) / scale
    if code == CHANGE:
        return float(last - second) / scale
    return trend(scale, column, as_of, number, n_kept, picked, days, values)


@compiled
def trend(
    scale: float, column: int, as_of: Whole, number: int, n_kept: int, picked: Array, days: Array, values: Array
) -> float:
    """Return the slope of the column's known values per year, NaN with fewer than two distinct days."""
    n_known, total = 0, 0
    s_t: Whole = 0
    s_tt: Whole = 0
    s_ty: Whole = 0
    for place in range(n_kept):
        value = values[picked[number, place], column]
        if value == ABSENT:
            continue
        n_known += 1
        total += value
        t = np.int64(days[picked[number, place]]) - as_of
        s_t += t
        s_tt += t * t
        s_ty += t * value
    spread = float(n_known) * float(s_tt) - float(s_t) * float(s_t)
    if spread == 0.0:
        return np.nan
    return (float(n_known) * float(s_ty) - float(s_t) * float(total)) / spread * DAYS_PER_YEAR / scale


@compiled
def decayed(
    scale: float, column: int, number: int, n_kept: int, lengths: Array, inside: Array, picked: Array, values: Array,
    bands: Array, weights: Array,
) -> float:  # fmt: skip
    """Return the sum over age bands, NaN when the column is known in no event kept."""
    is_known = column < 0
    for place in range(n_kept):
        is_known = is_known or values[picked[number, place], column] != ABSENT
    total, after = 0.0, 0
    for band in range(bands.shape[0]):
        before = min(n_kept, head(number, inside[bands[band]], lengths, picked))
        part = before - after if column < 0 else 0
        if column >= 0:
            for place in range(after, before):
                value = values[picked[number, place], column]
                if value != ABSENT:
                    part += value
        total += float(part) / scale * weights[band]
        after = max(after, before)
    return total if is_known else np.nan


@compiled
def ratio(scale: float, column: int, per: int, number: int, n_kept: int, picked: Array, values: Array) -> float:
    """Return the sum of ``column`` over the sum of ``per``, NaN where either is missing or the latter 0."""
    above, below, n_above = 0, 0, 0
    for place in range(n_kept):
        event = picked[number, place]
        if values[event, column] != ABSENT:
            above += values[event, column]
            n_above += 1
        if values[event, per] != ABSENT:
            below += values[event, per]
    return np.nan if n_above == 0 or below == 0 else float(above) / scale / float(below)


@compiled
def head(number: int, n_inside: int, lengths: Array, picked: Array) -> int:
    """Return how many events of a filter's list are among the ``n_inside`` latest."""
    n: int = lengths[number]
    while n > 0 and picked[number, n - 1] >= n_inside:
        n -= 1
    return n


@compiled
def pick(n: int, days: Array, values: Array, filters: Array, window_starts: Array, date: int, inside: Array,
         lengths: Array, picked: Array) -> None:  # fmt: skip
    """Fill ``inside`` with the events in each window, ``picked`` with each filter's events, latest first."""
    for window in range(inside.shape[0]):
        start, n_inside = window_starts[date, window], n
        while n_inside > 0 and days[n_inside - 1] <= start:
            n_inside -= 1
        inside[window] = n_inside
    for number in range(filters.shape[0]):
        length = 0
        for event in range(n):
            if passes(values, event, filters, number):
                picked[number, length] = event
                length += 1
        lengths[number] = length


@compiled
def longest_of(entity: Array, row_starts: Array, event: Array, is_grouped: bool) -> tuple[int, int]:
    """Return the most rows of an entity asked, and one more than its largest event number."""
    longest, n_events = 1, 1
    for row in range(entity.shape[0]):
        if entity[row] < 0 or (row > 0 and entity[row] == entity[row - 1]):
            continue
        first, last = row_starts[entity[row]], row_starts[entity[row] + 1]
        longest = max(longest, last - first)
        if is_grouped:
            for member in range(first, last):
                n_events = max(n_events, event[member] + 1)
    return longest, n_events


@compiled
def reduce_events(  # noqa: C901
    entity: Array,
    date: Array,
    dates: Array,
    window_starts: Array,
    row_starts: Array,
    occurred: Array,
    known: Array,
    until: Array,
    event: Array,
    measures: Array,
    open_column: int,
    is_grouped: bool,
    sums: Array,
    filters: Array,
    operations: Array,
    when_none: Array,
    scales: Array,
    targets: Array,
    bases: Array,
    bands: Array,
    weights: Array,
    out: Array,
    own: Array,
) -> None:
    """Write every output of a source and the entities' own peer sums for every row of a spine.

    Parameters
    ----------
    entity, date : int64 by spine row; number of the entity (-1 unknown) and position in ``dates``.
    window_starts : int32 (dates, windows), :meth:`Program.window_starts`.
    row_starts … measures : :class:`Records`; sums … weights : :class:`Program`.
    open_column : column that holds ``open_until``, or -1.
    targets : int64 (outputs,), row of ``out`` that each output is written to.
    out : float64 (rows of the result, spine), written; NaN = null. own : int64 (2 * bases, spine), 0, written.
    """
    longest, n_events = longest_of(entity, row_starts, event, is_grouped)
    days = np.empty(longest + 1, np.int32)
    values = np.empty((longest + 1, measures.shape[1]), np.int64)  # the row read last may belong to an earlier event
    slots = np.empty(n_events, np.int64)
    picked = np.empty((filters.shape[0], longest), np.int32)
    lengths = np.zeros(filters.shape[0], np.int64)
    inside = np.zeros(window_starts.shape[1], np.int64)
    for row in range(entity.shape[0]):
        first = last = 0
        if entity[row] >= 0:
            first, last = row_starts[entity[row]], row_starts[entity[row] + 1]
        as_of, n = np.int64(dates[date[row]]), 0
        if last > first:
            n = gather(
                first, last, as_of, occurred, known, until, event, measures, open_column, is_grouped, sums, filters,
                bases, window_starts, date[row], slots, days, values, own, row,
            )  # fmt: skip
        pick(n, days, values, filters, window_starts, date[row], inside, lengths, picked)
        for output in range(operations.shape[0]):
            code, number, column = operations[output, 0], operations[output, 1], operations[output, 2]
            n_kept = head(number, inside[operations[output, 4]], lengths, picked)
            if code == SURGE:
                n_twice = head(number, inside[operations[output, 5]], lengths, picked)
                value = float(2 * n_kept - n_twice) if n_kept > 0 else when_none[output]
            elif n_kept == 0:
                value = when_none[output]
            elif code == COUNT:
                value = float(n_kept)
            elif code == SINCE_LAST:
                value = float(as_of - days[picked[number, 0]])
            elif code == SINCE_FIRST:
                value = float(as_of - days[picked[number, n_kept - 1]])
            elif code == RATIO:
                value = ratio(scales[output], column, operations[output, 3], number, n_kept, picked, values)
            elif code == DECAYED:
                value = decayed(
                    scales[output], column, number, n_kept, lengths, inside, picked, values, bands, weights
                )  # fmt: skip
            else:
                value = over_values(code, scales[output], column, as_of, number, n_kept, picked, days, values)
            out[targets[output], row] = value
