"""The median time until something happens, with what has not happened yet counted as waiting, not left out.

The median of the finished alone is short whenever the slow ones are still open. Kaplan and Meier's product limit keeps
each open one in the count until the day it was last seen. Interval: Brookmeyer and Crowley, Biometrics 38 (1982) 29,
the times at which the pointwise limits (log-log) of the curve pass one half; with nothing open, the order statistics
between which the median lies whatever the distribution (binomial, exact).
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import CensoredData, binom, ecdf

HALF = 0.5


@dataclass(frozen=True, slots=True)
class MedianTime:
    """The time by which half have it behind them; None where fewer than half have, or the limit does not come down."""

    value: float | None
    low: float | None
    high: float | None


def median_time(times: ArrayLike, is_open: ArrayLike, *, level: float) -> MedianTime:
    """Return the median of times some of which are still running.

    Parameters
    ----------
    times : days until it happened, or days waited so far, >= 0.
    is_open : whether it has not happened yet. level : of the interval, in (0, 1).
    """
    days, waits = np.asarray(times, dtype=float), np.asarray(is_open, dtype=bool)
    if waits.all():
        return MedianTime(None, None, None)
    if not waits.any():
        return _of_finished(np.sort(days), level=level)
    curve = ecdf(CensoredData.right_censored(days, waits)).sf
    at = np.asarray(curve.quantiles)
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # no limits where the curve is 0 or 1
        band = curve.confidence_interval(level, method="log-log")
    left = np.asarray(curve.probabilities)
    low = np.where(left == 0, 0.0, np.nan_to_num(band.low.probabilities, nan=1.0))
    high = np.nan_to_num(band.high.probabilities, nan=1.0)
    return MedianTime(_first(at, left), _first(at, low), _first(at, high))


def _of_finished(days: np.ndarray, *, level: float) -> MedianTime:
    n = len(days)
    at = int(binom.ppf((1 - level) / 2, n, HALF))
    middle = float(days[(n + 1) // 2 - 1])
    return MedianTime(middle, float(days[at - 1]), float(days[n - at])) if at else MedianTime(middle, None, None)


def _first(at: np.ndarray, waiting: np.ndarray) -> float | None:
    """The first time at which no more than half wait."""
    passed = np.flatnonzero(waiting <= HALF)
    return float(at[passed[0]]) if len(passed) else None
