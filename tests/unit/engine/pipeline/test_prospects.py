"""Fewer points never make a grade riskier; what stands above the score holds it, whatever the points."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grading.overrides import SEVERITY
from engine.grading.reviewed import ReviewedOverride
from engine.pipeline.assessment import Standing
from engine.pipeline.prospects import grades_of_scores
from engine.store.documents import load_policies
from engine.vocabulary import Grade

BOOK, DAY = load_policies(), date(2026, 3, 1)
HELD = pd.Series({"entity_id": "reg:1", "population": "enterprise", "model": "scorecard"})
NO_LISTING = pd.DataFrame(
    {name: pd.Series(dtype="object") for name in ("entity_id", "listing_id", "list_type")}
).assign(occurred_on=pd.Series(dtype="datetime64[ns]"))
SERIOUS = pd.DataFrame(
    {"entity_id": ["reg:1"], "listing_id": ["L1"], "list_type": ["serious_violation"],
     "occurred_on": [pd.Timestamp(2025, 6, 1)]}
)  # fmt: skip
LIMITS = pd.DataFrame({"population": ["enterprise"], "highest_a": [100.0], "highest_b": [200.0], "highest_c": [400.0]})


def graded(scores: list[float], *, listings: pd.DataFrame = NO_LISTING, settled: str | None = None, **also: object):
    previous = None
    if settled is not None:
        previous = pd.DataFrame([{**HELD.to_dict(), "score_grade": settled, "settled_grade": settled}])
    standing = Standing(previous=previous, limits=LIMITS, **also)
    return grades_of_scores(
        scores, HELD, [listings] * len(scores), standing=standing, coverage_ratio=1.0, book=BOOK, as_of=DAY
    )


@settings(deadline=None, max_examples=40)
@given(
    score=st.floats(0, 1000), points=st.floats(0, 1000), settled=st.sampled_from([None, "A", "B", "C", "D"]),
    is_listed=st.booleans(), sector=st.sampled_from([None, "A", "B", "C", "D"]),
)  # fmt: skip
def test_taking_points_off_never_gives_a_riskier_grade(
    score: float, points: float, settled: str | None, is_listed: bool, sector: str | None
) -> None:
    grades = None
    if sector is not None:
        grades = pd.DataFrame([{"entity_id": "reg:1", "scheme": "食品安全风险分级", "external_grade": sector}])
    rows = graded(
        [score, max(0.0, score - points)],
        listings=SERIOUS if is_listed else NO_LISTING,
        settled=settled,
        sector_grades=grades,
    )
    before, after = (SEVERITY[Grade(grade)] for grade in rows["grade"])

    assert after <= before


def test_each_score_is_cut_by_the_limits_a_tie_to_the_milder_grade() -> None:
    assert graded([0.0, 100.0, 100.000001, 200.0, 400.0, 400.1])["grade"].tolist() == ["A", "A", "B", "B", "C", "D"]


def test_the_band_of_the_next_month_holds_a_grade_just_below_its_limit() -> None:
    assert graded([395.0, 389.9], settled="D")["grade"].tolist() == ["D", "C"]
    assert graded([395.0])["grade"].tolist() == ["C"]


def test_a_statute_holds_the_grade_whatever_the_points_and_says_so() -> None:
    rows = graded([900.0, 0.0], listings=SERIOUS)

    assert rows["grade"].tolist() == ["D", "D"]
    assert rows["score_grade"].tolist() == ["D", "A"]
    assert set(rows["override_code"]) == {"serious_violation_listing"}


@pytest.mark.parametrize(("until", "grade"), [(date(2026, 3, 2), "D"), (date(2026, 3, 1), "A")])
def test_what_two_persons_set_holds_until_its_end(until: date, grade: str) -> None:
    override = ReviewedOverride(
        "o1", "reg:1", Grade.D, "crime_transfer", "文1", date(2026, 1, 1), until, known_on=date(2026, 1, 1)
    )

    assert graded([10.0], overrides=(override,))["grade"].tolist() == [grade]
