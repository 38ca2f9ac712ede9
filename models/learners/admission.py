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

The rules say what may be admitted; the list :data:`ADMITTED` says what is. A feature that is declared later enters no
model by being declared: it enters when it is added here, under a new edition, and its gain has been shown on the
rolling origin like any other change of a model.
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


EDITION = 1
"""Raised with every change of :data:`ADMITTED`; features declared since then are read by no learned model."""

ADMITTED = frozenset(
    """
    inspections_adverse_share_12m inspections_adverse_share_36m inspections_adverse_share_60m
    inspections_adverse_rate_shrunken_36m inspections_last_adverse inspections_second_last_adverse
    inspections_routine_last_adverse inspections_routine_severity_last inspections_routine_severity_mean_ever
    inspections_directed_severity_last violations_critical_last violations_major_last violations_minor_last
    inspections_severity_last violations_critical_mean_36m violations_critical_mean_60m violations_major_mean_36m
    violations_major_mean_60m violations_minor_mean_36m violations_minor_mean_60m inspections_severity_mean_36m
    inspections_severity_mean_60m inspections_severity_second_last inspections_severity_max_36m
    inspections_severity_mean_ever violations_last violations_mean_36m violations_critical_max_36m
    penalties_count_12m penalties_count_24m penalties_count_36m penalties_count_60m penalties_serious_36m
    penalties_ordinary_36m penalties_minor_12m penalties_severity_max_36m penalties_severity_decayed
    penalties_count_decayed penalties_fine_sum_12m penalties_fine_sum_36m penalties_fine_max_36m
    penalties_confiscated_sum_36m penalties_days_since_last penalties_serious_days_since_last listings_abnormal_open
    listings_serious_violation_open listings_judgment_defaulter_open listings_abnormal_36m
    listings_serious_violation_60m listings_judgment_defaulter_60m listings_abnormal_days_since_last
    listings_serious_violation_days_since_last listings_judgment_defaulter_days_since_last
    listings_abnormal_open_days listings_days_since_last complaints_count_3m complaints_count_12m
    complaints_count_24m complaints_substantiated_12m complaints_substantiated_24m complaints_substantiated_36m
    complaints_substantiated_share_24m complaints_surge_3m complaints_substantiated_decayed
    complaints_days_since_last complaints_substantiated_days_since_last peers_district_adverse_rate_36m
    peers_district_adverse_rate_12m peers_industry_adverse_rate_36m
    """.split()
)
"""Features that learned models are fitted on, by name."""


def is_admitted(feature: Feature) -> bool:
    """Return whether a learned model reads ``feature``: its name is listed and its declaration allows it."""
    return feature.name in ADMITTED and is_admissible(feature)


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
    Admitted features that are known in at least ``MIN_KNOWN_ROWS`` rows and take more than one value there.
    """
    return tuple(
        feature
        for feature in declared
        if is_admitted(feature) and feature.name in rows.columns and _varies(rows[feature.name])
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
