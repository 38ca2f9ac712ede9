"""The best ratios of a frame, what binds, the curve of findings against precision and burden, and a draft of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
import pandas as pd

from engine.api.policies.laboratory import Bench
from engine.errors import PolicyInconsistentError, UsageError
from engine.laboratory.conflict import conflicting_limits
from engine.laboratory.experiment import Experiment
from engine.laboratory.optimum import most_precise, optimise
from engine.laboratory.prices import shadow_prices
from engine.laboratory.simulation import expected_in_full, precision, simulate
from engine.messages import N_, Message
from engine.parameters import DatedValue, Parameter
from engine.pipeline.best_ratios import Question, Wishes, best_ratio_question
from engine.pipeline.expected_visits import with_expected_visits
from engine.ratios.capacity import Capacity, read_efforts
from engine.ratios.policy import ITEMS, RatioPolicy, class_parameter
from engine.vocabulary import ItemClass

CURVE_POINTS = 6
DIGITS = 6
_MILLIONTH = 10**DIGITS


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One plan on the curve: findings against precision and burden."""

    findings: float
    total_cv: float
    class_a_cv: float
    checks: float
    visits_per_firm: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class BestPolicy:
    """Best yearly ratios by item (or item class) and grade, what binds, and the curve.

    ``findings`` holds those of the checks that law makes due. From the second draw of a year on, findings and curve
    speak of the rest of the year; the ratios are the year's, with ``checks_so_far`` drawn already. ``visits`` says for
    each limit on visits what is expected beside the least possible; the limit holds for what is expected.
    """

    ratios: Mapping[str, Mapping[str, float]]
    findings: float
    binding: tuple[Message, ...]
    curve: tuple[CurvePoint, ...]
    checks_so_far: float = 0.0
    visits: tuple[Message, ...] = ()


def optimise_policy(bench: Bench, experiment: Experiment, wishes: Wishes) -> BestPolicy:
    """Return the ratios that find most within floors, caps, order, capacity, visits and required precision.

    The capacity of the policy holds besides what is wished for. In a year of which draws were held already, what they
    took of quotas, caps, checks, visits and person-days is subtracted, and the rest is chosen.

    Raises
    ------
    PolicyInconsistentError
        The limits cannot hold together; the conflicting ones are named.
    UsageError
        The bench draws plan lines, which set ratios of their own.
    """
    if bench.plan is not None:
        raise UsageError(
            what=Message(N_("plan lines")),
            value=bench.plan.plan,
            remedy=Message(N_("look for the best ratios outside a plan; its lines set ratios of their own")),
        )
    limits = (*bench.capacity.limits, *wishes.person_days)
    if bench.earlier is not None:
        departments = dict(zip(bench.items["item_code"], bench.items["department_code"], strict=True))
        whole = Capacity(limits, read_efforts(bench.book, bench.items, on=bench.occasion.as_of))
        limits = whole.left_for(bench.earlier.done, departments, draws_left=1).limits
    question = best_ratio_question(
        experiment,
        bench.policy,
        bench.items,
        wishes=replace(wishes, person_days=limits),
        names=bench.names,
        earlier=bench.earlier,
    )
    best = optimise(question.problem)
    if best is None:
        names = conflicting_limits(question.problem)
        params = {f"limit{at}": name for at, name in enumerate(names)}
        template = " + ".join("{" + key + "}" for key in params)
        problem = Message(N_("these limits cannot hold together: {limits}"), {"limits": Message(template, params)})
        raise PolicyInconsistentError(name="optimise", problem=problem)
    held = with_expected_visits(experiment, question, best)
    question, best = held.question, held.best
    ratios: dict[str, dict[str, float]] = {}
    for (owner, grade), ratio in zip(question.names, question.yearly(best.ratios), strict=True):
        ratios.setdefault(owner, {})[grade] = round(float(ratio), DIGITS)
    binding = shadow_prices(question.problem, best)
    curve = _curve(experiment, question)
    so_far = 0.0 if bench.earlier is None else bench.earlier.n_checks
    return BestPolicy(ratios, best.value + question.due_findings, binding, curve, so_far, held.notes)


def _curve(experiment: Experiment, question: Question) -> tuple[CurvePoint, ...]:
    """From the plan that finds most to the one that measures best, every other limit kept."""
    problem = question.unmeasured
    everyone = np.ones(len(question.variable), dtype=bool)
    greedy, sharpest = optimise(problem), most_precise(problem, question.spread(experiment, everyone))
    if greedy is None or sharpest is None:
        return ()
    ends = [question.ratios_of_cells(found.ratios) for found in (greedy, sharpest)]
    coarse, fine = (precision(experiment, ratios)[0] for ratios in ends)
    points = [_point(experiment, ends[0])]
    for cv in np.geomspace(coarse, fine, CURVE_POINTS)[1:-1]:
        found = optimise(question.measured(experiment, float(cv)))
        if found is not None:
            points.append(_point(experiment, question.ratios_of_cells(found.ratios)))
    return (*points, _point(experiment, ends[1]))


def _point(experiment: Experiment, ratios: np.ndarray[Any, np.dtype[np.float64]]) -> CurvePoint:
    simulated = simulate(experiment, ratios)
    return CurvePoint(
        float((ratios * expected_in_full(experiment)).sum()),
        simulated.total_cv,
        simulated.grade_cv.get("A", float("nan")),
        simulated.checks,
        simulated.burden,
    )


def policy_point(bench: Bench, experiment: Experiment, *, policy: RatioPolicy | None = None) -> CurvePoint:
    """Return where a policy (the bench's own when None) lies beside the curve; the cost is that of one simulation."""
    return _point(experiment, bench.frame.ratios_under(bench.policy if policy is None else policy))


def curve_table(best: BestPolicy, *, present: CurvePoint | None = None) -> pd.DataFrame:
    """Return the curve as a tidy table: plan (1 finds most), measure, grade (empty for all), value.

    Parameters
    ----------
    present : a policy to show beside the curve, as plan 0 (:func:`policy_point`).

    Notes
    -----
    Measures: findings, total_cv, class_a_cv, checks, visits_per_firm (by grade).
    """
    rows: list[tuple[int, str, str, float]] = []
    points = list(enumerate(best.curve, start=1))
    for plan, point in points if present is None else [(0, present), *points]:
        rows += [
            (plan, name, "", float(getattr(point, name))) for name in ("findings", "total_cv", "class_a_cv", "checks")
        ]
        rows += [(plan, "visits_per_firm", grade, visits) for grade, visits in point.visits_per_firm.items()]
    return pd.DataFrame(rows, columns=["plan", "measure", "grade", "value"])


def ratio_table(best: BestPolicy) -> pd.DataFrame:
    """Return the best ratios as a tidy table: owner (item or item class), grade, ratio."""
    rows = [(owner, grade, ratio) for owner, held in best.ratios.items() for grade, ratio in held.items()]
    return pd.DataFrame(rows, columns=["owner", "grade", "ratio"])


def draft_of(bench: Bench, best: BestPolicy, *, valid_from: date, reference: str) -> dict[str, Parameter]:
    """Return the best ratios as dated values that ``draft_policy`` takes, in exact millionths.

    Ratios are rounded down, never below the floor; rounding keeps their order. A grade that the frame does not hold
    keeps the ratio of the policy, raised or lowered as far as the order of ratios asks.
    """
    floors = bench.policy.floor.by_grade
    by_item = not set(best.ratios) <= {kind.value for kind in ItemClass}
    classes = dict(zip(bench.items["item_code"], bench.items["item_class"], strict=True))
    written: dict[str, dict[str, str]] = {}
    for owner, held in best.ratios.items():
        usual = (
            bench.policy.ratios(owner, ItemClass(classes[owner])).by_grade
            if by_item
            else bench.policy.classes[ItemClass(owner)].by_grade
        )
        exact = {
            grade: max(floors[grade], Fraction(floor(held[grade] * _MILLIONTH), _MILLIONTH)) if grade in held else old
            for grade, old in usual.items()
        }
        written[owner] = {grade: str(ratio) for grade, ratio in _ordered(exact, kept=set(held)).items()}
    if by_item:
        own: Mapping[str, object] = bench.book.value(ITEMS, on=bench.occasion.as_of) or {}
        unit = bench.book.parameter(ITEMS).unit
        return {ITEMS: Parameter(ITEMS, unit, {valid_from: DatedValue({**own, **written}, reference)})}
    names = {owner: class_parameter(ItemClass(owner)) for owner in written}
    return {
        name: Parameter(name, bench.book.parameter(name).unit, {valid_from: DatedValue(written[owner], reference)})
        for owner, name in names.items()
    }


def _ordered(exact: Mapping[str, Fraction], *, kept: set[str]) -> dict[str, Fraction]:
    """Move ratios of grades that were not chosen between those of their neighbours."""
    found = dict(exact)
    grades = [grade for grade in ("A", "B", "C", "D") if grade in found]
    for at, grade in enumerate(grades):
        if grade in kept:
            continue
        milder = [found[other] for other in grades[:at]]
        riskier = [found[other] for other in grades[at + 1 :] if other in kept]
        found[grade] = min([max([found[grade], *milder]), *riskier])
    return found
