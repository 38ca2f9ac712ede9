"""The line that a learned model starts from: the simplest column that an office could sort by today.

The mean of past scores, else the shrunken rate of findings: on several regulators' records nothing beats that column,
so the trees add only what the rows prove beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.features.declaration import Feature
from models.chances.calibration import fit_platt
from models.learners.admission import known_values, with_typical
from models.learners.examples import Examples

FloatArray = npt.NDArray[np.float64]

ANCHORS = (
    "inspections_routine_severity_mean_ever",
    "inspections_severity_mean_ever",
    "inspections_adverse_rate_shrunken_36m",
)
"""Columns that may anchor a model, in order of preference."""

ANCHOR_KNOWN_SHARE = 0.5
"""Share of the rows in which a column must be known to anchor."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The line that the trees start from.

    Parameters
    ----------
    feature : name of the column.
    intercept, slope : log-odds = intercept + slope x value, slope > 0.
    """

    feature: str
    intercept: float
    slope: float

    def log_odds(self, matrix: FloatArray, *, names: Sequence[str]) -> FloatArray:
        """Return the line's log-odds for every row of a matrix with columns ``names``."""
        return np.asarray(self.intercept + self.slope * matrix[:, list(names).index(self.feature)])


def fit_anchor(examples: Examples, *, features: Sequence[Feature], typical: Sequence[float]) -> Anchor | None:
    """Return the line of least weighted log loss through the first of ``ANCHORS`` that most rows know, or None.

    Parameters
    ----------
    examples : training rows, both outcomes present.
    features : what the model reads.
    typical : value of each feature where it is not known.
    """
    values = {feature.name: value for feature, value in zip(features, typical, strict=True)}
    for name in ANCHORS:
        if name not in values or examples.rows[name].notna().mean() < ANCHOR_KNOWN_SHARE:
            continue
        column = with_typical(known_values(examples.rows, names=[name]), typical=[values[name]])[:, 0]
        centre, spread = float(column.mean()), float(column.std())
        line = fit_platt((column - centre) / spread, examples.adverse, examples.weights)
        slope = line.outer_slope / spread
        return Anchor(name, line.knots[0][1] - slope * centre, slope)
    return None
