"""Cases a supervisor can read: from what is on record to grade and ratio, with the shipped policies."""

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from engine.grading.cutoffs import assign_grades, read_cutoffs
from engine.grading.overrides import apply_overrides, read_overrides
from engine.ratios.policy import read_ratio_policy
from engine.scorecard.points import score_points
from engine.scorecard.reasons import reasons, sentence
from engine.scorecard.tree import read_scorecard
from engine.vocabulary import ItemClass
from tests import policies

AS_OF = date(2024, 6, 30)
BOOK = policies.shipped()
GENERAL = read_scorecard(BOOK, name="scorecard.general", on=AS_OF)
LIGHT = read_scorecard(BOOK, name="scorecard.light", on=AS_OF)

CLEAN = dict.fromkeys(GENERAL.features, 0.0) | {"entity_age_years": 12.0, "inspections_days_since_last": 200.0}
NEVER_INSPECTED = {
    "inspections_adverse_share_36m": np.nan,
    "inspections_last_adverse": np.nan,
    "inspections_days_since_last": np.nan,
}


def _scored(card, **facts):
    row = CLEAN | facts
    table = pd.DataFrame({"entity_id": ["uscc:1"], "as_of": [AS_OF]} | {k: [v] for k, v in row.items()})
    return table, score_points(table, card)


def _score(card, **facts):
    return _scored(card, **facts)[1]["score"][0]


def test_a_clean_record_is_zero():
    assert _score(GENERAL) == 0


def test_everything_at_its_worst_is_one_thousand():
    worst = {
        indicator.feature: indicator.bins.lower_limits[-1 if indicator.bins.rises else 0]
        for indicator in GENERAL.indicators
    }

    assert _score(GENERAL, **worst | {"inspections_days_since_last": 10.0}) == 1000


@pytest.mark.parametrize("card", [GENERAL, LIGHT], ids=["general", "light"])
def test_the_graver_the_penalty_the_higher_the_score(card):
    scores = [_score(card, penalties_severity_decayed=g, penalties_count_36m=min(g, 1.0)) for g in (0.0, 1.0, 2.0, 3.0)]

    assert scores == sorted(scores)
    assert len(set(scores)) == 4


@pytest.mark.parametrize("card", [GENERAL, LIGHT], ids=["general", "light"])
def test_a_bad_visit_fades_over_three_years(card):
    found = {"inspections_last_adverse": 1.0}
    scores = [_score(card, **found | {"inspections_days_since_last": age}) for age in (10.0, 500.0, 900.0, 1200.0)]

    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == 0


def test_who_was_never_inspected_is_not_called_safe_for_it():
    inspected_well = _scored(GENERAL, complaints_count_12m=6.0)[1]
    never = _scored(GENERAL, complaints_count_12m=6.0, **NEVER_INSPECTED)[1]

    assert never["coverage_ratio"][0] < inspected_well["coverage_ratio"][0]
    assert never["score"][0] > inspected_well["score"][0]


def test_individual_businesses_are_not_judged_by_company_indicators():
    assert not {"listings_judgment_defaulter_open", "entity_capital", "entity_same_address_count"} & set(LIGHT.features)


def test_the_grade_is_explained_to_the_firm():
    table, scored = _scored(GENERAL, listings_abnormal_open=1.0, listings_abnormal_36m=1.0)

    found = reasons(table, scored, GENERAL, model="scorecard", top=2)

    assert [str(sentence(t, p)) for t, p in zip(found["template"], found["params"], strict=True)] == [
        "Now on the list of abnormal operations: 1 adds 41.28 of at most 41.28 points. Below 1 it would add 0 points.",
        "Times put on the list of abnormal operations in 36 months: 1 adds 10.32 of at most 20.64 points. "
        "Below 1 it would add 0 points.",
    ]


def test_a_thousand_firms_get_the_published_shares():
    scores = pd.DataFrame(
        {
            "entity_id": [f"uscc:{i}" for i in range(1000)],
            "as_of": AS_OF,
            "model": "scorecard",
            "population": "enterprise",
            "score": np.arange(1000.0),
            "coverage_ratio": 1.0,
        }
    )

    grades = assign_grades(scores, read_cutoffs(BOOK, on=AS_OF))

    assert grades["grade"].value_counts().to_dict() == {"A": 654, "B": 253, "C": 77, "D": 16}


def test_the_serious_violation_list_leads_to_d_and_says_by_which_law():
    grades = pd.DataFrame(
        {
            "entity_id": ["uscc:1"],
            "as_of": AS_OF,
            "population": "enterprise",
            "grade": "A",
            "model": "scorecard",
            "score": 3.0,
            "score_grade": "A",
        }
    )
    listings = pd.DataFrame(
        {
            "entity_id": ["uscc:1"],
            "listing_id": ["l1"],
            "list_type": ["serious_violation"],
            "occurred_on": [date(2023, 5, 4)],
        }
    )

    found = apply_overrides(grades, listings, rules=read_overrides(BOOK, on=AS_OF), as_of=AS_OF).iloc[0]

    assert (found["grade"], found["score_grade"]) == ("D", "A")
    assert "总局令44" in found["override_reference"]


def test_the_riskier_the_grade_the_larger_its_part_in_the_draw():
    ratios = read_ratio_policy(BOOK, on=AS_OF)

    general = ratios.ratios("any", ItemClass.GENERAL).by_grade

    assert [general[grade] for grade in "ABCD"] == [Fraction(n, 100) for n in (1, 2, 10, 30)]
    assert general["U"] == general["B"]
