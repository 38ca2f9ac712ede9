"""An interior point for the best ratios with limits on precision: fast, and never trusted without a linear program.

Primal–dual Newton steps with Mehrotra's centring for: least ``-gains @ x + sum(cost / x)`` over lowest <= x <= highest,
``A x <= c`` and ``sum(a_k / x) <= t_k``. Only the diagonal of the Hessian curves, so a step is one Cholesky
factorisation in the number of ratios. Source: Boyd and Vandenberghe, Convex Optimization (2004), §11.7; Mehrotra, SIAM
J. Optim. 2 (1992). ``optimum`` accepts the answer only if a linear relaxation proves it best.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse import csr_array, diags_array, hstack
from threadpoolctl import threadpool_limits

from engine.laboratory.posterior import FloatArray

_MOST_STEPS = 120
_CLOSE, _USABLE, _DUAL, _LOST = 1e-10, 1e-6, 1e-7, 1e9
_AWAY, _NEARLY = 0.1, 0.995
_LEAST = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Interior:
    """An answer inside the limits, or the least violation of limits that cannot hold together.

    Parameters
    ----------
    ratios : x. prices : multiplier of every row, linear ones first. is_settled : whether limits, gap and prices
        are closed; rounding may leave 1e-6, so a relaxation has the last word.
    """

    ratios: FloatArray
    prices: FloatArray
    is_settled: bool


@dataclass(frozen=True, slots=True, eq=False)
class ScaledRows:
    """Rows scaled so that bounds are about 1.

    Parameters
    ----------
    linear : sparse (rows, variables). bounds : of the linear rows.
    curves : (precision rows, variables), weights of 1/x. relief : the same shape, weights of x. limits : of these rows.
    """

    linear: csr_array
    bounds: FloatArray
    curves: FloatArray
    relief: FloatArray
    limits: FloatArray

    def excess(self, x: FloatArray) -> FloatArray:
        """Return how far each row lies above its bound, negative inside."""
        above = [self.linear @ x - self.bounds, self.curves @ (1 / x) + self.relief @ x - self.limits]
        return np.asarray(np.concatenate(above))

    def elastic(self) -> "ScaledRows":
        """Return the rows with one more variable, the share by which all of them may be broken."""
        n_precise = len(self.limits)
        return ScaledRows(
            csr_array(hstack([self.linear, csr_array(-np.ones((len(self.bounds), 1)))])),
            self.bounds,
            np.c_[self.curves, np.zeros(n_precise)],
            np.c_[self.relief, -np.ones(n_precise)],
            self.limits,
        )


def interior_point(
    rows: ScaledRows,
    *,
    gains: FloatArray,
    variance_cost: FloatArray,
    lowest: FloatArray,
    highest: FloatArray,
) -> Interior:
    """Return the best point inside the limits.

    Small factorisations gain nothing from threads that wait for one another, so linear algebra keeps to one.

    Parameters
    ----------
    gains : of each variable, of the order of 1. variance_cost : weight of 1/x in the cost.
    lowest, highest : lowest < highest; above 0 where the variable has a curve.

    Notes
    -----
    Cost: steps (about 20) x one factorisation of a dense matrix in the number of variables.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _follow(rows, gains, variance_cost, lowest, highest)


def _follow(
    rows: ScaledRows, gains: FloatArray, variance_cost: FloatArray, lowest: FloatArray, highest: FloatArray
) -> Interior:
    """Follow the central path to the best point."""
    x = np.where(lowest > 0, np.sqrt(np.abs(lowest * highest)), (lowest + highest) / 2)
    n_rows = len(rows.bounds) + len(rows.limits)
    slack = np.maximum(-rows.excess(x), _AWAY)
    price, low_price, high_price = np.ones(n_rows), np.ones(len(x)), np.ones(len(x))
    found: Interior | None = None
    for _ in range(_MOST_STEPS):
        newton = _Newton(rows, gains, variance_cost, lowest, highest, (x, slack, price, low_price, high_price))
        if newton.is_settled(within=_CLOSE):
            return Interior(x, price, is_settled=True)
        if newton.is_settled(within=_USABLE):
            found = Interior(x, price, is_settled=True)
        if newton.is_lost() or not newton.factorise():
            break
        towards = newton.step(centre=0.0, correct=None)
        step = newton.step(centre=newton.centring(towards), correct=towards)
        x, slack, price, low_price, high_price = newton.moved(step)
    return found or Interior(x, price, is_settled=False)


_Parts = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]


class _Newton:
    """The Newton system at one point; parts are x, slack, price of rows, price of lower and of upper bounds."""

    def __init__(
        self,
        rows: ScaledRows,
        gains: FloatArray,
        variance_cost: FloatArray,
        lowest: FloatArray,
        highest: FloatArray,
        at: _Parts,
    ) -> None:
        x, slack, price, low_price, high_price = at
        self.rows, self.at, self.lowest, self.highest = rows, at, lowest, highest
        # a ratio may reach its bound to the last digit: the distance must stay above 0 all the same
        self.above, self.below = np.maximum(x - lowest, _LEAST), np.maximum(highest - x, _LEAST)
        self.n_linear = len(rows.bounds)
        self.slopes = rows.relief - rows.curves / x**2
        self.steepest = float(np.abs(self.slopes).max(initial=0.0) * price[self.n_linear :].max(initial=0.0))
        pull = rows.linear.T @ price[: self.n_linear] + self.slopes.T @ price[self.n_linear :]
        self.dual = -gains - variance_cost / x**2 + pull - low_price + high_price
        self.primal = rows.excess(x) + slack
        curvature = 2 * (variance_cost + rows.curves.T @ price[self.n_linear :]) / x**3
        self.diagonal = curvature + low_price / self.above + high_price / self.below
        products = (slack @ price) + self.above @ low_price + self.below @ high_price
        self.mu = float(products / (len(slack) + 2 * len(x)))

    def is_settled(self, *, within: float) -> bool:
        """Whether limits hold and the gap to the best is closed; the dual's rounding grows with the steepest curve."""
        gap = self.mu * (len(self.at[1]) + 2 * len(self.at[0]))
        tight = max(float(np.abs(self.primal).max(initial=0.0)), gap) < within
        return tight and float(np.abs(self.dual).max()) < _DUAL * max(1.0, self.steepest)

    def is_lost(self) -> bool:
        """Whether prices run away, as they do when no point keeps every limit."""
        return not np.isfinite(self.mu) or self.mu > _LOST or float(self.at[2].max(initial=0.0)) > _LOST

    def factorise(self) -> bool:
        """Factorise the reduced matrix; False when rounding has eaten it."""
        _, slack, price, *_ = self.at
        weight = price / slack
        linear = self.rows.linear
        matrix = np.asarray((linear.T @ diags_array(weight[: self.n_linear]) @ linear).todense())
        matrix += (self.slopes.T * weight[self.n_linear :]) @ self.slopes
        matrix[np.diag_indices_from(matrix)] += self.diagonal
        try:
            self.factor = cho_factor(matrix, check_finite=False, overwrite_a=True)
        except LinAlgError:
            return False
        return True

    def step(self, *, centre: float, correct: _Parts | None) -> _Parts:
        """Return the direction towards complementarity ``centre``, with second-order terms of ``correct``."""
        _, slack, price, low_price, high_price = self.at
        row_gap = slack * price - centre
        low_gap = self.above * low_price - centre
        high_gap = self.below * high_price - centre
        if correct is not None:
            dx, dslack, dprice, dlow, dhigh = correct
            row_gap, low_gap, high_gap = row_gap + dslack * dprice, low_gap + dx * dlow, high_gap - dx * dhigh
        inner = (price * self.primal - row_gap) / slack
        right = -self.dual - self._transposed(inner) - low_gap / self.above + high_gap / self.below
        dx = cho_solve(self.factor, right, check_finite=False)
        change = np.r_[self.rows.linear @ dx, self.slopes @ dx]
        dslack = -self.primal - change
        dprice = (-row_gap - price * dslack) / slack
        dlow = (-low_gap - low_price * dx) / self.above
        dhigh = (-high_gap + high_price * dx) / self.below
        return dx, dslack, dprice, dlow, dhigh

    def centring(self, towards: _Parts) -> float:
        """Return the complementarity to aim at: the cube of what the plain step leaves (Mehrotra)."""
        moved = self.moved(towards)
        x, slack, price, low_price, high_price = moved
        left = (slack @ price) + (x - self.lowest) @ low_price + (self.highest - x) @ high_price
        share = float(left) / (len(slack) + 2 * len(x)) / self.mu
        return self.mu * min(1.0, share**3)

    def moved(self, step: _Parts) -> _Parts:
        """Return the point after as much of the step as stays inside."""
        x, slack, price, low_price, high_price = self.at
        dx, dslack, dprice, dlow, dhigh = step
        primal = min(_room(self.above, dx), _room(self.below, -dx), _room(slack, dslack))
        dual = min(_room(price, dprice), _room(low_price, dlow), _room(high_price, dhigh))
        return (
            x + primal * dx,
            slack + primal * dslack,
            price + dual * dprice,
            low_price + dual * dlow,
            high_price + dual * dhigh,
        )

    def _transposed(self, values: FloatArray) -> FloatArray:
        return np.asarray(self.rows.linear.T @ values[: self.n_linear] + self.slopes.T @ values[self.n_linear :])


def _room(distance: FloatArray, direction: FloatArray) -> float:
    """Return the largest share of a step, at most 1, that keeps every distance positive."""
    shrinking = direction < 0
    if not shrinking.any():
        return 1.0
    return float(min(1.0, _NEARLY * np.min(-distance[shrinking] / direction[shrinking])))
