"""Selection: in every cell the n smallest tickets, then the reserves behind them.

Sorting a million 32-byte tickets is avoided: the first eight bytes decide nearly all, and only rows at or below the
threshold word are compared in full. Rows are in handle order, so among equal tickets the smaller handle comes first.
Source: docs/spec/draw-protocol.md §4.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.draw.populations.frame import BlindedFrame, Cell, is_exclusion
from engine.draw.protocol.encoding import DIGEST_BYTES

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnCell:
    """What was drawn in one (item, stratum).

    Parameters
    ----------
    item, stratum : codes.
    size : N, rows of the cell in the frame.
    rows : selected rows of the frame, in ascending ticket order; their number is n.
    reserves : the rows next in ticket order, used only one after another.
    threshold : the largest selected ticket, empty when n = 0.
    """

    item: str
    stratum: str
    size: int
    rows: tuple[int, ...]
    reserves: tuple[int, ...]
    threshold: bytes

    @property
    def cell(self) -> Cell:
        """(item, stratum)."""
        return self.item, self.stratum


def rows_by_stratum(frame: BlindedFrame, *, item: str) -> Iterator[tuple[str, Rows]]:
    """Yield (stratum, rows in handle order) of one item, in byte order of strata; empty strata are left out."""
    column = frame.codes[:, frame.items.index(item)]
    if len(frame.strata) <= np.iinfo(np.int16).max:
        column = column.astype(np.int16)  # numbers of two bytes are sorted by counting them
    order = np.argsort(column, kind="stable")
    ranked = column[order]
    edges = np.searchsorted(ranked, np.arange(len(frame.strata) + 1))
    for code, stratum in enumerate(frame.strata):
        if edges[code] < edges[code + 1]:
            yield stratum, order[edges[code] : edges[code + 1]]


def smallest(tickets: bytes, words: NDArray[np.uint64], rows: Rows, *, n: int) -> list[int]:
    """Return the ``n`` rows with the smallest (ticket, handle), in that order.

    Parameters
    ----------
    tickets : 32 bytes per row of the frame.
    words : the first eight bytes of each ticket as an integer.
    rows : candidate rows, in handle order.
    n : 0 ≤ n; all rows when there are fewer.
    """
    n = min(n, len(rows))
    if n == 0:
        return []
    candidates = words[rows]
    limit = np.partition(candidates, n - 1)[n - 1]
    near = rows[candidates <= limit].tolist()
    near.sort(key=lambda row: tickets[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES])
    return [int(row) for row in near[:n]]


def select(
    frame: BlindedFrame,
    *,
    tickets: Mapping[str, bytes],
    groups: Mapping[str, str],
    sizes: Mapping[Cell, int],
    reserves: Mapping[Cell, int],
) -> tuple[DrawnCell, ...]:
    """Return the drawn cells, in byte order of (item, stratum).

    Parameters
    ----------
    frame : rows to draw from.
    tickets : group → tickets of all rows of the frame.
    groups : item → its ticket group.
    sizes : cell → n, one entry for every drawable cell with rows.
    reserves : cell → how many further rows to list; absent = 0.
    """
    drawn = []
    for item in frame.items:
        batch = tickets[groups[item]]
        words = np.frombuffer(batch, dtype=">u8").reshape(-1, 4)[:, 0].astype(np.uint64)
        for stratum, rows in rows_by_stratum(frame, item=item):
            if is_exclusion(stratum):
                continue
            n, cell = sizes[item, stratum], (item, stratum)
            chosen = smallest(batch, words, rows, n=n + reserves.get(cell, 0))
            last = chosen[n - 1] * DIGEST_BYTES if n else 0
            threshold = batch[last : last + DIGEST_BYTES] if n else b""
            drawn.append(DrawnCell(item, stratum, len(rows), tuple(chosen[:n]), tuple(chosen[n:]), threshold))
    return tuple(drawn)


def visits_of(cells: tuple[DrawnCell, ...]) -> dict[int, tuple[str, ...]]:
    """Return the visits: row of the frame → items selected for it in byte order; rows ascending."""
    found: dict[int, list[str]] = {}
    for cell in cells:
        for row in cell.rows:
            found.setdefault(row, []).append(cell.item)
    return {row: tuple(sorted(found[row], key=str.encode)) for row in sorted(found)}
