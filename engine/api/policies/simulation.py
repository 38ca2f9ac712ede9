"""What a policy would find and cost in the next draw, and how it differs from another one in the same futures."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pandas as pd

from engine.api.policies.laboratory import Bench
from engine.errors import PolicyInconsistentError
from engine.laboratory.experiment import Experiment
from engine.laboratory.simulation import (
    Difference,
    Simulated,
    Spread,
    difference,
    expected_in_full,
    half_widths,
    measures,
    planned_units,
    simulate,
    spread,
)
from engine.laboratory.trial import untried
from engine.messages import Message
from engine.parameters import DatedValue, Parameter
from engine.pipeline.laboratory import allocation_of
from engine.ratios.policy import RatioPolicy, class_parameter
from engine.store.documents import parameters_text
from engine.vocabulary import JOINER, Arm, ItemClass

INTERVAL_LEVEL = "estimation.interval_level"


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPolicy:
    """One policy simulated.

    Parameters
    ----------
    flags : sentences on where it leaves what was tried.
    half_widths : half the interval of the next hit rate by grade (empty for all), a share 0..1.
    level : coverage of these intervals, policy ``estimation.interval_level``.
    """

    simulated: Simulated
    flags: tuple[Message, ...]
    half_widths: Mapping[str, float]
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class AllocatedPolicy:
    """What a draw would commit to; a draw with violations is refused. See :func:`allocate_policy`."""

    table: pd.DataFrame
    notes: tuple[Message, ...]
    violations: tuple[Message, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPolicies:
    """Two policies in the same futures; ``change`` is the first minus ``other``, by measure."""

    policy: SimulatedPolicy
    other: SimulatedPolicy
    change: Mapping[str, Difference]


def simulate_policy(bench: Bench, experiment: Experiment, *, policy: RatioPolicy | None = None) -> SimulatedPolicy:
    """Simulate the bench's draw under ``policy`` (the bench's own when None).

    Notes
    -----
    Strata, floors, caps, capacity, exclusions and legal floors are those of a draw. What does not depend on the ratios
    stands ready in bench and experiment, so a changed ratio costs a few array operations.
    """
    ratios = bench.frame.ratios_under(bench.policy if policy is None else policy)
    found = simulate(experiment, ratios)
    level = float(bench.book.value(INTERVAL_LEVEL, on=bench.occasion.as_of))
    halves = half_widths(experiment, found, level=level)
    return SimulatedPolicy(found, untried(experiment, ratios), halves, level)


def allocate_policy(bench: Bench, *, policy: RatioPolicy | None = None) -> AllocatedPolicy:
    """Return what the bench's draw would commit to, stratum by stratum, with what was trimmed and why.

    Returns
    -------
    Table, key (item_code, stratum): district_code, grade (joined by ; where strata were merged), is_due, n_units,
    ratio (exact text a/b), expected_units, fewest and most whole units under the rounding rule, rounding, trimmed_by
    (cap, capacity or empty).

    Notes
    -----
    ``ceil`` rounds a stratum up; ``cum`` carries one public uniform through the strata, so that a stratum gets its
    expected units rounded down or up and the item's total within one (docs/spec/ratios.md §4).
    """
    found = allocation_of(bench.frame, bench.policy if policy is None else policy)
    exact = [ratio * int(n) for ratio, n in zip(found.table["ratio"], found.table["n_units"], strict=True)]
    is_up = (found.table["rounding"] == "ceil").to_numpy()
    most = np.array([ceil(units) for units in exact])
    columns = ["item_code", "stratum", "district_code", "grade", "is_due", "n_units"]
    table = found.table[columns].assign(
        ratio=[f"{ratio.numerator}/{ratio.denominator}" for ratio in found.table["ratio"]],
        expected_units=[float(units) for units in exact],
        fewest=np.where(is_up, most, np.array([floor(units) for units in exact])),
        most=most,
        rounding=found.table["rounding"],
        trimmed_by=found.table["trimmed_by"],
    )
    return AllocatedPolicy(table, found.notes, found.violations)


def compare_policies(bench: Bench, experiment: Experiment, other: RatioPolicy, *, name: str) -> ComparedPolicies:
    """Simulate the bench's policy and ``other`` (called ``name``) with the same rates and luck.

    Raises
    ------
    PolicyInconsistentError
        ``other`` breaks a rule of its own.
    """
    violations = other.check(bench.items)
    if violations:
        raise PolicyInconsistentError(name=name, problem=violations[0])
    ours, theirs = simulate_policy(bench, experiment), simulate_policy(bench, experiment, policy=other)
    return ComparedPolicies(ours, theirs, difference(ours.simulated, theirs.simulated))


def plan_table(bench: Bench, experiment: Experiment, *, policy: RatioPolicy | None = None) -> pd.DataFrame:
    """Return what each line of the bench's plan brings and costs, its control arm apart.

    Returns
    -------
    DataFrame, key (line_id, arm), arm empty outside a control arm: item_codes, units, checks, person_days, findings
    (all expected, under the shrunken rates). No rows outside a plan. Visits belong to the draw: lines share them.
    """
    columns = ["line_id", "arm", "item_codes", "units", "checks", "person_days", "findings"]
    if bench.plan is None:
        return pd.DataFrame({name: [] for name in columns})
    cells = experiment.cells
    units = planned_units(experiment, bench.frame.ratios_under(bench.policy if policy is None else policy))
    size = cells["n_units"].to_numpy(dtype=float)
    line_of = bench.plan.draw.line_of
    each = pd.DataFrame(
        {
            "line_id": [line_of[str(code)].line_id for code in cells["item_code"]],
            "arm": np.where(cells["is_control"].to_numpy(dtype=bool), Arm.CONTROL.value, ""),
            "units": size,
            "checks": units,
            "person_days": units * cells["effort"].to_numpy(dtype=float),
            "findings": units / size * expected_in_full(experiment),
        }
    )
    found = each.groupby(["line_id", "arm"], sort=True).sum().reset_index()
    items = {line.line_id: JOINER.join(line.items) for line in bench.plan.draw.lines}
    return found.assign(item_codes=found["line_id"].map(items))[columns]


def with_ratio(policy: RatioPolicy, item_class: ItemClass, grade: str, ratio: Fraction) -> RatioPolicy:
    """Return the policy with one ratio of an item class changed: what a slider asks for. It is not checked."""
    held = policy.classes[item_class]
    moved = replace(held, by_grade={**held.by_grade, grade: ratio})
    return replace(policy, classes={**policy.classes, item_class: moved})


def ratio_draft(bench: Bench, policy: RatioPolicy, *, valid_from: date, reference: str) -> str:
    """Return the text of a draft file with the class ratios in which ``policy`` differs from the bench's own.

    ``xinheng policy simulate --draft`` and ``xinheng policy draft`` read it; empty when nothing differs.
    """
    moved = {
        class_parameter(kind): {grade: str(ratio) for grade, ratio in held.by_grade.items()}
        for kind, held in policy.classes.items()
        if held.by_grade != bench.policy.classes[kind].by_grade
    }
    if not moved:
        return ""
    return parameters_text(
        {
            name: Parameter(name, bench.book.parameter(name).unit, {valid_from: DatedValue(value, reference)})
            for name, value in moved.items()
        }
    )


def simulated_table(found: SimulatedPolicy) -> pd.DataFrame:
    """Return a simulation as a tidy table that a chart plots unchanged.

    Returns
    -------
    DataFrame, key (measure, grade), grade empty for all: p10, p50, p90 (null where a figure has no spread), expected.
    Measures of all: those of :func:`engine.laboratory.simulation.measures`, and checks; of a grade: findings, visits,
    visits_per_firm, cv (of the next measurement), half_width (of its hit rate, a share; of all grades together too).
    """
    result = found.simulated
    grades = list(result.burden)
    known = {
        "findings": sum(result.expected_findings.values()),
        "cv": result.total_cv,
        "visited_share": result.visited_share,
    }
    rows: list[tuple[str, str, Spread | None, float]] = [
        (name, "", spread(values), known.get(name, float(values.mean()))) for name, values in measures(result).items()
    ]
    rows += [("checks", "", None, result.checks), ("half_width", "", None, found.half_widths[""])]
    for at, grade in enumerate(grades):
        rows += [
            ("findings", grade, spread(result.findings[:, at]), result.expected_findings[grade]),
            ("visits", grade, spread(result.visits[:, at]), float(result.visits[:, at].mean())),
            ("visits_per_firm", grade, None, result.burden[grade]),
            ("cv", grade, spread(result.grade_cvs[:, at]), result.grade_cv[grade]),
            ("half_width", grade, None, found.half_widths[grade]),
        ]
    nothing = Spread(float("nan"), float("nan"), float("nan"))
    table = [(measure, grade, *astuple(each or nothing), expected) for measure, grade, each, expected in rows]
    return pd.DataFrame(table, columns=["measure", "grade", "p10", "p50", "p90", "expected"])
