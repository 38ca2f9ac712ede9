import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from engine.errors import UndefinedEstimateError, UsageError
from engine.estimation.ranking import auc, auc_difference, auc_interval


def _scored(seed=1, n=400, firms=60):
    rng = np.random.default_rng(seed)
    firm = rng.integers(firms, size=n)
    risk = rng.normal(size=firms)[firm]
    score = np.round(risk + rng.normal(size=n), 1)
    return score, rng.random(n) < 1 / (1 + np.exp(1.5 - risk)), firm


def test_auc_by_hand_with_a_tie():
    # Pairs (adverse, clean): (3,1) (3,2) (2,1) count 1, (2,2) counts 1/2: 3.5 of 4.
    assert auc([1, 2, 2, 3], [False, False, True, True]) == 0.875


def test_auc_equals_an_independent_implementation():
    score, adverse, _ = _scored()

    assert auc(score, adverse) == pytest.approx(roc_auc_score(adverse, score), abs=1e-12)


def test_auc_without_information_is_one_half():
    assert auc([7, 7, 7], [True, False, False]) == 0.5


@pytest.mark.parametrize(
    ("scores", "adverse"),
    [([1, 2], [True, True]), ([], []), ([1, np.nan], [True, False]), ([1, 2], [True]), ([1, 2], [0.5, 1])],
)
def test_auc_needs_both_outcomes_and_a_score_per_row(scores, adverse):
    with pytest.raises(UndefinedEstimateError):
        auc(scores, adverse)


def test_resampled_weights_equal_resampled_rows():
    score, adverse, firm = _scored(n=80, firms=12)
    found = auc_interval(score, adverse, clusters=firm, rng=np.random.default_rng(5), replicates=200)

    rng = np.random.default_rng(5)
    picks = rng.integers(12, size=(200, 12))
    order = list(dict.fromkeys(firm))  # codes follow the first appearance
    drawn = []
    for row in picks:
        rows = np.concatenate([np.flatnonzero(firm == order[code]) for code in row])
        drawn.append(roc_auc_score(adverse[rows], score[rows]))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=1e-12)


def test_clusters_widen_the_interval():
    score, adverse, firm = _scored(n=600, firms=30)
    apart = auc_interval(score, adverse, clusters=np.arange(600), rng=np.random.default_rng(1), replicates=300)
    together = auc_interval(score, adverse, clusters=firm, rng=np.random.default_rng(1), replicates=300)

    assert together.high - together.low > apart.high - apart.low
    assert together.value == apart.value


def test_a_score_compared_with_itself_differs_by_exactly_nothing():
    score, adverse, firm = _scored()
    found = auc_difference(score, 2 * score + 1, adverse, clusters=firm, rng=np.random.default_rng(1), replicates=100)

    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_the_difference_is_that_of_the_two_areas_on_common_resamples():
    score, adverse, firm = _scored()
    noise = np.random.default_rng(3).normal(size=score.size)
    found = auc_difference(score, noise, adverse, clusters=firm, rng=np.random.default_rng(1), replicates=300)

    assert found.value == pytest.approx(auc(score, adverse) - auc(noise, adverse))
    assert found.low < found.value < found.high


def test_resamples_without_both_outcomes_are_left_out_or_refused():
    found = auc_interval(
        [1, 2, 3], [False, True, False], clusters=[0, 1, 2], rng=np.random.default_rng(1), replicates=50
    )

    assert 0 <= found.low <= found.high <= 1
    with pytest.raises(UndefinedEstimateError):
        auc_interval([1, 2], [False, True], clusters=[0, 1], rng=np.random.default_rng(4), replicates=1)


def test_clusters_must_name_every_row():
    with pytest.raises(UsageError):
        auc_interval([1, 2], [False, True], clusters=[0], rng=np.random.default_rng(1))
