"""Weights from judgements: Saaty's worked case, refusals."""

import numpy as np
import pytest

from engine.errors import PolicyInconsistentError
from engine.scorecard.ahp import ConsistencyRule, consistency_rule, judgement_weights

RULE = ConsistencyRule(0.10, (0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49))


def test_consistent_judgements_give_their_own_ratios():
    judgements = [[1, 2, 4], ["1/2", 1, 2], ["1/4", "1/2", 1]]

    weights = judgement_weights(judgements, rule=RULE, name="test")

    np.testing.assert_allclose(weights.shares, [4 / 7, 2 / 7, 1 / 7], atol=1e-12)
    assert weights.consistency_ratio == pytest.approx(0, abs=1e-12)


def test_inconsistent_case_by_hand():
    # characteristic polynomial of this reciprocal 3 x 3 matrix: x^3 - 3 x^2 - (a + 1/a - 2), a = a13 / (a12 a23) = 5/6
    judgements = [[1, 3, 5], ["1/3", 1, 2], ["1/5", "1/2", 1]]
    largest = 1 + (5 / 6) ** (1 / 3) + (5 / 6) ** (-1 / 3)
    geometric = np.array([15 ** (1 / 3), (2 / 3) ** (1 / 3), (1 / 10) ** (1 / 3)])

    weights = judgement_weights(judgements, rule=RULE, name="test")

    assert weights.consistency_ratio == pytest.approx((largest - 3) / 2 / 0.58, abs=1e-9)
    # for three criteria the eigenvector is the geometric mean of the rows
    np.testing.assert_allclose(weights.shares, geometric / geometric.sum(), atol=1e-9)


@pytest.mark.parametrize(
    ("judgements", "said"),
    [
        ([[1, 9, "1/9"], ["1/9", 1, 9], [9, "1/9", 1]], "contradict each other"),
        ([[1, 2], [1, 1]], "not reciprocal"),
        ([[1, 10], ["1/10", 1]], "outside 1/9..9"),
        ([[1, 2]], "not a square matrix"),
        ([], "not a square matrix"),
        ([["x"]], "not a number"),
        ([[1] * 11 for _ in range(11)], "group them"),
    ],
)
def test_refusals_say_why(judgements, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        judgement_weights(judgements, rule=RULE, name="test")


def test_limit_is_exclusive():
    judgements = [[1, 3, 5], ["1/3", 1, 2], ["1/5", "1/2", 1]]
    ratio = judgement_weights(judgements, rule=RULE, name="test").consistency_ratio

    with pytest.raises(PolicyInconsistentError, match="contradict"):
        judgement_weights(judgements, rule=ConsistencyRule(ratio, RULE.random_index), name="test")


def test_consistency_rule_needs_both_parts():
    assert consistency_rule({"limit": 0.1, "random_index": [0, 0, 0.58]}, name="x") == ConsistencyRule(
        0.1, (0, 0, 0.58)
    )
    with pytest.raises(PolicyInconsistentError):
        consistency_rule({"limit": 0.1}, name="x")
