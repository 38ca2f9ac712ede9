"""Probabilities that mean what they say and change no order."""

import numpy as np
import pytest
from scipy.special import expit

from models.chances.calibration import (
    IDENTITY,
    Calibration,
    Method,
    fit_calibration,
    fit_isotonic,
    fit_platt,
    log_loss,
)


def _world(n, *, line, seed=3):
    rng = np.random.default_rng(seed)
    raw = rng.normal(-2.0, 1.0, size=n)
    return raw, (rng.random(n) < expit(line(raw))).astype(float), np.ones(n)


def test_platt_recovers_a_line():
    # arrange
    raw, adverse, weights = _world(60_000, line=lambda x: 0.5 + 0.6 * x)
    # act
    found = fit_platt(raw, adverse, weights)
    # assert
    assert found.knots[0][1] == pytest.approx(0.5, abs=0.08)
    assert found.outer_slope == pytest.approx(0.6, abs=0.04)


def test_isotonic_recovers_a_curve_that_platt_cannot():
    # arrange: flat below -2, steep above
    raw, adverse, weights = _world(60_000, line=lambda x: -2.0 + 1.5 * np.maximum(x + 2, 0))
    # act
    found = fit_calibration(raw, adverse, weights)
    # assert
    assert found.method is Method.ISOTONIC
    at = np.array([-3.0, -1.0, 0.0])
    np.testing.assert_allclose(found.probability(at), expit(-2.0 + 1.5 * np.maximum(at + 2, 0)), atol=0.04)


def test_a_straight_relation_stays_with_the_line():
    found = fit_calibration(*_world(3_000, line=lambda x: 0.2 + 0.9 * x))
    assert found.method is Method.PLATT


@pytest.mark.parametrize("fit", [fit_platt, fit_isotonic])
def test_the_map_is_strictly_rising_everywhere(fit):
    # arrange
    raw, adverse, weights = _world(2_000, line=lambda x: x)
    # act
    mapped = fit(raw, adverse, weights).log_odds(np.linspace(-12, 8, 4001))
    # assert
    assert (np.diff(mapped) > 0).all()


def test_a_model_worse_than_noise_keeps_its_order():
    raw, adverse, weights = _world(5_000, line=lambda x: -2 - x)
    assert fit_platt(raw, adverse, weights).outer_slope > 0


def test_weights_decide_platt():
    raw, adverse, _ = _world(20_000, line=lambda x: x)
    heavy = fit_platt(raw, adverse, np.where(adverse > 0, 3.0, 1.0))
    assert heavy.knots[0][1] == pytest.approx(np.log(3), abs=0.1)


def test_a_block_without_findings_is_not_impossible():
    raw = np.r_[np.full(400, -3.0), np.full(400, 0.0)]
    adverse = np.r_[np.zeros(400), np.tile([0.0, 1.0], 200)]
    found = fit_isotonic(raw, adverse, np.ones(800))
    assert 0.001 < found.probability(np.array([-3.0]))[0] < 0.02


def test_without_later_rows_nothing_is_changed():
    assert fit_calibration(np.zeros(0), np.zeros(0), np.zeros(0)) is IDENTITY
    np.testing.assert_array_equal(IDENTITY.log_odds(np.array([-3.0, 2.0])), [-3.0, 2.0])


def test_a_knot_is_hit_and_the_outside_is_a_line():
    found = Calibration(Method.ISOTONIC, ((0.0, 1.0), (2.0, 5.0)), 0.5)
    np.testing.assert_allclose(found.log_odds(np.array([-2.0, 0.0, 1.0, 2.0, 4.0])), [0.0, 1.0, 3.0, 5.0, 6.0])


def test_log_loss_of_a_hand_case():
    loss = log_loss(np.array([0.8, 0.4]), np.array([1.0, 0.0]), np.array([1.0, 3.0]))
    assert loss == pytest.approx((-np.log(0.8) - 3 * np.log(0.6)) / 4)
