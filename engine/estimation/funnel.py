"""Comparing districts or departments: indirect standardisation, overdispersed funnel limits, shrunken rates, ranks.

What a unit found is set against what the same checks would have found at everybody's rates, grade by grade and item by
item. The ratio is judged on the square-root scale, where its spread hardly depends on its size, against limits that
allow for what differs between all units anyway (additive random effects from winsorised scores); few units should then
stand out by chance. The limits judge the unit's conduct and not this year's frame, so they carry no finite-population
correction. Source: docs/spec/estimators.md §8; Spiegelhalter, Statistics in Medicine 24 (2005) 1185–1202 and Quality
and Safety in Health Care 14 (2005) 347–351; ranks: Klein, Wright & Wieczorek, JRSS A 183 (2020) 589–606.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from engine.estimation.design import row_variance
from engine.estimation.intervals import FloatArray
from engine.estimation.outcome import REACHED, Outcome
from engine.estimation.sample import DesignSample

WARN, ALARM = 0.95, 0.998
WINSORISED = 0.1
"""Share of the units at either end whose scores are drawn in before the spread between units is estimated."""
LEAST_EXPECTED = 1.0
"""Effective expected findings below which a unit is named and not judged."""
_CUT = -float(ndtri(WINSORISED))
NORMAL_SCORE = (
    1 - 2 * WINSORISED - 2 * _CUT * math.exp(-(_CUT**2) / 2) / math.sqrt(2 * math.pi) + 2 * WINSORISED * _CUT**2
)
"""Mean square of winsorised standard normal scores; without it the spread between units would be understated."""
PRIOR_ROWS = 20.0


@dataclass(frozen=True, slots=True)
class Funnel:
    """How units compare.

    Parameters
    ----------
    table : one row per unit, sorted: ``by`` column, ``n`` (rows reached), ``findings``, ``observed`` and ``expected``
        (weighted to the frame), ``ratio`` (1 = as everybody), ``effective_expected``, ``warn_low``, ``warn_high``,
        ``alarm_low``, ``alarm_high`` (funnel limits of the ratio), ``position``, ``shrunken_rate``, ``shrunken_low``,
        ``shrunken_high``, ``rank_low``, ``rank_high`` (1 = fewest findings for what was checked).
    rate : rate of everybody.
    between : standard deviation between units on the square-root scale, beyond chance.
    inflation : how much more the teams' results vary than independent checks would, >= 1.
    """

    table: pd.DataFrame
    rate: float
    between: float
    inflation: float


def compare(
    sample: DesignSample, *, by: str, standard: tuple[str, ...] = ("grade", "item_code"), confidence: float = 0.95
) -> Funnel:
    """Return how the units of ``by`` compare once grade and item are taken out.

    Parameters
    ----------
    sample : its rows hold ``outcome``, ``by`` and the columns of ``standard``.
    standard : columns whose combinations get one rate each; a small one is drawn in to the rate of the first column.
    confidence : joint confidence of the rank intervals, and of each shrunken interval.

    Notes
    -----
    y = sqrt(O/E), s^2 = v/4 with v the variance of O/E under everybody's rates times ``inflation``; limits
    (1 +- z sqrt(s^2 + t^2))^2; t^2 = max(0, (I phi - (I-1)) / (sum w - sum w^2 / sum w)), w = 1/s^2, phi the mean
    squared winsorised score over that of normal ones. Shrunken: 1 + B (y - 1), B = t^2 / (t^2 + s^2), variance
    B s^2 + 2/(I-3) (1-B)^2 (y-1)^2 (Morris, JASA 78 (1983) 47-55). A rank interval counts the units whose
    simultaneous limits lie wholly below or not wholly above.
    """
    rows = _reached(sample, by=by, standard=standard)
    rate = float((rows["weight"] * rows["found"]).sum() / rows["weight"].sum())
    rows["chance"] = _standard_chance(rows, standard=standard)
    inflation = _inflation(sample)
    table = _units(rows, by=by, inflation=inflation)
    judged = (table["effective_expected"] >= LEAST_EXPECTED).to_numpy()
    own = np.sqrt(table["ratio"].to_numpy(dtype=float))
    spread = 0.5 / np.sqrt(table["effective_expected"].to_numpy(dtype=float))
    between = between_units(own[judged], spread[judged])
    table = _with_limits(table, own, spread, between=between, judged=judged)
    table = _with_shrinkage(table, own, spread, between=between, rate=rate, confidence=confidence)
    low, high = rank_limits(own, spread, judged=judged, confidence=confidence)
    return Funnel(table.assign(rank_low=low, rank_high=high), rate, between, inflation)


def between_units(own: FloatArray, spread: FloatArray) -> float:
    """Return the standard deviation between units beyond chance, from winsorised scores; 0 when chance explains all."""
    if own.size < 3:
        return 0.0
    scores = (own - 1) / spread
    low, high = np.quantile(scores, [WINSORISED, 1 - WINSORISED])
    phi = float(np.square(np.clip(scores, low, high)).mean()) / NORMAL_SCORE
    weight = 1 / spread**2
    below = float(weight.sum() - (weight**2).sum() / weight.sum())
    return math.sqrt(max(0.0, (own.size * phi - (own.size - 1)) / below)) if below > 0 else 0.0


def rank_limits(
    own: FloatArray, spread: FloatArray, *, judged: np.ndarray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest rank of each unit that simultaneous limits allow; NaN where not judged."""
    n = int(judged.sum())
    low, high = np.full(own.size, math.nan), np.full(own.size, math.nan)
    if n == 0:
        return low, high
    reach = -float(ndtri((1 - confidence) / (2 * n))) * spread
    below, above = own - reach, own + reach
    for at in np.flatnonzero(judged):
        low[at] = 1 + int((above[judged] < below[at]).sum())
        high[at] = n - int((below[judged] > above[at]).sum())
    return low, high


def _reached(sample: DesignSample, *, by: str, standard: tuple[str, ...]) -> pd.DataFrame:
    strata = sample.strata
    weight = (strata.sizes / np.maximum(strata.drawn, 1))[sample.stratum].astype(float)
    rows = sample.rows[[*dict.fromkeys((by, *standard))]].assign(
        weight=weight, found=(sample.rows["outcome"] == Outcome.VIOLATION).astype(float)
    )
    return pd.DataFrame(rows[sample.rows["outcome"].isin(REACHED)])


def _standard_chance(rows: pd.DataFrame, *, standard: tuple[str, ...]) -> pd.Series:
    """Weighted rate of the row's cell, drawn in to that of its first column, and that to everybody's."""
    drawn_in = pd.Series(float((rows["weight"] * rows["found"]).sum() / rows["weight"].sum()), index=rows.index)
    for key in ([standard[0]], list(standard)):
        codes = rows.groupby(key, dropna=False)
        above = (rows["weight"] * rows["found"]).groupby([rows[name] for name in key], dropna=False).transform("sum")
        below = codes["weight"].transform("sum")
        n = codes["weight"].transform("size")
        drawn_in = (n * above / below + PRIOR_ROWS * drawn_in) / (n + PRIOR_ROWS)
    return drawn_in


def _inflation(sample: DesignSample) -> float:
    """Variance of everybody's rate between teams (or objects) over that of independent rows, at least 1."""
    outcome = sample.rows["outcome"]
    top = (outcome == Outcome.VIOLATION).to_numpy(dtype=float)
    bottom = outcome.isin(REACHED).to_numpy(dtype=float)
    strata = sample.strata
    weight = (strata.sizes / np.maximum(strata.drawn, 1))[sample.stratum].astype(float)
    residual = top - float(weight @ top) / float(weight @ bottom) * bottom
    alone = DesignSample(
        sample.rows, sample.stratum, strata, sample.codes, sample.clusters, is_row_cluster=True, n_joined=0
    )
    simple = row_variance(alone, residual)
    return max(1.0, row_variance(sample, residual) / simple) if simple > 0 else 1.0


def _units(rows: pd.DataFrame, *, by: str, inflation: float) -> pd.DataFrame:
    parts = rows.assign(
        observed=rows["weight"] * rows["found"],
        expected=rows["weight"] * rows["chance"],
        square=rows["weight"] ** 2 * rows["chance"] * (1 - rows["chance"]),
    ).groupby(by, sort=True)
    table = parts.agg(
        n=("found", "size"),
        findings=("found", "sum"),
        observed=("observed", "sum"),
        expected=("expected", "sum"),
        square=("square", "sum"),
    ).reset_index()
    effective = table["expected"] ** 2 / (table["square"] * inflation)
    return table.assign(
        findings=table["findings"].astype("int64"),
        ratio=table["observed"] / table["expected"],
        effective_expected=effective,
    ).drop(columns="square")


def _with_limits(
    table: pd.DataFrame, own: FloatArray, spread: FloatArray, *, between: float, judged: np.ndarray
) -> pd.DataFrame:
    reach = np.sqrt(spread**2 + between**2)
    limits = {}
    for name, level in (("warn", WARN), ("alarm", ALARM)):
        z = -float(ndtri((1 - level) / 2))
        limits[f"{name}_low"] = np.maximum(1 - z * reach, 0) ** 2
        limits[f"{name}_high"] = (1 + z * reach) ** 2
    ratio = own**2
    position = np.select(
        [
            ~judged,
            ratio > limits["alarm_high"],
            ratio > limits["warn_high"],
            ratio < limits["alarm_low"],
            ratio < limits["warn_low"],
        ],
        ["not_judged", "far_above", "above", "far_below", "below"],
        default="inside",
    )
    return table.assign(**limits, position=position)


def _with_shrinkage(
    table: pd.DataFrame, own: FloatArray, spread: FloatArray, *, between: float, rate: float, confidence: float
) -> pd.DataFrame:
    share = between**2 / (between**2 + spread**2)
    learned = 2 / max(len(table) - 3, 1) * np.square((1 - share) * (own - 1))
    centre = 1 + share * (own - 1)
    reach = -float(ndtri((1 - confidence) / 2)) * np.sqrt(share * spread**2 + learned)
    figures = {"shrunken_rate": centre, "shrunken_low": centre - reach, "shrunken_high": centre + reach}
    return table.assign(**{name: np.minimum(rate * np.maximum(root, 0) ** 2, 1.0) for name, root in figures.items()})
