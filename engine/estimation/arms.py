"""What graded supervision itself does: a control arm drawn without grades, and officers who do not see the class.

Weights say what another draw would have found, never what being drawn by grade does to conduct. That needs a part of
the firms, or of the districts, that is drawn at one ratio whatever the grade, fixed by lot beforehand; the arms are
then two random samples of the same firms, and the difference of their rates is the effect. Part of A < B < C < D may
also be expectation: an officer who knows the class looks harder at D. Visits chosen by lot whose officers do not see it
show how much.
Source: docs/spec/estimators.md §9.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom

from engine.errors import UndefinedEstimateError, UsageError
from engine.estimation.combination import Rates, linear_limits
from engine.estimation.design import rate, rates_by
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.intervals import CONFIDENCE, FloatArray, clopper_pearson
from engine.estimation.outcome import REACHED, Outcome
from engine.estimation.sample import DesignSample
from engine.messages import N_, Message
from engine.vocabulary import Arm

LARGEST_ARM = 2_000_000
_TAILS = 1e-9
"""Probability of the counts at either end that the power leaves out."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Rate per arm and their difference.

    Parameters
    ----------
    graded, control : rate of the outcome in the arm.
    effect : graded less control.
    """

    graded: Estimate
    control: Estimate
    effect: Estimate


def power_of(
    n_graded: float,
    n_control: float,
    *,
    graded_rate: float,
    control_rate: float,
    design_effect: float = 1.0,
    confidence: float = CONFIDENCE,
) -> float:
    """Return the chance that the interval of the difference leaves out 0.

    Parameters
    ----------
    n_graded, n_control : checks in each arm, > 0.
    graded_rate, control_rate : rates 0..1 that are supposed to hold.
    design_effect : variance over that of as many independent checks of equal weight, >= 1.

    Returns
    -------
    Exact for independent checks of equal weight: every pair of counts with its probability, judged by the very
    interval of :func:`arm_difference`. Cost: the product of the likely counts of both arms.

    Raises
    ------
    UsageError
        A number is outside its range.
    """
    _require_ranges(graded_rate, control_rate, design_effect=design_effect, sizes=(n_graded, n_control))
    sizes = [max(1, int(n / design_effect)) for n in (n_graded, n_control)]
    counts, chances = zip(
        *(_likely(n, rate) for n, rate in zip(sizes, (graded_rate, control_rate), strict=True)), strict=True
    )
    values = [count / n for count, n in zip(counts, sizes, strict=True)]
    limits = [clopper_pearson(count, n, confidence=confidence) for count, n in zip(counts, sizes, strict=True)]
    difference = values[0][:, None] - values[1][None, :]
    down = np.hypot((values[0] - limits[0].low)[:, None], (limits[1].high - values[1])[None, :])
    up = np.hypot((limits[0].high - values[0])[:, None], (values[1] - limits[1].low)[None, :])
    is_clear = (difference - down > 0) | (difference + up < 0)
    return float(chances[0] @ is_clear @ chances[1])


def checks_per_arm(
    *,
    graded_rate: float,
    control_rate: float,
    power: float,
    control_share: float = 0.5,
    design_effect: float = 1.0,
    confidence: float = CONFIDENCE,
) -> tuple[int, int]:
    """Return the checks of the graded and of the control arm that reach a power.

    Parameters
    ----------
    power : chance 0..1 of seeing the difference.
    control_share : share of all checks that the control arm makes, 0..1 exclusive.

    Returns
    -------
    n_graded, n_control : the smallest in steps of 1 % that reach it.

    Raises
    ------
    UsageError
        A number is outside its range, the rates are equal, or no size below two million reaches the power.
    """
    _require_ranges(graded_rate, control_rate, design_effect=design_effect, sizes=(1, 1))
    if graded_rate == control_rate or not (0 < power < 1 and 0 < control_share < 1):
        remedy = Message(N_("give two different rates, and power and share of the control arm between 0 and 1"))
        raise UsageError(what="power", value=(graded_rate, control_rate, power, control_share), remedy=remedy)
    total = max(20.0, 0.7 * design_effect * _normal_size(graded_rate, control_rate, power, control_share, confidence))
    while total <= LARGEST_ARM:
        arms = math.ceil(total * (1 - control_share)), math.ceil(total * control_share)
        found = power_of(
            *arms,
            graded_rate=graded_rate,
            control_rate=control_rate,
            design_effect=design_effect,
            confidence=confidence,
        )
        if found >= power:
            return arms
        total = max(total + 1, total * (1.3 if found < power / 2 else 1.01))
    remedy = Message(N_("the difference is too small to be seen with {n} checks"), {"n": LARGEST_ARM})
    raise UsageError(what="power", value=power, remedy=remedy)


def arm_difference(
    sample: DesignSample, *, outcome: Outcome = Outcome.VIOLATION, confidence: float = CONFIDENCE
) -> Arms:
    """Return the rate of an outcome in each arm and the effect of being supervised by grade.

    Parameters
    ----------
    sample : its rows hold ``outcome`` and ``arm`` (graded, control, or null: due by law, so outside). Where districts
        and not firms were assigned by lot, they are its teams (:func:`~engine.estimation.sample.design_sample`), so
        that their differences count.
    outcome : ``violation`` among the reached, or ``unreachable`` among the assessable.

    Raises
    ------
    UndefinedEstimateError
        One arm has no row.

    Notes
    -----
    Each arm's rate is weighted to all firms of the arm, whatever its ratios, so the arms are alike but for the draw.
    Limits by MOVER. Source: docs/spec/estimators.md §9.
    """
    found = {}
    codes = sample.rows["outcome"]
    below = codes.isin(REACHED) if outcome is Outcome.VIOLATION else codes.isin([*REACHED, Outcome.UNREACHABLE])
    for arm in Arm:
        own = sample.rows["arm"].eq(arm.value).fillna(value=False).astype(bool)
        if not (own & below).any():
            raise UndefinedEstimateError(
                measure=Message(N_("the effect")),
                reason=Message(N_("the arm {arm} has no checked row"), {"arm": arm.value}),
            )
        measure = f"{outcome.value}_rate"
        found[arm] = rate(sample, own & below & (codes == outcome), own & below, measure=measure, confidence=confidence)
    effect = combined(
        [found[Arm.GRADED], found[Arm.CONTROL]], signs=[1.0, -1.0], measure=f"effect_on_{outcome.value}_rate"
    )
    return Arms(found[Arm.GRADED], found[Arm.CONTROL], effect)


def expectation_gap(
    sample: DesignSample, *, riskier: str = "D", milder: str = "A", confidence: float = CONFIDENCE
) -> tuple[Estimate, Estimate, Estimate]:
    """Return how far apart two grades are to officers who see the class, to those who do not, and the difference.

    Parameters
    ----------
    sample : its rows hold ``outcome``, ``grade`` and ``is_blind`` (the officer did not see the class).

    Returns
    -------
    Three estimates: gap seen, gap blind, and the first less the second: what knowing the class adds.

    Raises
    ------
    UndefinedEstimateError
        One of the four groups has no reached row.
    """
    rows = sample.rows
    sight = rows["is_blind"].astype(bool).map({True: "|blind", False: "|seen"})
    group = rows["grade"].astype(str) + sight.astype(str)
    table = rates_by(replace(sample, rows=rows.assign(group=group)), by="group", confidence=confidence)
    names = [f"{grade}|{sight}" for sight in ("seen", "blind") for grade in (riskier, milder)]
    lost = sorted(set(names) - set(table.loc[table["n"] > 0, "group"]))
    if lost:
        raise UndefinedEstimateError(
            measure=Message(N_("what knowing the class adds")),
            reason=Message(N_("nobody was reached in {groups}"), {"groups": ", ".join(lost)}),
        )
    own = table.set_index("group").loc[names].to_dict("records")
    parts = [
        Estimate(
            "hit_rate",
            row["hit_rate"],
            row["low"],
            row["high"],
            row["n"],
            row["effective_n"],
            row["method"],
            Basis.DESIGN,
        )
        for row in own
    ]
    return (
        combined(parts[:2], signs=[1.0, -1.0], measure="gap_seen"),
        combined(parts[2:], signs=[1.0, -1.0], measure="gap_blind"),
        combined(parts, signs=[1.0, -1.0, -1.0, 1.0], measure="gap_from_expectation"),
    )


def combined(parts: Sequence[Estimate], *, signs: Sequence[float], measure: str) -> Estimate:
    """Return the signed sum of independent rates with MOVER limits."""
    values, lows, highs = (
        np.array([getattr(part, name) for part in parts], dtype=float) for name in ("value", "low", "high")
    )
    weights = np.array(signs, dtype=float)
    low, high = linear_limits(weights, Rates(values, lows, highs))
    return Estimate(
        measure,
        value=float(weights @ values),
        low=low,
        high=high,
        n=sum(part.n for part in parts),
        effective_n=min(part.effective_n for part in parts),
        method="mover",
        basis=parts[0].basis,
    )


def _normal_size(graded: float, control: float, power: float, share: float, confidence: float) -> float:
    """Checks that the normal approximation asks for; the exact search starts below it."""
    reach = float(ndtri(power) - ndtri((1 - confidence) / 2))
    spread = graded * (1 - graded) / (1 - share) + control * (1 - control) / share
    return reach**2 * spread / (graded - control) ** 2


def _likely(n: int, chance: float) -> tuple[FloatArray, FloatArray]:
    first, last = (int(binom.ppf(tail, n, chance)) for tail in (_TAILS, 1 - _TAILS))
    counts = np.arange(first, last + 1, dtype=float)
    return counts, np.asarray(binom.pmf(counts, n, chance), dtype=float)


def _require_ranges(*rates: float, design_effect: float, sizes: tuple[float, float]) -> None:
    if not all(0 < rate < 1 for rate in rates) or design_effect < 1 or min(sizes) <= 0:
        remedy = Message(N_("rates lie between 0 and 1, sizes above 0, a design effect is 1 or more"))
        raise UsageError(what="power", value=(*rates, design_effect, *sizes), remedy=remedy)
