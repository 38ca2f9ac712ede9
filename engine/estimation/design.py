"""What random inspections say about the whole frame: totals and rates with honest intervals.

Every estimator reads ``inclusion_probability`` through :class:`~engine.estimation.sample.DesignSample`; a rate is a
ratio of two estimated totals, so units that could not be assessed stay in the design and leave only the denominator.
The unit is the drawn (object, item); rows of one object (or of one team) are a cluster.
Source: docs/spec/estimators.md §4–5; Cochran, Sampling Techniques, 3rd ed. (1977), ch. 5–6.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import EstimationError, UndefinedEstimateError
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.intervals import CONFIDENCE, FloatArray
from engine.estimation.outcome import REACHED, Outcome
from engine.estimation.sample import DesignSample
from engine.estimation.variance import Codes, clustered_variance, row_scores, stratified_total, stratified_variance
from engine.estimation.weighted import WeightedShare, effective_size, share_of_weights, weighted_limits
from engine.messages import N_, Message

METHOD = "korn_graubard_guarded"


def total(sample: DesignSample, indicator: pd.Series, *, measure: str, confidence: float = CONFIDENCE) -> Estimate:
    """Return the estimated number of frame units for which ``indicator`` holds.

    Parameters
    ----------
    sample : see :func:`~engine.estimation.sample.design_sample`.
    indicator : Series of bool, index of ``sample.rows``, no nulls.
    measure : name of the figure.

    Returns
    -------
    Estimate in units; the limits never contradict what was counted.

    Notes
    -----
    sum_h N_h ybar_h = sum of indicator / inclusion_probability. Source: docs/spec/estimators.md §4.
    """
    values = _indicator(sample, indicator)
    units = float(sample.strata.sizes.sum())
    share = _share(sample, values, np.ones(values.size))
    low, high = weighted_limits(share, confidence=confidence)
    counted, cleared = float(values.sum()), float((1 - values).sum())
    return Estimate(
        measure,
        value=float(stratified_total(values, sample.stratum, sample.strata)),
        low=max(low * units, counted),
        high=min(high * units, units - cleared),
        n=values.size,
        effective_n=effective_size(share, confidence=confidence),
        method=METHOD,
        basis=Basis.DESIGN,
    )


def rate(
    sample: DesignSample,
    numerator: pd.Series,
    denominator: pd.Series,
    *,
    measure: str,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return the estimated share of ``denominator`` units of the frame that are also ``numerator``.

    Parameters
    ----------
    numerator, denominator : Series of bool, index of ``sample.rows``; numerator implies denominator.

    Raises
    ------
    UndefinedEstimateError
        No drawn row is in the denominator.
    EstimationError
        A row is in the numerator but not in the denominator.

    Notes
    -----
    R = Y/X, both stratified totals; variance from the residuals (y - R x) / X within strata.
    """
    top, bottom = _indicator(sample, numerator), _indicator(sample, denominator)
    if (top > bottom).any():
        raise EstimationError(
            problem=Message(N_("{measure}: a row counts above but not below the line"), {"measure": measure}),
            remedy=Message(N_("fix the domain")),
        )
    if not bottom.any():
        raise UndefinedEstimateError(measure=measure, reason=Message(N_("no drawn unit lies in the domain")))
    share = _share(sample, top, bottom)
    low, high = weighted_limits(share, confidence=confidence)
    size = effective_size(share, confidence=confidence)
    return Estimate(measure, share.value, low, high, int(bottom.sum()), size, METHOD, Basis.DESIGN)


def rates_by(sample: DesignSample, *, by: str, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return the violation rate among reached units per value of ``by``, from ``sample.rows["outcome"]``.

    Parameters
    ----------
    sample : its rows hold ``outcome`` (:class:`~engine.estimation.outcome.Outcome`) and ``by`` (grade, district …).

    Returns
    -------
    DataFrame sorted by ``by``: the value itself, ``units`` (estimated frame units), ``share`` (of the frame), ``n``
    (rows reached), ``hits``, ``hit_rate`` (NaN when n = 0), ``low``, ``high``, ``effective_n``, ``method``, ``basis``.
    With ``by="grade"`` it is what ``engine.estimation.targeting`` reads.
    """
    outcome = sample.rows["outcome"]
    reached = outcome.isin(REACHED)
    violated = outcome == Outcome.VIOLATION
    frame = float(sample.strata.sizes.sum())
    rows = []
    for value in sorted(sample.rows[by].dropna().unique()):
        inside = sample.rows[by] == value
        n = int((reached & inside).sum())
        units = float(stratified_total(inside.to_numpy(dtype=float), sample.stratum, sample.strata))
        found = (
            rate(sample, violated & inside, reached & inside, measure="hit_rate", confidence=confidence)
            if n
            else Estimate("hit_rate", math.nan, 0.0, 1.0, 0, 0.0, METHOD, Basis.DESIGN)
        )
        rows.append(
            {
                by: value,
                "units": units,
                "share": units / frame,
                "n": n,
                "hits": int((violated & inside).sum()),
                "hit_rate": found.value,
                "low": found.low,
                "high": found.high,
                "effective_n": found.effective_n,
                "method": METHOD,
                "basis": Basis.DESIGN.value,
            }
        )
    return pd.DataFrame(rows)


def _indicator(sample: DesignSample, indicator: pd.Series) -> FloatArray:
    if not indicator.index.equals(sample.rows.index) or indicator.isna().any():
        raise EstimationError(
            problem=Message(N_("an indicator does not fit the sample's rows")),
            remedy=Message(N_("give one bool per row")),
        )
    return indicator.to_numpy(dtype=float)


def _share(sample: DesignSample, top: FloatArray, bottom: FloatArray) -> WeightedShare:
    """Y / X with its variance and the weight one more row could carry."""
    strata = sample.strata
    below = float(stratified_total(bottom, sample.stratum, strata))
    value = min(max(float(stratified_total(top, sample.stratum, strata)) / below, 0.0), 1.0)
    residuals = (top - value * bottom) / below
    variance = row_variance(sample, residuals)
    unseen = np.sqrt(1 - strata.drawn / strata.sizes) * strata.sizes / np.maximum(strata.drawn, 1) / below
    weights = (unseen[sample.stratum])[bottom > 0]
    inside = bottom > 0
    freedom = 1 - float((strata.drawn > 0).sum()) / max(top.size, 1)
    return share_of_weights(
        value, variance, weights, degrees=_degrees(sample, inside), found=top[inside] > 0, freedom=freedom
    )


def row_variance(sample: DesignSample, values: FloatArray) -> float:
    """Return the variance of the stratified total of ``values``, one per drawn row, clusters taken together.

    With teams it is the larger of the variance between objects and that between teams: where one team did everything,
    there is nothing to compare it with, and the degrees of freedom say so.
    """
    if sample.is_row_cluster and sample.teams is None:
        return float(stratified_variance(values, sample.stratum, sample.strata))
    scores = row_scores(values, sample.stratum, sample.strata)
    found = [_between(scores, sample.clusters)]
    if sample.teams is not None:
        found.append(_between(scores, sample.teams))
    return max(found)


def _between(scores: FloatArray, codes: Codes) -> float:
    clusters = int(codes.max()) + 1
    return clustered_variance(scores, codes) * (clusters / (clusters - 1) if clusters > 1 else 1.0)


def _degrees(sample: DesignSample, inside: NDArray[np.bool_]) -> float:
    """Clusters of the domain less one; infinite when every row stands for itself."""
    if sample.teams is not None:
        return float(max(np.unique(sample.teams[inside]).size - 1, 1))
    return math.inf if sample.is_row_cluster else float(max(np.unique(sample.clusters[inside]).size - 1, 1))
