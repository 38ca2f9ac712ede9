"""A walking level: nothing moves, it stays; it moves, the end is found with a fair error."""

import numpy as np
import pytest

from models.chances.walk import MONTH_DAYS, fit_walk


def _months(states, *, per_month=300, seed=1):
    rng = np.random.default_rng(seed)
    state = np.repeat(states, per_month)
    offset = -2.0 + 0.7 * rng.normal(size=len(state))
    adverse = (rng.random(len(state)) < 1 / (1 + np.exp(-offset - state))).astype(float)
    age = np.repeat(np.arange(len(states))[::-1], per_month) * MONTH_DAYS + 5.0
    return offset, adverse, np.ones(len(state)), age - age.min()


def test_months_that_do_not_move_give_their_common_mean():
    offset, adverse, weights, age = _months(np.full(36, 0.3))
    found = fit_walk(offset, adverse, weights, age_days=age)
    assert found.last == pytest.approx(0.3, abs=0.1)
    assert found.step < 0.05


def test_the_end_of_a_walk_lies_within_its_interval_as_often_as_it_says():
    held, steps = [], []
    for seed in range(60):
        states = np.cumsum(np.random.default_rng(100 + seed).normal(scale=0.2, size=30))
        offset, adverse, weights, age = _months(states, seed=seed)
        found = fit_walk(offset, adverse, weights, age_days=age)
        held.append(abs(found.last - states[-1]) < 1.96 * found.error)
        steps.append(found.step)
    assert np.mean(held) >= 0.88
    assert np.mean(steps) == pytest.approx(0.2, abs=0.05)


def test_a_month_without_rows_widens_the_error_and_no_single_finding_breaks_it():
    offset, adverse, weights, age = _months(np.zeros(12), per_month=20)
    late = age >= 3 * MONTH_DAYS
    late[0] = True
    kept = [part[late | (age < MONTH_DAYS)] for part in (offset, adverse, weights, age)]
    sparse = fit_walk(*kept[:3], age_days=kept[3])
    assert np.isfinite([sparse.last, sparse.error]).all()
    one = fit_walk(np.zeros(1), np.ones(1), np.ones(1), age_days=np.zeros(1))
    assert 0 < one.last < 1
