"""Statutory overrides: in force, ended, too old, unknown yet."""

from datetime import date

import pandas as pd
import pytest

from engine.errors import LookaheadError, PolicyInconsistentError
from engine.grading.overrides import OverrideRule, apply_overrides, read_overrides
from engine.vocabulary import Grade
from tests import policies

AS_OF = date(2024, 6, 30)
SERIOUS = OverrideRule("serious", "serious_violation", Grade.D, 36, "law of lists")
ABNORMAL = OverrideRule("abnormal", "abnormal", Grade.C, None, "local rule")


def _grades(*grades):
    return pd.DataFrame(
        {
            "entity_id": [f"e{i}" for i in range(len(grades))],
            "as_of": AS_OF,
            "population": "city",
            "grade": list(grades),
            "model": "scorecard",
            "score": 1.0,
            "score_grade": list(grades),
        }
    )


def _listings(*rows):
    table = pd.DataFrame(rows, columns=["entity_id", "list_type", "occurred_on", "known_at", "in_force_until"])
    return table.assign(listing_id=[f"l{i}" for i in range(len(rows))])


def _apply(grades, listings, rules=(SERIOUS, ABNORMAL)):
    return apply_overrides(grades, listings, rules=rules, as_of=AS_OF)


def test_listing_in_force_raises_the_grade_and_keeps_the_score_grade():
    listings = _listings(("e0", "serious_violation", date(2024, 1, 1), date(2024, 1, 5), None))

    found = _apply(_grades("A", "B", "U"), listings)

    assert found["grade"].tolist() == ["D", "B", "U"]
    assert found["score_grade"].tolist() == ["A", "B", "U"]
    assert found.loc[0, ["override_code", "override_reference"]].tolist() == ["serious", "law of lists"]
    assert found["override_code"].isna().tolist() == [False, True, True]


def test_unclassified_entities_are_raised_too():
    listings = _listings(("e0", "serious_violation", date(2024, 1, 1), date(2024, 1, 5), None))

    assert _apply(_grades("U"), listings)["grade"].tolist() == ["D"]


def test_rules_never_lower_a_grade():
    listings = _listings(("e0", "abnormal", date(2024, 1, 1), date(2024, 1, 5), None))

    found = _apply(_grades("D"), listings)

    assert found["grade"].tolist() == ["D"]
    assert found["override_code"].isna().all()


def test_the_riskiest_rule_wins_whatever_the_order():
    listings = _listings(
        ("e0", "abnormal", date(2024, 1, 1), date(2024, 1, 5), None),
        ("e0", "serious_violation", date(2024, 1, 1), date(2024, 1, 5), None),
    )

    for rules in ((SERIOUS, ABNORMAL), (ABNORMAL, SERIOUS)):
        assert _apply(_grades("A"), listings, rules)["override_code"].tolist() == ["serious"]


def test_among_equal_rules_the_first_is_named():
    second = OverrideRule("second", "serious_violation", Grade.D, None, "other law")
    listings = _listings(("e0", "serious_violation", date(2024, 1, 1), date(2024, 1, 5), None))

    assert _apply(_grades("A"), listings, (SERIOUS, second))["override_code"].tolist() == ["serious"]


@pytest.mark.parametrize(
    ("listed_on", "until", "grade"),
    [
        (date(2021, 7, 1), None, "D"),  # the three years end tomorrow
        (date(2021, 6, 30), None, "A"),  # they end today
        (date(2024, 1, 1), date(2024, 6, 30), "A"),  # removed today
        (date(2024, 1, 1), date(2024, 7, 1), "D"),  # removed tomorrow
        (date(2024, 7, 1), None, "A"),  # not yet listed
    ],
)
def test_a_listing_counts_only_while_in_force(listed_on, until, grade):
    listings = _listings(("e0", "serious_violation", listed_on, date(2021, 6, 30), until))

    assert _apply(_grades("A"), listings)["grade"].tolist() == [grade]


def test_a_listing_that_ended_counts_no_more():
    listings = _listings(
        ("e0", "serious_violation", date(2024, 1, 1), date(2024, 1, 5), None),
        ("e1", "serious_violation", date(2024, 1, 1), date(2024, 1, 5), None),
    ).assign(ended_on=[date(2024, 6, 30), date(2024, 7, 1)])

    assert _apply(_grades("A", "A"), listings)["grade"].tolist() == ["A", "D"]


def test_no_listings():
    found = _apply(_grades("A"), _listings())

    assert found["grade"].tolist() == ["A"]


def test_listing_known_later_is_refused():
    listings = _listings(("e0", "serious_violation", date(2024, 6, 1), date(2024, 7, 2), None))

    with pytest.raises(LookaheadError, match="2024-06-30"):
        _apply(_grades("A"), listings)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([{"code": "x", "list_type": "y", "grade": "D", "lasts_months": 1, "reference": ""}], "a reference"),
        ([{"code": "x", "list_type": "y", "grade": "U", "lasts_months": 1, "reference": "r"}], "grade A to D"),
        ([{"code": "x", "grade": "D", "lasts_months": 1, "reference": "r"}], "each rule needs"),
        ([{"code": "x", "list_type": "y", "grade": "D", "lasts_months": None, "reference": "r"}] * 2, "occurs twice"),
    ],
)
def test_refusals_say_why(value, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        read_overrides(policies.book(grading__overrides=value), on=AS_OF)
