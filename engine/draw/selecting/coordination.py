"""What joint visits save and what they cost: visits against independent draws and against the least possible.

With π_ij = n/N of the object's cell for item j: independent draws would make Σ_i (1 − Π_j (1 − π_ij)) visits on
average; no design with these probabilities makes fewer than Σ_i max_j π_ij on average (Fréchet). The price: fewer firms
carry all checks, so each visited firm carries more. Source: docs/spec/draw-protocol.md §4; Fréchet bounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.draw.populations.frame import BlindedFrame
from engine.draw.selecting.selection import DrawnCell


@dataclass(frozen=True, slots=True)
class Coordination:
    """Visits of one draw.

    Parameters
    ----------
    visits : objects visited.
    checks : items checked on all visits.
    independent : visits that independent draws of the same sizes would make on average.
    least : Fréchet bound, visits; no draw with these probabilities makes fewer on average.
    """

    visits: int
    checks: int
    independent: float
    least: float

    @property
    def saved(self) -> float:
        """Visits fewer than independent draws would make; below 0 if more."""
        return self.independent - self.visits

    @property
    def checks_per_visit(self) -> float:
        """Checks that one visited object carries on average; 0 without visits."""
        return self.checks / self.visits if self.visits else 0.0

    @property
    def checks_per_independent_visit(self) -> float:
        """The same under independent draws; 0 without visits."""
        return self.checks / self.independent if self.independent else 0.0


def coordination(frame: BlindedFrame, cells: Sequence[DrawnCell]) -> Coordination:
    """Return the visits of a draw beside what independence and the bound would give.

    Parameters
    ----------
    frame : the frame drawn from.
    cells : every drawn cell of it; excluded rows have probability 0.

    Notes
    -----
    Conditional on the sizes drawn. Cost: O(rows x items), one number per row at a time.
    """
    share_of = {cell.cell: len(cell.rows) / cell.size for cell in cells}
    spared, most = np.ones(frame.size), np.zeros(frame.size)
    for position, item in enumerate(frame.items):
        # one more place at the end: code -1, not in the item's frame, reads it
        shares = np.array([*(share_of.get((item, stratum), 0.0) for stratum in frame.strata), 0.0])
        own = shares[frame.codes[:, position]]
        spared *= 1 - own
        np.maximum(most, own, out=most)
    visited = {row for cell in cells for row in cell.rows}
    return Coordination(
        visits=len(visited),
        checks=sum(len(cell.rows) for cell in cells),
        independent=float((1 - spared).sum()),
        least=float(most.sum()),
    )
