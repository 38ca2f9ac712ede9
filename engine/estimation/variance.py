"""Stratified totals and their variance, exact in whatever numbers they are given (floats or fractions).

Within a stratum the n_h units are a simple random sample of the N_h: total N_h * mean, variance
N_h^2 (1 - n_h/N_h) s_h^2 / n_h. A stratum with one unit drawn has no s_h^2 of its own and is compared with the
committed partner stratum instead, which never understates on average. When rows of one firm or one team are not
independent, the rows' deviations are summed over the cluster first.
Source: docs/spec/estimators.md §4; Cochran, Sampling Techniques, 3rd ed. (1977), ch. 5 and §5A.12.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.estimation.intervals import FloatArray

Numbers = NDArray[Any]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Strata:
    """Sizes of the strata as they enter an estimate.

    Parameters
    ----------
    sizes : N_h, > 0.
    drawn : n_h, 0 <= n_h <= N_h.
    groups : one code per stratum; strata of one code stand in for each other's variance where n_h = 1.
    """

    sizes: Numbers
    drawn: Numbers
    groups: Codes


def sum_by(values: Numbers, codes: Codes, *, length: int) -> Numbers:
    """Return the sum of ``values`` per code 0..length-1, in floats or, for object arrays, exactly."""
    if values.dtype != object:
        return np.bincount(codes, weights=values, minlength=length)
    sums = np.full(length, 0, dtype=object)
    np.add.at(sums, codes, values)
    return sums


def stratified_total(values: Numbers, stratum: Codes, strata: Strata) -> Any:
    """Return sum over strata of N_h times the mean of ``values``; strata without a draw must hold no units."""
    sums = sum_by(values, stratum, length=len(strata.sizes))
    held = strata.drawn > 0
    return (strata.sizes[held] * sums[held] / strata.drawn[held]).sum()


def stratified_variance(values: Numbers, stratum: Codes, strata: Strata) -> Any:
    """Return the estimated variance of :func:`stratified_total` when every row is independent of the others."""
    deviations = _deviations(values, stratum, strata)
    squares = sum_by(deviations * deviations, stratum, length=len(strata.sizes))
    return (squares * _factors(stratum, strata)).sum()


def row_scores(values: FloatArray, stratum: Codes, strata: Strata) -> FloatArray:
    """Return one number per row whose squares sum to :func:`stratified_variance`."""
    factors = np.sqrt(_factors(stratum, strata).astype(float))
    return np.asarray(_deviations(values, stratum, strata) * factors[stratum], dtype=float)


def clustered_variance(scores: FloatArray, clusters: Codes) -> float:
    """Return the sum over clusters of the squared sum of :func:`row_scores`."""
    return float(np.square(np.bincount(clusters, weights=scores)).sum())


def _deviations(values: Numbers, stratum: Codes, strata: Strata) -> Numbers:
    """Row minus the mean of its stratum, or of its group where the stratum has one row."""
    length = len(strata.sizes)
    drawn = np.maximum(strata.drawn, 1)
    means = sum_by(values, stratum, length=length) / drawn
    held = np.where(strata.drawn > 0, strata.sizes, 0)
    groups = int(strata.groups.max(initial=-1)) + 1
    totals = sum_by(held * means, strata.groups, length=groups)
    weights = sum_by(held, strata.groups, length=groups)
    pooled = (totals / np.where(weights > 0, weights, 1))[strata.groups]
    own = np.where(_is_single(strata), pooled, means)
    return np.asarray(values - own[stratum])


def _factors(stratum: Codes, strata: Strata) -> Numbers:
    """What a squared deviation of stratum h counts in the variance."""
    drawn, sizes = np.maximum(strata.drawn, 1), strata.sizes
    groups = int(strata.groups.max(initial=-1)) + 1
    in_group = sum_by(strata.drawn, strata.groups, length=groups)[strata.groups]
    alone = sizes * sizes * in_group / np.where(in_group > 1, in_group - 1, 1)
    several = np.where(strata.drawn > 1, strata.drawn - 1, 1)
    within = sizes * (sizes - strata.drawn) / drawn / several
    return np.where(_is_single(strata), alone, np.where(strata.drawn > 1, within, 0))


def _is_single(strata: Strata) -> NDArray[np.bool_]:
    return np.asarray((strata.drawn == 1) & (strata.sizes > 1), dtype=bool)
