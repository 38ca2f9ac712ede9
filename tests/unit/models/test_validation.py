"""Splits in time: nothing later than the window's beginning is ever learned from."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from engine.errors import UndefinedEstimateError
from models.challenger import CANDIDATES, Configuration
from models.examples import Basis, Examples
from models.validation import Rehearsal, choose, rehearse, rolling_origins
from tests.model_world import READ, SMALL, examples


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


def _rehearsal(name, *aucs):
    return Rehearsal(replace(SMALL, name=name), aucs, np.zeros(0), np.zeros(0), np.zeros(0))


def test_the_simplest_that_the_best_does_not_clearly_beat():
    # arrange: b is best; a is behind by less than its own scatter between windows, c is clearly worse
    simple, best, worse = (
        _rehearsal("a", 0.70, 0.60, 0.65),
        _rehearsal("b", 0.69, 0.63, 0.64),
        _rehearsal("c", 0.5, 0.5, 0.5),
    )
    # act, assert
    assert choose([simple, best, worse]).configuration.name == "a"
    assert choose([worse, best, simple]).configuration.name == "b"


def test_without_two_windows_the_simplest():
    assert choose([_rehearsal("a", 0.6), _rehearsal("b", 0.9)]).configuration.name == "a"
    assert choose([_rehearsal("a"), _rehearsal("b")]).configuration.name == "a"


def test_no_configuration_no_choice():
    with pytest.raises(UndefinedEstimateError):
        choose([])


def test_candidates_are_given_simplest_first():
    sizes = [configuration.leaves * configuration.trees for configuration in CANDIDATES]
    assert sizes == sorted(sizes)
    assert all(isinstance(configuration, Configuration) for configuration in CANDIDATES)
