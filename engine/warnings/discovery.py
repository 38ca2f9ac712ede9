"""Which of many tests count, at a stated share of false discoveries.

Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995) 289: with m sorted p-values the largest k with p_(k) <= k q / m
gives k discoveries; among them the expected share of false ones is at most q, for independent tests and for tests of
positive dependence. Benjamini and Yekutieli, Ann. Stat. 29 (2001) 1165: q divided by 1 + 1/2 + … + 1/m holds under any
dependence.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def discoveries(p_values: FloatArray, *, rate: float, is_any_dependence: bool = False) -> npt.NDArray[np.bool_]:
    """Return which tests are discoveries.

    Parameters
    ----------
    p_values : one per test that was made, 0..1; leaving out tests that found nothing voids the rate.
    rate : largest expected share of false discoveries, 0..1.
    is_any_dependence : take Yekutieli's factor.

    Notes
    -----
    Cost: one sort.
    """
    m = len(p_values)
    if m == 0:
        return np.zeros(0, dtype=bool)
    factor = float(np.sum(1.0 / np.arange(1, m + 1))) if is_any_dependence else 1.0
    ordered = np.sort(p_values)
    below = np.flatnonzero(ordered <= np.arange(1, m + 1) * rate / (m * factor))
    if below.size == 0:
        return np.zeros(m, dtype=bool)
    return np.asarray(p_values <= ordered[below[-1]], dtype=bool)
