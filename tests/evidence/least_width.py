"""How short could any interval for a Poisson mean be at one mean, if it must keep coverage at all of them?

Interval rules, randomised ones too, are the points of a linear program: b(x, t) and c(x, t) are the chances that the
upper limit lies below t, or the lower one above it, when x was counted; b rises and c falls in t. Wherever t is the
truth, b is at most 3.5 %, c too, both together 6 %. The least expected width at one mean is a bound for every rule that
knows no more than x; whatever else is unknown can only add to it (Pratt, JASA 56 (1961), gives the principle).
"""

from functools import cache

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog
from scipy.stats import poisson

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
