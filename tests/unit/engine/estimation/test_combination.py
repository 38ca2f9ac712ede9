import math

import numpy as np
import pytest

from engine.estimation.combination import Rates, linear_limits, ratio_limits


def _wilson(hits, n, z=1.959963984540054):
    p = hits / n
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def _rates(pairs):
    limits = [_wilson(k, n) for k, n in pairs]
    return Rates(
        np.array([k / n for k, n in pairs]), np.array([a for a, _ in limits]), np.array([b for _, b in limits])
    )


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0)],
)
def test_a_difference_gives_the_published_limits(first, second, low, high):
    # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10 (from Wilson limits).
    found = linear_limits(np.array([1.0, -1.0]), _rates([first, second]))

    assert found == pytest.approx((low, high), abs=5e-5)


def test_a_ratio_holds_exactly_the_values_its_difference_cannot_exclude():
    rates = _rates([(30, 100), (10, 100)])
    low, high = ratio_limits(np.array([1.0, 0.0]), np.array([0.0, 1.0]), rates)

    assert low < 3 < high
    assert linear_limits(np.array([1.0, -low]), rates)[0] == pytest.approx(0, abs=1e-9)
    assert linear_limits(np.array([1.0, -high]), rates)[1] == pytest.approx(0, abs=1e-9)


def test_a_ratio_never_leaves_what_is_attainable():
    nothing = Rates(np.zeros(2), np.zeros(2), np.array([0.3, 0.3]))

    assert ratio_limits(np.array([0.2, 0.8]), np.array([0.5, 0.5]), nothing) == pytest.approx((0.4, 1.6))


def test_a_ratio_over_nothing_found_has_no_upper_limit():
    rates = Rates(np.array([0.0, 0.5]), np.array([0.0, 0.4]), np.array([0.1, 0.6]))
    low, high = ratio_limits(np.array([0.0, 1.0]), np.array([1.0, 0.0]), rates)

    assert math.isinf(high)
    assert linear_limits(np.array([-low, 1.0]), rates)[0] == pytest.approx(0, abs=1e-9)


def test_known_rates_give_a_ratio_without_width():
    rates = Rates(np.array([0.1, 0.4]), np.array([0.1, 0.4]), np.array([0.1, 0.4]))

    assert ratio_limits(np.array([0.0, 1.0]), np.array([1.0, 0.0]), rates) == pytest.approx((4.0, 4.0))
