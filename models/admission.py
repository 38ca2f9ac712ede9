"""Which declared features a learned model may read.

A firm that is visited often is found out often: the number of findings, and the time since the last visit, depend on
what the authority did as much as on the firm. A model that reads such amounts sends inspectors back to where they
have been, and where the archive reaches back unevenly (a snapshot that keeps three years per firm) it reads the
archive's edge instead of conduct. Three rules keep it out:

- What stems from inspections enters as a share, a mean or a last value, never as an amount. Amounts from registers that
  do not depend on being looked at (penalties, listings, complaints) may enter.
- A feature whose declaration claims no direction does not enter (age, size, trend: nobody could defend to a firm what
  the trees make of them), except the adverse rate of peers in district and industry: context, not conduct. Their mean
  severity says the same on a scale that drifts, and only makes the rolling-origin figures worse.
- A value that is not known counts as the typical one: not knowing is no evidence for or against anyone.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.features.declaration import Aggregate, Feature, Peers

ATTENTION_SOURCES = frozenset({"inspections"})
"""Sources whose number of records the authority decides."""

FloatArray = npt.NDArray[np.float64]

AMOUNTS = frozenset(
    {
        Aggregate.COUNT,
        Aggregate.SUM,
        Aggregate.DECAYED,
        Aggregate.STREAK,
        Aggregate.SURGE,
        Aggregate.DAYS_SINCE_LAST,
        Aggregate.DAYS_SINCE_FIRST,
    }
)
"""Operators whose value grows with the number of records or the length of the archive."""

ADVERSE = "n_adverse"
"""Column whose rate among peers may enter."""

MIN_KNOWN_ROWS = 100
"""A feature known in fewer training rows is left out: nothing can be learned from it."""


def is_admissible(feature: Feature) -> bool:
    """Return whether a learned model may read ``feature``, by its declaration alone.

    The rate of a whole population is the same for everyone on a date: it says when, not who, and is left out too.
    """
    if feature.aggregate is Aggregate.PEER_RATE:
        return feature.peers is not Peers.POPULATION and feature.column == ADVERSE
    return feature.direction != 0 and not (feature.source in ATTENTION_SOURCES and feature.aggregate in AMOUNTS)


def admitted_features(rows: pd.DataFrame, *, declared: Sequence[Feature]) -> tuple[Feature, ...]:
    """Return the features that a model fitted on ``rows`` reads, in order of declaration.

    Parameters
    ----------
    rows : training rows with feature columns; declared features without a column are left out.
    declared : all declarations.

    Returns
    -------
    Admissible features that are known in at least ``MIN_KNOWN_ROWS`` rows and take more than one value there.
    """
    return tuple(
        feature
        for feature in declared
        if is_admissible(feature) and feature.name in rows.columns and _varies(rows[feature.name])
    )


def _varies(column: pd.Series) -> bool:
    known = column.dropna()
    return len(known) >= MIN_KNOWN_ROWS and bool((known != known.iloc[0]).any())


def has_record(rows: pd.DataFrame, *, features: Sequence[Feature]) -> npt.NDArray[np.bool_]:
    """Return whether anything about an entity's own conduct was known in each row.

    Parameters
    ----------
    rows : feature rows.
    features : features the model may read; rates of peers and shrunken rates, which everyone has, say nothing here.

    Notes
    -----
    Amounts count when they are not 0, other values when they are known. Only entities with a record are graded, so
    only they train: a newcomer's outcome teaches nothing about what conduct foretells.
    """
    own = [f for f in features if f.aggregate not in (Aggregate.PEER_RATE, Aggregate.SHRUNKEN)]
    seen = np.zeros(len(rows), dtype=np.bool_)
    for feature in own:
        values = rows[feature.name].to_numpy(dtype=np.float64, na_value=np.nan)
        is_amount = feature.value_when_none is not None
        seen |= ~np.isnan(values) & ((values != feature.value_when_none) if is_amount else True)
    return seen


def typical_values(rows: pd.DataFrame, *, names: Sequence[str]) -> tuple[float, ...]:
    """Return the mean known value of each feature among training rows, weighted as the rows are.

    Parameters
    ----------
    rows : training rows with ``weight``; each feature is known in at least one row.
    names : feature columns.
    """
    weights = rows["weight"].to_numpy(dtype=np.float64)
    means = []
    for name in names:
        values = rows[name].to_numpy(dtype=np.float64, na_value=np.nan)
        is_known = ~np.isnan(values)
        means.append(float(np.average(values[is_known], weights=weights[is_known])))
    return tuple(means)


def known_values(table: pd.DataFrame, *, names: Sequence[str]) -> FloatArray:
    """Return the columns ``names`` as floats, NaN where not known; one row per row of ``table``."""
    matrix = np.empty((len(table), len(names)))
    for place, name in enumerate(names):
        matrix[:, place] = table[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return matrix


def with_typical(matrix: FloatArray, *, typical: Sequence[float]) -> FloatArray:
    """Return the matrix with every NaN replaced by the typical value of its column."""
    return np.where(np.isnan(matrix), np.asarray(typical), matrix)
