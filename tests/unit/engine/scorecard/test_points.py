"""Scores worked out by hand, missing values, refusals."""

import numpy as np
import pandas as pd
import pytest

from engine.errors import FeatureSetMismatchError, UnknownBinError
from engine.scorecard.points import score_points
from tests.scorecards import AS_OF, small

NONE = None


def _features(*rows):
    table = pd.DataFrame(rows, columns=["penalties_count", "penalties_age", "findings_count", "capital_count"])
    table.insert(0, "entity_id", [f"uscc:{i}" for i in range(len(rows))])
    table.insert(1, "as_of", AS_OF)
    return table


def test_scores_by_hand():
    features = _features(
        (0, NONE, 0, 5000_00),  # nothing against it
        (3, 100, 3, 0),  # everything
        (1, 400, 0, 5000_00),  # one penalty in its second year: 500 x .5 x .6
        (1, 1095, 2, 100_00),  # third year: 500 x .5 x .3 + 250 x .5 + 250 x .5
        (9, 1096, 0, 5000_00),  # older than three years counts nothing
        (3, NONE, 0, 5000_00),  # a penalty of unknown age counts in full
    )

    scored = score_points(features, small())

    assert scored["score"].tolist() == [0, 1000, 150, 325, 0, 500]
    assert scored["coverage_ratio"].tolist() == [1.0] * 6
    assert list(scored.columns[:4]) == ["entity_id", "as_of", "score", "coverage_ratio"]


def test_missing_is_not_zero():
    features = _features(
        (NONE, NONE, 3, 5000_00),  # known: 250 findings + 250 capital; earned 250
        (NONE, NONE, NONE, NONE),  # capital's empty value counts a fifth
    )

    scored = score_points(features, small())

    assert scored["score"].tolist() == [500, 200]
    assert scored["coverage_ratio"].tolist() == [0.5, 0.25]
    assert scored["points_penalties"].isna().all()


def test_nothing_known_is_no_score():
    features = _features((NONE, NONE, NONE, 5000_00))
    card = small()
    without_capital = type(card)(
        card.name, card.valid_on, card.reference, card.indicators[:2], card.decay, card.consistency_ratios
    )

    scored = score_points(features, without_capital)

    assert np.isnan(scored["score"][0])
    assert scored["coverage_ratio"][0] == 0


def test_points_add_up_and_input_is_left_alone():
    features = _features((1, 30, 3, 150_00), (NONE, NONE, 1, NONE))
    before = features.copy(deep=True)

    scored = score_points(features, small())

    columns = [c for c in scored.columns if c.startswith("points_")]
    np.testing.assert_allclose(scored[columns].sum(axis=1), scored["score"], atol=1e-6)
    pd.testing.assert_frame_equal(features, before)


def test_booleans_and_nullable_integers_are_numbers():
    features = _features((1, 10, 0, 5000_00))
    features["penalties_count"] = pd.array([True], dtype="boolean")
    features["findings_count"] = pd.array([pd.NA], dtype="Int64")

    scored = score_points(features, small())

    assert scored["coverage_ratio"][0] == 0.75
    assert scored["score"][0] == pytest.approx(1000 * 250 / 750)


def test_refusals():
    with pytest.raises(FeatureSetMismatchError, match="penalties_age, capital_count"):
        score_points(_features((0, 0, 0, 0)).drop(columns=["penalties_age", "capital_count"]), small())
    with pytest.raises(UnknownBinError, match="findings: the value -1.0"):
        score_points(_features((0, NONE, -1, 0)), small())


def test_no_rows_give_no_rows():
    assert len(score_points(_features(), small())) == 0
