"""What another policy, grading or model would have found in the logged draws.

The target is V(q) = sum over the frame of q_i y_i: expected findings of one draw with probabilities q, for the period
of the logged draws. Where the logged policy could not draw a unit the alternative would draw, nothing can be said
beyond bounds; where too many drawn units have no result, the same.
Source: docs/spec/estimators.md §7.
"""

import math
from collections.abc import Sequence

import numpy as np

from engine.errors import EstimationError, SchemaMismatchError
from engine.estimation.findings import (
    Findings,
    difference,
    hajek,
    hajek_contrast,
    horvitz_thompson,
    signed,
)
from engine.estimation.intervals import CONFIDENCE, FloatArray
from engine.estimation.logged import LoggedFrame
from engine.estimation.policy_result import Estimator, EvaluationLimits, PolicyValue, with_cautions
from engine.messages import N_, Message


def policy_value(
    logged: LoggedFrame, *, estimator: Estimator, limits: EvaluationLimits, confidence: float = CONFIDENCE
) -> PolicyValue:
    """Return V(q) with its interval.

    Parameters
    ----------
    logged : see :func:`~engine.estimation.logged.logged_frame`; with ``prediction`` (chance of a finding, 0..1) on
        every frame row for ``difference``.
    limits : when only limits are given, and what is remarked on.

    Raises
    ------
    SchemaMismatchError, EstimationError
        ``difference`` without a prediction for every frame row.
    """
    _require_prediction(logged, estimator)
    q = logged.column("alternative_probability")
    estimate = {Estimator.HT: horvitz_thompson, Estimator.HAJEK: hajek, Estimator.DIFFERENCE: difference}[estimator]
    parts = [estimate(logged, q, adverse, confidence=confidence) for adverse in _completed(logged, q)]
    return _result(logged, parts, measure="policy_value", estimator=estimator, limits=limits)


def policy_contrast(
    logged: LoggedFrame, *, estimator: Estimator, limits: EvaluationLimits, confidence: float = CONFIDENCE
) -> PolicyValue:
    """Return V(q) minus V of the logged policy at its realised probabilities; exactly 0 when q is that policy.

    Parameters and errors as for :func:`policy_value`.
    """
    _require_prediction(logged, estimator)
    q, own = logged.column("alternative_probability"), logged.column("inclusion_probability")
    parts = []
    for adverse in _completed(logged, q - own):
        if estimator is Estimator.HAJEK:
            parts.append(hajek_contrast(logged, q, own, adverse, confidence=confidence))
        else:
            estimate = difference if estimator is Estimator.DIFFERENCE else horvitz_thompson
            parts.append(signed(estimate, logged, q - own, adverse, confidence=confidence))
    return _result(logged, parts, measure="policy_contrast", estimator=estimator, limits=limits)


def _require_prediction(logged: LoggedFrame, estimator: Estimator) -> None:
    if estimator is not Estimator.DIFFERENCE:
        return
    if "prediction" not in logged.rows:
        raise SchemaMismatchError(table="logged frame", columns="prediction")
    if not logged.rows["prediction"].between(0, 1).all():
        raise EstimationError(
            problem=Message(N_("a prediction is empty or outside 0..1")),
            remedy=Message(N_("predict every frame row, not only the drawn ones")),
        )


def _completed(logged: LoggedFrame, coefficient: FloatArray) -> list[FloatArray]:
    """Outcomes of the drawn rows with missing ones at the mean of their stratum, at their least and at their most."""
    seen = np.asarray(logged.sample.rows["adverse"].astype("Float64").to_numpy(dtype=float, na_value=math.nan))
    is_missing = np.isnan(seen)
    if not is_missing.any():
        return [np.asarray(seen)]
    if is_missing.all():
        raise EstimationError(
            problem=Message(N_("no drawn unit has a result")), remedy=Message(N_("record the results first"))
        )
    stratum = logged.sample.stratum
    known = np.bincount(stratum, weights=~is_missing)
    found = np.bincount(stratum, weights=np.where(is_missing, 0.0, seen))
    mean = np.where(known > 0, found / np.maximum(known, 1), found.sum() / known.sum())[stratum]
    sign = coefficient[logged.at]
    fills = (mean, (sign < 0).astype(float), (sign > 0).astype(float))
    return [np.where(is_missing, fill, seen) for fill in fills]


def _result(
    logged: LoggedFrame, parts: Sequence[Findings], *, measure: str, estimator: Estimator, limits: EvaluationLimits
) -> PolicyValue:
    q, pi = logged.column("alternative_probability"), logged.probability
    weights = (q / pi)[logged.at]
    adverse = logged.sample.rows["adverse"]
    missing = float(adverse.isna().mean())
    squares = float(np.square(weights).sum())
    is_identified = logged.n_outside == 0
    result = PolicyValue(
        measure=measure,
        value=parts[0].value if is_identified and missing <= limits.max_missing_share else math.nan,
        low=min(part.low for part in parts),
        high=max(part.high for part in parts) + logged.outside,
        n=len(adverse),
        n_findings=int(adverse.fillna(False).astype(bool).sum()),
        effective_n=float(weights.sum()) ** 2 / squares if squares > 0 else 0.0,
        max_weight=float((q / pi).max()),
        is_identified=is_identified,
        n_outside=logged.n_outside,
        missing_share=missing,
        method=estimator.value,
        cautions=(),
    )
    return with_cautions(result, n_joined=logged.sample.n_joined, limits=limits)
