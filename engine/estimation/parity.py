"""Is a score as good for every group of firms? Findings against chances and missed findings, by group, all at once.

Groups are compared with what holds for everybody, under limits that hold for all groups together: twenty districts at
95 % each would name one of them unfair in two months of three. Source: docs/spec/estimators.md §3.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binom, hypergeom

from engine.errors import UndefinedEstimateError
from engine.estimation.intervals import CONFIDENCE, FloatArray, clopper_pearson
from engine.messages import N_, Message

PValue = Callable[[FloatArray, FloatArray, float, float], FloatArray]

BUDGET = 0.2
"""Share of the rows, riskiest first, that count as looked at."""

LEAST_FINDINGS = 5
"""Groups with fewer findings, or fewer expected, are pooled as ``OTHERS``: no limit worth reading rests on less."""

OTHERS = "…"


def parity_table(
    probabilities: ArrayLike,
    adverse: ArrayLike,
    groups: ArrayLike,
    *,
    budget: float = BUDGET,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Return one row per group: findings over the sum of chances, and the share of findings outside the budget.

    Parameters
    ----------
    probabilities : predicted chance of each row, in (0, 1).
    adverse : outcome of each row, 0 or 1.
    groups : group of each row (district, size, ownership …); missing ones are a group of their own.
    budget : share of the rows, riskiest first, that count as looked at; rows tied at the edge count in part.
    confidence : of all groups together.

    Returns
    -------
    DataFrame by group, largest first: ``group``, ``n``, ``findings``, ``expected``, ``observed_to_expected`` with
    ``low`` and ``high``, ``miss_rate`` with ``miss_low`` and ``miss_high``, ``looked_at_share``, ``is_apart`` (its
    ratio is not that of everybody else) and ``is_missed_apart`` (likewise for missed findings); ``is_reference`` (the
    largest group that has a name), ``to_reference`` (its ratio over that of the reference, 1 for the reference itself)
    with ``reference_low`` and ``reference_high``, null for the reference.

    Raises
    ------
    UndefinedEstimateError
        No rows, a chance outside (0, 1), or nothing found at all.

    Notes
    -----
    Findings given the chances are a sum of independent rows; their limits are exact for a binomial of the mean chance,
    which is wider (Hoeffding, Annals of Mathematical Statistics 27, 1956). Confidence is split evenly over groups and
    the two figures (Bonferroni). Apart: the group least like the rest is set apart while its exact p-value lies below
    its part, and the others are then compared without it, so that one district does not make its neighbours look odd.
    What holds for everybody else is itself only estimated: findings of the group among all of them are binomial given
    their sum (Przyborowski & Wilenski, Biometrika 31, 1940), missed ones hypergeometric (Fisher). The limits of a ratio
    over that of the reference group follow from the same binomial of the two, Clopper–Pearson, at the same confidence.
    """
    chance, outcome = np.asarray(probabilities, dtype=np.float64), np.asarray(adverse, dtype=np.float64)
    if chance.size == 0 or not ((chance > 0) & (chance < 1)).all() or outcome.sum() == 0:
        raise UndefinedEstimateError(
            measure="parity", reason=Message(N_("it needs chances strictly between 0 and 1 and at least one finding"))
        )
    rows = pd.DataFrame(
        {
            "group": _pooled(pd.Series(np.asarray(groups, dtype=object)), outcome, chance),
            "chance": chance,
            "outcome": outcome,
            "seen": _looked_at(chance, budget=budget),
        }
    )
    rows["found"] = rows["outcome"] * rows["seen"]
    by = rows.groupby("group").agg(
        n=("outcome", "size"),
        findings=("outcome", "sum"),
        expected=("chance", "sum"),
        seen=("seen", "sum"),
        found=("found", "sum"),
    )
    each = 1 - (1 - confidence) / (2 * len(by))
    table = by.reset_index().sort_values(["n", "group"], ascending=[False, True], ignore_index=True)
    n, findings, expected = (table[name].to_numpy(dtype=np.float64) for name in ("n", "findings", "expected"))
    limits = clopper_pearson(findings, n, confidence=each)
    missed = findings - table["found"].to_numpy(dtype=np.float64)
    outside = clopper_pearson(missed, np.maximum(findings, 1), confidence=each)
    low, high = limits.low * n / expected, limits.high * n / expected
    level = (1 - confidence) / (2 * len(by))
    reference = _reference(table["group"])
    own_low, own_high = _over_reference(findings, expected, reference=reference, confidence=each)
    return pd.DataFrame(
        {
            "group": table["group"],
            "n": table["n"],
            "findings": findings.astype(np.int64),
            "expected": expected,
            "observed_to_expected": findings / expected,
            "low": low,
            "high": high,
            "miss_rate": np.where(findings > 0, missed / np.maximum(findings, 1), math.nan),
            "miss_low": np.where(findings > 0, outside.low, 0.0),
            "miss_high": np.where(findings > 0, outside.high, 1.0),
            "looked_at_share": table["seen"] / table["n"],
            "is_apart": _set_apart(findings, expected, p_value=_ratio_p_value, level=level),
            "is_missed_apart": _set_apart(missed, findings, p_value=_share_p_value, level=level),
            "is_reference": np.arange(len(table)) == reference,
            "to_reference": _ratio(findings / expected, findings[reference] / expected[reference]),
            "reference_low": own_low,
            "reference_high": own_high,
        }
    )


def _reference(groups: pd.Series) -> int:
    """Place of the largest group that has a name and is no pool of small ones; of the largest where none has."""
    named = np.flatnonzero(~groups.isin(["", OTHERS]).to_numpy())
    return int(named[0]) if named.size else 0


def _ratio(own: FloatArray, other: FloatArray | float) -> FloatArray:
    return np.asarray(np.divide(own, other, out=np.full_like(own, math.nan), where=np.asarray(other) > 0))


def _over_reference(
    findings: FloatArray, expected: FloatArray, *, reference: int, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Limits of each group's findings over expected, over those of the reference: findings of the two are binomial."""
    share = clopper_pearson(findings, findings + findings[reference], confidence=confidence)
    odds = expected[reference] / expected
    low, high = (odds * limit / np.maximum(1 - limit, np.finfo(float).tiny) for limit in (share.low, share.high))
    high = np.where(share.high >= 1, math.inf, high)
    low[reference] = high[reference] = math.nan
    return np.asarray(low), np.asarray(high)


def _set_apart(own: FloatArray, base: FloatArray, *, p_value: PValue, level: float) -> npt.NDArray[np.bool_]:
    """Whether each group's ratio own / base is not that of the rest; with two groups both or neither."""
    is_apart = np.zeros(own.size, dtype=np.bool_)
    while (rest := np.flatnonzero(~is_apart)).size > 1:
        p = p_value(own[rest], base[rest], own[rest].sum(), base[rest].sum())
        if p.min() >= level:
            break
        is_apart[rest if own.size == 2 else rest[int(np.argmin(p))]] = True
    return is_apart


def _ratio_p_value(own: FloatArray, base: FloatArray, total: float, base_total: float) -> FloatArray:
    """Two-sided p-value of each group's findings among all, given the expected ones."""
    share = base / base_total
    below, above = binom.cdf(own, int(total), share), binom.sf(own - 1, int(total), share)
    return np.asarray(np.minimum(2 * np.minimum(below, above), 1.0))


def _share_p_value(own: FloatArray, base: FloatArray, total: float, base_total: float) -> FloatArray:
    """Two-sided p-value of each group's missed findings among its findings; tied halves count as whole ones."""
    seen, all_seen = np.rint(own), int(np.rint(total))
    below = hypergeom.cdf(seen, int(base_total), min(all_seen, int(base_total)), base)
    above = hypergeom.sf(seen - 1, int(base_total), min(all_seen, int(base_total)), base)
    return np.asarray(np.minimum(2 * np.minimum(below, above), 1.0))


def burden_ratio(visits: ArrayLike, compliant: ArrayLike, groups: ArrayLike) -> pd.DataFrame:
    """Return visits per compliant firm by group over those of everybody: above 1.25 asks for an explanation.

    Parameters
    ----------
    visits : visits (or their probability) of each firm.
    compliant : 1 where nothing was found, 0 where something was; firms not looked at count as their chance of being so.
    groups : group of each firm.

    Returns
    -------
    DataFrame by group: ``group``, ``n``, ``visits_per_compliant``, ``ratio``.

    Raises
    ------
    UndefinedEstimateError
        There are no visits to compliant firms.
    """
    rows = pd.DataFrame({"group": np.asarray(groups, dtype=object), "clean": np.asarray(compliant, dtype=np.float64)})
    rows["visits"] = np.asarray(visits, dtype=np.float64) * rows["clean"]
    if rows["visits"].sum() <= 0:
        raise UndefinedEstimateError(
            measure="burden", reason=Message(N_("there are no visits to firms where nothing was found"))
        )
    overall = rows["visits"].sum() / rows["clean"].sum()
    by = rows.groupby("group").agg(n=("clean", "size"), visits=("visits", "sum"), clean=("clean", "sum")).reset_index()
    own = by["visits"] / by["clean"].where(by["clean"] > 0)
    return pd.DataFrame(
        {"group": by["group"], "n": by["n"], "visits_per_compliant": own, "ratio": own / overall}
    ).sort_values(["n", "group"], ascending=[False, True], ignore_index=True)


def _pooled(groups: pd.Series, outcome: FloatArray, chance: FloatArray) -> pd.Series:
    """Group names as text, small groups together."""
    named = groups.where(groups.notna(), "").astype(str)
    by = pd.DataFrame({"findings": outcome, "expected": chance}).groupby(named.to_numpy()).sum()
    small = by.index[(by["findings"] < LEAST_FINDINGS) & (by["expected"] < LEAST_FINDINGS)]
    return named.where(~named.isin(small), OTHERS)


def _looked_at(chance: FloatArray, *, budget: float) -> FloatArray:
    """Share of each row inside the budget: 1 above the edge, 0 below, the rest of the places shared by its ties."""
    places = budget * chance.size
    edge = np.sort(chance)[::-1][min(int(places), chance.size - 1)]
    above, tied = chance > edge, chance == edge
    return np.asarray(above + tied * max(0.0, places - above.sum()) / tied.sum(), dtype=np.float64)
