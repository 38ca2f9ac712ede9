"""How likely an object was to be visited for any item, given the sizes drawn: kept with the visit for life.

Items of one ticket group share an object's ticket, so that it is visited when the ticket lies below the greatest of the
thresholds that the other objects of its strata set. A threshold of n of N objects has mean n/N, but the greatest of
several has no simple law: its mean is taken over fake seeds, without the object's own luck, which makes few seeds
suffice. Groups are independent of each other. Source: docs/spec/draw-protocol.md §4, docs/decisions/0021.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.draw.drawing import Drawn
from engine.draw.populations.frame import is_exclusion
from engine.draw.protocol.tickets import tickets
from engine.draw.selecting.selection import rows_by_stratum, visits_of

Floats = NDArray[np.float64]
_WORD = 2.0**64


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """A drawn cell: position of its item, number of its stratum, its rows and how many of them are drawn."""

    item: int
    stratum: int
    rows: NDArray[np.intp]
    n: int


def visit_probabilities(drawn: Drawn, *, seeds: Sequence[bytes]) -> Floats:
    """Return the probability of every visit of a draw, in the order of its visits, 0..1.

    Parameters
    ----------
    seeds : fake ones (:func:`engine.draw.measuring.fairness.fake_seeds`), at least one.

    Notes
    -----
    Exact where one item can be drawn; else a mean over the seeds, held between the greatest ratio (Fréchet) and
    independence. Cost: tickets and one partition of every cell for each seed.
    """
    frame, suite = drawn.frame.rows, drawn.commitment.suite
    rows = np.array(list(visits_of(drawn.selected.cells)), dtype=np.intp)
    codes = frame.codes[rows]
    cells, share = _cells(drawn), _shares(drawn)
    held = np.stack([share[position][codes[:, position]] for position in range(len(frame.items))], axis=1)
    most, apart = held.max(axis=1, initial=0.0), 1 - np.prod(1 - held, axis=1)
    groups = [drawn.commitment.items[item].group for item in frame.items]
    total = np.zeros(len(rows))
    for seed in seeds:
        words = {
            group: _fractions(tickets(suite, seed=seed, group=group, handles=frame.handles))
            for group in dict.fromkeys(groups)
        }
        low, high = _thresholds(cells, words, groups=groups, n_strata=len(frame.strata))
        missed = np.ones(len(rows))
        for group in words:
            greatest = np.zeros(len(rows))
            for position in (at for at, own in enumerate(groups) if own == group):
                below, above = low[position][codes[:, position]], high[position][codes[:, position]]
                greatest = np.maximum(greatest, np.where(words[group][rows] <= below, above, below))
            missed *= 1 - greatest
        total += 1 - missed
    found = np.clip(total / max(len(seeds), 1), most, apart)
    return np.asarray(np.where((held > 0).sum(axis=1) > 1, found, most), dtype=np.float64)


def _fractions(dealt: bytes) -> Floats:
    """Return tickets as numbers of 0..1, by their first eight bytes."""
    return np.asarray(np.frombuffer(dealt, dtype=">u8")[::4] / _WORD, dtype=np.float64)


def _cells(drawn: Drawn) -> list[_Cell]:
    frame = drawn.frame.rows
    drawn_of = {cell.cell: len(cell.rows) for cell in drawn.selected.cells}
    return [
        _Cell(position, frame.strata.index(stratum), rows, drawn_of[item, stratum])
        for position, item in enumerate(frame.items)
        for stratum, rows in rows_by_stratum(frame, item=item)
        if not is_exclusion(stratum)
    ]


def _shares(drawn: Drawn) -> Floats:
    """Return n/N by item and stratum; one more place at the end, which code -1 reads, holds 0."""
    frame = drawn.frame.rows
    found = np.zeros((len(frame.items), len(frame.strata) + 1))
    for cell in drawn.selected.cells:
        found[frame.items.index(cell.item), frame.strata.index(cell.stratum)] = len(cell.rows) / cell.size
    return found


def _thresholds(
    cells: Sequence[_Cell], words: dict[str, Floats], *, groups: Sequence[str], n_strata: int
) -> tuple[Floats, Floats]:
    """Return the n-th and the next smallest ticket of every cell, 0..1.

    Without an object's own ticket the threshold is the next one when that ticket is among the n smallest.
    """
    low = np.zeros((len(groups), n_strata + 1))
    high = np.zeros_like(low)
    for cell in cells:
        place = cell.item, cell.stratum
        if cell.n == len(cell.rows):
            low[place] = high[place] = 1.0
        elif cell.n:
            ranked = np.partition(words[groups[cell.item]][cell.rows], [cell.n - 1, cell.n])
            low[place], high[place] = ranked[cell.n - 1], ranked[cell.n]
    return low, high
