"""The kernels that put rows in order: by entity, then day, then identifier; and find rows that are one event.

Entities are numbers, so rows are counted into place; the few rows of an entity are put in order where they stand.
Identifiers are compared as bytes of UTF-8, and only where that decides: on the same day, or where two have one hash.
"""

import numpy as np

from engine.compiling import compiled
from engine.features.sweep.gathering import Array, Whole

FEW = 16
"""Rows that are ordered by insertion and compared pair by pair."""


@compiled
def by_entity(entity: Array, starts: Array, order: Array) -> None:
    """Write the rows in order of their entity, else as they come.

    Parameters
    ----------
    starts : int64, one more than entities, 0; written: where the rows of each entity begin.
    order : int32 by place: the row.
    """
    for row in range(entity.shape[0]):
        starts[entity[row] + 1] += 1
    for number in range(1, starts.shape[0]):
        starts[number] += starts[number - 1]
    free = starts[:-1].copy()
    for row in range(entity.shape[0]):
        order[free[entity[row]]] = row
        free[entity[row]] += 1


@compiled
def compared(offsets: Array, text: Array, one: Whole, other: Whole) -> Whole:
    """Return a number below, equal to or above 0 as the one identifier comes before, is, or comes after the other."""
    length, other_length = offsets[one + 1] - offsets[one], offsets[other + 1] - offsets[other]
    for place in range(min(length, other_length)):
        difference = np.int64(text[offsets[one] + place]) - np.int64(text[offsets[other] + place])
        if difference != 0:
            return difference
    return np.int64(length - other_length)


@compiled
def comes_after(days: Array, order: Array, one: Whole, day: Whole, row: Whole, offsets: Array, text: Array) -> bool:
    """Return whether the row at place ``one`` belongs behind a row of a day."""
    if days[one] != day:
        return bool(days[one] > day)
    is_after: bool = compared(offsets, text, order[one], row) > 0
    return is_after


@compiled
def insert(begin: Whole, end: Whole, days: Array, order: Array, offsets: Array, text: Array) -> None:
    """Put a few rows in order."""
    for place in range(begin + 1, end):
        day, row, at = days[place], order[place], place
        while at > begin and comes_after(days, order, at - 1, day, row, offsets, text):
            days[at], order[at] = days[at - 1], order[at - 1]
            at -= 1
        days[at], order[at] = day, row


@compiled
def merge_runs(begin: Whole, end: Whole, days: Array, order: Array, offsets: Array, text: Array) -> None:
    """Put many rows in order: runs put in order by insertion are merged until one is left."""
    for first in range(begin, end, FEW):
        insert(first, min(end, first + FEW), days, order, offsets, text)
    spare_days, spare_order = np.empty(end - begin, days.dtype), np.empty(end - begin, order.dtype)
    width = FEW
    while width < end - begin:
        for first in range(begin, end, 2 * width):
            middle, last = min(end, first + width), min(end, first + 2 * width)
            left, right = first, middle
            for place in range(first, last):
                is_left = right >= last or (
                    left < middle and not comes_after(days, order, left, days[right], order[right], offsets, text)
                )
                source = left if is_left else right
                spare_days[place - begin], spare_order[place - begin] = days[source], order[source]
                left, right = left + (1 if is_left else 0), right + (0 if is_left else 1)
        days[begin:end], order[begin:end] = spare_days, spare_order
        width *= 2


@compiled
def by_day(starts: Array, days: Array, order: Array, offsets: Array, text: Array) -> None:
    """Put the rows of every entity in order of day and identifier.

    Parameters
    ----------
    days : int32 by place. offsets, text : identifiers by row, as Arrow holds large strings.
    """
    for entity in range(starts.shape[0] - 1):
        begin, end = starts[entity], starts[entity + 1]
        if end - begin <= FEW:
            insert(begin, end, days, order, offsets, text)
        else:
            merge_runs(begin, end, days, order, offsets, text)


@compiled
def hashed(offsets: Array, text: Array, hashes: Array) -> None:
    """Write a hash of each identifier (FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/)."""
    for row in range(hashes.shape[0]):
        value = np.uint64(14695981039346656037)
        for place in range(offsets[row], offsets[row + 1]):
            value = (value ^ np.uint64(text[place])) * np.uint64(1099511628211)
        hashes[row] = value


@compiled
def number_equal(
    begin: Whole, places: Array, n: Whole, hashes: Array, order: Array, offsets: Array, text: Array, event: Array,
    number: int,
) -> int:  # fmt: skip
    """Give rows that carry one identifier the same number, from ``number`` on; return the next.

    Parameters
    ----------
    begin : first of the ``n`` places in ``places``; without any, of the places themselves.
    """
    is_listed = places.shape[0] > 0
    for first in range(begin, begin + n):
        one = places[first] if is_listed else first
        if event[one] >= 0:
            continue
        for second in range(first + 1, begin + n):
            other = places[second] if is_listed else second
            if hashes[one] == hashes[other] and compared(offsets, text, order[one], order[other]) == 0:
                if event[one] < 0:
                    event[one] = number
                    number += 1
                event[other] = event[one]
    return number


@compiled
def number_events(
    starts: Array, order: Array, hashes: Array, offsets: Array, text: Array, event: Array
) -> int:  # fmt: skip
    """Number the events of each entity that have several rows; return the most such events of an entity.

    Parameters
    ----------
    hashes : uint64 by place.
    event : int32 by place, -1 everywhere; written: the number of the event within its entity where it has several rows.
    """
    most, none = 0, np.empty(0, np.int64)
    for entity in range(starts.shape[0] - 1):
        begin, n = starts[entity], starts[entity + 1] - starts[entity]
        number = 0
        if n <= FEW:
            number = number_equal(begin, none, n, hashes, order, offsets, text, event, number)
        else:
            places, first = begin + np.argsort(hashes[begin : begin + n]), 0
            for place in range(1, n + 1):
                if place == n or hashes[places[place]] != hashes[places[first]]:
                    number = number_equal(
                        first, places, place - first, hashes, order, offsets, text, event, number
                    )  # fmt: skip
                    first = place
        most = max(most, number)
    return most
