"""Lift at budgets and chances beside outcomes, on drawn rows whose rates are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engine.estimation.estimate import PrecisionLimits
from engine.pipeline.measurement import measurable
from engine.pipeline.score_lift import BUDGETS, STEPS, calibration, chances_by_bin, gains_curve, lift_by_budget
from tests.measured_world import drawn_rows

LIMITS = PrecisionLimits(min_effective_n=30, max_width=0.30, narrow_width=0.05, max_relative_width=1.3)
ASKED = {"population": "enterprise", "level": 0.95}


@pytest.fixture(scope="module")
def sample():
    results, strata = drawn_rows(scale=20)
    return measurable(results, strata)[0]


def everybody(sample):
    """Everybody of the frame: the drawn ones, and others so that a seventh is grade D, as in the frame."""
    drawn = sample.rows.drop_duplicates("entity_id").set_index("entity_id")["grade"]
    others = pd.Series(
        "A", index=[f"other:{at}" for at in range(int((drawn == "D").sum()) * 6 - int((drawn == "A").sum()))]
    )
    return pd.concat([drawn, others])


def test_a_score_that_knows_the_grades_lifts_as_their_rates_say(sample):
    grades = everybody(sample)
    found = lift_by_budget(sample, (grades == "D").astype(float), limits=LIMITS, **ASKED).set_index("budget")

    # Rates 5 % and 40 %, one in seven is D: visiting Ds alone finds .40 / (.05 * 6/7 + .40 / 7) = 4.
    assert found.loc[0.1, "lift"] == pytest.approx(4.0, rel=0.15)
    assert found.loc[0.1, "low"] <= 4.0 <= found.loc[0.1, "high"]
    assert found.loc[0.5, "lift"] < found.loc[0.1, "lift"]
    assert not found.loc[0.1, "is_small"]


def test_a_score_without_differences_lifts_by_exactly_one(sample):
    found = lift_by_budget(sample, everybody(sample).map(lambda _grade: 5.0), limits=LIMITS, **ASKED)

    assert list(found["budget"]) == list(BUDGETS)
    assert found["lift"].to_numpy() == pytest.approx(1.0, abs=1e-12)
    assert (found["low"] <= 1.0).all()
    assert (found["high"] >= 1.0).all()


def test_order_of_rows_decides_nothing_and_rising_transforms_neither(sample):
    rng = np.random.default_rng(4)
    grades = everybody(sample)
    values = pd.Series(rng.random(len(grades)) + (grades == "D"), index=grades.index)
    first = lift_by_budget(sample, values, limits=LIMITS, **ASKED)
    again = lift_by_budget(sample, np.exp(values.sample(frac=1, random_state=1)), limits=LIMITS, **ASKED)

    pd.testing.assert_frame_equal(first, again)


def test_the_gains_curve_says_which_share_of_all_findings_lies_at_the_top(sample):
    grades = everybody(sample)
    curve = gains_curve(sample, (grades == "D").astype(float), **ASKED)

    assert curve["reached"].iloc[[0, -1]].tolist() == curve["found"].iloc[[0, -1]].tolist() == [0.0, 1.0]
    assert len(curve) == len(STEPS) + 2
    assert curve["found"].is_monotonic_increasing
    assert ((curve["low"] <= curve["found"]) & (curve["found"] <= curve["high"])).all()
    assert curve[["found", "low", "high"]].stack().between(0, 1).all()
    # rates 5 % and 40 %, one in seven is D: half of the visits finds all of D and 5 % of the rest that is visited
    half = curve[curve["step"] == 0.5].iloc[0]
    expected = (0.40 / 7 + 0.05 * (0.5 - 1 / 7)) / (0.40 / 7 + 0.05 * 6 / 7)
    assert half["found"] == pytest.approx(expected, rel=0.1)
    assert half["low"] <= expected <= half["high"]
    in_d = sample.rows[(sample.rows["outcome"] == "violation") & (sample.rows["population"] == "enterprise")]
    weights = (1 / in_d["inclusion_probability"]).groupby(in_d["grade"]).sum()
    tied = (0.5 - 1 / 7) / (6 / 7)
    assert half["found"] == pytest.approx((weights["D"] + tied * weights["A"]) / weights.sum(), abs=0.002)
    assert curve["base"].iloc[0] == pytest.approx(0.40 / 7 + 0.05 * 6 / 7, rel=0.15)


def test_a_score_without_differences_gains_as_chance_does(sample):
    curve = gains_curve(sample, everybody(sample).map(lambda _grade: 5.0), **ASKED)

    assert curve["found"].to_numpy() == pytest.approx(curve["reached"].to_numpy(), abs=1e-9)


def test_without_a_finding_there_is_no_gains_curve(sample):
    clean = replace(sample, rows=sample.rows.assign(outcome="clean"))

    assert gains_curve(clean, everybody(sample).map(lambda _grade: 5.0), **ASKED).empty


def test_where_nobody_at_the_top_was_drawn_nothing_is_said(sample):
    grades = everybody(sample)
    values = pd.Series(np.arange(len(grades), 0, -1.0), index=grades.index)
    values[sample.rows["entity_id"].unique()] = 0.0
    found = lift_by_budget(sample, values, limits=LIMITS, **ASKED)

    assert found.loc[0, "n"] == 0
    assert np.isnan(found.loc[0, "lift"])
    assert found.loc[0, "note"]


def test_right_chances_come_true_and_doubled_ones_do_not(sample):
    grades = everybody(sample)
    chances = grades.map({"A": 0.05, "D": 0.40})
    fared = calibration(sample, chances, **ASKED)
    assert fared is not None
    assert fared.observed.low <= fared.expected <= fared.observed.high
    assert fared.brier < fared.base_brier

    doubled = calibration(sample, chances * 2, **ASKED)
    assert doubled is not None
    assert doubled.expected > doubled.observed.high


def test_bins_show_what_each_group_promised_and_held(sample):
    grades = everybody(sample)
    chances = grades.map({"A": 0.05, "D": 0.40})
    found = chances_by_bin(sample, chances, grades, limits=LIMITS, **ASKED).set_index("bin")

    assert list(found.index) == ["A", "D"]
    assert found["predicted"].to_list() == pytest.approx([0.05, 0.40])
    assert found.loc["A", "low"] <= 0.05 <= found.loc["A", "high"]
    assert found.loc["D", "observed"] == pytest.approx(0.40, abs=0.02)  # every D was drawn: nothing is uncertain
    assert found.loc["D", "low"] == found.loc["D", "high"]
    assert chances_by_bin(sample, chances.head(0), grades, limits=LIMITS, **ASKED).empty
    assert calibration(sample, chances, population="facility", level=0.95) is None
