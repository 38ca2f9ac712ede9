"""The best ratios of a frame, what binds, and the curve of findings against precision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.api.laboratory import Bench
from engine.errors import PolicyInconsistentError
from engine.laboratory.conflict import conflicting_limits
from engine.laboratory.experiment import Experiment
from engine.laboratory.optimum import most_precise, optimise
from engine.laboratory.prices import shadow_prices
from engine.laboratory.simulation import precision, simulate
from engine.messages import N_, Message
from engine.pipeline.best_ratios import Question, Wishes, best_ratio_question

CURVE_POINTS = 6
DIGITS = 6


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
    """Best ratios by item (or item class) and grade, what binds, and the curve."""

    ratios: Mapping[str, Mapping[str, float]]
    findings: float
    binding: tuple[Message, ...]
    curve: tuple[CurvePoint, ...]


def optimise_policy(bench: Bench, experiment: Experiment, wishes: Wishes) -> BestPolicy:
    """Return the ratios that find most within floors, caps, order, capacity and required precision.

    Raises
    ------
    PolicyInconsistentError
        The limits cannot hold together; the conflicting ones are named.
    """
    question = best_ratio_question(experiment, bench.policy, bench.items, wishes=wishes)
    best = optimise(question.problem)
    if best is None:
        names = conflicting_limits(question.problem)
        params = {f"limit{at}": name for at, name in enumerate(names)}
        template = " + ".join("{" + key + "}" for key in params)
        problem = Message(N_("these limits cannot hold together: {limits}"), {"limits": Message(template, params)})
        raise PolicyInconsistentError(name="optimise", problem=problem)
    ratios: dict[str, dict[str, float]] = {}
    for (owner, grade), ratio in zip(question.names, best.ratios, strict=True):
        ratios.setdefault(owner, {})[grade] = round(float(ratio), DIGITS)
    binding = shadow_prices(question.problem, best)
    return BestPolicy(ratios, best.value, binding, _curve(bench, experiment, question, wishes))


def _curve(bench: Bench, experiment: Experiment, question: Question, wishes: Wishes) -> tuple[CurvePoint, ...]:
    """From the plan that finds most to the one that measures best, every other limit kept."""
    free = Wishes(wishes.checks, wishes.person_days, None, None, wishes.by_item)
    problem = best_ratio_question(experiment, bench.policy, bench.items, wishes=free).problem
    cells = experiment.cells
    spread = cells["n_units"].to_numpy(dtype=float) * experiment.mean * (1 - experiment.mean)
    weights = np.bincount(question.variable, weights=spread, minlength=len(question.names)).astype(float)
    greedy, sharpest = optimise(problem), most_precise(problem, weights)
    if greedy is None or sharpest is None:
        return ()
    coarse, fine = (precision(experiment, found.ratios[question.variable])[0] for found in (greedy, sharpest))
    points = [_point(experiment, greedy.ratios[question.variable])]
    for cv in np.geomspace(coarse, fine, CURVE_POINTS)[1:-1]:
        wished = Wishes(wishes.checks, wishes.person_days, float(cv), None, wishes.by_item)
        found = optimise(best_ratio_question(experiment, bench.policy, bench.items, wishes=wished).problem)
        if found is not None:
            points.append(_point(experiment, found.ratios[question.variable]))
    return (*points, _point(experiment, sharpest.ratios[question.variable]))


def _point(experiment: Experiment, ratios: np.ndarray[Any, np.dtype[np.float64]]) -> CurvePoint:
    simulated = simulate(experiment, ratios)
    return CurvePoint(
        float((experiment.cells["n_units"].to_numpy(dtype=float) * ratios * experiment.mean).sum()),
        simulated.total_cv,
        simulated.grade_cv.get("A", float("nan")),
        simulated.checks,
        simulated.burden,
    )
