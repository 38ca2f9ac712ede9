"""Population stability index between two runs, of the score and of what it reads: how much a distribution moved.

PSI = sum over bands of (q - p) ln(q / p), bands by deciles of the earlier values, what is not known a band of its own.
On few entities it fires by chance alone, so the chance of as much without drift stands beside it. Source: Siddiqi,
Credit Risk Scorecards (2006), ch. 8; :func:`engine.estimation.reliability.population_shift`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import UndefinedEstimateError
from engine.estimation.reliability import Shift, population_shift

_BANDS = 10
Floats = NDArray[np.float64]


def population_stability(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return the index of the score per population of both tables.

    Parameters
    ----------
    before, now : tables ``grades``; scores that are null stay out.

    Returns
    -------
    DataFrame, key population, sorted: psi (>= 0), p_value, n (entities of the smaller table), n_before, n_now,
    model_before, model_now (joined by ``;``: another model's scores are on another scale).
    """
    rows = []
    for population in sorted(set(before["population"]) & set(now["population"])):
        old, new = (table[(table["population"] == population) & table["score"].notna()] for table in (before, now))
        if not (len(old) and len(new)):
            continue
        shift = values_shift(*(part["score"].to_numpy(dtype=np.float64) for part in (old, new)))
        models = (";".join(sorted(map(str, part["model"].dropna().unique()))) for part in (old, new))
        rows.append((str(population), shift.psi, shift.p_value, min(len(old), len(new)), len(old), len(new), *models))
    names = ["population", "psi", "p_value", "n", "n_before", "n_now", "model_before", "model_now"]
    return pd.DataFrame(rows, columns=names)


def feature_stability(before: Mapping[str, Floats], now: Mapping[str, Floats]) -> pd.DataFrame:
    """Return the index of every feature of both.

    Parameters
    ----------
    before, now : values by feature, one per entity, NaN where not known.

    Returns
    -------
    DataFrame, key feature, in the order of ``now``: psi, p_value, n_before, n_now, unknown_before, unknown_now
    (shares of the entities).
    """
    rows = []
    for name, new in now.items():
        old = before.get(name)
        if old is None or not (len(old) and len(new)):
            continue
        shift = values_shift(old, new)
        unknown = (float(np.isnan(values).mean()) for values in (old, new))
        rows.append((name, shift.psi, shift.p_value, len(old), len(new), *unknown))
    names = ["feature", "psi", "p_value", "n_before", "n_now", "unknown_before", "unknown_now"]
    return pd.DataFrame(rows, columns=names)


def values_shift(old: Floats, new: Floats) -> Shift:
    """Return the index between two sets of values, at least one each; 0 where both lie in one band."""
    known = old[~np.isnan(old)]
    limits = np.unique(np.quantile(known, np.linspace(0, 1, _BANDS + 1)[1:-1])) if known.size else np.empty(0)
    counts = [_counts(values, limits) for values in (old, new)]
    try:
        return population_shift(*counts)
    except UndefinedEstimateError:
        return Shift(0.0, 1.0)


def _counts(values: Floats, limits: Floats) -> NDArray[np.int64]:
    """Entities per band; the last holds what is not known."""
    is_known = ~np.isnan(values)
    bands = np.searchsorted(limits, values[is_known], side="left")
    counts = np.bincount(bands, minlength=len(limits) + 1)
    return np.append(counts, int((~is_known).sum()))
