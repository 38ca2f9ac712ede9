"""Population stability index of scores between two runs: how much the distribution moved.

PSI = sum over ten bands of (q - p) ln(q / p), bands by deciles of the earlier scores; usual reading: below .1 stable,
above .2 look into it. On few entities it fires by chance alone, so n stands beside it. Source: Siddiqi, Credit Risk
Scorecards (2006), ch. 8. Shares of an empty band count as half an entity.
"""

import numpy as np
import pandas as pd

_BANDS = 10


def population_stability(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return the index per population of both tables.

    Parameters
    ----------
    before, now : tables ``grades``; scores that are null stay out.

    Returns
    -------
    DataFrame, key population, sorted: psi (>= 0), n (entities of the smaller table).
    """
    rows = []
    for population in sorted(set(before["population"]) & set(now["population"])):
        old, new = (
            table.loc[table["population"] == population, "score"].dropna().to_numpy() for table in (before, now)
        )
        if not (len(old) and len(new)):
            continue
        limits = np.unique(np.quantile(old, np.linspace(0, 1, _BANDS + 1)[1:-1]))
        shares = [_shares(np.searchsorted(limits, part, side="left"), len(limits) + 1) for part in (old, new)]
        psi = float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))
        rows.append((str(population), psi, min(len(old), len(new))))
    return pd.DataFrame(rows, columns=["population", "psi", "n"])


def _shares(bands: np.ndarray, n_bands: int) -> np.ndarray:  # type: ignore[type-arg]
    counts = np.maximum(np.bincount(bands, minlength=n_bands), 0.5)
    return np.asarray(counts / counts.sum())
