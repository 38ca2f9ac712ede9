"""The level of a day: season and drift are found where they are, and change no order."""

import numpy as np
import pandas as pd
import pytest

from models.chances.level import MIN_SPAN_DAYS, Drift, Level, LevelForm, fit_level, level_loss

DAYS = pd.Series(pd.date_range("2019-01-01", "2022-12-31", freq="D"))


def _outcomes(level, *, per_day=40, seed=1, base=-1.5):
    rng = np.random.default_rng(seed)
    days = DAYS.repeat(per_day).reset_index(drop=True)
    offset = base + 0.8 * rng.normal(size=len(days))
    value = offset + level.log_odds(days)
    return offset, (rng.random(len(days)) < 1 / (1 + np.exp(-value))).astype(float), days


def test_a_planted_season_is_found():
    truth = Level(0.0, -0.3, 0.2)
    offset, adverse, days = _outcomes(truth)
    found = fit_level(offset, adverse, np.ones(len(days)), days, form=LevelForm(True, Drift.NONE))
    assert (found.cosine, found.sine) == pytest.approx((truth.cosine, truth.sine), abs=0.03)
    assert found.shift == 0.0


def test_a_new_level_is_followed_within_the_half_life():
    # arrange: the last year is half a unit of log-odds higher
    offset, _, days = _outcomes(Level(0, 0, 0))
    rng = np.random.default_rng(2)
    value = offset + 0.5 * (days >= pd.Timestamp("2022-01-01"))
    adverse = (rng.random(len(days)) < 1 / (1 + np.exp(-value))).astype(float)
    # act
    found = fit_level(offset, adverse, np.ones(len(days)), days, form=LevelForm(False, Drift.FADING))
    # assert: more than the plain mean of .125, less than all of it
    assert 0.2 < found.shift < 0.5


def test_no_season_is_read_from_less_than_two_summers():
    offset, adverse, days = _outcomes(Level(0.0, -0.5, 0.5))
    short = days < DAYS[0] + pd.Timedelta(days=MIN_SPAN_DAYS)
    found = fit_level(
        offset[short], adverse[short], np.ones(int(short.sum())), days[short], form=LevelForm(True, Drift.NONE)
    )
    assert found == Level(0.0, 0.0, 0.0)


def test_the_true_level_loses_least():
    truth = Level(0.2, -0.4, 0.3)
    offset, adverse, days = _outcomes(truth)
    weights = np.ones(len(days))
    losses = [
        level_loss(level, offset, adverse, weights, days) for level in (truth, Level(0, 0, 0), Level(0.2, 0.4, 0.3))
    ]
    assert losses[0] == min(losses)


def test_a_walking_level_follows_a_jump_farther_than_a_fading_one_and_says_how_unsure_it_is():
    # arrange: the last half-year is .8 higher
    offset, _, days = _outcomes(Level(0, 0, 0))
    rng = np.random.default_rng(3)
    value = offset + 0.8 * (days >= pd.Timestamp("2022-07-01"))
    adverse = (rng.random(len(days)) < 1 / (1 + np.exp(-value))).astype(float)
    # act
    walk, fading = (
        fit_level(offset, adverse, np.ones(len(days)), days, form=LevelForm(False, drift))
        for drift in (Drift.WALK, Drift.FADING)
    )
    # assert
    assert fading.shift < 0.5 < walk.shift
    assert abs(walk.shift - 0.8) < 2.5 * walk.error
    assert walk.spread_after(12) > walk.spread_after(0) == pytest.approx(walk.error)
