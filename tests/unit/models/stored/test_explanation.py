"""Reasons add up to the score, in size order, in words."""

from dataclasses import replace

import lightgbm
import numpy as np
import pandas as pd
import pytest

from engine.scorecard.reasons import sentence
from models.stored import explanation
from models.stored.application import ModelScorer
from models.stored.explanation import contributions, reasons
from tests.model_world import READ, SEVERITY, feature_rows, fitted


@pytest.fixture(scope="module")
def model():
    return fitted()


def test_contributions_add_up_to_the_score_for_everyone(model):
    rows = feature_rows(3000, seed=11)
    found = contributions(model, rows)
    np.testing.assert_allclose(found.scores, ModelScorer(model).score(rows)["score"], atol=1e-6)
    assert np.ptp(found.base) < 1e-9


def test_they_still_add_up_where_the_score_was_held_at_its_end(model):
    # arrange: leaves twenty times as loud
    booster = lightgbm.Booster(model_str=model.ranker.trees)
    for tree in booster.dump_model()["tree_info"]:
        for leaf in range(tree["num_leaves"]):
            booster.set_leaf_output(tree["tree_index"], leaf, 20 * booster.get_leaf_output(tree["tree_index"], leaf))
    loud = replace(model, ranker=replace(model.ranker, trees=booster.model_to_string()))
    rows = feature_rows(500, seed=11)
    # act
    scores = ModelScorer(loud).score(rows)["score"]
    # assert
    assert (scores == 0).any()
    np.testing.assert_allclose(contributions(loud, rows).scores, scores, atol=1e-6)


def test_the_largest_come_first_and_each_row_has_its_own(model):
    rows = feature_rows(200, seed=11)
    told = reasons(model, rows, top=2, declared=READ)
    assert (
        told.groupby("entity_id")["rank"].apply(list).map(lambda ranks: ranks == list(range(1, len(ranks) + 1))).all()
    )
    sizes = told.assign(size=told["points"].abs()).groupby("entity_id", sort=False)["size"]
    assert sizes.apply(lambda size: size.is_monotonic_decreasing).all()
    assert told["rank"].max() == 2


def test_reasons_do_not_depend_on_how_many_rows_are_explained_at_a_time(model, monkeypatch):
    rows = feature_rows(50, seed=11)
    whole = reasons(model, rows, top=2, declared=READ)
    monkeypatch.setattr(explanation, "BLOCK", 7)
    pd.testing.assert_frame_equal(reasons(model, rows, top=2, declared=READ), whole)


def test_a_reason_is_a_sentence_with_its_value(model):
    rows = feature_rows(1, seed=11, unknown_share=0.0).assign(**{SEVERITY: 40.0})
    told = reasons(model, rows, top=3, declared=READ).set_index("feature").loc[SEVERITY]
    assert told["points"] > 0
    assert str(sentence(told["template"], told["params"])) == "Severity score of the last visit: 40.0"


def test_what_is_not_known_is_said_to_be_not_known(model):
    rows = feature_rows(1, seed=11, unknown_share=1.0)
    told = reasons(model, rows, top=3, declared=READ).set_index("feature").loc[SEVERITY]
    assert np.isnan(told["value"])
    assert str(sentence(told["template"], told["params"])) == "Severity score of the last visit: not known"


def test_a_feature_without_declaration_goes_by_its_name(model):
    told = reasons(model, feature_rows(1, seed=11, unknown_share=0.0), top=1, declared=())
    assert str(sentence(told["template"].iloc[0], told["params"].iloc[0])).startswith(told["feature"].iloc[0])


def test_no_rows_no_reasons(model):
    assert reasons(model, feature_rows(2, seed=11).iloc[:0], top=3).empty
