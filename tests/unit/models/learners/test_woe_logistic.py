"""The learned scorecard: bins rise as claimed, slopes are never negative, the table is the model and its reasons."""

import json

import numpy as np
import pandas as pd
import pytest

from engine.errors import UsageError
from engine.estimation.ranking import auc
from models.learners.admission import known_values
from models.learners.binning import fit_bins
from models.learners.learned import MODEL_NAME, POINTS_MODEL, learned_names
from models.learners.points_table import POINTS_FILE, points_lines
from models.learners.woe_logistic import POINTS_CANDIDATES, fit_points_table
from models.stored.application import ModelScorer
from models.stored.artifact import model_files, model_from_files
from models.stored.explanation import contributions, reasons
from tests.model_world import RATE, READ, SEVERITY, examples, feature_rows, fitted, label_rows, true_log_odds


@pytest.fixture(scope="module")
def model():
    return fitted(name=POINTS_MODEL, candidates=None)


def test_bins_rise_with_the_value_and_the_unknown_has_no_evidence():
    bins = fit_bins(examples(), features=READ, most_bins=5, least_share=0.05)
    severity = next(one for one in bins if one.feature == SEVERITY)
    assert list(severity.evidence) == sorted(severity.evidence)
    assert severity.evidence[0] < 0 < severity.evidence[-1]
    edge = severity.edges[0]
    np.testing.assert_array_equal(
        severity.of(np.array([np.nan, edge, np.nextafter(edge, -np.inf)])), [0.0, *severity.evidence[1::-1]]
    )


def test_evidence_of_a_hand_case():
    # 200 rows below 1 with 20 findings, 200 above with 60: log-odds of .1 and .3 against .2, drawn in by 10 rows of .2
    rows = examples(400)
    rows.rows[RATE] = np.r_[np.zeros(200), np.ones(200)]
    rows.rows["adverse"] = np.r_[np.repeat([1.0, 0.0], [20, 180]), np.repeat([1.0, 0.0], [60, 140])]
    (found,) = fit_bins(
        rows, features=[feature for feature in READ if feature.name == RATE], most_bins=2, least_share=0.05
    )
    odds = [np.log((k + 2) / (210 - k - 2)) - np.log(80 / 320) for k in (20, 60)]
    assert found.evidence == pytest.approx(odds)


def test_no_slope_is_negative_and_worse_conduct_never_lowers_the_risk(model):
    table = model.ranker
    assert min(table.slopes) > 0
    rows = feature_rows(300, seed=9, unknown_share=0.0)
    worse = rows.assign(**{SEVERITY: rows[SEVERITY] + 7.0, RATE: np.clip(rows[RATE] + 0.2, 0, 1)})
    assert (table.log_odds(worse) >= table.log_odds(rows)).all()


def test_it_orders_almost_as_well_as_the_truth(model):
    rows = feature_rows(4000, seed=21, unknown_share=0.0)
    outcome = label_rows(rows, seed=22)["label"]
    best = auc(true_log_odds(rows), outcome)
    assert auc(ModelScorer(model).score(rows)["score"], outcome) > best - 0.02


def test_a_firm_of_which_nothing_is_known_stands_at_the_base(model):
    rows = feature_rows(1, seed=1).assign(**{feature.name: np.nan for feature in READ})
    assert model.ranker.log_odds(rows)[0] == model.ranker.intercept
    assert ModelScorer(model).score(rows)["coverage_ratio"].iloc[0] == 0


def test_the_lines_of_the_table_add_up_to_the_score(model):
    rows = feature_rows(500, seed=5)
    found = contributions(model, rows)
    score = ModelScorer(model).score(rows)["score"]
    np.testing.assert_allclose(found.scores, score, atol=1e-9)
    lines = points_lines(model.ranker, points_per_log_odds=50.0)
    by_hand = np.full(len(rows), 500 + 50 * model.ranker.intercept)
    for line in lines.itertuples():
        value = rows[line.feature]
        inside = (value >= (-np.inf if pd.isna(line.lower) else line.lower)) & (
            value < (np.inf if pd.isna(line.upper) else line.upper)
        )
        by_hand += np.where(inside, line.points, 0.0)
    np.testing.assert_allclose(by_hand, score, atol=1e-9)
    told = reasons(model, rows, top=2)
    assert set(told["feature"]) <= set(model.ranker.names)


def test_it_is_stored_as_a_table_that_another_program_reads(model):
    files = model_files(model)
    again = model_from_files(files, expected_digest=model.digest)
    rows = feature_rows(50, seed=6)
    pd.testing.assert_frame_equal(ModelScorer(again).score(rows), ModelScorer(model).score(rows))
    table = json.loads(files[POINTS_FILE])
    assert [one["feature"] for one in table["bins"]] == list(model.card.feature_names)
    assert model.card.name == POINTS_MODEL


def test_the_same_rows_give_the_same_table():
    assert fitted(name=POINTS_MODEL, candidates=None).digest == fitted(name=POINTS_MODEL, candidates=None).digest


def test_a_repeated_column_has_one_line():
    rows = examples()
    rows.rows[RATE] = rows.rows[SEVERITY]
    table = fit_points_table(rows, features=READ, configuration=POINTS_CANDIDATES[-1], held=None)
    assert len({SEVERITY, RATE} & set(table.names)) == 1
    assert known_values(rows.rows, names=table.names).shape[1] == len(table.names)


def test_models_are_asked_for_by_name():
    assert learned_names(None) == (MODEL_NAME,)
    assert learned_names([POINTS_MODEL, MODEL_NAME, POINTS_MODEL]) == (POINTS_MODEL, MODEL_NAME)
    with pytest.raises(UsageError, match="woe_scorecard"):
        learned_names(["forest"])
