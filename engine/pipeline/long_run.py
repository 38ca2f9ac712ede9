"""The loop over years: grades → ratios → draw → findings → updated grades, under one policy after another.

Every policy spends the same checks a year in the same world with the same luck. What a policy does not look at it
cannot learn: a policy without exploration keeps the grades it believed in. What firms and citizens do is assumed in
``engine.simulation.yearly_world``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.laboratory.experiment import set_up
from engine.laboratory.optimum import optimise
from engine.pipeline.best_ratios import Question, Wishes, best_ratio_question
from engine.pipeline.yearly_grading import PastYear, YearlyGrading, yearly_grades
from engine.ratios.policy import RatioPolicy
from engine.simulation.stream import Generator
from engine.simulation.yearly_world import YearlyWorld
from engine.vocabulary import RISK_GRADES, ItemClass

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Rule = Callable[["Memory", Codes, float], Floats]
GRADES = tuple(grade.value for grade in RISK_GRADES)
_EVIDENCE_YEARS = 2


class Rival(StrEnum):
    """The policies that are compared."""

    UNIFORM = "uniform"
    GRADED = "graded"
    OPTIMISED = "optimised"
    GREEDY = "greedy_without_floor"


@dataclass(frozen=True, slots=True, eq=False)
class LongRun:
    """What is compared.

    Parameters
    ----------
    world : firms and their luck. warm_up : years before the run; uniform draws then give the first grades.
    years : of the run. share : checks a year as a share of firms. grading : scorecards and cuts that make the grades.
    policy : floors, and the ratios whose proportions ``graded`` follows.
    total_cv : greatest coefficient of variation of the estimate of all violations, for ``optimised``; times that of a
        uniform draw of the same size.
    """

    world: YearlyWorld
    warm_up: int
    years: int
    share: float
    grading: YearlyGrading
    policy: RatioPolicy
    total_cv: float


@dataclass(slots=True, eq=False)
class Memory:
    """What a regulator knows: results of random draws and substantiated complaints.

    Parameters
    ----------
    past : years that were lived, the latest last: checks, findings and complaints of every firm.
    drawn, found : random checks and findings by year: (district, grade) counts.
    held_back : what holds each firm back this year, logit.
    """

    run: LongRun
    past: list[PastYear]
    drawn: list[Floats]
    found: list[Floats]
    held_back: Floats

    @classmethod
    def empty(cls, run: LongRun) -> "Memory":
        """Return the memory of a regulator who has seen nothing."""
        return cls(run, [], [], [], np.zeros(len(run.world.district)))

    def grade(self, year: int) -> Codes:
        """Return the grade of every firm, 0 = A, by the product's scorecards from what is remembered."""
        return yearly_grades(self.run.grading, self.run.world, self.past, year=year)

    def learn(self, drawn: npt.NDArray[np.bool_], violated: npt.NDArray[np.bool_], year: int, grade: Codes) -> None:
        """Take in a year: the results of its random checks, and its complaints."""
        world = self.run.world
        found = drawn & violated
        self.past.append(PastYear(drawn, found, world.complaints[:, year]))
        cell = world.district * len(GRADES) + grade
        n_cells = (int(world.district.max()) + 1) * len(GRADES)
        self.drawn.append(np.bincount(cell[drawn], minlength=n_cells).astype(float))
        self.found.append(np.bincount(cell[found], minlength=n_cells).astype(float))
        effects = world.reactions
        self.held_back = np.where(found, effects.found_effect, 0.0)
        self.held_back += np.where(drawn & ~found, effects.checked_effect, 0.0)


def run_long(run: LongRun, *, generator: Generator) -> pd.DataFrame:
    """Return every policy's years as a tidy table.

    Returns
    -------
    DataFrame, key (policy, year, measure): value. Measures: checks, findings, hit_rate, violations (all that happened),
    lift (hit rate over that of a uniform draw), found_share (of all violations), unseen_share (violations in grades
    where nobody was drawn), estimated (violations by the random draw, grades without a check missing), class_a_checks,
    class_a_rate (true), class_a_seen (share found in class A, null without a check), class_a_visits_per_firm.
    """
    base = Memory.empty(run)
    for year in range(run.warm_up):
        _live(run, base, year, _uniform, generator=generator)
    rows: list[dict[str, object]] = []
    for rival, rule in _rules(run, generator).items():
        memory = _copied(base)
        for year in range(run.warm_up, run.warm_up + run.years):
            figures = _live(run, memory, year, rule, generator=generator)
            at: dict[str, object] = {"policy": rival.value, "year": year - run.warm_up + 1}
            rows += [at | {"measure": name, "value": value} for name, value in figures.items()]
    return pd.DataFrame(rows, columns=["policy", "year", "measure", "value"])


def _copied(memory: Memory) -> Memory:
    return Memory(memory.run, list(memory.past), list(memory.drawn), list(memory.found), memory.held_back.copy())


def _live(run: LongRun, memory: Memory, year: int, rule: Rule, *, generator: Generator) -> dict[str, float]:
    """One year: grade, choose ratios, draw, find, learn; its figures."""
    grade = memory.grade(year)
    budget = run.share * len(grade)
    ratios = rule(memory, grade, budget)
    sizes = np.bincount(grade, minlength=len(GRADES)).astype(float)
    quotas = _whole(ratios * sizes, generator)
    drawn = _sample(grade, quotas, generator)
    known_chance = run.world.reactions.known_chance_effect * ratios[grade]
    violated = run.world.luck[:, year] < run.world.chances(year, memory.held_back + known_chance)
    memory.learn(drawn, violated, year, grade)
    return _figures(grade, drawn, violated)


def _figures(grade: Codes, drawn: npt.NDArray[np.bool_], violated: npt.NDArray[np.bool_]) -> dict[str, float]:
    n_grades = len(GRADES)
    firms, checks, true, found = (
        np.bincount(grade, weights=each, minlength=n_grades).astype(float)
        for each in (np.ones(len(grade)), drawn, violated, drawn & violated)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = found / checks
    hit_rate = float(found.sum() / max(checks.sum(), 1.0))
    return {
        "checks": float(checks.sum()),
        "findings": float(found.sum()),
        "hit_rate": hit_rate,
        "violations": float(true.sum()),
        "lift": hit_rate / max(float(true.sum() / firms.sum()), 1e-12),
        "found_share": float(found.sum() / max(true.sum(), 1.0)),
        "unseen_share": float(true[checks == 0].sum() / max(true.sum(), 1.0)),
        "estimated": float(np.nansum(np.where(checks > 0, firms * rate, np.nan))),
        "class_a_checks": float(checks[0]),
        "class_a_rate": float(true[0] / firms[0]),
        "class_a_seen": float(rate[0]),
        "class_a_visits_per_firm": float(checks[0] / firms[0]),
    }


def _whole(exact: Floats, generator: Generator) -> Codes:
    """Whole checks per grade: one uniform carried through the cumulated ones, as ``cum`` rounds."""
    edges = np.floor(np.r_[0.0, np.cumsum(exact)] + generator.random() + 1e-9)
    return np.asarray(np.diff(edges), dtype=np.int64)


def _sample(grade: Codes, quotas: Codes, generator: Generator) -> npt.NDArray[np.bool_]:
    """Draw whole checks per grade without replacement: the lowest tickets."""
    order = np.lexsort((generator.random(len(grade)), grade))
    sizes = np.bincount(grade, minlength=len(quotas))
    place = np.arange(len(grade)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    drawn = np.zeros(len(grade), dtype=bool)
    drawn[order] = place < quotas[grade[order]]
    return drawn


def _rules(run: LongRun, generator: Generator) -> Mapping[Rival, Rule]:
    def optimised(memory: Memory, grade: Codes, budget: float) -> Floats:
        return _optimised(run, memory, grade, budget, generator)

    return {
        Rival.UNIFORM: _uniform,
        Rival.GRADED: lambda memory, grade, budget: _graded(run.policy, grade, budget),
        Rival.OPTIMISED: optimised,
        Rival.GREEDY: _greedy,
    }


def _uniform(memory: Memory, grade: Codes, budget: float) -> Floats:
    return np.full(len(GRADES), budget / len(grade))


def _graded(policy: RatioPolicy, grade: Codes, budget: float) -> Floats:
    """The policy's proportions, scaled to the budget."""
    sizes = np.bincount(grade, minlength=len(GRADES)).astype(float)
    shape = np.array([float(policy.classes[ItemClass.GENERAL].by_grade[name]) for name in GRADES])
    low, high = 0.0, float(1 / shape.min())
    for _ in range(60):
        middle = (low + high) / 2
        spent = float(sizes @ np.minimum(1.0, middle * shape))
        low, high = (middle, high) if spent <= budget else (low, middle)
    return np.minimum(1.0, low * shape)


def _greedy(memory: Memory, grade: Codes, budget: float) -> Floats:
    """Everything where most was found, by what is remembered of each grade; nobody else is looked at."""
    sizes = np.bincount(grade, minlength=len(GRADES)).astype(float)
    counts = (np.sum(each, axis=0) for each in (memory.drawn, memory.found))
    drawn, found = (each.reshape(-1, len(GRADES)).sum(axis=0) for each in counts)
    rate = found / np.maximum(drawn, 1.0)
    ratios, left = np.zeros(len(GRADES)), budget
    for at in np.argsort(-rate, kind="stable"):
        ratios[at] = min(1.0, left / max(sizes[at], 1.0))
        left -= ratios[at] * sizes[at]
    return ratios


def _optimised(run: LongRun, memory: Memory, grade: Codes, budget: float, generator: Generator) -> Floats:
    """The best ratios on shrunken rates of the last years, within floors, order and a required precision."""
    n_districts = int(run.world.district.max()) + 1
    cell = run.world.district * len(GRADES) + grade
    units = np.bincount(cell, minlength=n_districts * len(GRADES))
    evidence, shown = (np.sum(each[-_EVIDENCE_YEARS:], axis=0) for each in (memory.drawn, memory.found))
    district, held = (part.ravel() for part in np.indices((n_districts, len(GRADES))))
    cells = pd.DataFrame(
        {
            "item_code": "checks",
            "district_code": [f"{code:03d}" for code in district],
            "grade": np.array(GRADES)[held],
            "item_class": ItemClass.KEY.value,
            "department_code": "",
            "n_units": units,
            "n_observed": 0,
            "n_findings": 0,
            "n_evidence": evidence,
            "n_evidence_findings": shown,
            "effort": 1.0,
            "rounding": "cum",
            "lowest_tried": np.nan,
            "highest_tried": np.nan,
        }
    )
    cells = cells[cells["n_units"] > 0].reset_index(drop=True)
    nobody = pd.DataFrame({"object": np.arange(len(cells)), "cell": np.arange(len(cells))})
    experiment = set_up(cells, nobody, draws=2, generator=generator)
    items = pd.DataFrame({"item_code": ["checks"], "item_class": ["key"], "ratio_cap": [None], "basis": ["-"]})
    items = items.assign(department_code="")
    wishes = Wishes(budget, (), None, None, by_item=True)
    question = best_ratio_question(experiment, run.policy, items, wishes=wishes)
    size = cells["n_units"].to_numpy(dtype=float)
    spread = size * experiment.mean * (1 - experiment.mean)
    uniform_cv = np.sqrt(spread.sum() * (len(grade) / budget - 1)) / (size * experiment.mean).sum()
    best = optimise(question.measured(experiment, float(run.total_cv * uniform_cv)))
    if best is None:  # a required precision that even the sharpest ratios miss binds nothing
        best = optimise(question.unmeasured)
    if best is None:
        return _uniform(memory, grade, budget)
    return _by_grade(question, best.ratios)


def _by_grade(question: Question, ratios: Floats) -> Floats:
    found = np.zeros(len(GRADES))
    for (_, grade), ratio in zip(question.names, ratios, strict=False):
        found[GRADES.index(grade)] = ratio
    return found
