"""Totals from draws whose stratum sizes were themselves drawn (`cum` rounding), unbiased over the rounding too.

Reads ``design_probability`` (the ratio r_h before rounding): a finding counts 1 / r_h. Sizes of one item follow one
public uniform U: n_h = floor(C_h + U) - floor(C_(h-1) + U), C_h the running sum of r_h N_h in byte order of the
strata, so strata are not drawn independently. The variance has two parts: within strata given the sizes, and that of
sum(ybar_h n_h(U) / r_h) over U, integrated exactly; with estimated means the second is never too small on average.
A stratum without a draw takes its partner's mean. Source: docs/spec/estimators.md §4.4.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import EstimationError
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.intervals import CONFIDENCE
from engine.estimation.partner import partners
from engine.estimation.sample import STRATA, STRATUM_KEY, require_random
from engine.estimation.variance import Codes, Numbers, Strata, stratified_variance, sum_by
from engine.estimation.weighted import effective_size, share_of_weights, weighted_limits
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class RoundedStrata:
    """Strata of draws rounded by `cum`, in committed order, in floats or fractions.

    Parameters
    ----------
    sizes, drawn, ratios : N_h > 0, n_h, r_h > 0.
    rounds : code per stratum of its (draw, item); strata of one code share one uniform and are consecutive.
    stands_in : position of the stratum whose mean is used, its own where n_h > 0.
    groups : variance partners where n_h = 1.
    """

    sizes: Numbers
    drawn: Numbers
    ratios: Numbers
    rounds: Codes
    stands_in: Codes
    groups: Codes


def rounded_total(values: Numbers, stratum: Codes, strata: RoundedStrata) -> Any:
    """Return the sum over drawn rows of value / r_h; exact for fractions."""
    return (values / strata.ratios[stratum]).sum()


def rounded_variance(values: Numbers, stratum: Codes, strata: RoundedStrata) -> Any:
    """Return the estimated variance of :func:`rounded_total` over sizes and selection; exact for fractions."""
    scale = strata.drawn / (strata.ratios * strata.sizes)
    plain = Strata(strata.sizes, strata.drawn, strata.groups)
    within = stratified_variance(values * scale[stratum], stratum, plain)
    sums = sum_by(values, stratum, length=len(strata.sizes))
    means = (sums / np.where(strata.drawn > 0, strata.drawn, 1))[strata.stands_in]
    between = 0
    for code in np.unique(strata.rounds):
        inside = strata.rounds == code
        steps = means[inside] / strata.ratios[inside]
        between = between + _spread_over_uniform(steps, (strata.ratios * strata.sizes)[inside])
    return within + between


def _spread_over_uniform(steps: Numbers, targets: Numbers) -> Any:
    """Variance over U of sum(a_h n_h(U)): a step function that jumps by a_h - a_(h+1) at U = 1 - frac(C_h)."""
    jumps = steps - np.append(steps[1:], 0 * steps[-1:])
    chances = np.cumsum(targets) % 1
    order = np.argsort(-chances, kind="stable")
    levels = np.append(0 * jumps[:1], np.cumsum(jumps[order]))
    edges = np.append(1 - chances[order], 1 + 0 * chances[:1])
    lengths = np.diff(np.append(0 * edges[:1], edges))
    mean = (lengths * levels).sum()
    return (lengths * levels * levels).sum() - mean * mean


def total_over_rounding(
    rows: pd.DataFrame, strata: pd.DataFrame, *, indicator: str, measure: str, confidence: float = CONFIDENCE
) -> Estimate:
    """Return the number of frame units for which ``indicator`` holds, from draws rounded by `cum`.

    Parameters
    ----------
    rows : every drawn row; stratum key, ``selection_mode``, ``inclusion_probability`` and ``indicator`` (bool).
    strata : every stratum of those draws and items: ``n_units``, ``n_drawn``, ``design_probability`` > 0; optional
        ``merge_into`` and ``grade`` as for :func:`~engine.estimation.sample.design_sample`.

    Raises
    ------
    EstimationError
        A ratio is 0, a size is a unit or more off its target, or a row names no stratum.
    UndefinedEstimateError
        A stratum with fewer than two draws has no partner.
    """
    require_random(rows)
    table = STRATA.check(strata[strata["n_units"] > 0]).sort_values(list(STRATUM_KEY), kind="stable")
    design = _rounded(table.reset_index(drop=True))
    index = pd.MultiIndex.from_frame(table[list(STRATUM_KEY)])
    stratum = index.get_indexer(pd.MultiIndex.from_frame(rows[list(STRATUM_KEY)]))
    if (np.bincount(stratum[stratum >= 0], minlength=len(table)) != design.drawn).any() or (stratum < 0).any():
        raise EstimationError(
            problem=Message(N_("rows and strata do not match")),
            remedy=Message(N_("give every drawn row and its stratum")),
        )
    values = rows[indicator].to_numpy(dtype=float)
    value = float(rounded_total(values, stratum, design))
    units = float(design.sizes.sum())
    unseen = np.sqrt(1 - design.drawn / design.sizes) / design.ratios / units
    variance = float(rounded_variance(values, stratum, design)) / units**2
    share = share_of_weights(min(value / units, 1.0), variance, unseen[stratum])
    low, high = weighted_limits(share, confidence=confidence)
    return Estimate(
        measure=measure,
        value=value,
        low=min(max(low * units, float(values.sum())), value),
        high=max(high * units, value),
        n=values.size,
        effective_n=effective_size(share, confidence=confidence),
        method="horvitz_thompson_cum",
        basis=Basis.DESIGN,
    )


def _rounded(table: pd.DataFrame) -> RoundedStrata:
    sizes, drawn, ratios = (table[name].to_numpy(dtype=float) for name in ("n_units", "n_drawn", "design_probability"))
    if not (ratios > 0).all() or (np.abs(drawn - ratios * sizes) >= 1).any():
        raise EstimationError(
            problem=Message(N_("the sizes drawn are not the ratios rounded by cum")),
            remedy=Message(N_("use engine.estimation.design instead")),
        )
    return RoundedStrata(
        sizes,
        drawn,
        ratios,
        rounds=np.asarray(table.groupby(["draw_id", "item_code"], sort=False).ngroup(), dtype=np.int64),
        stands_in=partners(table, needs=table["n_drawn"] == 0),
        groups=partners(table, needs=(table["n_drawn"] == 1) & (table["n_units"] > 1)),
    )
