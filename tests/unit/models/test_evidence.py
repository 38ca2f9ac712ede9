"""The claims of ``make evidence`` about learned models at a size that fits a test run."""

import pytest

from tests.evidence import fairness_and_drift, known_truth, selection_scenarios


def test_fairness_and_drift_scaled_down():
    assert fairness_and_drift.run(full=False)["passed"]


def test_known_truth_scaled_down():
    outcome = known_truth.run(full=False)

    assert outcome["passed"], outcome["populations"]
    for line in outcome["populations"]:
        assert 0.55 < line["auc"]["challenger"] < line["oracle_auc"]
        assert line["auc"]["random"] == pytest.approx(0.5, abs=0.06)


def test_hidden_selection_scaled_down():
    outcome = selection_scenarios.run(full=False)

    assert outcome["passed"], outcome["lines"]
    # many random rows: the line on the days of the draws is the truth's
    assert outcome["random_draws"][-1]["slope_on_the_days_of_the_draws"] == pytest.approx(1.0, abs=0.2)
