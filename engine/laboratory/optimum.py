"""The best ratios: HiGHS on linear programs; an interior point where limits on precision curve the problem.

1/x is convex, so its tangents lie below it: a linear program with tangents in place of each 1/x is a relaxation and its
value an upper bound. With precision limits an interior point (``interior``) gives the answer, and one program with the
tangents at that answer proves it: the answer keeps every limit and its value reaches the bound to a part in 10^8.
Otherwise tangents are added where the last program's answer was until the limits hold. Limits that no ratios keep are
proved so by a relaxation without solution. With one budget and one precision limit the answer is the closed form
clip(S sqrt(l2 / (l1 - p)), floor, cap). Source: docs/spec/laboratory.md §4.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from engine.errors import EstimationError
from engine.laboratory.interior import Interior, ScaledRows, interior_point
from engine.laboratory.posterior import FloatArray
from engine.laboratory.problem import RatioProblem
from engine.messages import N_, Message

_TOLERANCE = 1e-8
_MOST_ROUNDS = 60
_FIRST_TANGENTS = 6
_OPTIMAL, _INFEASIBLE = 0, 2
_LEAST_WIDTH = 1e-9
_MOST_BROKEN = 1e4
"""Limits are relaxed by at most this share of their bounds when the least violation is sought."""


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


def least_violation(problem: RatioProblem) -> FloatArray:
    """Return the prices of all limits where they are broken least; those above 0 alone cannot hold together."""
    return _Scaled.of(problem, np.zeros(len(problem.gains)), np.zeros(len(problem.gains))).broken_least().prices


def can_hold(problem: RatioProblem) -> bool:
    """Return whether some ratios keep every limit.

    Notes
    -----
    A point inside all limits says yes; a relaxation at the point that breaks them least says no; in doubt
    :func:`optimise` decides.
    """
    scaled = _Scaled.of(problem, np.zeros(len(problem.gains)), np.zeros(len(problem.gains)))
    broken = scaled.broken_least()
    if float(scaled.rows.excess(broken.ratios).max(initial=-1.0)) < 0:
        return True
    tangents = _Tangents(problem.lowest, [], [])
    tangents.add(np.arange(len(problem.gains)), broken.ratios)
    return _program(scaled, tangents) is not None and optimise(problem) is not None


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


@dataclass(frozen=True, slots=True, eq=False)
class _Scaled:
    """A problem with every row scaled to a bound of about 1; else absolute tolerances would mean different things.

    Parameters
    ----------
    rows : scaled rows. sizes : what each row was divided by. cost_size : what gains and variance costs were divided by.
    gains, variance_cost : scaled. lowest, highest : bounds.
    """

    rows: ScaledRows
    sizes: FloatArray
    cost_size: float
    gains: FloatArray
    variance_cost: FloatArray
    lowest: FloatArray
    highest: FloatArray

    @classmethod
    def of(cls, problem: RatioProblem, gains: FloatArray, variance_cost: FloatArray) -> "_Scaled":
        n = len(gains)
        linear = [max(abs(limit.bound), float(np.abs(limit.weights).max(initial=0)), 1e-12) for limit in problem.linear]
        precise = [max(limit.bound, 1e-12) for limit in problem.precision]
        matrix = np.array([limit.weights for limit in problem.linear]).reshape(-1, n) / np.array(linear)[:, None]
        curves = np.array([limit.weights for limit in problem.precision]).reshape(-1, n) / np.array(precise)[:, None]
        rows = ScaledRows(
            csr_array(matrix),
            np.array([limit.bound for limit in problem.linear]) / np.array(linear),
            curves,
            np.zeros_like(curves),
            np.array([limit.bound for limit in problem.precision]) / np.array(precise),
        )
        steepest = float((variance_cost / problem.lowest).max(initial=0))
        size = max(float(np.abs(gains).max(initial=0)), steepest, 1e-12)
        return cls(
            rows,
            np.array([*linear, *precise]),
            size,
            gains / size,
            variance_cost / size,
            problem.lowest,
            problem.highest,
        )

    @property
    def curved(self) -> npt.NDArray[np.bool_]:
        """Which variables stand in some 1/x."""
        return np.asarray((self.variance_cost > 0) | (self.rows.curves > 0).any(axis=0))

    def inside(self) -> Interior:
        """Return the interior point of the problem."""
        return self._interior(self.rows, gains=self.gains, elastic=False)

    def broken_least(self) -> Interior:
        """Return the point at which the limits are broken least, by one share of all bounds."""
        return self._interior(self.rows.elastic(), gains=np.zeros_like(self.gains), elastic=True)

    def _interior(self, rows: ScaledRows, *, gains: FloatArray, elastic: bool) -> Interior:
        """Solve with fixed variables taken out; an interior needs room."""
        free = self.highest - self.lowest > _LEAST_WIDTH
        held = np.where(free, 0.0, self.lowest)
        inverse = np.where(free, 0.0, 1 / self.lowest)
        keep = np.r_[free, True] if elastic else free
        extra = ([-1.0], [-1.0], [_MOST_BROKEN], [0.0]) if elastic else ([], [], [], [])
        reduced = ScaledRows(
            csr_array(rows.linear[:, keep]),
            rows.bounds - self.rows.linear @ held,
            rows.curves[:, keep],
            rows.relief[:, keep],
            rows.limits - self.rows.curves @ inverse,
        )
        found = interior_point(
            reduced,
            gains=np.r_[gains[free], extra[0]],
            variance_cost=np.r_[np.zeros(free.sum()) if elastic else self.variance_cost[free], extra[3]],
            lowest=np.r_[self.lowest[free], extra[1]],
            highest=np.r_[self.highest[free], extra[2]],
        )
        x = self.lowest.copy()
        reached = np.nan_to_num(found.ratios[: free.sum()], nan=1.0)
        x[free] = np.clip(reached, self.lowest[free], self.highest[free])
        return Interior(x, found.prices, found.is_settled)


def _solve(problem: RatioProblem, *, gains: FloatArray, variance_cost: FloatArray) -> Optimum | None:
    scaled = _Scaled.of(problem, gains, variance_cost)
    tangents = _Tangents(problem.lowest, [], [])
    at = np.flatnonzero(scaled.curved)
    inside = scaled.inside() if at.size else None
    if inside is not None and inside.is_settled:
        tangents.add(at, inside.ratios[at])
    elif at.size:
        tangents.add(at, scaled.broken_least().ratios[at])
    for rounds in range(1, _MOST_ROUNDS + 1):
        answer = _program(scaled, tangents)
        if answer is None:
            return None
        x, auxiliary, prices, cost = answer
        if rounds == 1 and inside is not None and _is_proved(scaled, inside, cost):
            return _optimum(scaled, inside.ratios, inside.prices, rounds)
        if rounds == 1:  # nothing is proved yet: spread tangents before adding them one answer after another
            for share in np.linspace(0, 1, _FIRST_TANGENTS):
                tangents.add(at, problem.lowest[at] * (problem.highest[at] / problem.lowest[at]) ** share)
        gap = np.where(scaled.curved, problem.lowest / x - auxiliary, 0.0)
        if not at.size or _is_settled(scaled, x, gap):
            return _optimum(scaled, x, prices, rounds)
        open_ones = np.flatnonzero(gap > _TOLERANCE * auxiliary * 0.1)
        tangents.add(open_ones, x[open_ones])
    raise EstimationError(
        problem=Message(N_("the best ratios did not settle")), remedy=Message(N_("loosen the required precision"))
    )


def _optimum(scaled: _Scaled, x: FloatArray, prices: FloatArray, rounds: int) -> Optimum:
    value = scaled.cost_size * float(scaled.gains @ x - (scaled.variance_cost / x).sum())
    return Optimum(x, value, prices * scaled.cost_size / scaled.sizes, rounds)


def _is_proved(scaled: _Scaled, inside: Interior, bound: float) -> bool:
    """Whether the interior point keeps every limit and no ratios can cost less than it by more than a part in 10^8."""
    if not inside.is_settled or float(scaled.rows.excess(inside.ratios).max(initial=0.0)) > _TOLERANCE:
        return False
    cost = float((scaled.variance_cost / inside.ratios).sum() - scaled.gains @ inside.ratios)
    return cost - bound <= _TOLERANCE * max(abs(bound), _TOLERANCE)


def _is_settled(scaled: _Scaled, x: FloatArray, gap: FloatArray) -> bool:
    """Whether 1/x and its tangents agree wherever a limit or the cost reads them."""
    held = bool((scaled.rows.curves @ (1 / x) <= scaled.rows.limits * (1 + _TOLERANCE)).all())
    short = float((scaled.variance_cost * gap / scaled.lowest).sum())
    return held and short <= _TOLERANCE * max(float((scaled.variance_cost / x).sum()), 1e-300)


def _program(scaled: _Scaled, tangents: _Tangents) -> tuple[FloatArray, FloatArray, FloatArray, float] | None:
    """Solve the relaxation: ratios, their lowest / x, prices of the scaled rows, cost; None without solution."""
    rows, lowest, n = scaled.rows, scaled.lowest, len(scaled.lowest)
    parts = [
        hstack([rows.linear, csr_array((len(rows.bounds), n))]),
        hstack([csr_array((len(rows.limits), n)), csr_array(rows.curves / lowest)]),
    ]
    right = np.r_[rows.bounds, rows.limits]
    if tangents.variables and tangents.variables[0].size:
        cuts, levels = tangents.rows()
        parts.append(cuts)
        right = np.r_[right, levels]
    matrix = csr_array(vstack(parts))
    has_rows = len(right) > 0
    limits = np.column_stack([np.r_[lowest, np.zeros(n)], np.r_[scaled.highest, np.full(n, 1.0)]])
    tolerances = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    cost = np.r_[-scaled.gains, scaled.variance_cost / lowest]
    found = linprog(
        cost,
        A_ub=matrix if has_rows else None,
        b_ub=right if has_rows else None,
        bounds=limits,
        method="highs",
        options=tolerances,
    )
    if found.status == _INFEASIBLE:
        return None
    if found.status != _OPTIMAL:
        raise EstimationError(
            problem=Message(N_("the solver stopped without an answer")),
            remedy=Message(N_("check that the limits are of sensible size")),
        )
    x = np.clip(found.x[:n], lowest, scaled.highest)
    prices = -found.ineqlin.marginals[: len(scaled.sizes)] if has_rows else np.zeros(0)
    return x, found.x[n:], prices, float(found.fun)
