"""Intervals for sums, differences and ratios of independent rates, from the limits of each rate.

The method keeps the asymmetry of each rate's own limits, needs no variance of a zero count and draws no random
numbers (MOVER: Zou & Donner, Statistics in Medicine 27 (2008); ratios as in Donner & Zou, Stat. Methods Med. Res. 21
(2012)). Source: docs/spec/estimators.md §2.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from engine.estimation.intervals import FloatArray


@dataclass(frozen=True, slots=True)
class Rates:
    """Independent rates with their own limits, arrays of one length."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


def linear_limits(coefficients: FloatArray, rates: Rates) -> tuple[float, float]:
    """Return the limits of ``sum(c_g p_g)``.

    Notes
    -----
    low = sum(c p) - sqrt(sum c^2 (p - l)^2), with l the lower limit where c > 0 and the upper where c < 0; high in
    mirror image.
    """
    centre = float(coefficients @ rates.value)
    toward_low = np.where(coefficients > 0, rates.low, rates.high)
    toward_high = np.where(coefficients > 0, rates.high, rates.low)
    below = math.sqrt(float(np.square(coefficients * (rates.value - toward_low)).sum()))
    above = math.sqrt(float(np.square(coefficients * (toward_high - rates.value)).sum()))
    return centre - below, centre + above


def ratio_limits(numerator: FloatArray, denominator: FloatArray, rates: Rates) -> tuple[float, float]:
    """Return the limits of ``sum(a_g p_g) / sum(b_g p_g)``, a and b >= 0 and not both zero for any g.

    Returns
    -------
    low, high : the ratios t for which the interval of sum((a_g - t b_g) p_g) holds 0; never outside the smallest and
        largest a_g / b_g, between which the ratio must lie; high is infinite when the denominator may be 0.
    """

    def lower(ratio: float) -> float:
        return linear_limits(numerator - ratio * denominator, rates)[0]

    def upper(ratio: float) -> float:
        return linear_limits(numerator - ratio * denominator, rates)[1]

    with np.errstate(divide="ignore"):
        bounds = numerator / denominator
    floor, ceiling = float(bounds.min()), float(bounds.max())
    below = float(denominator @ rates.value)
    centre = float(numerator @ rates.value) / below if below > 0 else None
    low = floor
    if lower(floor) > 0:
        low = _root(lower, floor, centre if centre is not None else _first_negative(lower, floor))
    if centre is None or (math.isinf(ceiling) and linear_limits(denominator, rates)[0] <= 0):
        return low, ceiling
    if math.isfinite(ceiling) and upper(ceiling) >= 0:
        return low, ceiling
    end = ceiling if math.isfinite(ceiling) else _first_negative(upper, centre)
    return low, max(centre, _root(upper, centre, end))


def _root(limit: Callable[[float], float], above: float, below: float) -> float:
    """Where ``limit`` falls through 0; the end that already touches it when rounding leaves no change of sign."""
    if limit(below) >= 0:
        return below
    return above if limit(above) <= 0 else float(brentq(limit, above, below))


def _first_negative(limit: Callable[[float], float], start: float) -> float:
    """Return a point after ``start`` where ``limit``, which falls below 0 in the end, has done so."""
    point = max(1.0, 2 * start)
    while limit(point) > 0:
        point *= 2
    return point
