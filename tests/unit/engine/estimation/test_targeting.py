import math

import pandas as pd
import pytest

from engine.errors import UndefinedEstimateError, UsageError
from engine.estimation.combination import Rates, ratio_limits
from engine.estimation.intervals import clopper_pearson
from engine.estimation.targeting import adjacent_differences, lift_over_uniform, rate_ratio, trend_test

BENCHMARK = {"A": 0.03, "B": 0.10, "C": 0.30, "D": 1.00}


def _table(hits, n, units=None):
    grades = list("ABCD")[: len(n)]
    rate = [k / m if m else math.nan for k, m in zip(hits, n, strict=True)]
    limits = clopper_pearson(hits, n)
    return pd.DataFrame(
        {
            "grade": grades,
            "units": units or n,
            "n": n,
            "hits": hits,
            "hit_rate": rate,
            "low": limits.low,
            "high": limits.high,
            "effective_n": [float(m) for m in n],
        }
    )


def test_trend_by_hand():
    # n = 10 each, hits 1, 3, 5: p = .3, sum d (x - n p) = -2*0 + 1*0 + 2*2 = 4;
    # variance .21 * (10*(0+1+4) - 30^2/30) = .21 * 20 = 4.2; z = 4 / sqrt(4.2) = 1.9518.
    found = trend_test(_table([1, 3, 5], [10, 10, 10]))

    assert found.z == pytest.approx(4 / math.sqrt(4.2))
    assert found.p_value == pytest.approx(0.05096, abs=5e-5)


def test_trend_equals_the_squared_correlation():
    # Armitage: z^2 = n r^2 with r the correlation of rank and outcome over the rows.
    table = _table([12, 18, 20, 9], [100, 90, 70, 20])
    rows = [(d, 1) for d, k in enumerate(table["hits"]) for _ in range(k)]
    rows += [(d, 0) for d, (k, m) in enumerate(zip(table["hits"], table["n"], strict=True)) for _ in range(m - k)]
    frame = pd.DataFrame(rows, columns=["dose", "y"])

    assert trend_test(table).z ** 2 == pytest.approx(len(frame) * frame["dose"].corr(frame["y"]) ** 2)


def test_a_falling_order_has_a_negative_statistic():
    assert trend_test(_table([9, 3], [10, 10])).z < 0


@pytest.mark.parametrize(("hits", "n"), [([0, 0], [5, 5]), ([5, 5], [5, 5]), ([1], [5]), ([1, 0], [5, 0])])
def test_a_trend_without_contrast_is_undefined(hits, n):
    with pytest.raises(UndefinedEstimateError):
        trend_test(_table(hits, n))


def test_adjacent_grades_are_compared_in_order_and_unvisited_ones_skipped():
    table = adjacent_differences(_table([5, 0, 30, 60], [100, 0, 100, 100]).iloc[::-1])

    assert table[["milder", "riskier"]].to_numpy().tolist() == [["A", "C"], ["C", "D"]]
    assert table["difference"].tolist() == pytest.approx([0.25, 0.30])
    assert table["is_separated"].tolist() == [True, True]
    assert (table["low"] < table["difference"]).all() and (table["difference"] < table["high"]).all()


def test_lift_by_hand():
    # Visits 30, 10, 30, 10 of units 1000, 100, 100, 10; found 80 * sum = 30*.1 + 10*.2 + 30*.3 + 10*.5 = 19 of 80;
    # uniform (100 + 20 + 30 + 5) / 1210. Lift = (19/80) / (155/1210) = 1.85403.
    found = lift_over_uniform(_table([10, 20, 30, 5], [100, 100, 100, 10], [1000, 100, 100, 10]), ratios=BENCHMARK)

    assert found.value == pytest.approx((19 / 80) / (155 / 1210))
    assert 1 < found.low < found.value < found.high
    assert found.basis.value == "not design-based"


def test_uniform_ratios_have_lift_one_without_width():
    found = lift_over_uniform(_table([1, 3, 5, 8], [40, 30, 20, 10]), ratios=dict.fromkeys("ABCD", 0.05))

    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_grades_outside_the_ratios_take_part_in_neither_draw():
    table = _table([1, 3, 5, 8], [40, 30, 20, 10])
    table = pd.concat(
        [table, pd.DataFrame({"grade": ["U"], "units": [500], "n": [9], "hit_rate": [0.9], "effective_n": [9.0]})]
    )

    assert lift_over_uniform(table, ratios=BENCHMARK) == lift_over_uniform(table.iloc[:4], ratios=BENCHMARK)


def test_lift_of_nothing_found_has_no_value_but_keeps_its_bounds():
    found = lift_over_uniform(_table([0, 0], [10, 10]), ratios={"A": 0.1, "B": 0.3})

    assert math.isnan(found.value)
    assert (found.low, found.high) == pytest.approx((0.5, 1.5))


def test_lift_needs_an_outcome_wherever_there_are_units():
    with pytest.raises(UndefinedEstimateError, match="grade D"):
        lift_over_uniform(_table([1, 1, 1, 0], [9, 9, 9, 0], [9, 9, 9, 2]), ratios=BENCHMARK)
    with pytest.raises(UndefinedEstimateError, match="grade A–D"):
        lift_over_uniform(_table([1, 1], [9, 9]), ratios={"C": 0.5})


@pytest.mark.parametrize("ratios", [{}, {"A": 1.5}, {"A": -0.1}, {"A": 0.0, "B": 0.0}])
def test_ratios_outside_their_range_are_refused(ratios):
    with pytest.raises(UsageError):
        lift_over_uniform(_table([1, 1], [9, 9]), ratios=ratios)


def test_rate_ratio_is_named_by_its_grades():
    found = rate_ratio(_table([10, 10, 10, 40], [100, 100, 100, 100]))

    assert found.measure == "rate_ratio_d_a"
    assert found.value == pytest.approx(4.0)
    assert found.low > 2 and found.high < 9


def test_rate_ratio_over_nothing_is_infinite_and_of_nothing_undefined():
    assert math.isinf(rate_ratio(_table([0, 5], [100, 100]), riskier="B").value)
    assert math.isnan(rate_ratio(_table([0, 0], [100, 100]), riskier="B").value)
    with pytest.raises(UndefinedEstimateError):
        rate_ratio(_table([1, 0], [100, 0]), riskier="B")


def test_lift_interval_is_the_set_its_combination_cannot_exclude():
    rates = Rates(*map(pd.Series.to_numpy, (pd.Series([0.1, 0.5]), pd.Series([0.05, 0.3]), pd.Series([0.2, 0.7]))))
    low, high = ratio_limits(pd.Series([0.2, 0.8]).to_numpy(), pd.Series([0.7, 0.3]).to_numpy(), rates)

    assert 0.2 / 0.7 <= low < 0.42 / 0.22 < high <= 0.8 / 0.3
