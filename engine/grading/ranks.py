"""Where a score stands among those of its peers: how many lie below, how many are equal, and what share that is.

A share of peers is a count over a finite group, no estimate. Equal scores are said to stand half above and half below
each other, so that the group as a whole lies at one half.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message

RANK_COLUMNS = ("score", "n_below", "n_equal", "n")


@dataclass(frozen=True, slots=True)
class Rank:
    """Place of one score in a group that it belongs to.

    Parameters
    ----------
    n_below : members with a lower score. n_equal : with the very score, itself among them. n : members.
    """

    n_below: int
    n_equal: int
    n: int

    def __post_init__(self) -> None:
        if self.n_below < 0 or self.n_equal < 1 or self.n_below + self.n_equal > self.n:
            said = (self.n_below, self.n_equal, self.n)
            remedy = Message(N_("count the member itself, and no more than the group has"))
            raise UsageError(what=Message(N_("place in a group")), value=said, remedy=remedy)

    @property
    def riskier_than(self) -> float | None:
        """Share of the other members that have a lower score, equal ones counted half, 0..1; None without others."""
        others = self.n - 1
        return (self.n_below + (self.n_equal - 1) / 2) / others if others else None


def score_ranks(scores: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """Return how many members of a group have each score and how many a lower one.

    Parameters
    ----------
    scores : one row per member; reads ``by`` and ``score`` (no nulls).
    by : columns that name the group.

    Returns
    -------
    DataFrame, key (by, score), sorted by it: n_below, n_equal, n (of the group). Cost: one sort.
    """
    keys = list(by)
    counted = scores.groupby([*keys, "score"], sort=True).size().rename("n_equal").reset_index()
    groups = counted.groupby(keys, sort=False)["n_equal"]
    return counted.assign(
        n_below=groups.cumsum() - counted["n_equal"],
        n=groups.transform("sum"),
    )[[*keys, *RANK_COLUMNS]]
