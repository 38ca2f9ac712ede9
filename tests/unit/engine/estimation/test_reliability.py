import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from engine.errors import UndefinedEstimateError
from engine.estimation.reliability import (
    brier,
    calibration_line,
    observed_to_expected,
    population_shift,
    reliability_table,
)


def _predicted(n=4000, slope=1.0, shift=0.0, seed=3):
    rng = np.random.default_rng(seed)
    chance = expit(rng.normal(-1.5, 1, size=n))
    return chance, rng.random(n) < expit(shift + slope * logit(chance))


def test_brier_by_hand_and_against_an_independent_implementation():
    assert brier([0.2, 0.9], [False, True]) == pytest.approx((0.04 + 0.01) / 2)
    assert brier([0.2, 0.9], [False, True], weights=[3, 1]) == pytest.approx((0.12 + 0.01) / 4)
    chance, adverse = _predicted()
    assert brier(chance, adverse) == pytest.approx(brier_score_loss(adverse, chance))


@pytest.mark.parametrize(("chance", "adverse"), [([], []), ([1.2], [True]), ([0.2], [True, False]), ([np.nan], [True])])
def test_chances_outside_their_range_are_refused(chance, adverse):
    with pytest.raises(UndefinedEstimateError):
        brier(chance, adverse)


def test_observed_over_expected_by_hand_and_never_outside_its_range():
    found = observed_to_expected([0.2, 0.4, 0.4], [1, 1, 0], clusters=["a", "b", "c"])
    assert found.value == pytest.approx(2.0)
    assert found.low == 0.0  # three rows say nearly nothing
    with pytest.raises(UndefinedEstimateError):
        observed_to_expected([0.0, 0.0], [0, 0], clusters=["a", "b"])


def test_observed_over_expected_covers_one_where_entities_repeat_themselves():
    """Each firm is seen five times with one outcome: intervals by firm cover, by row they would not."""
    held = {"firms": 0, "rows": 0}
    for seed in range(300):
        chance, adverse = _predicted(n=400, seed=seed)
        repeated = [np.repeat(part, 5) for part in (chance, adverse, np.arange(400))]
        for name, clusters in (("firms", repeated[2]), ("rows", np.arange(2000))):
            found = observed_to_expected(*repeated[:2], clusters=clusters)
            held[name] += found.low <= 1 <= found.high
    assert held["firms"] / 300 > 0.91
    assert held["rows"] / 300 < 0.75


def test_reliability_bins_hold_all_rows_and_never_part_equal_chances():
    table = reliability_table([0.1] * 6 + [0.3] * 2 + [0.8] * 2, [1, 0, 0, 0, 0, 0, 1, 0, 1, 1], n_bins=5)

    assert table["n"].sum() == 10
    assert table["predicted"].tolist() == pytest.approx([0.1, 0.3, 0.8])
    assert table["hits"].tolist() == [1, 1, 2]
    assert ((table["low"] <= table["observed"]) & (table["observed"] <= table["high"])).all()


def test_calibration_recovers_what_generated_the_outcomes():
    right = calibration_line(*_predicted())
    wrong = calibration_line(*_predicted(slope=0.5, shift=-0.8))

    assert right.in_the_large_low < 0 < right.in_the_large_high
    assert right.slope_low < 1 < right.slope_high
    assert wrong.slope_low < 0.5 < wrong.slope_high < 1


def test_calibration_finds_its_way_from_chances_that_are_far_off():
    found = calibration_line([0.001, 0.002] * 50, [True, False] * 25 + [False, True] * 25)

    assert found.in_the_large == pytest.approx(6.56, abs=0.01)


def test_calibration_equals_an_independent_fit():
    chance, adverse = _predicted(n=500)
    weights = np.random.default_rng(1).uniform(0.5, 2, size=500)
    fit = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(chance)[:, None], adverse, sample_weight=weights)

    assert calibration_line(chance, adverse, weights=weights).slope == pytest.approx(fit.coef_[0, 0], abs=1e-4)


@pytest.mark.parametrize(
    ("chance", "adverse"),
    [([0.1, 0.2], [True, True]), ([0.0, 0.2], [True, False]), ([0.2, 0.2], [True, False]), ([0.1, 0.9], [False, True])],
)
def test_a_line_that_does_not_exist_is_undefined(chance, adverse):
    with pytest.raises(UndefinedEstimateError):
        calibration_line(chance, adverse)


def test_shift_by_hand():
    # e = .5, .5; a = .4, .6: -.1 ln .8 + .1 ln 1.2 = .0405465.
    assert population_shift([50, 50], [40, 60]).psi == pytest.approx(0.0405465, abs=1e-6)
    assert population_shift([50, 50], [50, 50]).p_value == 1


def test_the_customary_limit_fires_on_small_samples_but_the_p_value_does_not():
    rng = np.random.default_rng(11)
    shares = np.full(10, 0.1)
    found = [population_shift(1e6 * shares, rng.multinomial(50, shares)) for _ in range(1000)]

    assert np.mean([shift.psi > 0.2 for shift in found]) > 0.3
    assert np.mean([shift.p_value < 0.05 for shift in found]) < 0.10


@pytest.mark.parametrize(("expected", "actual"), [([0, 0], [1, 2]), ([3], [4]), ([1, 0], [2, 0])])
def test_shift_needs_counts(expected, actual):
    with pytest.raises(UndefinedEstimateError):
        population_shift(expected, actual)
