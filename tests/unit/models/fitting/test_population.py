"""The whole fit: reproducible, chosen and calibrated inside the past, refused where there is nothing to learn."""

from datetime import date

import numpy as np
import pytest

from engine.errors import NothingToLearnError
from models.chances.calibration import Method
from models.fitting.population import train_population
from models.learners.challenger import CANDIDATES
from models.learners.examples import Basis
from models.stored.application import ModelScorer
from tests.model_world import READ, SEVERITY, SMALL, feature_rows, fitted, label_rows, true_log_odds


def test_the_same_arguments_give_the_same_digest():
    assert fitted().digest == fitted().digest
    assert fitted(seed=2).digest != fitted().digest


def test_probabilities_match_the_true_risk_on_new_rows():
    # arrange
    fresh = feature_rows(20_000, seed=77, unknown_share=0.0)
    # act
    model = fitted(8000, candidates=CANDIDATES[1:2])
    chance = ModelScorer(model).score(fresh)["probability"]
    # assert: in the large and at both ends
    truth = 1 / (1 + np.exp(-true_log_odds(fresh)))
    assert chance.mean() == pytest.approx(truth.mean(), rel=0.08)
    ends = np.quantile(chance, [0.2, 0.9])
    for part in (chance <= ends[0], chance >= ends[1]):
        assert chance[part].mean() == pytest.approx(truth[part.to_numpy()].mean(), rel=0.25)
    assert model.card.calibration.method is not Method.NONE


def test_a_feature_of_no_use_to_anyone_is_not_read():
    # arrange: the last severity is never known
    rows = feature_rows(2000, seed=1).assign(**{SEVERITY: np.nan})
    # act
    model = train_population(
        rows,
        label_rows(feature_rows(2000, seed=1), seed=2),
        population="p",
        known_by=date(2030, 1, 1),
        basis=Basis.SCHEDULED,
        seed=7,
        declared=READ,
        candidates=(SMALL,),
    )
    # assert
    assert SEVERITY not in model.card.feature_names


def test_newcomers_do_not_train():
    model = fitted(3000)
    assert model.card.window.n_rows == int((feature_rows(3000, seed=1)[SEVERITY].notna()).sum())


def test_too_few_findings_are_refused_with_their_number():
    with pytest.raises(NothingToLearnError, match="at least 50 with findings and 50 without"):
        fitted(60)
