"""Interval of a weighted share: Korn–Graubard, guarded by one unseen row of the weight that matters.

The effective size p(1-p)/v turns the weighted share into binomial counts, whose exact limits follow (Korn & Graubard,
Survey Methodology 24 (1998)). Where ratios differ by grade, the findings of the lightly sampled grade carry most of
the variance and v is far too small when none of them was met; then those limits miss the truth in up to a third of the
samples. The upper limit therefore adds one finding, as Fay & Feuer, Statistics in Medicine 16 (1997), do for rates of
counts, of weight sum(w^3) / sum(w^2): the mean weight of the rows, each counted by what it adds to the variance. The
lower limit adds one clean row. With equal weights both are Clopper–Pearson exactly. A whole finding pays for the
steps of a count; where weights differ, the findings of small weight smooth these steps, and (1 + e) / 2 of it is
enough, e = sum(w^2)^2 / (sum(w) sum(w^3)) being 1 for equal weights and less otherwise; never less than .862, with
which even a count that nothing smooths is missed by no more than 3.5 % on one side. Findings that were met and weigh
little next to the decisive ones smooth further (:func:`smoothing`): then the upper limit adds down to .6 of a finding,
and the lower one starts from .73 of a finding more, as mid-p limits do from half of one.
Source: docs/spec/estimators.md §4; coverage in ``make evidence``.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri, stdtrit

from engine.estimation.intervals import CONFIDENCE, FloatArray, Limits

LEAST_ADDED = 0.862
"""Shape of the gamma distribution whose 97.5 % quantile is -ln(.035)."""
LEAST_SMOOTHED = 0.6
"""What is added where light findings smooth the steps; the evidence keeps its tails within 3.5 % with it."""
LOWER_START = 0.73
"""Part of a finding from which the lower limit starts where the steps are smoothed."""
LIGHT = 0.6
"""A finding below this part of the decisive weight smooths the steps."""
ENOUGH_LIGHT = 0.15
"""Variance of light findings, in squared decisive weights, that smooths them fully."""
LARGEST_SIZE = 1e12
"""An effective size beyond it counts as certainty."""


@dataclass(frozen=True, slots=True)
class WeightedShare:
    """A weighted share and what its interval needs.

    Parameters
    ----------
    value : share in 0..1.
    variance : estimated variance, >= 0.
    next_weight : weight in the share of one more row, times the root of 1 - n/N; 0 when everything was seen.
    added : how much of one more row is added, .862..1; 1 where all weights are equal.
    null_size : effective size when no row (or every row) shows a finding; infinite when everything was seen.
    degrees : degrees of freedom of the variance; infinite unless few clusters carry it.
    smooth : how far light findings smooth the steps of heavy ones, 0..1.
    """

    value: float
    variance: float
    next_weight: float
    null_size: float
    degrees: float = math.inf
    added: float = 1.0
    smooth: float = 0.0


def share_of_weights(
    value: float,
    variance: float,
    weights: FloatArray,
    *,
    counts: FloatArray | None = None,
    degrees: float = math.inf,
    found: NDArray[np.bool_] | None = None,
    freedom: float = 1.0,
) -> WeightedShare:
    """Return the share with ``next_weight``, ``added`` and ``null_size`` from the weights of its rows.

    Parameters
    ----------
    value, variance, degrees : see :class:`WeightedShare`.
    weights : shares of the total weight times the root of 1 - n/N; their squares sum to the variance per p(1-p).
    counts : how many drawn rows (or how many in expectation) carry each weight; None = one each.
    found : which rows show a finding, where that is all they show; None = nothing is known to smooth the steps. With
        clusters nothing does: their rows do not move apart.
    freedom : share of the rows that tell about the variance, all but one of each stratum; a variance from strata of one
        or two rows is itself too uncertain to rely on what smooths.
    """
    times = np.ones(weights.size) if counts is None else counts
    first, spread, skew = (float(times @ weights**power) for power in (1, 2, 3))
    if spread <= 0:
        return WeightedShare(value, variance, 0.0, math.inf, degrees)
    added, step = float(added_row(first, spread, skew)), skew / spread
    smooth = 0.0
    if found is not None and math.isinf(degrees):
        light = times * np.where(weights < LIGHT * step, weights**2, 0.0)
        smooth = freedom * float(smoothing(min(float(light[found].sum()), float(light[~found].sum())), step))
    return WeightedShare(value, variance, step, 1 / spread, degrees, added, smooth)


def smoothing(light: float | FloatArray, step: float | FloatArray) -> FloatArray:
    """Return how far light findings smooth the steps of a weighted count, 0..1.

    Parameters
    ----------
    light : sum of the squared weights of findings (or of clean rows, if less) that weigh under ``LIGHT`` of ``step``.
    step : the decisive weight, sum(w^3) / sum(w^2).
    """
    square = np.asarray(step, dtype=float) ** 2
    part = np.where(square > 0, np.asarray(light, dtype=float) / np.where(square > 0, square, 1.0), 0.0)
    return np.asarray(np.clip(part / ENOUGH_LIGHT, 0.0, 1.0))


def added_row(first: float | FloatArray, spread: float | FloatArray, skew: float | FloatArray) -> FloatArray:
    """Return how much of one more row the limits add, from the sums of w, w^2 and w^3.

    (1 + e) / 2 with e = spread^2 / (first skew), at least ``LEAST_ADDED``; by Cauchy–Schwarz e lies in 0..1 and is 1
    for equal weights only. Sums of 0 give 1.
    """
    product = np.asarray(first, dtype=float) * np.asarray(skew, dtype=float)
    evenness = np.where(product > 0, np.asarray(spread, dtype=float) ** 2 / np.where(product > 0, product, 1.0), 1.0)
    return np.asarray(np.clip((1 + evenness) / 2, LEAST_ADDED, 1.0))


def effective_size(share: WeightedShare, *, confidence: float = CONFIDENCE) -> float:
    """Return the size of a simple random sample with the same variance (Korn & Graubard, with few-cluster factor)."""
    spread = share.value * (1 - share.value)
    if spread > 0 and share.variance <= 0:
        return math.inf
    size = spread / share.variance if spread > 0 else share.null_size
    return size * _few_clusters(share.degrees, confidence=confidence)


def weighted_limits(share: WeightedShare, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the limits of ``share``; both equal its value when everything was seen."""
    factor = _few_clusters(share.degrees, confidence=confidence)
    limits = guarded_limits(
        np.array([share.value]),
        np.array([share.variance / factor]),
        next_weight=share.next_weight,
        added=share.added,
        smooth=share.smooth,
        confidence=confidence,
    )
    return float(limits.low[0]), float(limits.high[0])


def guarded_limits(
    value: FloatArray,
    variance: FloatArray,
    *,
    next_weight: float | FloatArray,
    added: float | FloatArray = 1.0,
    smooth: float | FloatArray = 0.0,
    confidence: float = CONFIDENCE,
) -> Limits:
    """Return the limits of many shares of one design, arrays in and out; see the module's method.

    Parameters
    ----------
    value, variance : arrays of one shape, 0 <= value <= 1, variance >= 0.
    next_weight, added, smooth : as in :class:`WeightedShare`, one for all or one each.
    """
    tail = (1 - confidence) / 2
    more = next_weight * (added - np.maximum(np.asarray(added) - LEAST_SMOOTHED, 0.0) * smooth)
    start = next_weight * np.minimum(LOWER_START * np.asarray(smooth), added)
    high = _upper(value, variance, weight=next_weight, found=more, clean=0.0, tail=tail)
    low = 1 - _upper(1 - value, variance, weight=next_weight, found=next_weight * added - start, clean=start, tail=tail)
    return Limits(np.minimum(low, value), np.maximum(high, value))


def _upper(
    value: FloatArray,
    variance: FloatArray,
    *,
    weight: float | FloatArray,
    found: float | FloatArray,
    clean: float | FloatArray,
    tail: float,
) -> FloatArray:
    """Upper limit after ``found`` and ``clean`` of weight were added in rows of ``weight``."""
    whole = 1 + found + clean
    mean = (value + found) / whole
    spread = (variance + weight * (found * (1 - value) ** 2 + clean * value**2) / whole) / whole**2
    room = mean * (1 - mean)
    is_open = (room > 0) & (spread > room / LARGEST_SIZE)
    size = room / np.where(is_open, spread, 1.0)
    below, above = (np.maximum(np.where(is_open, part * size, 1.0), 1 / LARGEST_SIZE) for part in (mean, 1 - mean))
    return np.asarray(np.where(is_open, betaincinv(below, above, 1 - tail), np.minimum(mean, 1.0)))


def _few_clusters(degrees: float, *, confidence: float) -> float:
    """(z / t_d)^2, at most 1."""
    if math.isinf(degrees):
        return 1.0
    tail = (1 - confidence) / 2
    return float((ndtri(tail) / stdtrit(max(degrees, 1.0), tail)) ** 2)
