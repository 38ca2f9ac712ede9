"""Which limits cannot hold together: a smallest set of them, by name."""

import numpy as np

from engine.laboratory.optimum import can_hold, least_violation
from engine.laboratory.problem import RatioProblem
from engine.messages import Message

_RESISTS = 1e-7


def conflicting_limits(problem: RatioProblem) -> tuple[Message, ...]:
    """Return the names of limits that conflict; empty when the problem can be solved.

    Notes
    -----
    Where all limits are broken by one least share, those without a price do not take part in the conflict. Of the
    others each is left out in turn; what stays infeasible without it did not need it. Taking any one of the named
    limits away makes the rest feasible. Halves are tried first, so few named limits cost few programs.
    """
    if can_hold(problem):
        return ()
    names = [*(limit.name for limit in problem.linear), *(limit.name for limit in problem.precision)]
    kept = _broken_together(problem, len(names))
    size = max(len(kept) // 2, 1)
    while size:
        members = sorted(kept)
        for at in range(0, len(members), size):
            trial = kept - frozenset(members[at : at + size])
            if not can_hold(problem.without(trial, floors=True)):
                kept = trial
        size //= 2
    named = tuple(names[at] for at in sorted(kept))
    return named if not can_hold(problem.without(kept, floors=False)) else (*named, problem.floor_name)


def _broken_together(problem: RatioProblem, n_limits: int) -> frozenset[int]:
    """The limits that resist where all are broken least; all of them should rounding hide the conflict."""
    resisting = frozenset(np.flatnonzero(least_violation(problem) > _RESISTS).tolist())
    conflict = resisting and not can_hold(problem.without(resisting, floors=True))
    return resisting if conflict else frozenset(range(n_limits))
