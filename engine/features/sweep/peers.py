"""The kernels over entity versions: who is known as what on each date, and sums by peer group on each date.

A record counts for a group on the dates of one interval, from the day it had occurred and was known while the entity's
version belonged to the group, until one of them ends or the window has passed it. Each interval is two steps on the
sorted dates; running sums along the dates give the totals of all of them.
"""

import numpy as np

from engine.compiling import compiled
from engine.features.sweep.gathering import ABSENT, Array, measured, passes
from engine.features.sweep.tables import Ints


@compiled
def first_at_least(days: Array, day: int) -> int:
    """Return the position of the first of the sorted days that is not before ``day``."""
    low, high = 0, days.shape[0]
    while low < high:
        middle = (low + high) // 2
        if days[middle] < day:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def first_after(window_starts: Array, window: int, day: int) -> int:
    """Return the position of the first date whose window begins on or after ``day``."""
    low, high = 0, window_starts.shape[1]
    while low < high:
        middle = (low + high) // 2
        if window_starts[window, middle] < day:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def known_versions(
    entity: Array, date: Array, dates: Array, row_starts: Array, known: Array, until: Array, found: Array
) -> None:
    """Write the position of the version known on each row of the spine, -1 for none."""
    for row in range(entity.shape[0]):
        found[row] = -1
        if entity[row] < 0:
            continue
        as_of = dates[date[row]]
        for version in range(row_starts[entity[row]], row_starts[entity[row] + 1]):
            if known[version] <= as_of and until[version] > as_of:
                found[row] = version


@compiled
def count_sharers(dates: Array, known: Array, until: Array, address: Array, is_active: Array, steps: Array) -> None:
    """Add the active versions to ``steps``, int64 (addresses, dates + 1)."""
    for version in range(known.shape[0]):
        if address[version] < 0 or is_active[version] != 1:
            continue
        low, high = first_at_least(dates, known[version]), first_at_least(dates, until[version])
        if low < high:
            steps[address[version], low] += 1
            steps[address[version], high] -= 1


@compiled
def add_steps(
    dates: Array,
    window_starts: Array,
    row_starts: Array,
    occurred: Array,
    known: Array,
    until: Array,
    narrow: Array,
    wide: Array,
    places: Array,
    base_filters: Array,
    bases: Array,
    version_starts: Array,
    version_known: Array,
    version_until: Array,
    groups: Array,
    steps: Array,
) -> None:
    """Add every record of a source to ``steps``, int64 (2 * bases, groups, dates + 1).

    Parameters
    ----------
    dates : sorted days asked. window_starts : int32 (windows, dates), sorted along the dates.
    """
    for entity in range(row_starts.shape[0] - 1):
        for row in range(row_starts[entity], row_starts[entity + 1]):
            begins = max(occurred[row], known[row])
            low = first_at_least(dates, begins)
            if low >= dates.shape[0] or until[row] <= begins:
                continue
            ends = first_at_least(dates, until[row])
            for base in range(bases.shape[0]):
                if not passes(narrow, wide, places, row, base_filters, base):
                    continue
                leaves = min(ends, first_after(window_starts, bases[base, 2], occurred[row]))
                if low >= leaves:
                    continue
                column = measured(narrow, wide, places, bases[base, 0], row)
                per = measured(narrow, wide, places, bases[base, 1], row)
                column, per = 0 if column == ABSENT else column, 0 if per == ABSENT else per
                for version in range(version_starts[entity], version_starts[entity + 1]):
                    opens = max(low, first_at_least(dates, version_known[version]))
                    closes = min(leaves, first_at_least(dates, version_until[version]))
                    if opens >= closes:
                        continue
                    for kind in range(groups.shape[0]):
                        group = groups[kind, version]
                        if group >= 0:
                            steps[2 * base, group, opens] += column
                            steps[2 * base, group, closes] -= column
                            steps[2 * base + 1, group, opens] += per
                            steps[2 * base + 1, group, closes] -= per


def totals(steps: Ints) -> Ints:
    """Return the sums on each date of steps whose last axis is dates + 1."""
    sums: Ints = np.cumsum(steps[..., :-1], axis=-1)
    return sums
