from datetime import date

import numpy as np
import pandas as pd
import pytest

from engine.errors import UndefinedEstimateError
from engine.estimation.schedule import days_earlier_interval, schedule_by_plan, schedule_by_score

DATES = [date(2024, 3, day) for day in (1, 1, 2, 3, 4, 4)]
ADVERSE = [False, False, True, False, True, False]


def test_the_highest_score_takes_the_first_date():
    # The two adverse visits of days 2 and 4 get the two slots of day 1: (2 + 4) / 2 - 1 = 2 days earlier.
    found = schedule_by_score(DATES, [1, 2, 9, 3, 8, 0], ADVERSE)

    assert found.days_earlier == 2
    assert found.random_days_earlier == pytest.approx(3 - 15 / 6)
    # Days whose running count is below 3 of 6: day 1 only.
    assert (found.first_half_share, found.actual_first_half_share) == (1.0, 0.0)


def test_a_constant_score_gains_what_a_random_order_gains_however_the_rows_lie():
    for order in (np.arange(6), np.array([5, 0, 3, 2, 4, 1])):
        dates, adverse = np.array(DATES)[order], np.array(ADVERSE)[order]
        found = schedule_by_score(dates, np.zeros(6), adverse)
        assert found.days_earlier == pytest.approx(found.random_days_earlier)
        assert found.first_half_share == pytest.approx(2 / 6)


def test_the_real_schedule_as_a_plan_gains_nothing():
    found = schedule_by_plan(DATES, DATES, ADVERSE)

    assert found.days_earlier == 0
    assert found.first_half_share == found.actual_first_half_share


def test_a_plan_without_ties_is_the_schedule_of_its_scores():
    planned = [date(2024, 3, day) for day in (4, 3, 1, 4, 1, 2)]
    by_plan = schedule_by_plan(DATES, planned, ADVERSE)

    assert by_plan.days_earlier == 2
    assert by_plan.first_half_share == 1.0


def test_nothing_found_has_no_gain():
    with pytest.raises(UndefinedEstimateError):
        schedule_by_score(DATES, np.arange(6), [False] * 6)


def test_the_interval_is_reproducible_and_holds_the_value():
    rng = np.random.default_rng(7)
    dates = np.datetime64("2024-01-01") + rng.integers(60, size=400)
    risk = rng.random(400)
    adverse = rng.random(400) < 0.3 * risk
    firms = rng.integers(150, size=400)
    found, again = (
        days_earlier_interval(dates, risk, adverse, clusters=firms, rng=np.random.default_rng(1), replicates=100)
        for _ in range(2)
    )

    assert found == again
    assert 0 < found.low < found.value < found.high


def test_resamples_without_a_finding_are_left_out():
    rng = np.random.default_rng(2)
    found = days_earlier_interval(
        DATES, [0, 0, 9, 0, 0, 0], [False, False, True, False, False, False], clusters=range(6), rng=rng, replicates=40
    )

    assert found.low <= found.value <= found.high


@pytest.mark.reference
def test_the_published_scores_gain_the_published_days(reference_data):
    table = pd.read_parquet(reference_data / "chicago_food" / "replication" / "hist_30_dat.parquet")
    test = table[table["Test"].astype(bool)]
    found = schedule_by_score(test["Inspection_Date"].to_numpy(), test["glm_pred_test"], test["criticalFound"])

    # The city's own model: 7.589 days earlier, 68.4 % instead of 54.4 % in the first half.
    assert round(found.days_earlier, 3) == 7.589
    assert (round(found.first_half_share, 3), round(found.actual_first_half_share, 3)) == (0.684, 0.544)
    assert found.random_days_earlier == pytest.approx(-1.5, abs=0.1)
