"""The best ratios against the closed form, general convex solvers, exhaustive search, and by their own limits."""

from itertools import combinations

import cvxpy
import numpy as np
import pytest
from scipy.optimize import minimize

from engine.laboratory.conflict import conflicting_limits
from engine.laboratory.optimum import most_precise, optimise
from engine.laboratory.prices import shadow_prices
from engine.laboratory.problem import LimitKind, LinearLimit, PrecisionLimit, RatioProblem
from engine.messages import Message

UNITS = np.array([500_000.0, 350_000.0, 120_000.0, 30_000.0])
RATES = np.array([0.005, 0.02, 0.06, 0.15])
FLOORS = np.array([0.002, 0.005, 0.02, 0.10])
BUDGET = 40_000.0


def checks(bound, weights=UNITS):
    return LinearLimit(LimitKind.CHECKS, Message("at most {n} checks", {"n": bound}), "all", weights, bound)


def precision(cv, rows=slice(None), subject="all grades"):
    spread = np.zeros(len(UNITS))
    spread[rows] = (UNITS * RATES * (1 - RATES))[rows]
    # variance of the total is sum N S^2 (1/r - 1)
    bound = (cv * (UNITS * RATES)[rows].sum()) ** 2 + spread.sum()
    return PrecisionLimit(Message("CV of {of}", {"of": subject}), subject, spread, bound, cv)


def city(*precise, budget=BUDGET, extra=()):
    limits = (checks(budget), *extra)
    return RatioProblem(UNITS * RATES, FLOORS, np.ones(4), limits, precise, Message("floors"))


def cv_of(ratios):
    return np.sqrt((UNITS * RATES * (1 - RATES) * (1 / ratios - 1)).sum()) / (UNITS * RATES).sum()


def closed_form(cv):
    """Clip(S sqrt(l2 / (l1 - p)), floor, 1), l1 bisected for the budget inside l2 for the variance."""

    def ratios(l1, l2):
        with np.errstate(divide="ignore", invalid="ignore"):
            inner = np.sqrt(RATES * (1 - RATES)) * np.sqrt(l2 / (l1 - RATES))
        return np.where(RATES >= l1, 1.0, np.clip(inner, FLOORS, 1.0))

    def within_budget(l2):
        low, high = 0.0, 1e6
        for _ in range(300):
            middle = (low + high) / 2
            low, high = (low, middle) if (UNITS * ratios(middle, l2)).sum() <= BUDGET else (middle, high)
        return ratios(high, l2)

    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if cv_of(within_budget(middle)) <= cv else (middle, high)
    return within_budget(high)


def test_the_published_example_is_reproduced():
    greedy = optimise(city())

    assert greedy.value == pytest.approx(4975, abs=0.5)
    assert cv_of(greedy.ratios) == pytest.approx(0.078, abs=0.0005)
    light, heavy = optimise(city(precision(0.066))), optimise(city(precision(0.0525)))  # 5.25 % is printed as 5.3 %
    assert light.value == pytest.approx(4923, abs=1)
    assert light.value / greedy.value - 1 == pytest.approx(-0.010, abs=0.0006)
    assert heavy.value == pytest.approx(4747, abs=1)
    assert heavy.value / greedy.value - 1 == pytest.approx(-0.046, abs=0.0006)
    uniform = np.full(4, 0.04)
    assert (UNITS * RATES * uniform).sum() == pytest.approx(848)
    assert cv_of(uniform) == pytest.approx(0.033, abs=0.0005)


@pytest.mark.parametrize("cv", [0.07, 0.066, 0.06, 0.053, 0.045])
def test_one_budget_and_one_precision_follow_the_closed_form(cv):
    best = optimise(city(precision(cv)))

    np.testing.assert_allclose(best.ratios, closed_form(cv), rtol=1e-4)
    assert best.value == pytest.approx(UNITS * RATES @ closed_form(cv), rel=1e-6)
    assert cv_of(best.ratios) <= cv * (1 + 1e-7)


@pytest.mark.parametrize(("total", "lowest_grade"), [(0.066, 0.30), (0.055, 0.20), (0.05, 0.16)])
def test_two_precisions_agree_with_a_general_convex_solver(total, lowest_grade):
    problem = city(precision(total), precision(lowest_grade, slice(0, 1), "grade A"))
    best = optimise(problem)

    weights = [limit.weights for limit in problem.precision]
    bounds = [limit.bound for limit in problem.precision]
    general = minimize(
        lambda z: -(problem.gains @ np.exp(z)) / 1000,
        np.log(np.full(4, 0.035)),
        jac=lambda z: -(problem.gains * np.exp(z)) / 1000,
        method="SLSQP",
        bounds=list(zip(np.log(FLOORS), np.zeros(4), strict=True)),
        constraints=[
            {"type": "ineq", "fun": lambda z: 1 - (UNITS @ np.exp(z)) / BUDGET},
            *(
                {"type": "ineq", "fun": lambda z, w=w, t=t: 1 - (w @ np.exp(-z)) / t}
                for w, t in zip(weights, bounds, strict=True)
            ),
        ],
        options={"ftol": 1e-14, "maxiter": 2000},
    )
    assert max(w @ np.exp(-general.x) / t for w, t in zip(weights, bounds, strict=True)) <= 1 + 1e-8
    assert best.value == pytest.approx(-1000 * general.fun, rel=1e-6)


def vertices(problem):
    """Best value over all vertices of a small linear problem, by brute force."""
    n = len(problem.gains)
    rows = np.vstack([*(limit.weights for limit in problem.linear), np.eye(n), -np.eye(n)])
    right = np.r_[[limit.bound for limit in problem.linear], problem.highest, -problem.lowest]
    chosen = np.array(list(combinations(range(len(right)), n)))
    chosen = chosen[abs(np.linalg.det(rows[chosen])) > 1e-9]
    corners = np.linalg.solve(rows[chosen], right[chosen][..., None])[..., 0]
    allowed = (corners @ rows.T <= right + 1e-7 * np.maximum(1, abs(right))).all(axis=1)
    return float((corners[allowed] @ problem.gains).max()) if allowed.any() else None


def random_problem(generator):
    units = generator.integers(5, 200, 3).astype(float)
    rates = np.sort(generator.random(3))
    order = [LinearLimit(LimitKind.ORDER, Message("order"), "", w, 0.0) for w in ([1, -1, 0], [0, 1, -1])]
    order = [LinearLimit(o.kind, o.name, o.subject, np.array(o.weights, dtype=float), 0.0) for o in order]
    capacity = checks(float(generator.random() * units.sum()), units)
    cap = LinearLimit(LimitKind.CAP, Message("cap"), "g", units * [1, 1, 0], float(generator.random() * units.sum()))
    return RatioProblem(units * rates, np.full(3, 0.05), np.ones(3), (capacity, cap, *order), (), Message("floors"))


def test_500_small_problems_agree_with_exhaustive_search():
    generator = np.random.default_rng(6)
    n_infeasible = 0
    for _ in range(500):
        problem = random_problem(generator)
        best, exhaustive = optimise(problem), vertices(problem)
        if exhaustive is None:
            assert best is None
            n_infeasible += 1
        else:
            assert best.value == pytest.approx(exhaustive, rel=1e-7, abs=1e-7)
    assert 0 < n_infeasible < 250


def many_items(seed, n_items=12, n_departments=3, n_districts=4):
    """A problem by item: order, caps, person-days by department and district, two precisions that bind."""
    generator = np.random.default_rng(seed)
    item, grade = (part.ravel() for part in np.indices((n_items, 4)))
    units = np.round(generator.gamma(2, 1000, n_items)[item] * np.array([0.65, 0.25, 0.08, 0.02])[grade]) + 5
    rates = RATES[grade] * generator.gamma(4, 0.25, n_items)[item]
    limits = []
    for at in range(n_items):
        for mild in range(3):
            weights = np.zeros(len(units))
            weights[4 * at + mild], weights[4 * at + mild + 1] = 1.0, -1.0
            limits.append(LinearLimit(LimitKind.ORDER, Message("order"), "", weights, 0.0))
        if at % 2:
            own = np.where(item == at, units, 0.0)
            limits.append(LinearLimit(LimitKind.CAP, Message("cap"), "", own, 0.1 * own.sum()))
    for department in range(n_departments):
        for share in generator.dirichlet(np.full(n_districts, 5.0)):
            own = np.where(item % n_departments == department, units * share / 2, 0.0)
            limits.append(LinearLimit(LimitKind.CAPACITY, Message("days"), "", own, 0.06 * own.sum()))
    spread = units * rates * (1 - rates)
    precise = tuple(
        PrecisionLimit(Message("CV"), "", spread * of, (cv * (units * rates * of).sum()) ** 2 + (spread * of).sum(), cv)
        for cv, of in ((0.20, np.ones(len(units))), (0.60, (grade == 0).astype(float)))
    )
    return RatioProblem(
        units * rates, np.full(len(units), 0.002), np.ones(len(units)), tuple(limits), precise, "floors"
    )


def by_general_solver(problem):
    x = cvxpy.Variable(len(problem.gains))
    matrix = np.array([limit.weights for limit in problem.linear])
    bounds = np.array([limit.bound for limit in problem.linear])
    size = np.maximum(abs(bounds), abs(matrix).max(axis=1))
    kept = [x >= problem.lowest, x <= problem.highest, (matrix / size[:, None]) @ x <= bounds / size]
    kept += [(limit.weights / limit.bound) @ cvxpy.inv_pos(x) <= 1 for limit in problem.precision]
    scale = problem.gains.max()
    asked = cvxpy.Problem(cvxpy.Maximize((problem.gains / scale) @ x), kept)
    return asked.solve(solver="CLARABEL") * scale


@pytest.mark.parametrize("seed", range(4))
def test_items_departments_and_districts_agree_with_a_general_convex_solver(seed):
    problem = many_items(seed)
    best = optimise(problem)

    assert best.value == pytest.approx(by_general_solver(problem), rel=1e-6)
    for limit in problem.linear:
        assert limit.weights @ best.ratios <= limit.bound + 1e-7 * max(1.0, limit.bound)
    used = [limit.weights @ (1 / best.ratios) / limit.bound for limit in problem.precision]
    assert max(used) == pytest.approx(1.0, abs=1e-7)


def test_prices_explain_the_answer():
    """At the best ratios every ratio between its bounds gains exactly what its limits cost."""
    problem = many_items(1)
    best = optimise(problem)

    costs = sum(price * limit.weights for price, limit in zip(best.prices, problem.linear, strict=False))
    curved = best.prices[len(problem.linear) :]
    costs = costs - sum(price * limit.weights for price, limit in zip(curved, problem.precision, strict=True)) / (
        best.ratios**2
    )
    inside = (best.ratios > problem.lowest * 1.001) & (best.ratios < problem.highest * 0.999)
    assert inside.any()
    np.testing.assert_allclose(costs[inside], problem.gains[inside], rtol=1e-4, atol=1e-4 * problem.gains.max())


def test_the_price_of_a_check_is_what_one_more_finds():
    problem = city(precision(0.06))
    best, more = optimise(problem), optimise(city(precision(0.06), budget=BUDGET + 1))

    assert best.prices[0] == pytest.approx(more.value - best.value, rel=1e-3)
    said = [str(sentence) for sentence in shadow_prices(problem, best)]
    assert said[0] == f"one more check finds {best.prices[0]:.3g}"
    gain = optimise(city(precision(0.0601))).value - best.value
    assert f"{gain * 100:.2g}"[:2] in said[1] or float(said[1].split()[-2]) == pytest.approx(gain * 100, rel=0.02)


def test_the_most_precise_plan_is_neymans_where_no_bound_binds():
    spread = UNITS * RATES * (1 - RATES)
    found = most_precise(city(), spread)

    neyman = np.sqrt(spread / UNITS)
    clipped = found.ratios > FLOORS * (1 + 1e-6)
    proportion = found.ratios[clipped] / neyman[clipped]
    np.testing.assert_allclose(proportion, proportion[0], rtol=1e-3)


def test_conflicting_limits_are_named_and_no_others():
    idle = LinearLimit(LimitKind.CAP, Message("cap of prices"), "prices", np.array([0, 0, 1.0, 0]), 1.0)
    problem = city(precision(0.01), precision(0.9, slice(0, 1), "grade A"), extra=(idle,))

    named = [str(name) for name in conflicting_limits(problem)]

    assert named == ["at most 40000.0 checks", "CV of all grades"]


def test_floors_that_exceed_the_budget_are_named():
    named = [str(name) for name in conflicting_limits(city(budget=5_000.0))]

    assert named == ["at most 5000.0 checks", "floors"]


def test_a_problem_that_can_be_solved_names_no_conflict():
    assert conflicting_limits(city(precision(0.06))) == ()
