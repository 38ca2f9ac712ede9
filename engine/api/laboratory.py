"""The ratio policy laboratory over a workspace: simulate, evaluate and optimise; nothing is stored or changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.api.draw_commitment import current
from engine.api.policies import read_policies
from engine.errors import PolicyInconsistentError, TableMissingError, UndefinedEstimateError
from engine.estimation.logged import logged_frame
from engine.estimation.policy_result import Estimator, EvaluationLimits, PolicyValue
from engine.estimation.policy_value import policy_contrast, policy_value
from engine.laboratory.cells import CELL_KEY
from engine.laboratory.conflict import conflicting_limits
from engine.laboratory.experiment import Experiment, set_up
from engine.laboratory.optimum import most_precise, optimise
from engine.laboratory.prices import shadow_prices
from engine.laboratory.simulation import Simulated, precision, simulate
from engine.laboratory.trial import untried
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.laboratory import (
    Frame,
    Question,
    Wishes,
    best_ratio_question,
    laboratory_frame,
    planned_ratios,
    with_findings,
)
from engine.ratios.policy import RatioPolicy, read_ratio_policy
from engine.simulation.stream import stream
from engine.store.workspace import Workspace

CURVE_POINTS = 6
DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A workspace's draws, item list and policy, ready for the laboratory."""

    book: PolicyBook
    policy: RatioPolicy
    items: pd.DataFrame
    logged: pd.DataFrame
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPolicy:
    """One policy simulated, with sentences on where it leaves what was tried."""

    simulated: Simulated
    flags: tuple[Message, ...]


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


def prepare(workspace: Workspace, *, profile: str, as_of: date, draft: Path | None = None) -> Bench:
    """Read every run draw of a workspace with its results, under a policy that breaks no rule.

    Raises
    ------
    PolicyInconsistentError
        The policy breaks a rule of its own.
    SelectionModeError
        A drawn row was checked on another ground than the draw.
    TableMissingError
        No draw was run.
    """
    book = read_policies(profile, draft=draft)
    policy = read_ratio_policy(book, on=as_of)
    items = current(workspace, "items", key="item_code", on=as_of)
    violations = policy.check(items)
    if violations:
        raise PolicyInconsistentError(name=profile, problem=violations[0])
    logged = _logged(workspace)
    frame = laboratory_frame(logged, items, policy, efforts=book.value("capacity.effort", on=as_of))
    return Bench(book, policy, items, logged, frame)


def _logged(workspace: Workspace) -> pd.DataFrame:
    warehouse = workspace.warehouse
    latest: dict[str, pd.DataFrame] = {}
    for run in warehouse.runs(kind="draw"):
        rows = warehouse.read("selections", run_id=run.run_id).execute()
        for draw_id, part in rows.groupby("draw_id"):
            latest[str(draw_id)] = part
    if not latest:
        raise TableMissingError(table="selections", remedy=Message(N_("run a draw first")))
    history = warehouse.history("inspections")
    columns = ["entity_id", "item_code", "selection_mode", "result_codes"]
    parts = []
    for draw_id, part in sorted(latest.items()):
        found = history.filter(history.draw_id == draw_id, history.superseded_at.isnull()).select(*columns).execute()
        parts.append(with_findings(part, found))
    logged = pd.concat(parts, ignore_index=True)
    if logged["adverse"].isna().all():
        raise UndefinedEstimateError(
            measure=Message(N_("the laboratory")), reason=Message(N_("no draw has results yet"))
        )
    return logged


def experiment_of(bench: Bench, *, draws: int, seed: int) -> Experiment:
    """Return what all simulations of this frame share; the same seed gives the same futures."""
    return set_up(bench.frame.cells, bench.frame.memberships, draws=draws, generator=stream(seed, "laboratory"))


def simulate_policy(bench: Bench, experiment: Experiment) -> SimulatedPolicy:
    """Simulate the bench's policy as one draw of a year's quota."""
    ratios = planned_ratios(experiment.cells, bench.policy, bench.items)
    return SimulatedPolicy(simulate(experiment, ratios), untried(experiment, ratios))


def evaluate_policy(bench: Bench, *, as_of: date, estimator: Estimator) -> tuple[PolicyValue, PolicyValue]:
    """Return what the bench's policy would have found in the logged draws, and the difference from what was drawn."""
    parts = []
    for _, part in bench.logged.groupby("draw_id", sort=True):
        cells = part.merge(bench.items[["item_code", "item_class"]], on="item_code", how="left")
        table = cells.groupby([*CELL_KEY, "item_class"], sort=True).agg(n_units=("entity_id", "size")).reset_index()
        table["alternative_probability"] = planned_ratios(table, bench.policy, bench.items)
        parts.append(part.merge(table[[*CELL_KEY, "alternative_probability"]], on=CELL_KEY, how="left"))
    logged = logged_frame(pd.concat(parts, ignore_index=True))
    limits = EvaluationLimits(**bench.book.value("estimation.evaluation_limits", on=as_of))
    level: Any = {"confidence": float(bench.book.value("estimation.interval_level", on=as_of))}
    return (
        policy_value(logged, estimator=estimator, limits=limits, **level),
        policy_contrast(logged, estimator=estimator, limits=limits, **level),
    )


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
