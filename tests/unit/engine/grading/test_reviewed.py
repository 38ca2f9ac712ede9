"""Grades set by persons: when they count, what they may do, what stands above them."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from engine.errors import GradeOverrideError, PolicyInconsistentError
from engine.grading.overrides import OverrideRule, apply_overrides
from engine.grading.reviewed import ReviewedOverride, apply_reviewed, read_grounds, require_lawful
from engine.vocabulary import Grade
from tests import policies

AS_OF = date(2024, 6, 30)
GROUNDS = read_grounds(policies.shipped(), on=AS_OF)
MILDER = ReviewedOverride(
    "grade-e0-1", "e0", Grade.B, "not_on_record", "文号1", date(2024, 6, 1), date(2024, 9, 1), known_on=date(2024, 6, 3)
)


def grades(*letters):
    return pd.DataFrame(
        {
            "entity_id": [f"e{n}" for n in range(len(letters))],
            "as_of": AS_OF,
            "population": "city",
            "grade": list(letters),
            "model": "scorecard",
            "score": 1.0,
            "score_grade": list(letters),
        }
    )


def applied(*overrides, on=AS_OF, letters=("C", "A")):
    return apply_reviewed(grades(*letters), overrides, rules=GROUNDS, as_of=on).iloc[0]


def test_it_sets_the_grade_and_says_ground_document_and_end():
    found = applied(MILDER)

    assert (found["grade"], found["score_grade"], found["override_code"]) == ("B", "C", "reviewed.not_on_record")
    assert found["override_reference"].endswith("; 文号1")
    assert found["override_until"] == "2024-09-01"


@pytest.mark.parametrize(
    ("on", "grade"),
    [
        (date(2024, 5, 31), "C"),  # before its first day
        (date(2024, 6, 2), "C"),  # begun, not approved yet: on that day nobody knew
        (date(2024, 6, 3), "B"),
        (date(2024, 8, 31), "B"),  # its last day
        (date(2024, 9, 1), "C"),  # the day it ends
    ],
)
def test_it_counts_from_its_first_known_day_until_its_end(on, grade):
    assert applied(MILDER, on=on)["grade"] == grade


def test_taking_it_back_ends_it_on_that_day_and_not_before():
    back = replace(MILDER, ended_on=date(2024, 7, 15))

    assert applied(back, on=date(2024, 7, 14))["grade"] == "B"
    assert applied(back, on=date(2024, 7, 15))["grade"] == "C"
    assert applied(back)["override_until"] == "2024-09-01"


def test_of_two_in_force_the_one_approved_last_counts():
    later = replace(MILDER, override_id="grade-e0-2", grade=Grade.A, known_on=date(2024, 6, 20))

    assert applied(later, MILDER)["grade"] == "A"


def test_a_statute_stands_above_it():
    listing = pd.DataFrame(
        {"entity_id": ["e0"], "listing_id": ["l"], "list_type": ["serious"], "occurred_on": [date(2024, 1, 1)]}
    )
    rule = OverrideRule("serious", "serious", Grade.D, 36, "law")

    found = apply_overrides(
        apply_reviewed(grades("C"), [MILDER], rules=GROUNDS, as_of=AS_OF), listing, rules=[rule], as_of=AS_OF
    ).iloc[0]

    assert (found["grade"], found["override_code"], found["override_until"]) == ("D", "serious", None)


def lawful(proposed=MILDER, *, computed=Grade.C, standing=()):
    require_lawful(proposed, grounds=GROUNDS, computed=computed, standing=standing)


def test_a_lawful_proposal_passes():
    lawful()
    lawful(replace(MILDER, ground="crime_transfer", grade=Grade.D), computed=Grade.A)
    lawful(replace(MILDER, ground="crime_transfer", grade=Grade.A), computed=Grade.UNCLASSIFIED)
    lawful(standing=[replace(MILDER, override_id="x", ended_on=date(2024, 6, 1))])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ground": "because"}, "none of the grounds"),
        ({"until": date(2025, 6, 1)}, "180 days at most"),
        ({"until": date(2024, 6, 1)}, "must end after"),
        ({"grade": Grade.C}, "is C already"),
        ({"ground": "crime_transfer"}, "leads to a riskier grade only"),
    ],
)
def test_an_unlawful_proposal_is_refused(change, said):
    with pytest.raises(GradeOverrideError, match=said):
        lawful(replace(MILDER, **change))


def test_two_overrides_cannot_cover_one_day():
    with pytest.raises(GradeOverrideError, match="take that one back"):
        lawful(standing=[replace(MILDER, override_id="x", begins_on=date(2024, 8, 31), until=date(2024, 12, 1))])


@pytest.mark.parametrize("change", [{"direction": "up"}, {"reference": ""}, {"longest_days": 0}])
def test_grounds_are_complete(change):
    entry = {"code": "x", "direction": "milder", "longest_days": 3, "reference": "r"} | change

    with pytest.raises(PolicyInconsistentError):
        read_grounds(policies.book(grading__override_grounds=[entry]), on=AS_OF)
