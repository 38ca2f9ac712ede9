"""What the highest scores would have found: precision at a capacity and the gains curve.

Ties at the cut are stated as worst, expected and best; row order never decides. Source: docs/spec/estimators.md §3.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from engine.errors import UndefinedEstimateError, UsageError
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class Precision:
    """Share adverse among the k highest scores; the three figures differ only when scores tie at the cut.

    Parameters
    ----------
    k : rows taken.
    worst, expected, best : share in 0..1 when ties at the cut fall badly, at random, or well.
    """

    k: int
    worst: float
    expected: float
    best: float


def precision_at_k(scores: ArrayLike, adverse: ArrayLike, *, k: int) -> Precision:
    """Return the share adverse among the ``k`` highest scores, ties at the cut worst, expected and best.

    Raises
    ------
    UsageError
        ``k`` is not between 1 and the number of rows.
    """
    score, outcome = np.asarray(scores, dtype=float), np.asarray(adverse, dtype=float)
    if not 1 <= k <= score.size:
        raise UsageError(
            what="k",
            value=k,
            remedy=Message(N_("choose a number between {low} and {high}"), {"low": 1, "high": score.size}),
        )
    cut = np.partition(score, score.size - k)[score.size - k]
    sure = outcome[score > cut]
    tied = outcome[score == cut]
    seats, found = k - sure.size, float(tied.sum())
    base = float(sure.sum())
    return Precision(
        k,
        worst=(base + max(0.0, seats - (tied.size - found))) / k,
        expected=(base + seats * found / tied.size) / k,
        best=(base + min(float(seats), found)) / k,
    )


def visits_at(n: int, *, share: float) -> int:
    """Return the largest whole number of visits not above ``share`` of ``n`` rows, at least 1."""
    return max(1, math.floor(n * share + 1e-9))


def gains(scores: ArrayLike, adverse: ArrayLike) -> pd.DataFrame:
    """Return the gains curve: share of all findings reached by visiting the highest scores first.

    Returns
    -------
    DataFrame, one row per distinct score from the top, after a first row of zeros: ``visited_share``,
    ``found_share``, both 0..1. Straight lines between the rows are the expectation over ties.

    Raises
    ------
    UndefinedEstimateError
        No row is adverse.
    """
    score, outcome = np.asarray(scores, dtype=float), np.asarray(adverse, dtype=float)
    if not outcome.any():
        raise UndefinedEstimateError(measure="gains", reason=Message(N_("no row is adverse")))
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    sizes = np.diff(np.r_[starts, score.size])
    found = np.add.reduceat(outcome[order], starts)
    return pd.DataFrame(
        {
            "visited_share": np.r_[0.0, np.cumsum(sizes) / score.size],
            "found_share": np.r_[0.0, np.cumsum(found) / found.sum()],
        }
    )


def found_share(scores: ArrayLike, adverse: ArrayLike, *, visited_share: float = 0.5) -> float:
    """Return the expected share of all findings among the first ``visited_share`` of visits (default: first half)."""
    curve = gains(scores, adverse)
    return float(np.interp(visited_share, curve["visited_share"], curve["found_share"]))
