"""The learned scorecard: logistic regression on weights of evidence, every slope held at 0 or above.

With bins that rise as the declarations claim and slopes that cannot turn negative, more or fresher adverse conduct
never lowers the risk, and the reasons are the lines of the table. Features that repeat one another share one slope or
drop to 0, so the table stays short. Source: Siddiqi, Credit Risk Scorecards (2006), ch. 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit

from engine.features.declaration import Feature
from models.learners.admission import known_values, typical_values
from models.learners.binning import Bins, fit_bins
from models.learners.examples import Examples
from models.learners.points_table import PointsTable

FloatArray = npt.NDArray[np.float64]

LEAST_SLOPE = 1e-3
"""A feature that counts less than this has no line in the table."""


@dataclass(frozen=True, slots=True)
class PointsConfiguration:
    """How a points table is made.

    Parameters
    ----------
    name : str.
    most_features : lines are given to so many features at most, those of the highest information value.
    most_bins : bins per feature at most.
    least_share : least share of the known rows in a bin, 0..1.
    l2 : penalty on the square of a slope, in rows, >= 0.
    """

    name: str
    most_features: int
    most_bins: int
    least_share: float = 0.05
    l2: float = 20.0
    is_anchored: bool = False


POINTS_CANDIDATES = (
    PointsConfiguration("short_table", most_features=6, most_bins=3),
    PointsConfiguration("table", most_features=15, most_bins=5),
    PointsConfiguration("long_table", most_features=60, most_bins=6, least_share=0.03),
)
"""Configurations to choose from, simplest first."""


def fit_points_table(
    examples: Examples, *, features: Sequence[Feature], configuration: PointsConfiguration, held: FloatArray | None
) -> PointsTable:
    """Return the points table of least penalised weighted log loss.

    Parameters
    ----------
    examples : training rows, both outcomes present.
    features : what may be read.
    configuration : size.
    held : log-odds per row that are held fixed and are no part of the result; None = none.

    Notes
    -----
    Minimises sum w (log(1 + e^z) - y z) + l2/2 sum b^2 over b >= 0, z = intercept + sum b WoE. No randomness.
    Cost: that of the bins, and rows x features per step.
    """
    every = fit_bins(
        examples, features=features, most_bins=configuration.most_bins, least_share=configuration.least_share
    )
    best = sorted(every, key=lambda one: -one.information)[: configuration.most_features]
    chosen = [one for one in every if one in best]
    evidence = _evidence(examples, chosen)
    # a column that says the same as an earlier one in every row would only halve its line
    first = [place for place in range(len(chosen)) if not _repeats(evidence, place)]
    chosen, evidence = [chosen[place] for place in first], evidence[:, first]
    intercept, slopes = _slopes(evidence, examples, l2=configuration.l2, held=held)
    kept = [place for place, slope in enumerate(slopes) if slope > LEAST_SLOPE]
    if not kept and chosen:
        kept = [int(np.argmax([one.information for one in chosen]))]
    intercept, slopes = _slopes(evidence[:, kept], examples, l2=configuration.l2, held=held)
    bins = tuple(chosen[place] for place in kept)
    typical = typical_values(examples.rows, names=[one.feature for one in bins])
    return PointsTable(intercept, bins, tuple(float(slope) for slope in slopes), typical)


def _repeats(evidence: FloatArray, place: int) -> bool:
    return any(np.array_equal(evidence[:, place], evidence[:, earlier]) for earlier in range(place))


def _evidence(examples: Examples, chosen: Sequence[Bins]) -> FloatArray:
    matrix = known_values(examples.rows, names=[one.feature for one in chosen])
    columns = [one.of(matrix[:, place]) for place, one in enumerate(chosen)]
    return np.column_stack(columns) if columns else np.zeros((len(matrix), 0))


def _slopes(
    evidence: FloatArray, examples: Examples, *, l2: float, held: FloatArray | None
) -> tuple[float, FloatArray]:
    adverse, weights = examples.adverse, examples.weights
    offset = np.zeros(len(adverse)) if held is None else held
    columns = np.column_stack([np.ones(len(adverse)), evidence])
    penalty = np.r_[0.0, np.full(evidence.shape[1], l2)]

    def loss(terms: FloatArray) -> tuple[float, FloatArray]:
        value = offset + columns @ terms
        error = weights * (expit(value) - adverse)
        fit = float(weights @ (np.logaddexp(0.0, value) - adverse * value))
        return fit + float(penalty @ terms**2) / 2, columns.T @ error + penalty * terms

    start = np.r_[float(logit(np.average(adverse, weights=weights))), np.full(evidence.shape[1], 0.1)]
    bounds = [(None, None), *[(0.0, None)] * evidence.shape[1]]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), np.asarray(found.x[1:], dtype=np.float64)
