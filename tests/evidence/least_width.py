"""How short could any interval for a count's mean be at one mean, if it must keep coverage at all of them?

Interval rules, randomised ones too, are the points of a linear program: b(x, t) and c(x, t) are the chances that the
upper limit lies below t, or the lower one above it, when x was counted; b rises and c falls in t. Wherever t is the
truth, b is at most 3.5 %, c too, both together 6 %. The least expected width at one mean is a bound for every rule that
knows no more than x; whatever else is unknown can only add to it (Pratt, JASA 56 (1961), gives the principle).

Rules that draw no lots are wider still. Limits that never fall as the count rises miss from above whenever x lies at or
below some count, so U(x) is no less than the mean at which P(X <= x) = 3.5 %, L(x) no more than that at which
P(X >= x) = 3.5 %; and what they miss in all is the sum of two whole tails. Findings that say nothing about the mean,
such as those of other grades, can serve as such lots, and only so can a rule stay below this bound.
"""

from functools import cache

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog
from scipy.special import betaincinv
from scipy.stats import binom, poisson

TAIL, BOTH, STEP = 0.035, 0.06, 0.1


@cache
def least_poisson_width(mean: float) -> float:
    """Return the least expected width of limits for a Poisson mean, at ``mean``, less one step of the grid."""
    grid = np.arange(0, mean + 4 * np.sqrt(mean) + 8, STEP)
    count = np.arange(int(mean + 5 * np.sqrt(mean) + 8))
    n_counts, n_points = len(count), len(grid)
    chance = sp.csr_matrix(poisson.pmf(count[:, None], grid[None, :]))
    at_point = sp.hstack([sp.diags(chance.getrow(x).toarray().ravel()) for x in range(n_counts)]).tocsr()
    nothing = sp.csr_matrix(at_point.shape)
    rising = sp.kron(sp.eye(n_counts), sp.diags([1.0, -1.0], [0, 1], shape=(n_points - 1, n_points)))
    empty = sp.csr_matrix(rising.shape)
    limits = sp.vstack(
        [
            sp.hstack([at_point, nothing]),
            sp.hstack([nothing, at_point]),
            sp.hstack([at_point, at_point]),
            sp.hstack([rising, empty]),
            sp.hstack([empty, -rising]),
            sp.hstack([sp.eye(n_counts * n_points)] * 2),
        ]
    )
    bounds = np.concatenate(
        [
            np.full(2 * n_points, TAIL),
            np.full(n_points, BOTH),
            np.zeros(2 * rising.shape[0]),
            np.ones(n_counts * n_points),
        ]
    )
    gain = np.tile(np.repeat(-poisson.pmf(count, mean) * STEP, n_points), 2)
    found = linprog(gain, A_ub=limits.tocsr(), b_ub=bounds, bounds=(0, 1), method="highs")
    return float(found.fun + n_points * STEP * poisson.pmf(count, mean).sum() - STEP)


def lot_free_width(n: int, mean: float) -> float:
    """Return the least expected width, in findings, of limits that draw no lots; ``mean`` findings of ``n`` rows."""
    count = np.arange(n + 1)
    high = np.where(count < n, betaincinv(count + 1, np.maximum(n - count, 1), 1 - TAIL), 1.0)
    low = np.where(count > 0, betaincinv(np.maximum(count, 1), n - count + 1, TAIL), 0.0)
    return float(binom.pmf(count, n, mean / n) @ (high - low)) * n


def lot_free_coverage(n: int, mean: float) -> float:
    """Return the least coverage of such limits: less the greatest tails of the count that may be missed, 3.5 % each."""
    count = np.arange(n + 1)
    below, above = binom.cdf(count, n, mean / n), binom.sf(count - 1, n, mean / n)
    missed = [float(tail[tail <= TAIL].max(initial=0.0)) for tail in (below, above)]
    return 1 - min(sum(missed), BOTH)
