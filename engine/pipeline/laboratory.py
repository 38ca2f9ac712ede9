"""From logged draws to the laboratory: cells with what random rows showed, planned ratios, the question of the best."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import SelectionModeError
from engine.estimation.outcome import Outcome, classify_outcomes
from engine.laboratory.cells import CELL_KEY
from engine.laboratory.experiment import Experiment
from engine.laboratory.posterior import Codes, FloatArray
from engine.laboratory.problem import LimitKind, LinearLimit, PrecisionLimit, RatioProblem
from engine.messages import N_, Message
from engine.ratios.allocation import committed_ratios
from engine.ratios.policy import RatioPolicy, item_rows
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import Strata
from engine.vocabulary import RISK_GRADES, ItemClass, SelectionMode


@dataclass(frozen=True, slots=True)
class Frame:
    """What the laboratory works on: ``cells`` and ``memberships`` as ``engine.laboratory.experiment.set_up`` asks."""

    cells: pd.DataFrame
    memberships: pd.DataFrame


def with_findings(selections: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Return frame rows with ``selection_mode`` and ``adverse`` of the drawn ones.

    Parameters
    ----------
    selections : every frame row of one draw. results : its rows of ``inspections``: entity_id, item_code,
        selection_mode, result_codes.

    Raises
    ------
    SelectionModeError
        A drawn row was checked on another ground (scheduled, directed).

    Notes
    -----
    ``adverse`` is true for a violation, false for every other result (nothing was found, also when nobody was met),
    null without a result and for rows not drawn.
    """
    rows = selections.merge(
        results[["entity_id", "item_code", "selection_mode", "result_codes"]],
        on=["entity_id", "item_code"],
        how="left",
        validate="1:1",
    )
    other = rows["is_drawn"] & rows["selection_mode"].notna() & (rows["selection_mode"] != SelectionMode.RANDOM)
    if other.any():
        raise SelectionModeError(n_rows=int(other.sum()), mode=str(rows.loc[other, "selection_mode"].iloc[0]))
    outcome = classify_outcomes(rows["result_codes"].where(rows["is_drawn"]))
    adverse = (outcome == Outcome.VIOLATION).astype("boolean").mask(outcome == Outcome.NOT_DONE)
    return rows.assign(selection_mode=SelectionMode.RANDOM.value, adverse=adverse)


def laboratory_frame(
    logged: pd.DataFrame, items: pd.DataFrame, policy: RatioPolicy, *, efforts: Mapping[str, Any]
) -> Frame:
    """Return the latest frame as cells.

    Parameters
    ----------
    logged : rows of :func:`with_findings` of every draw, the latest last; the latest is the frame.
    items : item_code, item_class, department_code. efforts : policy ``capacity.effort``.
    """
    latest = logged[logged["draw_id"] == logged["draw_id"].iloc[-1]]
    seen = logged[logged["adverse"].notna()].drop_duplicates(["entity_id", "item_code"], keep="last")
    seen = seen.merge(latest[["entity_id", "item_code"]], on=["entity_id", "item_code"])
    cells = latest.groupby(CELL_KEY, sort=True).agg(n_units=("entity_id", "size"))
    counts = seen.assign(adverse=seen["adverse"].astype("int64")).groupby(CELL_KEY)["adverse"].agg(["size", "sum"])
    tried = logged.groupby(CELL_KEY)["design_probability"].agg(["min", "max"])
    cells["n_observed"] = counts["size"].reindex(cells.index, fill_value=0).clip(upper=cells["n_units"])
    cells["n_findings"] = counts["sum"].reindex(cells.index, fill_value=0).clip(upper=cells["n_observed"])
    cells["lowest_tried"], cells["highest_tried"] = tried["min"].reindex(cells.index), tried["max"].reindex(cells.index)
    cells = cells.reset_index().merge(items[["item_code", "item_class", "department_code"]], on="item_code", how="left")
    own = {str(code): float(Fraction(str(days))) for code, days in (efforts["items"] or {}).items()}
    usual = float(Fraction(str(efforts["default"])))
    cells["effort"] = cells["item_code"].map(own).fillna(usual)
    cells["rounding"] = cells["item_class"].map({c.value: rule for c, rule in policy.rounding.items()})
    at = pd.MultiIndex.from_frame(cells[CELL_KEY]).get_indexer(pd.MultiIndex.from_frame(latest[CELL_KEY]))
    return Frame(cells, pd.DataFrame({"object": pd.factorize(latest["entity_id"])[0], "cell": at}))


def planned_ratios(cells: pd.DataFrame, policy: RatioPolicy, items: pd.DataFrame) -> FloatArray:
    """Return the ratio of every cell when the year's quota is drawn at once, caps applied as in a draw."""
    codes = [f"{at:07d}" for at in range(len(cells))]
    table = cells[[*CELL_KEY, "item_class", "n_units"]].assign(is_due=False, stratum=codes)
    found = committed_ratios(Strata(table, table), policy, items, draw=DrawOfYear(1, 1)).table
    by_stratum = dict(zip(found["stratum"], found["ratio"], strict=True))
    return np.array([float(by_stratum[code]) for code in codes])


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
