"""Interval of a weighted share: Korn–Graubard, guarded by one unseen row of the largest weight.

The effective size p(1-p)/v turns the weighted share into binomial counts, whose exact limits follow (Korn & Graubard,
Survey Methodology 24 (1998)). Where ratios differ by grade, the findings of the lightly sampled grade carry most of
the variance and v is far too small when none of them was met; then the limits above miss the truth in up to half of
the samples. The upper limit therefore adds one finding of the largest weight (as Fay & Feuer, Statistics in Medicine
16 (1997), for rates of counts), the lower limit one clean row; with equal weights both are Clopper–Pearson exactly.
Source: docs/spec/estimators.md §4; coverage in ``make evidence``.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, ndtri, stdtrit

from engine.estimation.intervals import CONFIDENCE, FloatArray


@dataclass(frozen=True, slots=True)
class WeightedShare:
    """A weighted share and what its interval needs.

    Parameters
    ----------
    value : share in 0..1.
    variance : estimated variance, >= 0.
    next_weight : weight in the share that one more row could carry, times the root of 1 - n/N: what was not seen.
    null_size : effective size when no row (or every row) shows a finding; infinite when everything was seen.
    degrees : degrees of freedom of the variance; infinite unless few clusters carry it.
    """

    value: float
    variance: float
    next_weight: float
    null_size: float
    degrees: float = math.inf


def share_of_weights(value: float, variance: float, weights: FloatArray, *, degrees: float = math.inf) -> WeightedShare:
    """Return the share with ``next_weight`` and ``null_size`` from its rows' ``weights``.

    ``weights`` are the rows' shares of the total weight times the root of 1 - n/N; their squares sum to the variance
    of a share per p(1-p).
    """
    spread = float(np.square(weights).sum())
    null_size = 1 / spread if spread > 0 else math.inf
    return WeightedShare(value, variance, float(weights.max(initial=0.0)), null_size, degrees)


def effective_size(share: WeightedShare, *, confidence: float = CONFIDENCE) -> float:
    """Return the size of a simple random sample with the same variance (Korn & Graubard, with few-cluster factor)."""
    spread = share.value * (1 - share.value)
    if spread > 0 and share.variance <= 0:
        return math.inf
    size = spread / share.variance if spread > 0 else share.null_size
    return size * _few_clusters(share.degrees, confidence=confidence)


def weighted_limits(share: WeightedShare, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the limits of ``share``; both equal its value when everything was seen."""
    high = _upper(share.value, share, confidence=confidence)
    low = 1 - _upper(1 - share.value, share, confidence=confidence)
    return min(low, share.value), max(high, share.value)


def _upper(value: float, share: WeightedShare, *, confidence: float) -> float:
    factor = _few_clusters(share.degrees, confidence=confidence)
    weight = share.next_weight
    mean = (value + weight) / (1 + weight)
    variance = (share.variance / factor + weight**2 * (1 - value) ** 2 / (1 + weight)) / (1 + weight) ** 2
    if variance <= 0 or mean >= 1:
        return min(mean, 1.0)
    size = mean * (1 - mean) / variance
    return float(betaincinv(mean * size, (1 - mean) * size, 1 - (1 - confidence) / 2))


def _few_clusters(degrees: float, *, confidence: float) -> float:
    """(z / t_d)^2, at most 1."""
    if math.isinf(degrees):
        return 1.0
    tail = (1 - confidence) / 2
    return float((ndtri(tail) / stdtrit(max(degrees, 1.0), tail)) ** 2)
