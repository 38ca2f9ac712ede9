"""From cells and a policy to the question of the best yearly ratios."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.laboratory.experiment import Experiment
from engine.laboratory.posterior import Codes, FloatArray
from engine.laboratory.problem import LimitKind, LinearLimit, PrecisionLimit, RatioProblem
from engine.laboratory.simulation import expected_in_full
from engine.messages import N_, Message
from engine.pipeline.earlier_draws import EarlierDraws, YearlyScale, yearly_scale
from engine.pipeline.visit_limits import VisitRows, visit_rows
from engine.ratios.capacity import CapacityLimit, rows_of_limits
from engine.ratios.policy import RatioPolicy, item_rows
from engine.vocabulary import RISK_GRADES

_TOTAL, _CLASS_A = Message(N_("total")), Message(N_("class A"))
Sums = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the best ratios must keep besides the policy's floors and caps; everything speaks of a whole year.

    Parameters
    ----------
    checks : most checks, or None.
    person_days : most person-days by department, district or both.
    total_cv, class_a_cv : greatest coefficient of variation of the next estimate of all findings, and of class A's.
    by_item : ratios per item instead of per item class.
    visits : most visits per firm of a grade, on average.
    """

    checks: float | None
    person_days: Sequence[CapacityLimit]
    total_cv: float | None
    class_a_cv: float | None
    by_item: bool
    visits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A problem, and which of its variables each cell follows.

    Parameters
    ----------
    variable : of each cell; -1 where law makes the cell due, which is drawn in full whatever the ratios.
    names : (item or item class, grade) of each ratio; the problem may have further variables behind them.
    due_findings, due_checks : what the due cells bring in.
    scale : how the problem's variables, shares of the units left, become yearly ratios.
    """

    problem: RatioProblem
    variable: Codes
    names: tuple[tuple[str, str], ...]
    due_findings: float
    due_checks: float
    scale: YearlyScale

    def yearly(self, ratios: FloatArray) -> FloatArray:
        """Return the yearly ratio of every name: what earlier draws took, and the share of what is left."""
        return np.asarray(self.scale.slope * ratios[: len(self.names)] + self.scale.offset)

    @property
    def unmeasured(self) -> RatioProblem:
        """The problem without its limits on precision."""
        return replace(self.problem, precision=())

    def measured(self, experiment: Experiment, cv: float) -> RatioProblem:
        """Return the problem with one limit on precision, that of the estimate of all findings."""
        everyone = np.ones(len(self.variable), dtype=bool)
        return replace(self.problem, precision=(self._precision(experiment, _TOTAL, cv, everyone),))

    def spread(self, experiment: Experiment, rows: npt.NDArray[np.bool_]) -> FloatArray:
        """Return sum N p(1-p) of each variable over some cells."""
        size = experiment.cells["n_units"].to_numpy(dtype=float)
        weights = size * experiment.mean * (1 - experiment.mean) * rows
        free = self.variable >= 0
        wide = len(self.problem.gains)
        return np.bincount(self.variable[free], weights=weights[free], minlength=wide).astype(float)

    def _precision(
        self, experiment: Experiment, subject: Message, cv: float, rows: npt.NDArray[np.bool_]
    ) -> PrecisionLimit:
        """Sum N S^2 (1/r - 1) <= (cv Y)^2."""
        spread = self.spread(experiment, rows)
        total = float((experiment.cells["n_units"].to_numpy(dtype=float) * experiment.mean)[rows].sum())
        name = Message(N_("coefficient of variation of {subject} at most {cv}"), {"subject": subject, "cv": f"{cv:g}"})
        return PrecisionLimit(name, subject, spread, (cv * total) ** 2 + float(spread.sum()), cv)

    def with_precisions(self, experiment: Experiment, wishes: Wishes) -> "Question":
        """Return the question with the limits on precision that are wished for."""
        class_a = (experiment.cells["grade"] == RISK_GRADES[0]).to_numpy()
        asked = ((_TOTAL, wishes.total_cv, np.ones_like(class_a)), (_CLASS_A, wishes.class_a_cv, class_a))
        limits = tuple(self._precision(experiment, subject, cv, rows) for subject, cv, rows in asked if cv is not None)
        return replace(self, problem=replace(self.problem, precision=limits))

    def ratios_of_cells(self, ratios: FloatArray) -> FloatArray:
        """Return the ratio of every cell: its variable's, or 1 where it is due."""
        return np.where(self.variable < 0, 1.0, ratios[np.maximum(self.variable, 0)])


def best_ratio_question(
    experiment: Experiment,
    policy: RatioPolicy,
    items: pd.DataFrame,
    *,
    wishes: Wishes,
    names: Mapping[str, str] | None = None,
    earlier: EarlierDraws | None = None,
) -> Question:
    """Return the problem of the best ratios on shrunken rates.

    Parameters
    ----------
    names : what people call departments and districts.
    earlier : what this year's draws took so far; then the ratios of the rest of the year are asked for. None = nothing.
        Person-days of ``wishes`` are those that are left; all else of the wishes speaks of the whole year.
    """
    cells = experiment.cells
    due = cells["is_due"].to_numpy(dtype=bool)
    variable, keys = _variables(cells, by_item=wishes.by_item)
    n_ratios = len(keys)

    def sums(values: FloatArray) -> FloatArray:
        return np.bincount(variable[~due], weights=values[~due], minlength=n_ratios).astype(float)

    units = cells["n_units"].to_numpy(dtype=float)
    in_full = expected_in_full(experiment)
    floors = np.array([float(policy.floor.by_grade[grade]) for _, grade in keys])
    owners = dict(zip(cells["item_code"], cells["item_code" if wishes.by_item else "item_class"], strict=True))
    scale = yearly_scale(keys, sums(units), floors, owners=owners, earlier=earlier)
    linear = [*_order(keys, scale), *_caps(cells, items, units, sums, earlier)]
    if wishes.checks is not None:
        name = Message(N_("at most {n} checks"), {"n": f"{wishes.checks:g}"})
        left = wishes.checks - float(units[due].sum()) - (0.0 if earlier is None else earlier.n_checks)
        linear.append(LinearLimit(LimitKind.CHECKS, name, "", sums(units), left))
    linear += _capacity(cells, items, wishes.person_days, sums, names or {})
    floor_name = Message(N_("the floors of the policy ({reference})"), {"reference": policy.floor.reference})
    problem = RatioProblem(sums(in_full), scale.lowest, scale.highest, tuple(linear), (), floor_name)
    if wishes.visits:
        problem = _with_visits(problem, visit_rows(experiment, variable, wishes.visits, earlier))
    question = Question(problem, variable, keys, float(in_full[due].sum()), float(units[due].sum()), scale)
    return question.with_precisions(experiment, wishes)


def _variables(cells: pd.DataFrame, *, by_item: bool) -> tuple[Codes, tuple[tuple[str, str], ...]]:
    owner = cells["item_code"] if by_item else cells["item_class"]
    due = cells["is_due"].to_numpy(dtype=bool)
    codes, keys = pd.factorize(pd.MultiIndex.from_arrays([owner[~due], cells["grade"][~due]]), sort=True)
    variable = np.full(len(cells), -1, dtype=np.int64)
    variable[~due] = codes
    return variable, tuple((str(key[0]), str(key[1])) for key in keys)


def _order(names: tuple[tuple[str, str], ...], scale: YearlyScale) -> list[LinearLimit]:
    """Yearly ratios that do not fall while risk rises."""
    place = {name: at for at, name in enumerate(names)}
    found = []
    for owner in sorted({owner for owner, _ in names}):
        held = [grade for grade in RISK_GRADES if (owner, grade.value) in place]
        for mild, risky in pairwise(held):
            weights = np.zeros(len(names))
            low, high = place[(owner, mild.value)], place[(owner, risky.value)]
            weights[low], weights[high] = scale.slope[low], -scale.slope[high]
            params: dict[str, object] = {"owner": owner, "mild": mild.value, "risky": risky.value}
            name = Message(N_("{owner}: ratio of {mild} not above that of {risky}"), params)
            bound = float(scale.offset[high] - scale.offset[low])
            found.append(LinearLimit(LimitKind.ORDER, name, owner, weights, bound))
    return found


def _caps(
    cells: pd.DataFrame, items: pd.DataFrame, units: FloatArray, sums: Sums, earlier: EarlierDraws | None
) -> list[LinearLimit]:
    """What an item's cap leaves once the due cells are drawn in full and earlier draws are counted."""
    found = []
    held, due = set(cells["item_code"]), cells["is_due"].to_numpy(dtype=bool)
    for item in item_rows(items):
        if item.cap is None or item.item_code not in held:
            continue
        own = (cells["item_code"] == item.item_code).to_numpy()
        drawn, gone = (0, 0) if earlier is None else earlier.of_item(item.item_code)
        bound = float(int(item.cap * (int(units[own].sum()) + gone)) - drawn - units[own & due].sum())
        name = Message(
            N_("ratio cap {cap} of {item} ({reference})"),
            {"cap": str(item.cap), "item": item.item_code, "reference": item.basis},
        )
        found.append(LinearLimit(LimitKind.CAP, name, item.item_code, sums(units * own), bound))
    return found


def _capacity(
    cells: pd.DataFrame,
    items: pd.DataFrame,
    limits: Sequence[CapacityLimit],
    sums: Sums,
    names: Mapping[str, str],
) -> list[LinearLimit]:
    departments = dict(zip(items["item_code"], items["department_code"], strict=True))
    days = cells["n_units"].to_numpy(dtype=float) * cells["effort"].to_numpy(dtype=float)
    due = cells["is_due"].to_numpy(dtype=bool)
    found = []
    for limit, own in zip(limits, rows_of_limits(limits, cells, departments), strict=True):
        codes = [code for code in (limit.label, limit.district, limit.department) if code]
        place = " ".join(names.get(code, code) for code in codes) or Message(N_("all departments together"))
        params: dict[str, object] = {"n": f"{float(limit.person_days):g}", "place": place, "reference": limit.reference}
        known = N_("at most {n} person-days in {place} ({reference})")
        name = Message(known if limit.reference else N_("at most {n} person-days in {place}"), params)
        left = float(limit.person_days) - float(days[own & due].sum())
        found.append(LinearLimit(LimitKind.CAPACITY, name, place, sums(days * own), left))
    return found


def _with_visits(problem: RatioProblem, visits: VisitRows) -> RatioProblem:
    """Add a variable for the chance of a visit of every kind of object: at least each of its ratios."""
    n_ratios, n_kinds = len(problem.gains), len(visits.objects)
    wide = n_ratios + n_kinds

    def widened(weights: FloatArray) -> FloatArray:
        return np.asarray(np.r_[weights, np.zeros(n_kinds)])

    linear = [
        LinearLimit(limit.kind, limit.name, limit.subject, widened(limit.weights), limit.bound)
        for limit in problem.linear
    ]
    covers = Message(N_("a visit covers every item drawn for a firm"))
    for kind, ratio in zip(visits.kind.tolist(), visits.ratio.tolist(), strict=True):
        weights = np.zeros(wide)
        weights[ratio], weights[n_ratios + kind] = 1.0, -1.0
        linear.append(LinearLimit(LimitKind.LINK, covers, "", weights, 0.0))
    for grade, (most, chances, surely) in visits.limits.items():
        name = Message(
            N_("at most {n} visits per firm of grade {grade}"), {"n": f"{visits.asked[grade]:g}", "grade": grade}
        )
        weights = np.r_[np.zeros(n_ratios), chances]
        linear.append(LinearLimit(LimitKind.VISITS, name, grade, weights, most - surely))
    lowest = np.r_[problem.lowest, visits.lowest(problem.lowest)]
    highest = np.r_[problem.highest, np.ones(n_kinds)]
    return RatioProblem(widened(problem.gains), lowest, highest, tuple(linear), (), problem.floor_name)
