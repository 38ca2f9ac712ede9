"""Do worse grades find more? Order of the hit rates, and the lift of graded ratios over a uniform draw.

Reads a table of hit rates by grade, from ``engine.estimation.hit_rates`` (descriptive) or
``engine.estimation.design`` (design-based); the basis is carried over. Source: docs/spec/estimators.md §2.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from engine.errors import UndefinedEstimateError, UsageError
from engine.estimation.combination import Rates, linear_limits, ratio_limits
from engine.estimation.estimate import Basis, Estimate
from engine.messages import N_, Message
from engine.vocabulary import RISK_GRADES, TableShape

HIT_RATES = TableShape(
    "hit rates",
    ("grade",),
    {"units": "count", "n": "count", "hit_rate": "0..1", "low": "0..1", "high": "0..1", "effective_n": "count"},
)


def adjacent_differences(rates: pd.DataFrame) -> pd.DataFrame:
    """Return the difference in hit rate between each pair of neighbouring risk grades, the riskier minus the milder.

    Parameters
    ----------
    rates : table of hit rates; grades without outcome are skipped. The confidence of its limits is carried over.

    Returns
    -------
    DataFrame: ``milder``, ``riskier``, ``difference``, ``low``, ``high`` (-1..1), ``is_separated`` (low > 0).
    """
    seen = _seen(rates)
    own = _rates(seen)
    rows = []
    for position in range(len(seen) - 1):
        signs = np.zeros(len(seen))
        signs[position : position + 2] = (-1.0, 1.0)
        low, high = linear_limits(signs, own)
        rows.append(
            (seen["grade"].iloc[position], seen["grade"].iloc[position + 1], signs @ own.value, low, high, low > 0)
        )
    return pd.DataFrame(rows, columns=["milder", "riskier", "difference", "low", "high", "is_separated"])


@dataclass(frozen=True, slots=True)
class TrendTest:
    """Cochran–Armitage test for a trend of the hit rate over the risk grades.

    Parameters
    ----------
    z : standard normal statistic; positive = worse grades find more.
    p_value : two-sided.
    """

    z: float
    p_value: float


def trend_test(rates: pd.DataFrame) -> TrendTest:
    """Test whether the hit rate is flat over A, B, C, D against a linear trend in the grade's rank.

    Parameters
    ----------
    rates : table of hit rates; effective counts (never more than ``n``) are used, U and grades without outcome are
        left out.

    Raises
    ------
    UndefinedEstimateError
        Fewer than two grades with outcomes, or no (or nothing but) findings.

    Notes
    -----
    z = sum d_g (x_g - n_g p) / sqrt(p (1-p) (sum n_g d_g^2 - (sum n_g d_g)^2 / n)), d = 0..3 the rank of the grade.
    Source: Cochran, Biometrics 10 (1954); Armitage, Biometrics 11 (1955).
    """
    seen = _seen(rates)
    n = np.minimum(seen["effective_n"].to_numpy(dtype=float), seen["n"].to_numpy(dtype=float))
    hits = seen["hit_rate"].to_numpy(dtype=float) * n
    if len(seen) < 2 or not 0 < hits.sum() < n.sum():
        raise UndefinedEstimateError(
            measure="trend_test", reason=Message(N_("it needs two grades with outcomes, and both results"))
        )
    dose = np.array([RISK_GRADES.index(g) for g in seen["grade"]], dtype=float)
    rate = hits.sum() / n.sum()
    spread = rate * (1 - rate) * (n @ dose**2 - (n @ dose) ** 2 / n.sum())
    z = float(dose @ (hits - n * rate) / math.sqrt(spread))
    return TrendTest(z, float(2 * ndtr(-abs(z))))


def rate_ratio(rates: pd.DataFrame, *, riskier: str = "D", milder: str = "A") -> Estimate:
    """Return hit rate of one grade over that of another; by default ``rate_ratio_d_a``.

    The value is infinite when the milder grade showed nothing, NaN when neither did.

    Raises
    ------
    UndefinedEstimateError
        One of the two grades has no outcome.
    """
    pair = _require(rates, [milder, riskier], measure="rate_ratio")
    own = _rates(pair)
    below, above = own.value
    value = above / below if below > 0 else (math.inf if above > 0 else math.nan)
    low, high = ratio_limits(np.array([0.0, 1.0]), np.array([1.0, 0.0]), own)
    measure = f"rate_ratio_{riskier.lower()}_{milder.lower()}"
    return _estimate(pair, measure=measure, value=float(value), low=low, high=high)


def lift_over_uniform(rates: pd.DataFrame, *, ratios: Mapping[str, float]) -> Estimate:
    """Return expected adverse findings per visit under ``ratios`` over those of a uniform draw of the same size.

    Parameters
    ----------
    rates : table of hit rates; ``units`` is the number of units in each grade.
    ratios : sampling ratio per grade, 0..1, not all 0; grades not named take part in neither draw.

    Returns
    -------
    Estimate, value >= 0, 1 = no better than uniform; NaN when nothing was found anywhere.

    Raises
    ------
    UsageError
        A ratio lies outside 0..1, or all are 0.
    UndefinedEstimateError
        A grade that has units shows no outcome, or there are no units.

    Notes
    -----
    (sum r_g N_g p_g / sum r_g N_g) / (sum N_g p_g / sum N_g). Source: docs/spec/estimators.md §2.
    """
    if not ratios or not all(0 <= r <= 1 for r in ratios.values()):
        raise UsageError(
            what="ratios", value=dict(ratios), remedy=Message(N_("give each grade a ratio between 0 and 1"))
        )
    HIT_RATES.check(rates)
    held = rates[rates["grade"].isin(list(ratios)) & (rates["units"] > 0)]
    named = _require(rates, list(held["grade"]), measure="lift")
    units = named["units"].to_numpy(dtype=float)
    visits = units * np.array([ratios[g] for g in named["grade"]], dtype=float)
    if visits.sum() <= 0:
        raise UsageError(
            what="ratios", value=dict(ratios), remedy=Message(N_("at least one grade that has units needs visits"))
        )
    graded, uniform = visits / visits.sum(), units / units.sum()
    own = _rates(named)
    found = float(uniform @ own.value)
    value = float(graded @ own.value) / found if found > 0 else math.nan
    low, high = ratio_limits(graded, uniform, own)
    return _estimate(named, measure="lift", value=value, low=low, high=high)


def _seen(rates: pd.DataFrame) -> pd.DataFrame:
    """Risk grades with outcomes, mildest first."""
    HIT_RATES.check(rates)
    seen = rates[rates["grade"].isin([g.value for g in RISK_GRADES]) & (rates["n"] > 0)]
    return seen.sort_values("grade", kind="stable")


def _require(rates: pd.DataFrame, grades: list[str], *, measure: str) -> pd.DataFrame:
    HIT_RATES.check(rates)
    found = rates[rates["grade"].isin(grades) & (rates["n"] > 0)].sort_values("grade", kind="stable")
    missing = sorted(set(grades) - set(found["grade"]))
    if missing or found.empty:
        raise UndefinedEstimateError(
            measure=measure,
            reason=Message(N_("no outcome was seen in grade {grades}"), {"grades": ", ".join(missing) or "A–D"}),
        )
    return found


def _rates(table: pd.DataFrame) -> Rates:
    value, low, high = (table[name].to_numpy(dtype=float) for name in ("hit_rate", "low", "high"))
    return Rates(value, low, high)


def _estimate(table: pd.DataFrame, *, measure: str, value: float, low: float, high: float) -> Estimate:
    size = float(table["effective_n"].sum())
    basis = Basis(table["basis"].iloc[0]) if "basis" in table else Basis.DESCRIPTIVE
    return Estimate(measure, value, low, high, int(table["n"].sum()), size, "mover", basis)
