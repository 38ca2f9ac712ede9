"""Three estimators of the findings that given probabilities would have made, on completed outcomes.

``ht`` weights each drawn finding by c/pi; ``hajek`` scales these weights to their known sum; ``difference`` adds the
weighted residuals of the drawn rows to a prediction for every frame row. The coefficient c is the alternative
probability q, or q minus the logged probability for a contrast, so that a contrast with the logged policy is exactly
0. Source: docs/spec/estimators.md §7; Särndal, Swensson & Wretman, Model Assisted Survey Sampling (1992), ch. 5–6.
"""

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.special import ndtri

from engine.estimation.combination import Rates, linear_limits
from engine.estimation.design import row_variance
from engine.estimation.intervals import FloatArray
from engine.estimation.logged import LoggedFrame
from engine.estimation.weighted import WeightedShare, share_of_weights, weighted_limits


class Estimate(Protocol):
    """One of the estimators below."""

    def __call__(self, logged: LoggedFrame, q: FloatArray, adverse: FloatArray, /, *, confidence: float) -> "Findings":
        """Return the findings under ``q``."""


@dataclass(frozen=True, slots=True)
class Findings:
    """A number of findings with its limits."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """Probabilities q >= 0 per frame row with what every estimate under them shares.

    Parameters
    ----------
    logged : the frame and its sample.
    drawn : q of the drawn rows. weights : q / pi of the drawn rows.
    total : sum of q over the frame.
    unseen : value 0 and variance 0, with the weight that one more row could carry.
    """

    logged: LoggedFrame
    drawn: FloatArray
    weights: FloatArray
    total: float
    unseen: WeightedShare


def coefficients(logged: LoggedFrame, q: FloatArray) -> Coefficients:
    """Return ``q`` prepared for any number of outcomes. Cost: one pass over the frame."""
    total, pi = float(q.sum()), logged.probability
    drawn = q[logged.at]
    carried = q / pi * np.sqrt(1 - pi) / (total if total > 0 else 1.0)
    return Coefficients(
        logged, drawn, drawn / pi[logged.at], total, unseen=share_of_weights(0.0, 0.0, carried, counts=pi)
    )


def horvitz_thompson(logged: LoggedFrame, q: FloatArray, adverse: FloatArray, *, confidence: float) -> Findings:
    """Return sum over drawn rows of q y / pi, q >= 0 per frame row."""
    given = coefficients(logged, q)
    variance = row_variance(logged.sample, given.drawn * adverse)
    return _guarded(given, adverse, value=float(given.weights @ adverse), variance=variance, confidence=confidence)


def hajek(logged: LoggedFrame, q: FloatArray, adverse: FloatArray, *, confidence: float) -> Findings:
    """Return sum of q times the weighted share of adverse rows; biased of order 1/n, stable where weights vary."""
    return hajek_of(coefficients(logged, q), adverse, confidence=confidence)


def hajek_of(given: Coefficients, adverse: FloatArray, *, confidence: float) -> Findings:
    """Return :func:`hajek` for coefficients that serve several outcomes."""
    below = float(given.weights.sum())
    if below == 0:
        return Findings(0.0, 0.0, given.total)
    rate = float(given.weights @ adverse) / below
    variance = row_variance(given.logged.sample, given.drawn * (adverse - rate)) * (given.total / below) ** 2
    return _guarded(given, adverse, value=rate * given.total, variance=variance, confidence=confidence)


def difference(logged: LoggedFrame, q: FloatArray, adverse: FloatArray, *, confidence: float) -> Findings:
    """Return sum of q m over the frame plus sum of q (y - m) / pi over the drawn rows, q >= 0 per frame row.

    Unbiased when the prediction m does not depend on the draw.
    """
    predicted = logged.column("prediction")
    given = coefficients(logged, q)
    residual = adverse - predicted[logged.at]
    value = float(q @ predicted + given.weights @ residual)
    variance = row_variance(logged.sample, given.drawn * residual)
    return _guarded(given, adverse, value=value, variance=variance, confidence=confidence)


def signed(
    estimate: Estimate, logged: LoggedFrame, coefficient: FloatArray, adverse: FloatArray, *, confidence: float
) -> Findings:
    """Return ``estimate`` for coefficients of either sign; limits from its positive and its negative part."""
    parts = [
        estimate(logged, np.maximum(sign * coefficient, 0), adverse, confidence=confidence) for sign in (1.0, -1.0)
    ]
    own = Rates(*(np.array([getattr(part, name) for part in parts]) for name in ("value", "low", "high")))
    low, high = linear_limits(np.array([1.0, -1.0]), own)
    return Findings(parts[0].value - parts[1].value, low, high)


def hajek_contrast(
    logged: LoggedFrame, q: FloatArray, own: FloatArray, adverse: FloatArray, *, confidence: float
) -> Findings:
    """Return the Hájek value under ``q`` minus that under ``own``; linearised variance, normal limits."""
    value, scores = 0.0, np.zeros(adverse.size)
    for sign, chance in ((1.0, q), (-1.0, own)):
        drawn = chance[logged.at]
        weights = drawn / logged.probability[logged.at]
        below = float(weights.sum())
        if below > 0:
            rate = float(weights @ adverse) / below
            value += sign * rate * float(chance.sum())
            scores += sign * drawn * (adverse - rate) * float(chance.sum()) / below
    reach = -float(ndtri((1 - confidence) / 2)) * math.sqrt(row_variance(logged.sample, scores))
    return Findings(value, value - reach, value + reach)


def _guarded(given: Coefficients, adverse: FloatArray, *, value: float, variance: float, confidence: float) -> Findings:
    """Limits of the findings as a share of the sum of q, never against what the drawn rows themselves prove."""
    total = given.total
    if total == 0:
        return Findings(0.0, 0.0, 0.0)
    share = replace(given.unseen, value=min(max(value / total, 0.0), 1.0), variance=variance / total**2)
    low, high = weighted_limits(share, confidence=confidence)
    least, most = float(given.drawn @ adverse), total - float(given.drawn @ (1 - adverse))
    return Findings(value, min(max(low * total, least), value), max(min(high * total, most), value))
