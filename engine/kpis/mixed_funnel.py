"""Limits of chance for groups whose rows belong to classes with rates of their own, by indirect standardisation.

What a group found is set against what its very rows would have found at everybody's rates, class by class. By chance
alone the findings are a sum of binomial counts; its distribution is folded exactly, so that limits suit the mix of each
group. Source: docs/spec/estimators.md §8; Spiegelhalter, Statistics in Medicine 24 (2005) 1185-1202, §2 and A.1.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from scipy.stats import binom

from engine.kpis.funnel import NARROW, WIDE

FloatArray = NDArray[np.float64]
BEYOND = 1e-12
"""Chance below which counts of one class are not folded."""


def mixed_funnel(found: NDArray[np.int64], rows: NDArray[np.int64], chance: FloatArray) -> pd.DataFrame:
    """Return what each group would be expected to find, and how far by chance its count may lie from that.

    Parameters
    ----------
    found, rows : (groups, classes), findings and rows, 0 <= found <= rows, every group with a row.
    chance : (classes,), everybody's rate, in [0, 1].

    Returns
    -------
    DataFrame in the order of the groups: ``expected`` findings; ``low_95``, ``high_95``, ``low_998``, ``high_998``,
    limits of the count (interpolated, as :func:`engine.kpis.funnel.funnel_limits`); ``verdict`` (above, below, inside
    the 99.8 % limits; the tails decide).
    """
    told = [_judged(int(own.sum()), sizes, chance) for own, sizes in zip(found, rows, strict=True)]
    return pd.DataFrame(told, columns=["expected", "low_95", "high_95", "low_998", "high_998", "verdict"])


def _judged(count: int, sizes: NDArray[np.int64], chance: FloatArray) -> tuple[float | str, ...]:
    first, mass = _folded(sizes, chance)
    below = np.minimum(mass.cumsum(), 1.0)
    limits = []
    for level in (NARROW, WIDE):
        tail = (1 - level) / 2
        limits += [_limit(first, mass, below, tail), _limit(first, mass, below, 1 - tail)]
    tail = (1 - WIDE) / 2
    at = min(max(count - first, -1), mass.size - 1)
    until = float(below[at]) if at >= 0 else 0.0
    before = float(below[at - 1]) if at >= 1 else 0.0
    beyond = 1 - before if count - first < mass.size else 0.0
    verdict = "above" if beyond < tail else "below" if until < tail else "inside"
    return float(sizes @ chance), *limits, verdict


def _folded(sizes: NDArray[np.int64], chance: FloatArray) -> tuple[int, FloatArray]:
    """Least count with a chance worth naming, and the chances from there on."""
    first, mass = 0, np.ones(1)
    for n, p in zip(sizes, chance, strict=True):
        low, high = (int(binom.ppf(level, n, p)) for level in (BEYOND, 1 - BEYOND))
        own = binom.pmf(np.arange(max(low, 0), high + 1), n, p)
        first += max(low, 0)
        mass = np.maximum(fftconvolve(mass, own), 0.0)
    return first, mass / mass.sum()


def _limit(first: int, mass: FloatArray, below: FloatArray, level: float) -> float:
    at = min(int((below < level).sum()), mass.size - 1)
    step = (below[at] - level) / mass[at] if mass[at] > 0 else 0.0
    return max(0.0, first + at - float(np.clip(step, 0.0, 1.0)))
