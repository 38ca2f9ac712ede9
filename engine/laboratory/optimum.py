"""The best ratios: HiGHS on linear programs, with tangents in place of each 1/x that precision needs.

1/x is convex, so its tangents lie below it: every program is a relaxation and its value an upper bound. Tangents are
added where the last answer was until every precision limit holds to a part in 10^8; the answer is then feasible and
best to the same order, and the multipliers of the last program are the shadow prices. With one budget and one precision
limit this is the closed form clip(S sqrt(l2 / (l1 - p)), floor, cap). Source: docs/spec/laboratory.md §4.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from engine.errors import EstimationError
from engine.laboratory.posterior import FloatArray
from engine.laboratory.problem import RatioProblem
from engine.messages import N_, Message

_TOLERANCE = 1e-8
_MOST_ROUNDS = 60
_FIRST_TANGENTS = 6
_OPTIMAL, _INFEASIBLE = 0, 2


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """The answer.

    Parameters
    ----------
    ratios : best x.
    value : gains @ ratios.
    prices : multiplier of each linear limit, then of each precision limit, >= 0: findings per unit of its bound.
    rounds : programs solved.
    """

    ratios: FloatArray
    value: float
    prices: FloatArray
    rounds: int


def optimise(problem: RatioProblem) -> Optimum | None:
    """Return the best ratios, or None when no ratios keep every limit.

    Raises
    ------
    EstimationError
        The solver stopped without an answer, or the tangents did not settle.
    """
    return _solve(problem, gains=problem.gains, variance_cost=np.zeros(len(problem.gains)))


def most_precise(problem: RatioProblem, weights: FloatArray) -> Optimum | None:
    """Return the ratios that make ``sum(weights / x)`` least within the limits; ``value`` is minus that sum."""
    return _solve(problem, gains=np.zeros(len(weights)), variance_cost=weights)


@dataclass(slots=True)
class _Tangents:
    """Tangents of s >= lowest / x at touched points: -s - lowest x / t^2 <= -2 lowest / t."""

    lowest: FloatArray
    variables: list[npt.NDArray[np.int64]]
    points: list[FloatArray]

    def add(self, variables: npt.NDArray[np.int64], points: FloatArray) -> None:
        self.variables.append(variables)
        self.points.append(points)

    def rows(self) -> tuple[csr_array, FloatArray]:
        n = len(self.lowest)
        at, point = np.concatenate(self.variables), np.concatenate(self.points)
        slope = self.lowest[at] / point**2
        row = np.arange(len(at))
        entries = np.r_[-slope, -np.ones(len(at))]
        matrix = csr_array((entries, (np.r_[row, row], np.r_[at, at + n])), shape=(len(at), 2 * n))
        return matrix, -2 * self.lowest[at] / point


def _solve(problem: RatioProblem, *, gains: FloatArray, variance_cost: FloatArray) -> Optimum | None:
    n = len(gains)
    curved = np.zeros(n, dtype=bool)
    for weights in (variance_cost, *(limit.weights for limit in problem.precision)):
        curved |= weights > 0
    tangents = _Tangents(problem.lowest, [], [])
    for share in np.linspace(0, 1, _FIRST_TANGENTS):
        at = np.flatnonzero(curved)
        tangents.add(at, problem.lowest[at] * (problem.highest[at] / problem.lowest[at]) ** share)
    scale = max(float(np.abs(gains).max(initial=0)), float((variance_cost / problem.lowest).max(initial=0)), 1e-12)
    cost = np.r_[-gains, variance_cost / problem.lowest] / scale
    for rounds in range(1, _MOST_ROUNDS + 1):
        answer = _program(problem, cost, tangents)
        if answer is None:
            return None
        x, auxiliary, prices = answer
        gap = np.where(curved, problem.lowest / x - auxiliary, 0.0)
        if not curved.any() or _is_settled(problem, x, gap, variance_cost):
            value = float(gains @ x - (variance_cost / x).sum())
            return Optimum(x, value, prices * scale, rounds)
        open_ones = np.flatnonzero(gap > _TOLERANCE * auxiliary * 0.1)
        tangents.add(open_ones, x[open_ones])
    raise EstimationError(
        problem=Message(N_("the best ratios did not settle")), remedy=Message(N_("loosen the required precision"))
    )


def _is_settled(problem: RatioProblem, x: FloatArray, gap: FloatArray, variance_cost: FloatArray) -> bool:
    """Whether 1/x and its tangents agree wherever a limit or the cost reads them."""
    held = all(float((limit.weights / x).sum()) <= limit.bound * (1 + _TOLERANCE) for limit in problem.precision)
    short = float((variance_cost * gap / problem.lowest).sum())
    return held and short <= _TOLERANCE * max(float((variance_cost / x).sum()), 1e-300)


def _program(
    problem: RatioProblem, cost: FloatArray, tangents: _Tangents
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    n = len(problem.lowest)
    zero = np.zeros(n)
    # every row is scaled to a bound of about 1, or the solver's absolute tolerances would mean different things
    rows, bounds, scales = [], [], []
    for linear in problem.linear:
        size = max(abs(linear.bound), float(np.abs(linear.weights).max(initial=0)), 1e-12)
        rows.append(np.r_[linear.weights, zero] / size)
        bounds.append(linear.bound / size)
        scales.append(size)
    for limit in problem.precision:
        size = max(limit.bound, 1e-12)
        rows.append(np.r_[zero, limit.weights / problem.lowest] / size)
        bounds.append(limit.bound / size)
        scales.append(size)
    parts = [csr_array(np.array(rows))] if rows else []
    right = np.array(bounds)
    if any(len(at) for at in tangents.variables):
        cuts, levels = tangents.rows()
        parts.append(cuts)
        right = np.r_[right, levels]
    matrix = vstack(parts, format="csr") if parts else None
    limits = np.column_stack([np.r_[problem.lowest, np.zeros(n)], np.r_[problem.highest, np.full(n, 1.0)]])
    tolerances = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    found = linprog(cost, A_ub=matrix, b_ub=right if parts else None, bounds=limits, method="highs", options=tolerances)
    if found.status == _INFEASIBLE:
        return None
    if found.status != _OPTIMAL:
        raise EstimationError(
            problem=Message(N_("the solver stopped without an answer")),
            remedy=Message(N_("check that the limits are of sensible size")),
        )
    x = np.clip(found.x[:n], problem.lowest, problem.highest)
    prices = -found.ineqlin.marginals[: len(scales)] / np.array(scales) if scales else np.zeros(0)
    return x, found.x[n:], prices
