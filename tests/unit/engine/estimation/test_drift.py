import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from engine.errors import UndefinedEstimateError
from engine.estimation.drift import SHIFTS, SLOPES, watch_calibration


def history(n, *, seed, shift=0.0, slope=1.0, months=36):
    rng = np.random.default_rng(seed)
    chance = expit(rng.normal(-2.0, 0.8, n))
    odds = logit(chance)
    true = expit(odds.mean() + slope * (odds - odds.mean()) + shift)
    days = np.datetime64("2022-01-01") + np.sort(rng.integers(0, 30 * months, n))
    return chance, (rng.random(n) < true).astype(float), days


def test_one_row_by_hand():
    # chance 1/2, found: each stake pays q / p = 2 q, half of the money waits for later quarters; the slopes turn about
    # the row itself and pay 1.
    found = watch_calibration([0.5], [1], ["2024-05-06"])

    expected = 0.5 + 0.5 * (sum(2 * expit(shift) for shift in SHIFTS) + len(SLOPES)) / (len(SHIFTS) + len(SLOPES))
    assert found.table["capital"].tolist() == pytest.approx([expected])
    assert (found.alarm_on, found.shift) == (None, 1.0)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=5))
def test_the_game_is_fair(chances):
    """Over all outcomes, weighted by the chances, the capital is worth 1."""
    p = np.array(chances)
    total = 0.0
    for code in range(2 ** len(p)):
        outcome = (code >> np.arange(len(p))) & 1
        weight = np.prod(np.where(outcome, p, 1 - p))
        total += (
            weight
            * watch_calibration(p, outcome, (50 * np.arange(len(p))).astype("datetime64[D]")).table["capital"].iloc[-1]
        )

    assert total == pytest.approx(1.0)


def test_order_of_rows_within_and_between_days_as_given_does_not_matter_beyond_the_days():
    chance, outcome, days = history(400, seed=1)
    shuffled = np.random.default_rng(2).permutation(400)
    one = watch_calibration(chance, outcome, days)
    other = watch_calibration(chance[shuffled], outcome[shuffled], days[shuffled])

    assert one.table["n"].sum() == 400
    # slopes turn about the mean of the rows before, so only the order inside a day may differ
    assert other.table["capital"].iloc[-1] == pytest.approx(one.table["capital"].iloc[-1], rel=0.2)


def test_a_model_that_holds_is_seldom_called_drifted_however_long_one_looks():
    alarms = sum(watch_calibration(*history(1_500, seed=seed)).alarm_on is not None for seed in range(200))

    assert alarms <= 18  # at most 5 %, with three standard errors


@pytest.mark.parametrize(("shift", "slope"), [(0.5, 1.0), (-0.5, 1.0), (0.0, 0.4)])
def test_drift_is_found_and_named(shift, slope):
    found = [watch_calibration(*history(3_000, seed=seed, shift=shift, slope=slope)) for seed in range(20)]

    assert sum(one.alarm_on is not None for one in found) >= 18
    typical = pd.Series([one.shift for one in found]).median(), pd.Series([one.slope for one in found]).median()
    assert typical == ((shift, 1.0) if shift else (0.0, 0.5))


def test_what_has_no_chances_is_refused():
    with pytest.raises(UndefinedEstimateError):
        watch_calibration([0.0, 0.4], [0, 1], ["2024-05-06", "2024-05-07"])
