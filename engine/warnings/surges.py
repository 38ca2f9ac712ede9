"""Is an entity's recent count more than its own past and its peers explain?

A firm's yearly rate varies among its peers as a gamma distribution, fitted to the past by moments; with the firm's own
past it becomes Gamma(a + n, b + T), so the next count is negative binomial. A rise that the whole peer group shares
moves the exposure of everybody in it and warns of nobody. Source: Bayesian shrinkage as in DuMouchel, Am. Stat. 53
(1999) 177 (gamma-Poisson); the tail P(K >= k) of the predictive distribution is the p-value.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import nbinom

FloatArray = npt.NDArray[np.float64]
_LEAST_RATE = 1e-9
_LEAST_TREND = 1.0


def surge_p_values(counts: pd.DataFrame, *, past_days: int, recent_days: int) -> FloatArray:
    """Return for each entity the chance of at least its recent count if nothing changed.

    Parameters
    ----------
    counts : one row per entity in scope, those without a record among them; ``peer_group``, ``n_past``, ``n_recent``.
    past_days, recent_days : lengths of the two windows, which do not overlap.

    Returns
    -------
    p-values 0..1 in the rows' order; 1 where nothing is recent.

    Notes
    -----
    Cost: one pass per peer group. A falling group does not shrink anybody's exposure: a count that is usual over the
    years is no surge because others got fewer.
    """
    p_values = np.ones(len(counts))
    past = counts["n_past"].to_numpy(dtype=np.float64)
    recent = counts["n_recent"].to_numpy(dtype=np.float64)
    ratio = recent_days / past_days
    for rows in counts.groupby("peer_group", sort=True).indices.values():
        shape, rate = _gamma_prior(past[rows])
        expected = past[rows].sum() * ratio
        # one firm's own surge must not explain itself away: the trend leaves its group's largest count out
        others = recent[rows].sum() - recent[rows].max()
        trend = max(_LEAST_TREND, others / expected) if expected > 0 else _LEAST_TREND
        exposure = ratio * trend
        chance = (rate + 1.0) / (rate + 1.0 + exposure)
        p_values[rows] = nbinom.sf(recent[rows] - 1.0, shape + past[rows], chance)
    return p_values


def _gamma_prior(past: FloatArray) -> tuple[float, float]:
    """Shape and rate (per past window) of the gamma that has the group's mean and spread beyond Poisson."""
    mean = max(float(past.mean()), _LEAST_RATE, 0.5 / len(past))
    excess = float(past.var()) - mean
    # no more spread than chance: rates as good as equal
    variance = excess if excess > 0.01 * mean * mean else 0.01 * mean * mean
    return mean * mean / variance, mean / variance
