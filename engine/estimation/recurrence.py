"""Re-offence within twelve months after a measure, beside matched firms without one: an association, never a cause.

A punished firm is looked at many times as often, so findings are never counted: only checks whose probability is known
speak, each with the weight of its inverse. The rate of an arm is the Hájek mean of violations over its weighted checks;
the effect is the ratio of the two rates. The interval is linearised by entity (an entity may stand in both arms, after
different findings), on the log scale. The curve says what share of firms would show no violation by a month if every
firm were checked alike, once a year at random: S(m) = exp(-Σ q_k / 12), q_k the rate in month k.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from engine.errors import UndefinedEstimateError
from engine.estimation.followed_pairs import balance, followed_pairs
from engine.messages import N_, Message

FloatArray = npt.NDArray[np.float64]
_DAYS_A_MONTH = 365.25 / 12
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Recurrence:
    """What followed measures, and what followed nothing.

    Parameters
    ----------
    ratio, low, high : rate with over rate without, and its interval; below 1 = fewer violations after a measure.
    rate_with, rate_without : share of weighted checks that found a violation.
    n_with, n_without : findings followed. checks_with, checks_without : checks they rest on.
    n_unmatched : measures that found no like firm without one, or could not be followed.
    p_value : two-sided, of no difference. e_value : strength a hidden common cause would need to explain the ratio away
        (VanderWeele and Ding, Ann. Intern. Med. 167 (2017) 268); of the limit nearer to 1 in ``e_value_limit``.
    curve : month 0..12, is_with, unfound (share), low, high.
    balance : see :func:`engine.estimation.followed_pairs.balance`.
    """

    ratio: float
    low: float
    high: float
    level: float
    rate_with: float
    rate_without: float
    n_with: int
    n_without: int
    checks_with: int
    checks_without: int
    n_unmatched: int
    p_value: float
    e_value: float
    e_value_limit: float
    curve: pd.DataFrame
    balance: pd.DataFrame


def recurrence(
    findings: pd.DataFrame,
    checks: pd.DataFrame,
    *,
    covariates: Sequence[str],
    last_day: pd.Timestamp,
    level: float = 0.95,
    bin_days: int = 30,
    n_bins: int = 12,
) -> Recurrence:
    """Return the association of measures with violations in the twelve months after them.

    Parameters
    ----------
    findings : see :func:`engine.estimation.followed_pairs.followed_pairs`.
    checks : one row per check; ``entity_id``, ``occurred_on``, ``is_adverse`` (bool), ``inclusion_probability`` (0..1]:
        of the draw, or the estimated chance of a check (:func:`engine.estimation.check_hazard.hazard_probabilities`).

    Raises
    ------
    UndefinedEstimateError
        Nobody can be compared, or one arm has no check or no violation.
    """
    pairs = followed_pairs(findings, covariates=covariates, bin_days=bin_days, n_bins=n_bins, last_day=last_day)
    seen = _seen(pairs, checks)
    arms = {is_with: seen[seen["is_with"] == is_with] for is_with in (True, False)}
    for is_with, rows in arms.items():
        if rows.empty or not rows["is_adverse"].any():
            lacking = Message(N_("no check after a measure found a violation"))
            without = Message(N_("no check of like firms without a measure found a violation"))
            raise UndefinedEstimateError(
                measure=Message(N_("the effect of measures")), reason=lacking if is_with else without
            )
    rates = {is_with: float(np.average(rows["is_adverse"], weights=rows["w"])) for is_with, rows in arms.items()}
    ratio = rates[True] / rates[False]
    error = math.sqrt(_variance(seen, rates))
    z = float(norm.ppf((1 + level) / 2))
    low, high = ratio * math.exp(-z * error), ratio * math.exp(z * error)
    nearer = high if ratio < 1 else low
    n_measured = int(findings["measured_on"].notna().sum())
    return Recurrence(
        ratio, low, high, level, rates[True], rates[False],
        int(pairs["is_with"].sum()), int((~pairs["is_with"]).sum()), len(arms[True]), len(arms[False]),
        n_measured - int(pairs["is_with"].sum()),
        float(2 * norm.sf(abs(math.log(ratio)) / error)) if error > 0 else 0.0,
        _e_value(ratio), 1.0 if low <= 1 <= high else _e_value(nearer),
        _curve(seen, z=z), balance(pairs, findings, covariates=covariates),
    )  # fmt: skip


def _seen(pairs: pd.DataFrame, checks: pd.DataFrame) -> pd.DataFrame:
    """Every check that falls into the time in which its entity is followed, with its weight."""
    wanted = ["entity_id", "occurred_on", "is_adverse", "inclusion_probability"]
    rows = pairs.merge(checks[wanted], on="entity_id", how="inner")
    inside = rows["occurred_on"].gt(rows["start_on"]) & rows["occurred_on"].lt(rows["end_on"])
    rows = rows[inside].reset_index(drop=True)
    month = ((rows["occurred_on"] - rows["start_on"]).dt.days / _DAYS_A_MONTH).astype(int).clip(upper=_MONTHS - 1)
    return rows.assign(w=rows["weight"] / rows["inclusion_probability"], month=month)


def _variance(seen: pd.DataFrame, rates: dict[bool, float]) -> float:
    """Variance of the log ratio: the influence of each entity on the difference of the log rates, squared."""
    influence = np.zeros(len(seen))
    for is_with, sign in ((True, 1.0), (False, -1.0)):
        side = (seen["is_with"] == is_with).to_numpy()
        w = seen["w"].to_numpy()[side]
        y = seen["is_adverse"].to_numpy(dtype=float)[side]
        influence[side] = sign * w * (y - rates[is_with]) / (w.sum() * rates[is_with])
    return _by_entity(seen["entity_id"], influence)


def _by_entity(entity_ids: pd.Series, influence: FloatArray) -> float:
    codes, _ = pd.factorize(entity_ids)
    sums = np.bincount(codes, weights=influence)
    n = len(sums)
    return float((sums**2).sum() * n / max(n - 1, 1))


def _curve(seen: pd.DataFrame, *, z: float) -> pd.DataFrame:
    """The share unfound by month at one check a year, with its band on the scale of the summed rate."""
    rows = []
    for is_with in (True, False):
        side = seen[seen["is_with"] == is_with]
        w, y = side["w"].to_numpy(), side["is_adverse"].to_numpy(dtype=float)
        month = side["month"].to_numpy()
        total = np.bincount(month, weights=w, minlength=_MONTHS)
        found = np.bincount(month, weights=w * y, minlength=_MONTHS)
        overall = float((w * y).sum() / w.sum())
        q = np.where(total > 0, found / np.where(total > 0, total, 1.0), overall)
        influence = w * (y - q[month]) / np.where(total > 0, total, 1.0)[month] / _MONTHS
        rows.append((0, is_with, 1.0, 1.0, 1.0))
        for at in range(_MONTHS):
            summed = float(q[: at + 1].sum()) / _MONTHS
            error = math.sqrt(_by_entity(side["entity_id"], np.where(month <= at, influence, 0.0)))
            low, high = math.exp(-(summed + z * error)), math.exp(-max(summed - z * error, 0.0))
            rows.append((at + 1, is_with, math.exp(-summed), low, high))
    return pd.DataFrame(rows, columns=["month", "is_with", "unfound", "low", "high"])


def _e_value(ratio: float) -> float:
    away = 1 / ratio if ratio < 1 else ratio
    return away + math.sqrt(away * (away - 1))
