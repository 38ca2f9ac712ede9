"""Splits in time: nothing later than the window's beginning is ever learned from."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from engine.errors import UndefinedEstimateError
from models.fitting.validation import Rehearsal, choose, rehearse, rehearse_level, rolling_origins
from models.learners.challenger import CANDIDATES, Configuration
from models.learners.examples import Basis, Examples
from tests.model_world import READ, SMALL, examples, true_log_odds


def test_windows_follow_each_other_and_their_past_was_known_before():
    # arrange
    rows = examples(4000)
    known_at = pd.to_datetime(rows.rows["known_at"])
    as_of = pd.to_datetime(rows.rows["as_of"])
    # act
    origins = rolling_origins(rows)
    # assert
    assert len(origins) == 3
    for origin in origins:
        assert (known_at[origin.past] < origin.begins).all()
        assert (as_of[origin.window] >= origin.begins).all()
    together = np.sum([origin.window for origin in origins], axis=0)
    assert together.max() == 1
    assert together.sum() == pytest.approx(2000, abs=20)


def test_a_result_published_after_the_window_began_is_not_in_its_past():
    # arrange: everything becomes known three years late
    rows = examples(4000)
    late = rows.rows.assign(known_at=[day + timedelta(days=1095) for day in rows.rows["as_of"]])
    # act
    origins = rolling_origins(Examples(late, rows.basis))
    # assert
    for origin in origins:
        assert pd.to_datetime(late["as_of"])[origin.past].max() < origin.begins - pd.Timedelta(days=1094)


def test_windows_with_too_few_findings_are_left_out():
    assert rolling_origins(examples(100)) == ()


def test_a_window_is_predicted_without_its_own_outcomes():
    # arrange
    rows = examples(3000)
    origins = rolling_origins(rows)
    flipped = rows.rows.copy()
    last = origins[-1].window
    flipped.loc[last, "adverse"] = 1 - flipped.loc[last, "adverse"]
    # act
    settings = {"declared": READ, "configuration": SMALL, "seed": 1}
    found = rehearse(rows, origins, **settings)
    other = rehearse(Examples(flipped, rows.basis), origins, **settings)
    # assert: the last window's outcomes change no prediction, only its figure
    np.testing.assert_array_equal(found.raw, other.raw)
    assert found.aucs[:2] == other.aucs[:2]
    assert found.aucs[2] == pytest.approx(1 - other.aucs[2])
    assert min(found.aucs) > 0.6


def test_a_past_that_knows_nothing_is_skipped():
    rows = examples(3000)
    names = [feature.name for feature in READ]
    blind = rows.rows.copy()
    blind[names] = np.nan
    found = rehearse(
        Examples(blind, Basis.SCHEDULED), rolling_origins(rows), declared=READ, configuration=SMALL, seed=1
    )
    assert found.aucs == ()
    assert found.raw.size == 0


def _scored(**skill):
    """Rehearsals of one set of 1,200 rows in three windows, each score as much worse than the truth as it is told."""
    rng = np.random.default_rng(4)
    risk = rng.normal(size=1200)
    rows = pd.DataFrame(
        {
            "entity_id": np.arange(1200) // 2,
            "window": np.arange(1200) % 3,
            "adverse": (rng.random(1200) < 1 / (1 + np.exp(1.5 - risk))).astype(float),
            "weight": 1.0,
        }
    )
    return [
        Rehearsal(replace(SMALL, name=name), (0.5,) * 3, risk + noise * rng.normal(size=1200), rows)
        for name, noise in skill.items()
    ]


def _chosen(rehearsals):
    return choose(rehearsals, rng=np.random.default_rng(1)).configuration.name


def test_the_simplest_that_the_best_does_not_clearly_beat():
    # arrange, act, assert: a is as good as b but for luck; c is clearly worse
    assert _chosen(_scored(a=1.0, b=0.98, c=6.0)) == "a"
    assert _chosen(_scored(c=6.0, b=0.98, a=1.0)) == "b"


def test_without_windows_the_simplest():
    nothing = pd.DataFrame({"adverse": [], "weight": []})
    rehearsals = [Rehearsal(replace(SMALL, name=name), (), np.zeros(0), nothing) for name in "ab"]
    assert _chosen(rehearsals) == "a"


def test_no_configuration_no_choice():
    with pytest.raises(UndefinedEstimateError):
        choose([], rng=np.random.default_rng(1))


def test_few_findings_are_judged_on_fewer_windows():
    assert 0 < len(rolling_origins(examples(600))) < 3


@pytest.mark.parametrize(("wave", "expected"), [(1.5, True), (0.0, False)])
def test_a_season_enters_where_the_past_shows_one(wave, expected):
    # arrange: the same risk, with and without a wave over the year
    rows = examples(6000).rows
    rng = np.random.default_rng(3)
    angle = 2 * np.pi * pd.to_datetime(rows["as_of"]).dt.day_of_year.to_numpy() / 365.25
    raw = true_log_odds(rows) + wave * np.sin(angle)
    world = Examples(
        rows.assign(adverse=(rng.random(len(rows)) < 1 / (1 + np.exp(-raw))).astype(float)), Basis.SCHEDULED
    )
    # act
    form = rehearse_level(world, rolling_origins(world), declared=READ, configuration=SMALL, seed=1)
    # assert
    assert form.season is expected


def test_candidates_are_given_simplest_first():
    sizes = [configuration.leaves * configuration.trees for configuration in CANDIDATES]
    assert sizes == sorted(sizes)
    assert [configuration.is_anchored for configuration in CANDIDATES] == [True, False, False, False]
    assert all(isinstance(configuration, Configuration) for configuration in CANDIDATES)
