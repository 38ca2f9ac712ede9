"""Are predicted chances what then happens? Brier score, reliability table, calibration in the large and slope, PSI.

Descriptive unless the rows are random ones with weights. Source: docs/spec/estimators.md §3; Brier, Monthly Weather
Review 78 (1950); Cox, Biometrika 45 (1958) for the calibration line.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc, expit, logit, ndtri

from engine.errors import UndefinedEstimateError
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.intervals import CONFIDENCE, FloatArray, clopper_pearson
from engine.messages import N_, Message

LARGEST_CONDITION = 1e12
LONGEST_STEP = 3.0


def brier(probabilities: ArrayLike, adverse: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Return the mean squared difference of predicted chance and outcome, 0 (best) .. 1; weighted when given.

    Raises
    ------
    UndefinedEstimateError
        No rows, or a chance outside 0..1.
    """
    chance, outcome = _rows(probabilities, adverse)
    weight = np.ones(chance.size) if weights is None else np.asarray(weights, dtype=float)
    return float(np.average(np.square(chance - outcome), weights=weight))


def brier_interval(
    probabilities: ArrayLike, adverse: ArrayLike, *, clusters: ArrayLike, confidence: float = CONFIDENCE
) -> Estimate:
    """Return :func:`brier` with limits; rows of one cluster (entity, day) are not independent.

    Raises
    ------
    UndefinedEstimateError
        As for :func:`brier`.

    Notes
    -----
    Linearised mean between clusters, v = C/(C-1) sum_c (sum_{i in c} (d_i - mean))^2 / n^2 with d the squared gap.
    """
    chance, outcome = _rows(probabilities, adverse)
    gaps = np.square(chance - outcome)
    value = float(gaps.mean())
    codes = pd.factorize(np.asarray(clusters))[0]
    count = int(codes.max()) + 1
    off = np.bincount(codes, gaps - value)
    error = math.sqrt(count / max(count - 1, 1) * float(np.square(off).sum())) / chance.size
    reach = -float(ndtri((1 - confidence) / 2)) * error
    low, high = max(0.0, value - reach), min(1.0, value + reach)
    return Estimate("brier", value, low, high, chance.size, float(count), "linearised_mean", Basis.DESCRIPTIVE)


def observed_to_expected(
    probabilities: ArrayLike, adverse: ArrayLike, *, clusters: ArrayLike, confidence: float = CONFIDENCE
) -> Estimate:
    """Return findings over the sum of the chances: 1 = they add up, above 1 = more was found than foretold.

    Parameters
    ----------
    clusters : by row; equal values (entities, days) are not independent.

    Raises
    ------
    UndefinedEstimateError
        No rows, a chance outside 0..1, or chances that are all 0.

    Notes
    -----
    Linearised ratio R = sum y / sum p between clusters, v = C/(C-1) sum_c (sum_{i in c} (y_i - R p_i))^2 / (sum p)^2.
    Source: Cochran, Sampling Techniques (1977), §6.
    """
    chance, outcome = _rows(probabilities, adverse)
    expected = float(chance.sum())
    if expected <= 0:
        raise UndefinedEstimateError(measure="observed over expected", reason=Message(N_("it needs a chance above 0")))
    value = float(outcome.sum()) / expected
    codes = pd.factorize(np.asarray(clusters))[0]
    count = int(codes.max()) + 1
    gaps = np.bincount(codes, outcome - value * chance)
    error = math.sqrt(count / max(count - 1, 1) * float(np.square(gaps).sum())) / expected
    reach = -float(ndtri((1 - confidence) / 2)) * error
    return Estimate(
        "observed_to_expected",
        value,
        max(0.0, value - reach),
        value + reach,
        chance.size,
        float(count),
        "linearised_ratio",
        Basis.DESCRIPTIVE,
    )


def reliability_table(
    probabilities: ArrayLike, adverse: ArrayLike, *, n_bins: int, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Return predicted against observed in up to ``n_bins`` bins of about equal size; equal chances share a bin.

    Returns
    -------
    DataFrame in rising order of chance: ``n``, ``hits``, ``predicted`` (mean chance), ``observed``, ``low``, ``high``
    (Clopper–Pearson).

    Raises
    ------
    UndefinedEstimateError
        As for :func:`brier`.
    """
    chance, outcome = _rows(probabilities, adverse)
    edges = np.unique(np.quantile(chance, np.linspace(0, 1, n_bins + 1)[1:-1], method="higher"))
    bins = np.searchsorted(edges, chance, side="right")
    frame = pd.DataFrame({"bin": bins, "chance": chance, "outcome": outcome})
    table = frame.groupby("bin").agg(
        n=("outcome", "size"), hits=("outcome", "sum"), predicted=("chance", "mean"), observed=("outcome", "mean")
    )
    limits = clopper_pearson(table["hits"].to_numpy(), table["n"].to_numpy(), confidence=confidence)
    return table.assign(low=limits.low, high=limits.high).astype({"hits": "int64"}).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """logit P(adverse) = intercept + slope * logit(predicted); perfect is 0 and 1.

    Parameters
    ----------
    in_the_large : intercept when the slope is held at 1: > 0 = more findings than predicted.
    in_the_large_low, in_the_large_high : its limits.
    slope, slope_low, slope_high : free slope with limits: < 1 = predictions too extreme.
    """

    in_the_large: float
    in_the_large_low: float
    in_the_large_high: float
    slope: float
    slope_low: float
    slope_high: float


def calibration_line(
    probabilities: ArrayLike, adverse: ArrayLike, *, weights: ArrayLike | None = None, confidence: float = CONFIDENCE
) -> CalibrationLine:
    """Return calibration in the large and slope with Wald limits (robust to the weights).

    Raises
    ------
    UndefinedEstimateError
        All outcomes alike, a chance of exactly 0 or 1, or chances that do not differ.
    """
    chance, outcome = _rows(probabilities, adverse)
    if outcome.min() == outcome.max() or chance.min() <= 0 or chance.max() >= 1 or chance.min() == chance.max():
        raise UndefinedEstimateError(
            measure="calibration line",
            reason=Message(N_("it needs both outcomes and differing chances strictly between 0 and 1")),
        )
    weight = np.ones(chance.size) if weights is None else np.asarray(weights, dtype=float)
    offset = logit(chance)
    ones = np.ones((chance.size, 1))
    large, large_error = _logistic(ones, outcome, offset=offset, weight=weight)
    both = np.column_stack([ones, offset])
    line, line_error = _logistic(both, outcome, offset=offset, weight=weight)
    reach = -float(ndtri((1 - confidence) / 2))
    return CalibrationLine(
        in_the_large=large[0],
        in_the_large_low=large[0] - reach * large_error[0],
        in_the_large_high=large[0] + reach * large_error[0],
        slope=1 + line[1],
        slope_low=1 + line[1] - reach * line_error[1],
        slope_high=1 + line[1] + reach * line_error[1],
    )


def _logistic(
    columns: FloatArray, outcome: FloatArray, *, offset: FloatArray, weight: FloatArray
) -> tuple[list[float], list[float]]:
    """Coefficients and sandwich standard errors by Newton's method with steps of bounded length."""
    beta = np.zeros(columns.shape[1])
    while True:
        fitted = expit(columns @ beta + offset)
        curvature = (columns * (weight * fitted * (1 - fitted))[:, None]).T @ columns
        if not np.linalg.cond(curvature) < LARGEST_CONDITION:
            raise UndefinedEstimateError(
                measure="calibration line", reason=Message(N_("the chances separate the outcomes completely"))
            )
        step = np.linalg.solve(curvature, columns.T @ (weight * (outcome - fitted)))
        beta = beta + step * min(1.0, LONGEST_STEP / max(float(np.abs(columns @ step).max()), LONGEST_STEP))
        if np.abs(step).max() < 1e-10:
            break
    scores = columns * (weight * (outcome - fitted))[:, None]
    inverse = np.linalg.inv(curvature)
    errors = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse))
    return [float(b) for b in beta], [float(e) for e in errors]


@dataclass(frozen=True, slots=True)
class Shift:
    """Population stability index with the chance of seeing as much without any drift.

    Parameters
    ----------
    psi : sum of (a - e) ln(a / e) over the bins, >= 0.
    p_value : P(at least this much) when both counts come from one distribution.
    """

    psi: float
    p_value: float


def population_shift(expected: ArrayLike, actual: ArrayLike) -> Shift:
    """Compare two sets of counts over the same bins.

    Parameters
    ----------
    expected, actual : counts per bin (e.g. entities per grade), at least two bins.

    Raises
    ------
    UndefinedEstimateError
        A side has no counts, or fewer than two bins hold any.

    Notes
    -----
    Without drift psi / (1/n + 1/m) is about chi-square with bins - 1 degrees: the customary limit of .2 fires at
    n = 50 in 43 % of samples. Bins empty on one side count as half a unit there; bins empty on both are left out.
    """
    before, after = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    held = (before + after) > 0
    before, after = before[held], after[held]
    if before.sum() <= 0 or after.sum() <= 0 or before.size < 2:
        raise UndefinedEstimateError(
            measure="population shift", reason=Message(N_("it needs counts on both sides in two bins"))
        )
    scale = 1 / before.sum() + 1 / after.sum()
    e = np.maximum(before, 0.5) / before.sum()
    a = np.maximum(after, 0.5) / after.sum()
    psi = float(((a - e) * np.log(a / e)).sum())
    return Shift(psi, float(chdtrc(before.size - 1, psi / scale)))


def _rows(probabilities: ArrayLike, adverse: ArrayLike) -> tuple[FloatArray, FloatArray]:
    chance, outcome = np.asarray(probabilities, dtype=float), np.asarray(adverse, dtype=float)
    if chance.size == 0 or chance.shape != outcome.shape or not ((chance >= 0) & (chance <= 1)).all():
        raise UndefinedEstimateError(
            measure="reliability", reason=Message(N_("it needs one chance in 0..1 and outcome per row"))
        )
    return chance, outcome
