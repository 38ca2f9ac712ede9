"""Apply a scorecard to a feature table.

score = 1000 x sum over known indicators of points_i x share_i x decay(age_i), divided by the points of the known
indicators. Missing is not zero: an indicator without a value leaves both sums, and ``coverage_ratio`` says how much of
the 1000 points was known. docs/spec/scorecard.md has the formula with an example.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import FeatureSetMismatchError
from engine.scorecard.tree import TOTAL_POINTS, DecayStep, Indicator, Scorecard

SCORE_DECIMALS = 6
SCORE_SCALE = 10.0**SCORE_DECIMALS
POINTS_PREFIX = "points_"
_KEY = ("entity_id", "as_of")


def points_column(indicator: Indicator) -> str:
    """Name of the column that holds an indicator's points."""
    return POINTS_PREFIX + indicator.code


def score_points(features: pd.DataFrame, scorecard: Scorecard) -> pd.DataFrame:
    """Return score, coverage and points per indicator of every feature row.

    Parameters
    ----------
    features : one row per (entity_id, as_of); holds every column of ``scorecard.features``, numeric or boolean;
        an empty value means what the indicator's bin table says.
    scorecard : weights, bins and decay of one day.

    Returns
    -------
    DataFrame in the rows' order: entity_id, as_of, score (0..1000, higher = riskier, null when nothing is known),
    coverage_ratio (0..1), then ``points_<code>`` per indicator (null when unknown); the points of a row add up to its
    score (1e-6: the score is rounded to six decimals so that equal conduct gives equal scores).

    Raises
    ------
    FeatureSetMismatchError
        A feature is missing.
    UnknownBinError
        A value lies below an indicator's first bin.

    Notes
    -----
    Cost: one pass per indicator, O(rows x indicators); memory 8 bytes x rows x (indicators + 3).
    """
    require_features(features, scorecard)
    earned, known = _sums(features, scorecard)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(known > 0, TOTAL_POINTS / known, np.nan)
    columns: dict[str, object] = {name: features[name].to_numpy() for name in _KEY}
    columns["score"] = rounded(earned * scale)
    columns["coverage_ratio"] = known / TOTAL_POINTS
    for indicator in scorecard.indicators:
        columns[points_column(indicator)] = indicator_points(features, indicator, scorecard) * scale
    return pd.DataFrame(columns, index=features.index)


def rounded(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return values to ``SCORE_DECIMALS``, halves up, by the three operations that every program has alike.

    Libraries round halves apart (to even, away from zero, by the decimal text); one object in a million showed it.
    """
    return np.floor(values * SCORE_SCALE + 0.5) / SCORE_SCALE


def require_features(features: pd.DataFrame, scorecard: Scorecard) -> None:
    """Raise FeatureSetMismatchError unless the table holds the key and every feature of the scorecard."""
    missing = [name for name in (*_KEY, *scorecard.features) if name not in features.columns]
    if missing:
        raise FeatureSetMismatchError(columns=", ".join(missing))


def indicator_points(features: pd.DataFrame, indicator: Indicator, scorecard: Scorecard) -> npt.NDArray[np.float64]:
    """Return points_i x share_i x decay_i before the rescaling, NaN where the indicator is unknown."""
    values = numbers(features[indicator.feature])
    positions = indicator.bins.positions(values, indicator=indicator.code, policy=scorecard.name)
    points = indicator.points * indicator.bins.shares_at(positions)
    if indicator.age_feature is not None:
        points = points * decay_factors(numbers(features[indicator.age_feature]), steps=scorecard.decay)
    return points


def decay_factors(age_days: npt.NDArray[np.float64], *, steps: Sequence[DecayStep]) -> npt.NDArray[np.float64]:
    """Return the factor for each age; an empty age counts in full, since nothing shows that the conduct is old."""
    factors = np.asarray([step.factor for step in steps] + [0.0])
    limits = np.asarray([step.until_days for step in steps], dtype=np.float64)
    place = np.searchsorted(limits, age_days, side="left")
    return np.where(np.isnan(age_days), 1.0, factors[np.minimum(place, len(steps))])


def numbers(column: pd.Series) -> npt.NDArray[np.float64]:
    """Return a feature column as floats, empty values as NaN, booleans as 0 and 1."""
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _sums(features: pd.DataFrame, scorecard: Scorecard) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Earned and known points, summed in tree order so that every engine gets the same last digit."""
    earned = np.zeros(len(features))
    known = np.zeros(len(features))
    for indicator in scorecard.indicators:
        points = indicator_points(features, indicator, scorecard)
        is_known = ~np.isnan(points)
        earned = earned + np.where(is_known, points, 0.0)
        known = known + np.where(is_known, indicator.points, 0.0)
    return earned, rounded(known)
