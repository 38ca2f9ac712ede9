"""Limits of a funnel plot: how far a share of n may lie from the overall rate by chance alone."""

import numpy as np
import pandas as pd
from scipy.stats import binom

NARROW, WIDE = 0.95, 0.998


def funnel_limits(rate: float, sizes: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> pd.DataFrame:
    """Return the limits at 95 % and 99.8 % for every size.

    Parameters
    ----------
    rate : overall share, 0..1. sizes : whole numbers, 1 and more.

    Returns
    -------
    DataFrame in the order of the sizes: n, low_95, high_95, low_998, high_998 (0..1).

    Notes
    -----
    Interpolated exact binomial limits: Spiegelhalter, Statistics in Medicine 24 (2005) 1185-1202, appendix A.1.1.
    """
    found = {"n": sizes}
    for name, level in (("95", NARROW), ("998", WIDE)):
        tail = (1 - level) / 2
        found[f"low_{name}"] = _limit(rate, sizes, tail)
        found[f"high_{name}"] = _limit(rate, sizes, 1 - tail)
    return pd.DataFrame(found)


def verdicts(rows: pd.DataFrame, *, rate: float) -> pd.Series:
    """Return per row whether its share lies beyond chance: ``above``, ``below``, ``inside`` (exact, at 99.8 %).

    The tails decide, not the interpolated lines: these lie below 1 where all of n is nothing rare.

    Parameters
    ----------
    rows : reads value (0..1) and n.
    """
    sizes = rows["n"].to_numpy(dtype=np.int64)
    hits, tail = np.rint(rows["value"].to_numpy(dtype=float) * sizes), (1 - WIDE) / 2
    above, below = binom.sf(hits - 1, sizes, rate) < tail, binom.cdf(hits, sizes, rate) < tail
    said = np.where(above, "above", np.where(below, "below", "inside"))
    return pd.Series(said, index=rows.index)


def _limit(rate: float, sizes: "np.ndarray[tuple[int], np.dtype[np.int64]]", p: float) -> np.ndarray:
    hits = binom.ppf(p, sizes, rate)
    reached, before = binom.cdf(hits, sizes, rate), binom.cdf(hits - 1, sizes, rate)
    step = np.where(reached > before, (reached - p) / np.maximum(reached - before, 1e-300), 0.0)
    limit: np.ndarray = np.clip((hits - step) / sizes, 0.0, 1.0)
    return limit
