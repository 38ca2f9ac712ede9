"""What the earlier draws of a year took from it, as bounds of the ratios that are still to be chosen.

With N units left in the frame, D drawn so far and E of them kept out of the frame by that, checking the share x of the
N gives the yearly ratio r = (x N + D) / (N + E): a draw takes r (N + E) - D of them (docs/spec/ratios.md §3). So the
best ratios of what is left are found in x, and every limit of the year loses what was used.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.laboratory.posterior import FloatArray
from engine.ratios.quota import DrawOfYear

Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class EarlierDraws:
    """What was drawn this year before the draw in question.

    Parameters
    ----------
    done : item_code, district_code, grade, n_drawn, n_excluded; what law made due is left out.
    draw : which of the year's draws comes next.
    visited : objects drawn, by the grade they had. gone : those of them that are no longer in the frame.
    """

    done: pd.DataFrame
    draw: DrawOfYear
    visited: Mapping[str, int]
    gone: Mapping[str, int]

    @property
    def n_checks(self) -> float:
        """Checks drawn so far."""
        return float(self.done["n_drawn"].sum())

    def of_item(self, item: str) -> tuple[int, int]:
        """Return what was drawn of an item, and what left the frame by that."""
        own = self.done[self.done["item_code"] == item]
        return int(own["n_drawn"].sum()), int(own["n_excluded"].sum())

    def visits_left(self, asked: Mapping[str, float], firms: Mapping[str, float]) -> dict[str, float]:
        """Return how many visits per firm still in the frame are left of what is asked for the year, by grade."""
        found = {}
        for grade, most in asked.items():
            held = firms.get(grade, 0.0)
            whole = most * (held + self.gone.get(grade, 0)) - self.visited.get(grade, 0)
            found[grade] = whole / held if held else most
        return found


@dataclass(frozen=True, slots=True, eq=False)
class YearlyScale:
    """How the share x of the units left becomes a yearly ratio: ``slope`` x + ``offset``.

    Parameters
    ----------
    lowest, highest : bounds of x that floors and a yearly ratio of 1 set.
    """

    slope: FloatArray
    offset: FloatArray
    lowest: FloatArray
    highest: FloatArray


def yearly_scale(
    names: Names, units: FloatArray, floors: FloatArray, *, owners: Mapping[str, str], earlier: EarlierDraws | None
) -> YearlyScale:
    """Return the scale of every ratio; without earlier draws x is the yearly ratio itself.

    Parameters
    ----------
    names : (item or item class, grade) of each ratio. units : units left that follow it, > 0.
    floors : of the policy, a year's. owners : item to the owner of its ratios, the item itself or its class.
    """
    if earlier is None:
        return YearlyScale(np.ones(len(names)), np.zeros(len(names)), floors, np.ones(len(names)))
    owner = earlier.done["item_code"].map(owners)
    sums = earlier.done.assign(owner=owner).groupby(["owner", "grade"])[["n_drawn", "n_excluded"]].sum()
    held = sums.reindex(pd.MultiIndex.from_tuples(names)).fillna(0)
    taken, gone = (held[name].to_numpy(dtype=float) for name in ("n_drawn", "n_excluded"))
    year = units + gone
    part = earlier.draw.left / earlier.draw.draws
    lowest = np.maximum((floors * year - taken) / units, floors * part)
    highest = np.maximum(np.clip((year - taken) / units, 0.0, 1.0), lowest)
    return YearlyScale(units / year, taken / year, lowest, highest)
