"""From cells and a policy to the question of the best ratios."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from engine.laboratory.experiment import Experiment
from engine.laboratory.posterior import Codes, FloatArray
from engine.laboratory.problem import LimitKind, LinearLimit, PrecisionLimit, RatioProblem
from engine.messages import N_, Message
from engine.ratios.policy import RatioPolicy, item_rows
from engine.vocabulary import RISK_GRADES, ItemClass


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the best ratios must keep besides the policy's floors and caps.

    Parameters
    ----------
    checks : most checks a year, or None.
    person_days : most person-days by department.
    total_cv, class_a_cv : greatest coefficient of variation of the next estimate of all findings, and of class A's.
    by_item : ratios per item instead of per item class.
    """

    checks: float | None
    person_days: Mapping[str, float]
    total_cv: float | None
    class_a_cv: float | None
    by_item: bool


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A problem, and which of its variables each cell follows; ``names`` are (item or item class, grade)."""

    problem: RatioProblem
    variable: Codes
    names: tuple[tuple[str, str], ...]


def best_ratio_question(
    experiment: Experiment, policy: RatioPolicy, items: pd.DataFrame, *, wishes: Wishes
) -> Question:
    """Return the problem of the best ratios on shrunken rates."""
    cells = experiment.cells
    owner = cells["item_code"] if wishes.by_item else cells["item_class"]
    variable, keys = pd.factorize(pd.MultiIndex.from_arrays([owner, cells["grade"]]), sort=True)
    names = tuple((str(key[0]), str(key[1])) for key in keys)

    def sums(values: FloatArray) -> FloatArray:
        return np.bincount(variable, weights=values, minlength=len(names)).astype(float)

    units = cells["n_units"].to_numpy(dtype=float)
    days = units * cells["effort"].to_numpy(dtype=float)
    linear = [*_order(names), *_caps(cells, items, units, sums)]
    if wishes.checks is not None:
        name = Message(N_("at most {n} checks"), {"n": f"{wishes.checks:g}"})
        linear.append(LinearLimit(LimitKind.CHECKS, name, "", sums(units), wishes.checks))
    for department, limit in sorted(wishes.person_days.items()):
        name = Message(N_("at most {n} person-days in {department}"), {"n": f"{limit:g}", "department": department})
        own = (cells["department_code"] == department).to_numpy()
        linear.append(LinearLimit(LimitKind.CAPACITY, name, department, sums(days * own), limit))
    spread = units * experiment.mean * (1 - experiment.mean)
    everyone, class_a = np.ones(len(cells), dtype=bool), (cells["grade"] == RISK_GRADES[0]).to_numpy()
    precise = [
        _precision(subject, cv, sums(spread * rows), float((units * experiment.mean)[rows].sum()))
        for subject, cv, rows in (("total", wishes.total_cv, everyone), ("class A", wishes.class_a_cv, class_a))
        if cv is not None
    ]
    floors = np.array([float(policy.floor.by_grade[grade]) for _, grade in names])
    problem = RatioProblem(
        sums(units * experiment.mean),
        floors,
        np.ones(len(names)),
        tuple(linear),
        tuple(precise),
        Message(N_("the floors of the policy ({reference})"), {"reference": policy.floor.reference}),
    )
    return Question(problem, variable, names)


def _precision(subject: str, cv: float, spread: FloatArray, total: float) -> PrecisionLimit:
    """Sum N S^2 (1/r - 1) <= (cv Y)^2."""
    name = Message(N_("coefficient of variation of {subject} at most {cv}"), {"subject": subject, "cv": f"{cv:g}"})
    return PrecisionLimit(name, subject, spread, (cv * total) ** 2 + float(spread.sum()), cv)


def _order(names: tuple[tuple[str, str], ...]) -> list[LinearLimit]:
    """Ratios that do not fall while risk rises."""
    place = {name: at for at, name in enumerate(names)}
    found = []
    for owner in sorted({owner for owner, _ in names}):
        held = [grade for grade in RISK_GRADES if (owner, grade.value) in place]
        for mild, risky in pairwise(held):
            weights = np.zeros(len(names))
            weights[place[(owner, mild.value)]], weights[place[(owner, risky.value)]] = 1.0, -1.0
            params: dict[str, object] = {"owner": owner, "mild": mild.value, "risky": risky.value}
            name = Message(N_("{owner}: ratio of {mild} not above that of {risky}"), params)
            found.append(LinearLimit(LimitKind.ORDER, name, owner, weights, 0.0))
    return found


def _caps(
    cells: pd.DataFrame, items: pd.DataFrame, units: FloatArray, sums: Callable[[FloatArray], FloatArray]
) -> list[LinearLimit]:
    found = []
    held = set(cells["item_code"])
    for item in item_rows(items):
        if item.item_class is not ItemClass.GENERAL or item.cap is None or item.item_code not in held:
            continue
        own = (cells["item_code"] == item.item_code).to_numpy()
        bound = float(int(item.cap * int(units[own].sum())))
        name = Message(
            N_("ratio cap {cap} of {item} ({reference})"),
            {"cap": str(item.cap), "item": item.item_code, "reference": item.basis},
        )
        weights = sums(units * own)
        found.append(LinearLimit(LimitKind.CAP, name, item.item_code, weights, bound))
    return found
