"""The booster: monotone, a function of rows, configuration and seed alone."""

import numpy as np
import pytest

from models.learners.admission import known_values, typical_values, with_typical
from models.learners.challenger import fit_booster, without_settings
from models.learners.grown import GrownRanker
from tests.model_world import DISTRICT, RATE, READ, SEVERITY, SMALL, examples, feature_rows, true_log_odds

NAMES = [feature.name for feature in READ]


@pytest.fixture(scope="module")
def world():
    rows = examples()
    return rows, typical_values(rows.rows, names=NAMES)


def _fit(world, **changes):
    rows, typical = world
    settings = {"features": READ, "typical": typical, "configuration": SMALL, "anchor": None, "seed": 7} | changes
    return fit_booster(rows, **settings)


def log_odds(text, matrix):
    return GrownRanker(tuple(NAMES), (0.0,) * len(NAMES), None, text).log_odds_of(matrix)


def test_the_same_call_gives_the_same_bytes_and_threads_do_not_matter(world):
    first = _fit(world)
    assert _fit(world) == first
    assert _fit(world, threads=2) == first


def test_another_seed_gives_other_trees(world):
    assert _fit(world, seed=8) != _fit(world)


def test_more_adverse_conduct_never_lowers_the_risk(world):
    # arrange: rows that differ in one constrained column
    text, typical = _fit(world), np.asarray(world[1])
    for name in (SEVERITY, RATE):
        matrix = np.tile(typical, (200, 1))
        matrix[:, NAMES.index(name)] = np.linspace(0, 60, 200)
        # act
        raw = log_odds(text, matrix)
        # assert
        assert (np.diff(raw) >= 0).all(), name


def test_it_finds_the_risk_that_is_there(world):
    fresh = feature_rows(4000, seed=99)
    raw = log_odds(_fit(world), with_typical(known_values(fresh, names=NAMES), typical=world[1]))
    assert np.corrcoef(raw, true_log_odds(fresh))[0, 1] > 0.85


def test_weights_decide(world):
    # arrange: adverse rows count tenfold
    rows, typical = world
    heavy = rows.rows.assign(weight=np.where(rows.adverse > 0, 10.0, 1.0))
    # act
    raw = log_odds(
        _fit((type(rows)(heavy, rows.basis), typical)),
        np.asarray([typical]),
    )
    # assert
    assert raw[0] > log_odds(_fit(world), np.asarray([typical]))[0] + 1


def test_the_stored_text_names_no_settings(world):
    text = _fit(world)
    assert "num_threads" not in text
    assert without_settings(text) == text


def test_no_rows_no_scores(world):
    assert log_odds(_fit(world), np.zeros((0, 3))).size == 0


def test_the_columns_are_named(world):
    line = next(line for line in _fit(world).splitlines() if line.startswith("feature_names="))
    assert line.removeprefix("feature_names=").split() == [SEVERITY, RATE, DISTRICT]
