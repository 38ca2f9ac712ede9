"""The kernels that list what counts: for a block of spine rows the events of their entities, latest first, by column.

Rows are read from the latest to the earliest. The first row met of an event is its last one, so events come in the
order in which they happened, latest first, without a sort. The lists of a block lie one behind the other, each column
by itself, so that an operator runs over all of them in one loop.
"""

from typing import Any

import numpy as np

from engine.compiling import compiled
from engine.features.sweep import tables

ABSENT = int(tables.ABSENT)
NARROW_ABSENT = int(tables.NARROW_ABSENT)

Array = Any
"""A numpy array inside a kernel."""
Whole = Any
"""A whole number of numpy's or of Python's; inside a kernel there is no difference."""


@compiled
def measured(narrow: Array, wide: Array, places: Array, column: Whole, row: Whole) -> Whole:
    """Return a row's value of a measure, :data:`ABSENT` for null."""
    if places[column, 0] == 0:
        value = narrow[row, places[column, 1]]
        return ABSENT if value == NARROW_ABSENT else np.int64(value)
    return np.int64(wide[row, places[column, 1]])


@compiled
def passes(narrow: Array, wide: Array, places: Array, row: Whole, filters: Array, number: Whole) -> bool:
    """Return whether all measures that a filter names are known and not 0 in a row."""
    for place in range(filters.shape[1]):
        column = filters[number, place]
        if column >= 0:
            value = measured(narrow, wide, places, column, row)
            if value == ABSENT or value == 0:
                return False
    return True


@compiled
def block_end(first: int, entity: Array, starts: Array, most_rows: int, most_events: int) -> int:
    """Return the end of a block of spine rows whose entities have at most ``most_events`` rows; at least one row."""
    last, n = first, 0
    while last < entity.shape[0] and last - first < most_rows:
        if entity[last] >= 0:
            n += starts[entity[last] + 1] - starts[entity[last]]
        if n > most_events and last > first:
            break
        last += 1
    return last


@compiled
def longest_of(entity: Array, starts: Array) -> int:
    """Return the most rows of an entity asked."""
    longest = 0
    for row in range(entity.shape[0]):
        if entity[row] >= 0:
            longest = max(longest, starts[entity[row] + 1] - starts[entity[row]])
    return longest


@compiled
def gather(
    first: int, last: int, entity: Array, date: Array, dates: Array, starts: Array, occurred: Array, known: Array,
    until: Array, event: Array, is_grouped: bool, stamps: Array, slots: Array, row_starts: Array, rows: Array,
    owners: Array, event_starts: Array, days: Array,
) -> None:  # fmt: skip
    """List the rows and events that count for the spine rows ``first`` to ``last``.

    Parameters
    ----------
    stamps, slots : int64 by event number: the spine row that met the event last (plus 1), and its place there.
    row_starts, rows, owners : written: rows that count by spine row, and the place of the event of each.
    event_starts, days : written: events by spine row, latest first, and the day of each.
    """
    n_rows, n_events = 0, 0
    for asked in range(first, last):
        row_starts[asked - first], event_starts[asked - first] = n_rows, n_events
        if entity[asked] < 0:
            continue
        as_of, begin = dates[date[asked]], starts[entity[asked]]
        for row in range(starts[entity[asked] + 1] - 1, begin - 1, -1):
            if occurred[row] > as_of or known[row] > as_of or until[row] <= as_of:
                continue
            at = n_events
            if is_grouped and event[row] >= 0:
                if stamps[event[row]] == asked + 1:
                    at = slots[event[row]]
                else:
                    stamps[event[row]], slots[event[row]] = asked + 1, n_events
            if at == n_events:
                days[n_events] = occurred[row]
                n_events += 1
            rows[n_rows], owners[n_rows] = row, at
            n_rows += 1
    row_starts[last - first], event_starts[last - first] = n_rows, n_events


@compiled
def merge(column: Array, at: Whole, part: Whole, is_sum: bool) -> None:
    """Take a row's value into its event: sums are added up, else the largest counts."""
    if part == ABSENT:
        return
    if column[at] == ABSENT:
        column[at] = part
    elif is_sum:
        column[at] += part
    elif part > column[at]:
        column[at] = part


@compiled
def take(
    n: int, row_starts: Array, rows: Array, owners: Array, n_events: int, narrow: Array, wide: Array, place: Array,
    is_sum: bool, column: Array,
) -> None:  # fmt: skip
    """Write one measure of the ``n`` rows' events to ``column``."""
    n_rows = row_starts[n]
    if n_rows == n_events:
        if place[0] == 0:
            for at in range(n_rows):
                value = narrow[rows[at], place[1]]
                column[at] = ABSENT if value == NARROW_ABSENT else np.int64(value)
        else:
            for at in range(n_rows):
                column[at] = wide[rows[at], place[1]]
        return
    for at in range(n_events):
        column[at] = ABSENT
    for at in range(n_rows):
        if place[0] == 0:
            value = narrow[rows[at], place[1]]
            merge(column, owners[at], ABSENT if value == NARROW_ABSENT else np.int64(value), is_sum)
        else:
            merge(column, owners[at], wide[rows[at], place[1]], is_sum)


@compiled
def take_open(
    n: int, first: int, date: Array, dates: Array, row_starts: Array, rows: Array, owners: Array, n_events: int,
    narrow: Array, wide: Array, places: Array, open_column: int, column: Array,
) -> None:  # fmt: skip
    """Write whether each event is open on its date to ``column``: 1 where ``open_until`` of a row lies behind it."""
    for at in range(n_events):
        column[at] = ABSENT
    for asked in range(n):
        as_of = dates[date[first + asked]]
        for at in range(row_starts[asked], row_starts[asked + 1]):
            is_open = 1 if measured(narrow, wide, places, open_column, rows[at]) > as_of else 0
            merge(column, owners[at], is_open, False)


@compiled
def pick(n: int, event_starts: Array, values: Array, wanted: Array, starts: Array, picked: Array) -> None:
    """List the events that pass a filter, by spine row, latest first.

    Parameters
    ----------
    wanted : columns of ``values`` that must be known and not 0, -1 for none.
    starts, picked : written: where the list of each row begins, and the events' places.
    """
    length = 0
    for asked in range(n):
        starts[asked] = length
        for event in range(event_starts[asked], event_starts[asked + 1]):
            is_kept = True
            for place in range(wanted.shape[0]):
                if wanted[place] >= 0:
                    value = values[wanted[place], event]
                    is_kept = is_kept and value != ABSENT and value != 0
            picked[length] = event
            length += 1 if is_kept else 0
    starts[n] = length


@compiled
def heads(
    n: int, first: int, date: Array, window_starts: Array, window: Whole, days: Array, starts: Array, picked: Array,
    kept: Array,
) -> None:  # fmt: skip
    """Write how many events of a filter's list lie in a window, by spine row."""
    for asked in range(n):
        begins, low, high = window_starts[date[first + asked], window], starts[asked], starts[asked + 1]
        while high > low and days[picked[high - 1]] <= begins:
            high -= 1
        kept[asked] = high - low


@compiled
def add_own(
    n: int, first: int, date: Array, window_starts: Array, occurred: Array, narrow: Array, wide: Array, places: Array,
    row_starts: Array, rows: Array, base_filters: Array, bases: Array, own: Array,
) -> None:  # fmt: skip
    """Add the rows' ``column`` and ``per`` to the entities' own part of each peer sum."""
    for base in range(bases.shape[0]):
        for asked in range(n):
            begins = window_starts[date[first + asked], bases[base, 2]]
            for at in range(row_starts[asked], row_starts[asked + 1]):
                if occurred[rows[at]] > begins and passes(narrow, wide, places, rows[at], base_filters, base):
                    for side in range(2):
                        part = measured(narrow, wide, places, bases[base, side], rows[at])
                        if part != ABSENT:
                            own[2 * base + side, first + asked] += part
