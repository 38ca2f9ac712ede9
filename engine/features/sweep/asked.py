"""What is asked of the sweep: a spine, in blocks of dates and chunks of rows that bound memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.features.sweep.peers import known_versions
from engine.features.sweep.tables import Days, Ints, Versions


@dataclass(frozen=True, slots=True)
class Spine:
    """Rows asked.

    Parameters
    ----------
    entity : int64, number of the entity, -1 where no record knows it.
    as_of : int32 days since 1970. Rows of one entity next to each other are read fastest; any order is right.
    """

    entity: Ints
    as_of: Days


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows of a spine by position of their date.

    Parameters
    ----------
    entity, date : int64; ``date`` is a position in ``dates``.
    dates : int32, sorted and distinct.
    version : int64, position of the entity version known on the date, -1 for none.
    """

    entity: Ints
    date: Ints
    dates: Days
    version: Ints

    def chunks(self, most_rows: int) -> Iterator[tuple[slice, "Asked"]]:
        """Return the rows in runs of at most ``most_rows``, each with its place."""
        for first in range(0, len(self.entity), most_rows):
            rows = slice(first, first + most_rows)
            yield rows, Asked(self.entity[rows], self.date[rows], self.dates, self.version[rows])


def date_blocks(spine: Spine, versions: Versions | None, *, most_dates: int) -> Iterator[tuple[Ints | slice, Asked]]:
    """Return the spine in blocks of at most ``most_dates`` distinct dates, each with the places of its rows."""
    dates, date = np.unique(spine.as_of, return_inverse=True)
    date = np.ascontiguousarray(date.reshape(-1), dtype=np.int64)
    for first in range(0, len(dates), most_dates):
        block = dates[first : first + most_dates]
        is_all = len(block) == len(dates)
        rows = slice(None) if is_all else np.flatnonzero((date >= first) & (date < first + len(block)))
        entity, own_date = np.ascontiguousarray(spine.entity[rows], dtype=np.int64), date[rows] - first
        version = np.full(len(entity), -1, np.int64)
        if versions is not None:
            known_versions(entity, own_date, block, versions.starts, versions.known, versions.until, version)
        yield rows, Asked(entity, own_date, block, version)
