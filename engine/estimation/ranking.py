"""How well a score ranks: the area under the ROC curve, its interval, and differences between scores.

AUC is the chance that an adverse row scores above a clean one, ties counting half (Mann–Whitney). Its interval is a
bootstrap over clusters (entities, dates), since the rows of one entity are not independent; two scores on the same
rows are compared on the same resamples. Source: docs/spec/estimators.md §3.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here
from numpy.typing import ArrayLike, NDArray

from engine.errors import UndefinedEstimateError, UsageError
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.intervals import CONFIDENCE, FloatArray
from engine.messages import N_, Message

REPLICATES = 1000


def auc(scores: ArrayLike, adverse: ArrayLike) -> float:
    """Return the area under the ROC curve, ties counting half.

    Parameters
    ----------
    scores : array of float, higher = riskier, no NaN.
    adverse : array of bool, one per score.

    Raises
    ------
    UndefinedEstimateError
        All rows have the same outcome, or a score is NaN.

    Notes
    -----
    (sum of the mid-ranks of the adverse rows - m (m+1) / 2) / (m (n - m)). Source: Hanley & McNeil, Radiology 143
    (1982). Cost: one sort.
    """
    ranking = ranking_of(scores, adverse)
    return float(ranking.areas(np.ones((1, ranking.outcome.size)))[0])


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows in ascending order of score, made by :func:`ranking_of`.

    Parameters
    ----------
    order : rows by ascending score.
    starts : place in ``order`` where each group of equal scores begins.
    outcome : 0 or 1, in ``order``.
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    outcome: FloatArray

    def areas(self, weights: FloatArray) -> FloatArray:
        """Return the AUC for each row of ``weights`` (replicates by rows); NaN where one outcome has no weight."""
        held = weights[:, self.order]
        adverse = np.add.reduceat(held * self.outcome, self.starts, axis=1)
        clean = np.add.reduceat(held * (1 - self.outcome), self.starts, axis=1)
        below = np.cumsum(clean, axis=1) - clean / 2
        pairs = adverse.sum(axis=1) * clean.sum(axis=1)
        with np.errstate(invalid="ignore"):
            return np.asarray((adverse * below).sum(axis=1) / np.where(pairs > 0, pairs, np.nan))


def ranking_of(scores: ArrayLike, adverse: ArrayLike) -> Ranking:
    """Return rows ranked once, so that many weightings of them cost no sort; errors as for :func:`auc`."""
    score, outcome = np.asarray(scores, dtype=float), np.asarray(adverse, dtype=float)
    if score.shape != outcome.shape or score.ndim != 1 or np.isnan(score).any() or not np.isin(outcome, (0, 1)).all():
        raise UndefinedEstimateError(
            measure="auc", reason=Message(N_("it needs one score and one known outcome per row"))
        )
    if outcome.size == 0 or outcome.min() == outcome.max():
        raise UndefinedEstimateError(measure="auc", reason=Message(N_("all rows have the same outcome")))
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    return Ranking(order, starts, outcome[order])


def auc_interval(
    scores: ArrayLike,
    adverse: ArrayLike,
    *,
    clusters: ArrayLike,
    rng: Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the AUC with a percentile interval from a bootstrap over ``clusters``.

    Parameters
    ----------
    scores, adverse : as for :func:`auc`.
    clusters : array of labels, one per row; whole clusters are resampled (entity, or entity and date apart).
    rng : seeded numpy Generator.
    replicates : resamples, > 0. Cost: one sort, then replicates x rows.

    Raises
    ------
    UndefinedEstimateError
        As for :func:`auc`.
    """
    ranking = ranking_of(scores, adverse)
    value = float(ranking.areas(np.ones((1, ranking.outcome.size)))[0])
    drawn = _resampled([ranking], clusters, rng=rng, replicates=replicates)[0]
    return percentile_estimate("auc", value, drawn, n=ranking.outcome.size, confidence=confidence)


def auc_difference(
    scores: ArrayLike,
    other: ArrayLike,
    adverse: ArrayLike,
    *,
    clusters: ArrayLike,
    rng: Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return AUC of ``scores`` minus AUC of ``other`` on the same rows, with an interval from paired resamples.

    Parameters and errors as for :func:`auc_interval`; ``other`` is a second array of scores of the same rows.
    """
    pair = [ranking_of(scores, adverse), ranking_of(other, adverse)]
    ones = np.ones((1, pair[0].outcome.size))
    value = float(pair[0].areas(ones)[0] - pair[1].areas(ones)[0])
    drawn = _resampled(pair, clusters, rng=rng, replicates=replicates)
    return percentile_estimate("auc_difference", value, drawn[0] - drawn[1], n=ones.size, confidence=confidence)


def _resampled(rankings: list[Ranking], clusters: ArrayLike, *, rng: Generator, replicates: int) -> list[FloatArray]:
    """AUC of every ranking on the same cluster resamples, one array per ranking."""
    codes, labels = pd.factorize(np.asarray(clusters))
    if codes.size != rankings[0].outcome.size or replicates < 1:
        raise UsageError(
            what="clusters", value=codes.size, remedy=Message(N_("give one label per row and at least one replicate"))
        )
    batch = max(1, 2_000_000 // codes.size)
    parts: list[list[FloatArray]] = [[] for _ in rankings]
    for first in range(0, replicates, batch):
        size = min(batch, replicates - first)
        picks = rng.integers(len(labels), size=(size, len(labels)))
        times = np.stack([np.bincount(row, minlength=len(labels)) for row in picks]).astype(float)
        weights = times[:, codes]
        for ranking, part in zip(rankings, parts, strict=True):
            part.append(ranking.areas(weights))
    return [np.concatenate(part) for part in parts]


def percentile_estimate(measure: str, value: float, drawn: FloatArray, *, n: int, confidence: float) -> Estimate:
    """Return a figure with the percentile interval of its resamples; resamples that gave none (NaN) are left out.

    Raises
    ------
    UndefinedEstimateError
        No resample gave a value.
    """
    kept = drawn[~np.isnan(drawn)]
    if kept.size == 0:
        raise UndefinedEstimateError(measure=measure, reason=Message(N_("no resample held both outcomes")))
    tail = (1 - confidence) / 2
    low, high = np.quantile(kept, [tail, 1 - tail])
    return Estimate(measure, value, float(low), float(high), n, math.nan, "cluster_bootstrap", Basis.DESCRIPTIVE)
