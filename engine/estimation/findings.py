"""Three estimators of the findings that given probabilities would have made, on completed outcomes.

``ht`` weights each drawn finding by c/pi; ``hajek`` scales these weights to their known sum; ``difference`` adds the
weighted residuals of the drawn rows to a prediction for every frame row. The coefficient c is the alternative
probability q, or q minus the logged probability for a contrast, so that a contrast with the logged policy is exactly
0. Source: docs/spec/estimators.md §7; Särndal, Swensson & Wretman, Model Assisted Survey Sampling (1992), ch. 5–6.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from engine.estimation.combination import Rates, linear_limits
from engine.estimation.design import row_variance
from engine.estimation.intervals import FloatArray
from engine.estimation.logged import LoggedFrame
from engine.estimation.weighted import share_of_weights, weighted_limits


@dataclass(frozen=True, slots=True)
class Findings:
    """A number of findings with its limits."""

    value: float
    low: float
    high: float


def horvitz_thompson(logged: LoggedFrame, q: FloatArray, adverse: FloatArray, *, confidence: float) -> Findings:
    """Return sum over drawn rows of q y / pi, q >= 0 per frame row; guarded Korn–Graubard limits of its share of q."""
    drawn = q[logged.at]
    pi = logged.probability
    share_of = float(q.sum())
    if share_of == 0:
        return Findings(0.0, 0.0, 0.0)
    value = float((drawn / pi[logged.at]) @ adverse)
    variance = row_variance(logged.sample, drawn * adverse) / share_of**2
    weights = q / pi * np.sqrt(1 - pi) / share_of
    share = share_of_weights(min(value / share_of, 1.0), variance, weights, counts=pi)
    low, high = weighted_limits(share, confidence=confidence)
    return _within_reason(logged, q, adverse, Findings(value, low * share_of, high * share_of))


def hajek(logged: LoggedFrame, q: FloatArray, adverse: FloatArray, *, confidence: float) -> Findings:
    """Return sum of q times the weighted share of adverse rows; biased of order 1/n, stable where weights vary."""
    share_of = float(q.sum())
    drawn, pi = q[logged.at], logged.probability
    below = float((drawn / pi[logged.at]).sum())
    if share_of == 0 or below == 0:
        return Findings(0.0, 0.0, share_of)
    rate = float((drawn / pi[logged.at]) @ adverse) / below
    variance = row_variance(logged.sample, drawn * (adverse - rate)) / below**2
    weights = q / pi * np.sqrt(1 - pi) / below
    share = share_of_weights(rate, variance, weights, counts=pi)
    low, high = weighted_limits(share, confidence=confidence)
    return _within_reason(logged, q, adverse, Findings(rate * share_of, low * share_of, high * share_of))


def difference(logged: LoggedFrame, coefficient: FloatArray, adverse: FloatArray, *, confidence: float) -> Findings:
    """Return sum of c m over the frame plus sum of c (y - m) / pi over the drawn rows; normal limits.

    ``coefficient`` may have either sign. Unbiased when the prediction m does not depend on the draw.
    """
    predicted = logged.column("prediction")
    residual = adverse - predicted[logged.at]
    drawn = coefficient[logged.at]
    value = float(coefficient @ predicted + (drawn / logged.probability[logged.at]) @ residual)
    error = math.sqrt(row_variance(logged.sample, drawn * residual))
    reach = -float(ndtri((1 - confidence) / 2)) * error
    return Findings(value, value - reach, value + reach)


def horvitz_thompson_contrast(
    logged: LoggedFrame, coefficient: FloatArray, adverse: FloatArray, *, confidence: float
) -> Findings:
    """Return sum of c y / pi for coefficients of either sign; limits from its positive and negative part."""
    value = float((coefficient[logged.at] / logged.probability[logged.at]) @ adverse)
    parts = [
        horvitz_thompson(logged, np.maximum(sign * coefficient, 0), adverse, confidence=confidence)
        for sign in (1.0, -1.0)
    ]
    own = Rates(*(np.array([getattr(part, name) for part in parts]) for name in ("value", "low", "high")))
    low, high = linear_limits(np.array([1.0, -1.0]), own)
    return Findings(value, min(low, value), max(high, value))


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


def _within_reason(logged: LoggedFrame, q: FloatArray, adverse: FloatArray, found: Findings) -> Findings:
    """What the drawn rows themselves prove: at least their findings, at most all but their clean ones."""
    drawn = q[logged.at]
    least, most = float(drawn @ adverse), float(q.sum() - drawn @ (1 - adverse))
    return Findings(found.value, max(found.low, min(least, found.value)), min(found.high, max(most, found.value)))
