"""The kernel over an entity's own events: every operator of a source for every row of the spine.

Rows are read from the latest to the earliest. The first row met of an event is its last one, so events come in the
order in which they happened, latest first, without a sort, and a window ends at the first event outside it.
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
def passes(values: Array, columns: Array) -> bool:
    """Return whether all columns named are known and not 0."""
    for column in columns:
        if column >= 0 and (values[column] == ABSENT or values[column] == 0):
            return False
    return True


@compiled
def gather(  # noqa: C901
    first: int,
    last: int,
    as_of: Whole,
    occurred: Array,
    known: Array,
    until: Array,
    event: Array,
    measures: Array,
    open_column: int,
    sums: Array,
    filters: Array,
    bases: Array,
    starts: Array,
    slots: Array,
    days: Array,
    values: Array,
    own: Array,
) -> int:
    """Fill ``days`` and ``values`` with the events that count, latest first, ``own`` with the rows' peer sums."""
    n = 0
    is_grouped = slots.shape[0] > 1
    if is_grouped:
        for row in range(first, last):
            slots[event[row]] = -1
    own[:] = 0
    row_values = np.empty(measures.shape[1], np.int64)
    for row in range(last - 1, first - 1, -1):
        if occurred[row] > as_of or known[row] > as_of or until[row] <= as_of:
            continue
        row_values[:] = measures[row]
        if open_column >= 0:
            row_values[open_column] = 1 if row_values[open_column] > as_of else 0
        for base in range(bases.shape[0]):
            if occurred[row] > starts[bases[base, 3]] and passes(row_values, filters[bases[base, 0]]):
                for side in range(2):
                    part = row_values[bases[base, 1 + side]]
                    if part != ABSENT:
                        own[2 * base + side] += part
        at = slots[event[row]] if is_grouped else -1
        if at < 0:
            days[n] = occurred[row]
            values[n] = row_values
            if is_grouped:
                slots[event[row]] = n
            n += 1
            continue
        for column in range(row_values.shape[0]):
            part = row_values[column]
            if part == ABSENT:
                continue
            if values[at, column] == ABSENT:
                values[at, column] = part
            elif sums[column]:
                values[at, column] += part
            elif part > values[at, column]:
                values[at, column] = part
    return n


@compiled
def over_values(  # noqa: C901
    code: int, scale: float, column: int, as_of: Whole, start: int, chosen: Array, n: int, days: Array, values: Array
) -> float:
    """Return an operator of one column's known values, NaN for null."""
    n_known, total, largest, last, second, streak, is_streak = 0, 0, ABSENT, 0, 0, 0, True
    s_t: Whole = 0
    s_tt: Whole = 0
    s_ty: Whole = 0
    for i in range(n):
        if days[i] <= start:
            break
        value = values[i, column]
        if not chosen[i] or value == ABSENT:
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
        if code == TREND:
            t = np.int64(days[i]) - as_of
            s_t += t
            s_tt += t * t
            s_ty += t * value
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
    spread = float(n_known) * float(s_tt) - float(s_t) * float(s_t)
    if spread == 0.0:
        return np.nan
    return (float(n_known) * float(s_ty) - float(s_t) * float(total)) / spread * DAYS_PER_YEAR / scale


@compiled
def over_events(  # noqa: C901
    operation: Array,
    scale: float,
    as_of: Whole,
    starts: Array,
    chosen: Array,
    n: int,
    days: Array,
    values: Array,
    bands: Array,
    weights: Array,
) -> float:
    """Return a count, a date, a ratio or a decayed sum, NaN for null."""
    code, column, per, start = operation[0], operation[2], operation[3], starts[operation[4]]
    if code == DECAYED:
        total, after, n_known = 0.0, as_of, 0
        for i in range(n):
            if days[i] > start and chosen[i] and (column < 0 or values[i, column] != ABSENT):
                n_known += 1
        for band in range(bands.shape[0]):
            part = 0
            for i in range(n):
                if chosen[i] and days[i] > max(start, starts[bands[band]]) and days[i] <= after:
                    if column < 0:
                        part += 1
                    elif values[i, column] != ABSENT:
                        part += values[i, column]
            total += float(part) / scale * weights[band]
            after = starts[bands[band]]
        return np.nan if n_known == 0 else total
    n_kept, n_before, first_day, last_day, above, below, n_above = 0, 0, as_of, as_of, 0, 0, 0
    for i in range(n):
        if not chosen[i]:
            continue
        if days[i] <= start:
            if code == SURGE and days[i] > starts[operation[5]]:
                n_before += 1
            continue
        n_kept += 1
        first_day = days[i]
        if n_kept == 1:
            last_day = days[i]
        if code == RATIO:
            if values[i, column] != ABSENT:
                above += values[i, column]
                n_above += 1
            if values[i, per] != ABSENT:
                below += values[i, per]
    if code == RATIO:
        return np.nan if n_above == 0 or below == 0 else float(above) / scale / float(below)
    if code == SINCE_LAST:
        return float(as_of - last_day)
    if code == SINCE_FIRST:
        return float(as_of - first_day)
    return float(n_kept - n_before)


@compiled
def is_over_events(code: int) -> bool:
    """Return whether :func:`over_events` computes the operator."""
    is_count = code == COUNT or code == SURGE or code == RATIO
    return is_count or code == DECAYED or code == SINCE_LAST or code == SINCE_FIRST


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
    out : float64 (outputs, spine), written; NaN = null. own : int64 (2 * bases, spine), written.
    """
    longest, n_events = 1, 1
    for row in range(entity.shape[0]):
        if entity[row] < 0 or (row > 0 and entity[row] == entity[row - 1]):
            continue
        longest = max(longest, row_starts[entity[row] + 1] - row_starts[entity[row]])
        if is_grouped:
            for member in range(row_starts[entity[row]], row_starts[entity[row] + 1]):
                n_events = max(n_events, event[member] + 2)  # more than one place says that events are grouped
    days = np.empty(longest, np.int32)
    values = np.empty((longest, measures.shape[1]), np.int64)
    slots = np.empty(n_events, np.int64)
    chosen = np.empty((filters.shape[0], longest), np.bool_)
    sum_of_rows = np.empty(own.shape[0], np.int64)
    for row in range(entity.shape[0]):
        first = last = 0
        if entity[row] >= 0:
            first, last = row_starts[entity[row]], row_starts[entity[row] + 1]
        as_of, starts = np.int64(dates[date[row]]), window_starts[date[row]]
        n = 0
        sum_of_rows[:] = 0
        if last > first:
            n = gather(
                first, last, as_of, occurred, known, until, event, measures, open_column, sums, filters, bases,
                starts, slots, days, values, sum_of_rows,
            )  # fmt: skip
        for side in range(own.shape[0]):
            own[side, row] = sum_of_rows[side]
        for number in range(filters.shape[0]):
            for i in range(n):
                chosen[number, i] = passes(values[i], filters[number])
        for output in range(operations.shape[0]):
            operation = operations[output]
            code, kept, start = operation[0], chosen[operation[1]], starts[operation[4]]
            is_any = False
            for i in range(n):
                if days[i] <= start:
                    break
                if kept[i]:
                    is_any = True
                    break
            if not is_any:
                out[output, row] = when_none[output]
            elif is_over_events(code):
                out[output, row] = over_events(
                    operation, scales[output], as_of, starts, kept, n, days, values, bands, weights
                )
            else:
                out[output, row] = over_values(
                    code, scales[output], operation[2], as_of, start, kept, n, days, values
                )  # fmt: skip
