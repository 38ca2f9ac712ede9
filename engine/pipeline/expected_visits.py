"""Limits on visits held by the visits that a draw is expected to make, not by the least possible.

The linear problem knows that a firm is visited with its greatest ratio at least. A draw visits more: thresholds are
tickets, and checks of key items are rounded up (docs/spec/laboratory.md §3). So each limit is tightened by what the
best ratios so far were expected to visit beyond the least, until the expected visits keep it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.laboratory.experiment import Experiment
from engine.laboratory.optimum import Optimum, optimise
from engine.laboratory.posterior import FloatArray
from engine.laboratory.problem import LimitKind
from engine.laboratory.simulation import planned_units, visit_chances
from engine.messages import N_, Message
from engine.pipeline.best_ratios import Question

_ROUNDS = 8
_NEAR = 1e-3
"""Share of a limit by which expected visits may lie above it: a tenth of a per cent is below what a draw can tell."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldVisits:
    """The best ratios under limits on visits.

    Parameters
    ----------
    question : the question with its limits tightened. best : its answer. notes : per limited grade, what is expected.
    """

    question: Question
    best: Optimum
    notes: tuple[Message, ...]


def with_expected_visits(experiment: Experiment, question: Question, best: Optimum) -> HeldVisits:
    """Return the best ratios whose expected visits keep the question's limits on visits.

    Parameters
    ----------
    best : answer of ``question``, whose limits speak of the least visits possible.

    Notes
    -----
    Where no ratios above the floors keep a limit so, the last answer stands and the note says by how much it is missed.
    """
    asked = {str(limit.subject): limit.bound for limit in question.problem.linear if limit.kind is LimitKind.VISITS}
    excess = dict.fromkeys(asked, 0.0)
    current, answer = question, best
    for _ in range(_ROUNDS):
        expected, least = _visits(experiment, question, answer, asked)
        if all(expected[grade] <= asked[grade] + _NEAR * abs(asked[grade]) for grade in asked):
            break
        excess = {grade: max(excess[grade], expected[grade] - least[grade]) for grade in asked}
        tighter = _tightened(question, excess)
        found = optimise(tighter.problem)
        if found is None:
            break
        current, answer = tighter, found
    return HeldVisits(current, answer, _notes(experiment, question, answer, asked))


def _visits(
    experiment: Experiment, question: Question, best: Optimum, asked: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Expected and least visits that count against each limit: those that law makes due are no part of it."""
    profiles, ratios = experiment.profiles, question.ratios_of_cells(best.ratios)
    drawn = planned_units(experiment, ratios) / experiment.cells["n_units"].to_numpy(dtype=float)
    is_free = np.logical_and.reduceat(question.variable[profiles.cells] >= 0, profiles.starts)
    chances = visit_chances(experiment, drawn), np.maximum.reduceat(ratios[profiles.cells], profiles.starts)
    expected, least = (_by_grade(experiment, chance * is_free) for chance in chances)
    return {grade: expected[grade] for grade in asked}, {grade: least[grade] for grade in asked}


def _by_grade(experiment: Experiment, chance: FloatArray) -> dict[str, float]:
    profiles = experiment.profiles
    sums = np.bincount(profiles.grade, weights=profiles.n_objects * chance, minlength=len(experiment.grades))
    return dict(zip(experiment.grades, sums.tolist(), strict=True))


def _surely(experiment: Experiment, question: Question) -> dict[str, float]:
    """Objects of each grade of which law makes something due."""
    profiles = experiment.profiles
    is_due = np.logical_or.reduceat(question.variable[profiles.cells] < 0, profiles.starts)
    return _by_grade(experiment, is_due.astype(float))


def _tightened(question: Question, excess: Mapping[str, float]) -> Question:
    linear = tuple(
        replace(limit, bound=limit.bound - excess[str(limit.subject)]) if limit.kind is LimitKind.VISITS else limit
        for limit in question.problem.linear
    )
    return replace(question, problem=replace(question.problem, linear=linear))


def _notes(
    experiment: Experiment, question: Question, best: Optimum, asked: Mapping[str, float]
) -> tuple[Message, ...]:
    expected, least = _visits(experiment, question, best, asked)
    surely = _surely(experiment, question)
    found = []
    for grade, most in asked.items():
        params: dict[str, object] = {
            "grade": grade,
            "expected": f"{expected[grade] + surely[grade]:,.1f}",
            "least": f"{least[grade] + surely[grade]:,.1f}",
            "most": f"{most + surely[grade]:,.1f}",
        }
        text = N_("grade {grade}: {expected} visits expected, {least} the least possible, at most {most} asked for")
        if expected[grade] > most + _NEAR * abs(most):
            text = N_(
                "grade {grade}: {expected} visits expected, more than the {most} asked for; no ratios above the floors "
                "bring less than the least possible {least} and the rounding up of small strata"
            )
        found.append(Message(text, params))
    return tuple(found)
