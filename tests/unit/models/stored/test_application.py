"""Scores: 0..1000, rising with risk, ties kept, indifferent to what else is in the table."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from engine.errors import FeatureSetMismatchError
from engine.vocabulary import SCORES
from models.stored.application import ModelScorer, score_points
from tests.model_world import DISTRICT, RATE, SEVERITY, feature_rows, fitted


@pytest.fixture(scope="module")
def model():
    return fitted()


def test_points_of_hand_cases():
    raw = np.array([-20.0, -10.0, 0.0, np.log(3), 10.0, 30.0])
    np.testing.assert_allclose(score_points(raw), [0, 0, 500, 500 + 50 * np.log(3), 1000, 1000])


def test_the_table_has_the_shape_that_travels(model):
    rows = feature_rows(200, seed=4)
    scored = SCORES.check(ModelScorer(model).score(rows))
    assert scored["score"].between(0, 1000).all()
    assert scored["probability"].between(0, 1).all()
    assert list(scored["entity_id"]) == list(rows["entity_id"])
    assert scored["model"].unique().tolist() == ["challenger"]
    assert scored["population"].unique().tolist() == ["p"]


def test_probability_rises_with_the_score_and_ties_stay_ties(model):
    # season and drift differ between days, so the rows stand on one
    rows = feature_rows(2000, seed=4).assign(as_of=date(2023, 6, 30))
    scored = ModelScorer(model).score(rows).sort_values("score")
    assert (np.diff(scored["probability"]) >= 0).all()
    assert scored["probability"].nunique() == scored["score"].nunique()


def test_other_columns_and_the_order_of_rows_change_nothing(model):
    rows = feature_rows(300, seed=4)
    shuffled = rows.sample(frac=1, random_state=1).assign(other=1.0)[
        ["other", DISTRICT, RATE, SEVERITY, "as_of", "entity_id"]
    ]
    first = ModelScorer(model).score(rows).set_index("entity_id")["score"]
    second = ModelScorer(model, threads=2).score(shuffled).set_index("entity_id")["score"]
    pd.testing.assert_series_equal(first, second.loc[first.index])


def test_coverage_is_the_importance_of_what_is_known(model):
    # arrange
    importance = {feature.name: feature.importance for feature in model.card.features}
    rows = feature_rows(3, seed=4, unknown_share=0.0)
    rows.loc[1, [SEVERITY, RATE]] = np.nan
    rows.loc[2, [SEVERITY, RATE, DISTRICT]] = np.nan
    # act
    coverage = ModelScorer(model).score(rows)["coverage_ratio"].to_numpy()
    # assert
    np.testing.assert_allclose(coverage, [1.0, importance[DISTRICT], 0.0], atol=1e-8)


def test_not_known_is_no_evidence_it_scores_as_the_typical_value(model):
    typical = dict(zip(model.card.feature_names, model.card.typical, strict=True))
    rows = feature_rows(2, seed=4, unknown_share=0.0)
    rows.loc[0, SEVERITY] = np.nan
    rows.loc[1] = rows.loc[0]
    rows.loc[1, SEVERITY] = typical[SEVERITY]
    scores = ModelScorer(model).score(rows)["score"]
    assert scores[0] == scores[1]


def test_a_missing_column_is_named(model):
    with pytest.raises(FeatureSetMismatchError, match=RATE):
        ModelScorer(model).score(feature_rows(3, seed=4).drop(columns=RATE))


def test_no_rows_no_scores(model):
    assert ModelScorer(model).score(feature_rows(3, seed=4).iloc[:0]).empty
