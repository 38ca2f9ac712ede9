"""Cuts by shares and by limits: ties, order of rows, thin evidence, refusals."""

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from engine.errors import ContractError, PolicyInconsistentError
from engine.grading.cutoffs import Cutoffs, ScoreLimits, TargetShares, achieved_shares, assign_grades, read_cutoffs
from tests import policies

AS_OF = date(2024, 6, 30)
FIFTHS = TargetShares((Fraction(2, 5), Fraction(1, 5), Fraction(1, 5), Fraction(1, 5)))


def _scores(values, *, population="city", coverage=1.0):
    return pd.DataFrame(
        {
            "entity_id": [f"{population}:{i:03}" for i in range(len(values))],
            "as_of": AS_OF,
            "model": "scorecard",
            "population": population,
            "score": np.asarray(values, dtype=float),
            "coverage_ratio": coverage,
        }
    )


def _grades(values, rule=FIFTHS, **more):
    return "".join(assign_grades(_scores(values, **more), Cutoffs(rule, {}, 0.25))["grade"])


def test_shares_cut_from_the_lowest_score():
    assert _grades([0, 1, 2, 3, 4]) == "AABCD"
    assert _grades([4, 3, 2, 1, 0]) == "DCBAA"


def test_ties_at_a_cut_go_to_the_milder_grade():
    # the second lowest score is the limit of A, and three entities have it
    assert _grades([0, 5, 5, 5, 9]) == "AAAAD"
    assert _grades([7, 7, 7, 7, 7]) == "AAAAA"


def test_odd_counts_round_to_the_milder_grade():
    # ceil(.4 x 3) = 2, ceil(.6 x 3) = 2, ceil(.8 x 3) = 3
    assert _grades([1, 2, 3]) == "AAC"


def test_limits_belong_to_the_milder_grade():
    rule = ScoreLimits((100.0, 200.0, 300.0))

    assert _grades([0, 100, 100.1, 200, 300, 300.1, 1000], rule) == "AABBCDD"


def test_thin_or_missing_scores_are_unclassified_and_outside_the_shares():
    scores = _scores([0, 1, 2, 3, 4, np.nan, 900])
    scores.loc[4, "coverage_ratio"] = 0.25
    scores.loc[6, "coverage_ratio"] = 0.24

    assert "".join(assign_grades(scores, Cutoffs(FIFTHS, {}, 0.25))["grade"]) == "AABCDUU"


def test_populations_are_cut_apart_by_their_own_rules():
    scores = pd.concat([_scores([0, 1, 2, 3, 4]), _scores([500, 600], population="shops")], ignore_index=True)
    cutoffs = Cutoffs(FIFTHS, {"shops": ScoreLimits((550.0, 700.0, 800.0))}, 0.0)

    grades = assign_grades(scores, cutoffs)

    assert "".join(grades["grade"]) == "AABCDAB"
    assert (grades["score_grade"] == grades["grade"]).all()


def test_achieved_share_stands_beside_the_target():
    scores = _scores([0, 5, 5, 5, 9, np.nan])
    cutoffs = Cutoffs(FIFTHS, {}, 0.0)

    table = achieved_shares(assign_grades(scores, cutoffs), cutoffs).set_index("grade")

    assert table["n"].to_dict() == {"A": 4, "B": 0, "C": 0, "D": 1, "U": 1}
    assert table.loc["A", "share"] == 0.8
    assert table.loc["A", "target_share"] == 0.4
    assert table.loc["A", "highest_score"] == 5
    assert np.isnan(table.loc["U", "share"])


def test_result_fits_the_contract_table():
    grades = assign_grades(_scores([1, 2]), Cutoffs(FIFTHS, {}, 0.0))

    assert list(grades.columns) == ["entity_id", "as_of", "population", "grade", "model", "score", "score_grade"]


def test_entities_without_a_model_are_unclassified():
    scores = _scores([0, np.nan])
    scores["model"] = ["scorecard", None]

    assert "".join(assign_grades(scores, Cutoffs(FIFTHS, {}, 0.0))["grade"]) == "AU"


def test_empty_table():
    assert len(assign_grades(_scores([]), Cutoffs(FIFTHS, {}, 0.0))) == 0


def test_one_score_per_entity():
    twice = pd.concat([_scores([1]), _scores([2]).assign(model="lightgbm")])

    with pytest.raises(ContractError, match="more than once"):
        assign_grades(twice, Cutoffs(FIFTHS, {}, 0.0))


def test_policy_is_read():
    shares = {"default": {"A": "0.654", "B": "0.253", "C": "0.077", "D": "0.016"}}
    limits = {"shops": {"A": 100, "B": 200, "C": 300}}

    cutoffs = read_cutoffs(policies.book(grading__shares=shares, grading__thresholds=limits), on=AS_OF)

    assert cutoffs.of("city") == TargetShares(tuple(Fraction(n, 1000) for n in (654, 253, 77, 16)))
    assert cutoffs.of("shops") == ScoreLimits((100.0, 200.0, 300.0))
    assert cutoffs.minimum_coverage == 0.25


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"grading__shares": {"default": {"A": "0.9", "B": "0.1", "C": "0.1", "D": "0"}}}, "sum to 1, not 1.1"),
        ({"grading__shares": {"default": {"A": "1"}}}, "each of A, B, C, D, not for A"),
        ({"grading__shares": {}}, "not for -"),
        ({"grading__shares": {"default": {"A": "x", "B": "0", "C": "0", "D": "0"}}}, "cannot be read"),
        ({"grading__thresholds": {"shops": {"A": 100, "B": 100, "C": 300}}}, "must rise"),
    ],
)
def test_refusals_say_why(values, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        read_cutoffs(policies.book(**values), on=AS_OF)
