"""Which limits cannot hold together: a smallest set of them, by name."""

from engine.laboratory.optimum import optimise
from engine.laboratory.problem import RatioProblem
from engine.messages import Message


def conflicting_limits(problem: RatioProblem) -> tuple[Message, ...]:
    """Return the names of limits that conflict; empty when the problem can be solved.

    Notes
    -----
    Deletion filter: each limit is left out in turn; what stays infeasible without it did not need it. Taking any one of
    the named limits away makes the rest feasible. Halves are tried first, so few named limits cost few programs.
    """
    if optimise(problem) is not None:
        return ()
    names = [*(limit.name for limit in problem.linear), *(limit.name for limit in problem.precision)]
    kept = frozenset(range(len(names)))
    size = max(len(kept) // 2, 1)
    while True:
        at = 0
        while at < len(names):
            trial = kept - frozenset(range(at, at + size))
            if trial != kept and optimise(problem.without(trial, floors=True)) is None:
                kept = trial
            at += size
        if size == 1:
            break
        size = max(size // 2, 1)
    named = tuple(names[at] for at in sorted(kept))
    return named if optimise(problem.without(kept, floors=False)) is None else (*named, problem.floor_name)
