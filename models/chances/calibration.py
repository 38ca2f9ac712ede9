"""From a model's log-odds to a probability that means what it says.

The map is piecewise linear in log-odds and strictly rising, so it changes no order and breaks no tie: two numbers per
knot, stored as JSON, applied with one interpolation. It is fitted on predictions for rows later than those the model
was fitted on (:mod:`models.fitting.validation`), never on its own training rows. Platt: one line. Isotonic: the centres
of pooled blocks, joined by lines.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

FloatArray = npt.NDArray[np.float64]

MIN_SLOPE = 0.05
"""A model worse than noise on the check rows still keeps its order; the line stays rising."""

MIN_POSITIVES_ISOTONIC = 200
"""With fewer adverse rows the steps of isotonic regression are noise."""

PRIOR_ROWS = 10.0
"""Rows at the base rate that each isotonic block is drawn in by: a block without a finding is rare, not impossible."""

CHECK_SHARE = 1 / 3
"""Share of the latest rows on which the two methods are compared."""

_MIN_STEP = 1e-6


class Method(StrEnum):
    """How the map was found."""

    NONE = "none"
    PLATT = "platt"
    ISOTONIC = "isotonic"


@dataclass(frozen=True, slots=True)
class Calibration:
    """A strictly rising map of log-odds to calibrated log-odds.

    Parameters
    ----------
    method : Method.
    knots : pairs (log-odds, calibrated log-odds), both strictly rising, at least one.
    outer_slope : slope outside the knots, > 0.
    """

    method: Method
    knots: tuple[tuple[float, float], ...]
    outer_slope: float

    def log_odds(self, raw: FloatArray) -> FloatArray:
        """Return calibrated log-odds."""
        xs, ys = (np.asarray(column) for column in zip(*self.knots, strict=True))
        inside = np.interp(raw, xs, ys)
        below, above = np.minimum(raw - xs[0], 0.0), np.maximum(raw - xs[-1], 0.0)
        return np.asarray(inside + self.outer_slope * (below + above))

    def probability(self, raw: FloatArray) -> FloatArray:
        """Return calibrated probabilities, 0..1."""
        return np.asarray(expit(self.log_odds(raw)))


IDENTITY = Calibration(Method.NONE, ((0.0, 0.0),), 1.0)
"""Leaves log-odds as they are; for models without later rows to check on."""


def fit_platt(raw: FloatArray, adverse: FloatArray, weights: FloatArray) -> Calibration:
    """Return the line a + b x (b >= ``MIN_SLOPE``) of least weighted log loss.

    Notes
    -----
    Targets are drawn in by one row each, (m+1)/(m+2) and 1/(n-m+2), so separable rows have a finite solution.
    Source: Platt (1999).
    """
    positives = float(adverse.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (len(adverse) - positives + 2)
    target = np.where(adverse > 0, high, low)

    def loss(line: FloatArray) -> tuple[float, FloatArray]:
        value = line[0] + line[1] * raw
        error = weights * (expit(value) - target)
        return float(weights @ (np.logaddexp(0.0, value) - target * value)), np.array([error.sum(), error @ raw])

    start = np.array([0.0, 1.0])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None), (MIN_SLOPE, None)])
    intercept, slope = (float(part) for part in found.x)
    return Calibration(Method.PLATT, ((0.0, intercept),), slope)


def fit_isotonic(raw: FloatArray, adverse: FloatArray, weights: FloatArray) -> Calibration:
    """Return the centred isotonic map: block means at block centres, rates drawn to the base rate.

    Notes
    -----
    Pool adjacent violators, then lines between the blocks' centres, which keeps the map strictly rising.
    Source: Oron & Flournoy, Statistics in Biopharmaceutical Research 9 (2017).
    """
    steps = IsotonicRegression(out_of_bounds="clip").fit_transform(raw, adverse, sample_weight=weights)
    order = np.argsort(raw, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(steps[order]) > 0])
    mass = np.add.reduceat(weights[order], starts)
    centres = np.add.reduceat((weights * raw)[order], starts) / mass
    base = float(weights @ adverse / weights.sum())
    rates = (np.add.reduceat((weights * adverse)[order], starts) + PRIOR_ROWS * base) / (mass + PRIOR_ROWS)
    knots: list[tuple[float, float]] = []
    for centre, rate in zip(centres, logit(rates), strict=True):
        if not knots or (centre > knots[-1][0] + _MIN_STEP and rate > knots[-1][1] + _MIN_STEP):
            knots.append((float(centre), float(rate)))
    return Calibration(Method.ISOTONIC, tuple(knots), 1.0)


def log_loss(probability: FloatArray, adverse: FloatArray, weights: FloatArray) -> float:
    """Return the weighted mean log loss of probabilities in (0, 1)."""
    losses = -np.where(adverse > 0, np.log(probability), np.log1p(-probability))
    return float(weights @ losses / weights.sum())


def fit_calibration(raw: FloatArray, adverse: FloatArray, weights: FloatArray) -> Calibration:
    """Return the better of Platt and isotonic, refitted on all rows.

    Parameters
    ----------
    raw : log-odds predicted for rows later than the fit, oldest row first.
    adverse : outcomes, 0 or 1.
    weights : > 0.

    Returns
    -------
    Calibration; isotonic only when it has the lower log loss on the latest third, which it has not seen, and enough
    adverse rows; the identity when all outcomes are the same.
    """
    if not 0 < adverse.sum() < len(adverse):
        return IDENTITY
    cut = len(raw) - int(len(raw) * CHECK_SHARE)
    early, late = slice(None, cut), slice(cut, None)
    can_compare = adverse[early].sum() >= MIN_POSITIVES_ISOTONIC and 0 < adverse[late].sum() < len(adverse[late])
    fit = fit_platt
    if can_compare:
        losses = [
            log_loss(
                method(raw[early], adverse[early], weights[early]).probability(raw[late]), adverse[late], weights[late]
            )
            for method in (fit_platt, fit_isotonic)
        ]
        fit = fit_isotonic if losses[1] < losses[0] else fit_platt
    return fit(raw, adverse, weights)
