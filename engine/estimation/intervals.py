"""Exact intervals for one share: binomial (Clopper–Pearson) and finite population (hypergeometric).

All limits are two-sided and equal-tailed. Nothing here draws random numbers.
Source: docs/spec/estimators.md §1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, gammaln

from engine.errors import UndefinedEstimateError
from engine.messages import N_, Message

FloatArray = NDArray[np.float64]

CONFIDENCE = 0.95
"""Confidence of every interval unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Lower and upper limits, arrays of one shape."""

    low: FloatArray
    high: FloatArray


def clopper_pearson(hits: ArrayLike, n: ArrayLike, *, confidence: float = CONFIDENCE) -> Limits:
    """Return the exact binomial limits of ``hits / n``.

    Parameters
    ----------
    hits, n : numbers or arrays that broadcast, 0 <= hits <= n; they need not be whole (effective counts).
    confidence : share in (0, 1).

    Returns
    -------
    Limits in [0, 1]; (0, 1) where n is 0.

    Raises
    ------
    UndefinedEstimateError
        A count is negative, not finite or exceeds its n.

    Notes
    -----
    Beta quantiles B(a/2; k, n-k+1) and B(1-a/2; k+1, n-k). Source: Clopper & Pearson, Biometrika 26 (1934).
    """
    k, size = np.broadcast_arrays(np.asarray(hits, dtype=float), np.asarray(n, dtype=float))
    if not (np.isfinite(k).all() and np.isfinite(size).all() and (k >= 0).all() and (k <= size).all()):
        raise UndefinedEstimateError(
            measure="clopper_pearson", reason=Message(N_("counts must satisfy 0 <= hits <= n"))
        )
    tail = (1 - confidence) / 2
    rest = size - k
    low = np.where(k > 0, betaincinv(np.where(k > 0, k, 1.0), rest + 1, tail), 0.0)
    high = np.where(rest > 0, betaincinv(k + 1, np.where(rest > 0, rest, 1.0), 1 - tail), 1.0)
    return Limits(low, high)


def zero_finding_bound(n: float, *, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided upper limit of a rate when none of ``n`` showed a finding: 1 - (1-confidence)^(1/n).

    ``n`` may be an effective size; 0 gives 1.
    """
    return 1.0 if n <= 0 else -math.expm1(math.log1p(-confidence) / n)


def finite_population(hits: int, n: int, *, n_units: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return exact limits of the rate among ``n_units`` when ``n`` of them, drawn at random, showed ``hits``.

    Parameters
    ----------
    hits, n, n_units : 0 <= hits <= n <= n_units, n_units >= 1.

    Returns
    -------
    low, high : shares in [0, 1]; both equal hits / n when n = n_units; (0, 1) when n = 0.

    Raises
    ------
    UndefinedEstimateError
        The counts contradict each other.

    Notes
    -----
    The totals K with P(X >= hits | K) > a/2 and P(X <= hits | K) > a/2, X hypergeometric.
    Source: Cochran, Sampling Techniques, 3rd ed. (1977), §3.6.
    """
    if not (0 <= hits <= n <= n_units and n_units >= 1):
        raise UndefinedEstimateError(measure="finite_population", reason=Message(N_("needs 0 <= hits <= n <= n_units")))
    tail = (1 - confidence) / 2
    low = _boundary(
        hits, n_units - n + hits, lambda total: _at_most(n - hits, n, n_units=n_units, total=n_units - total) <= tail
    )
    high = _boundary(hits, n_units - n + hits, lambda total: _at_most(hits, n, n_units=n_units, total=total + 1) > tail)
    return low / n_units, high / n_units


def _at_most(count: int, n: int, *, n_units: int, total: int) -> float:
    """P(X <= count) when ``n`` are drawn from ``n_units`` of which ``total`` count."""
    x = np.arange(max(0, n - (n_units - total)), min(count, total, n) + 1)
    logs = _log_choose(total, x) + _log_choose(n_units - total, n - x) - _log_choose(n_units, np.array([n]))
    return float(np.exp(logs).sum())


def _log_choose(size: int, chosen: NDArray[np.int64]) -> FloatArray:
    return np.asarray(gammaln(size + 1.0) - gammaln(chosen + 1.0) - gammaln(size - chosen + 1.0))


def _boundary(first: int, last: int, moves_on: Callable[[int], bool]) -> int:
    """Return the first integer in [first, last] where ``moves_on`` is false (``last`` when it never is)."""
    while first < last:
        middle = (first + last) // 2
        if moves_on(middle):
            first = middle + 1
        else:
            last = middle
    return first
