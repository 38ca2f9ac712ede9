"""Simple scores that every model must beat, read from the same features.

Each is one column that an office could sort by today. A row about which the column says nothing stands where a typical
row of the training past does, or at the mean of the known where there was no such past.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here

FloatArray = npt.NDArray[np.float64]

RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Baseline:
    """One column to sort by.

    Parameters
    ----------
    name : str.
    columns : feature columns in order of preference; the first that is known in any row is used.
    """

    name: str
    columns: tuple[str, ...]


BASELINES = (
    Baseline("last_outcome", ("inspections_routine_last_adverse", "inspections_last_adverse")),
    Baseline("last_score", ("inspections_routine_severity_last", "inspections_severity_last", "violations_last")),
    Baseline("prior_rate", ("inspections_adverse_rate_shrunken_36m",)),
    Baseline(
        "mean_past_score",
        ("inspections_routine_severity_mean_ever", "inspections_severity_mean_ever", "violations_mean_36m"),
    ),
)


def typical_filled(values: FloatArray, *, typical: float | None = None) -> FloatArray:
    """Return ``values`` with every NaN replaced by ``typical``, else by the mean of the others (0 without any)."""
    is_known = ~np.isnan(values)
    if typical is None:
        typical = float(values[is_known].mean()) if is_known.any() else 0.0
    return np.where(is_known, values, typical)


def baseline_scores(
    features: pd.DataFrame, *, rng: Generator, typical: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return one column per baseline that the features allow, and ``random``.

    Parameters
    ----------
    features : feature rows.
    rng : gives the random order.
    typical : value of a column where it is not known, by name, from the training past.

    Returns
    -------
    DataFrame with the index of ``features``; higher = riskier, no nulls.
    """
    columns: dict[str, FloatArray] = {}
    for baseline in BASELINES:
        known = [name for name in baseline.columns if name in features and features[name].notna().any()]
        if known:
            values = features[known[0]].to_numpy(dtype=np.float64, na_value=np.nan)
            columns[baseline.name] = typical_filled(values, typical=(typical or {}).get(known[0]))
    columns[RANDOM] = rng.permutation(len(features)).astype(np.float64)
    return pd.DataFrame(columns, index=features.index)
