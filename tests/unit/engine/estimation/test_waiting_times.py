"""The median of times of which some still run: by hand, against sorting, and never shortened by who still waits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.estimation.waiting_times import median_time

TIMES = st.lists(st.integers(0, 60), min_size=1, max_size=40)


def test_open_ones_are_counted_as_waiting_by_hand():
    # 1 and 3 done, 2 and 4 open: after 1 three quarters wait; at 3 one of the two left is done, so 3/8 wait
    assert median_time([1, 2, 3, 4], [False, True, False, True], level=0.95).value == 3
    assert median_time([1, 2, 2, 2], [False, True, True, True], level=0.95).value is None
    assert median_time([], [], level=0.95).value is None


@given(TIMES)
def test_with_nothing_open_it_is_the_middle_of_the_sorted(days):
    found = median_time(days, [False] * len(days), level=0.95)

    assert found.value == sorted(days)[(len(days) - 1) // 2]
    if found.low is not None:
        assert min(days) <= found.low <= found.value <= found.high <= max(days)


@given(TIMES, TIMES)
def test_whoever_still_waits_longer_never_shortens_it(days, more):
    done = median_time(days, [False] * len(days), level=0.95).value
    waits = [max(days) + each for each in more]
    found = median_time([*days, *waits], [*([False] * len(days)), *([True] * len(waits))], level=0.95)

    assert found.value is None or found.value >= done
    assert len(more) <= len(days) or found.value is None


@pytest.mark.parametrize("share_open", [0.0, 0.4])
def test_the_interval_covers_the_true_median_as_often_as_it_says(share_open):
    rng = np.random.default_rng(11)
    covered, rounds = 0, 300
    for _ in range(rounds):
        times = rng.exponential(10, 80)
        ends = np.where(rng.random(80) < share_open, rng.exponential(10, 80), np.inf)
        found = median_time(np.minimum(times, ends), times > ends, level=0.95)
        covered += (found.low or 0) <= 10 * np.log(2) <= (found.high or np.inf)

    assert covered / rounds >= 0.92
