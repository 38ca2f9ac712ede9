"""Cases a supervisor can read: what decides a grade when more than the score speaks; shipped policies throughout.

Each row is one firm: where it stood last month, what it scores now, what is on record about it, and the grade it gets.
Limits of the month: A up to 100 points, B up to 300, C up to 600.
"""

from datetime import date

import pandas as pd
import pytest

from engine.grading.reviewed import ReviewedOverride
from engine.grading.sector_reasons import sector_reason
from engine.pipeline.assessment import Standing, grade_by
from engine.vocabulary import Grade
from tests import policies

AS_OF, LAST_MONTH = date(2026, 6, 30), date(2026, 5, 31)
BOOK = policies.book(grading__thresholds={"enterprise": {"A": 100, "B": 300, "C": 600}})
ANHUI = policies.book(
    grading__thresholds={"enterprise": {"A": 100, "B": 300, "C": 600}},
    grading__sectors=policies.shipped("anhui_2022").value("grading.sectors", on=AS_OF),
)
FIRM = pd.DataFrame({"entity_id": ["reg:1"], "population": ["enterprise"]})
FOOD = "食品安全风险分级"


def listings(*kinds):
    rows = [(f"l{n}", kind) for n, kind in enumerate(kinds)]
    table = pd.DataFrame(rows, columns=["listing_id", "list_type"])
    return table.assign(entity_id="reg:1", occurred_on=date(2026, 1, 5))


def grading(score, *, on=AS_OF, listed=(), model="scorecard", book=BOOK, **standing):
    deciding = FIRM.assign(as_of=on, model=model, score=float(score), coverage_ratio=1.0)
    return grade_by(deciding, FIRM, listings(*listed), book=book, as_of=on, standing=Standing(**standing))


def graded(score, **asked):
    return grading(score, **asked).grades


def set_by_persons(grade, ground, *, first=date(2026, 6, 1), until=date(2026, 9, 1), approved=date(2026, 6, 2)):
    return ReviewedOverride("o", "reg:1", Grade(grade), ground, "文号", first, until, known_on=approved)


def food(grade, *, points=None):
    row = {"entity_id": ["reg:1"], "scheme": [FOOD], "external_grade": [grade]}
    if points is not None:
        row |= {"external_grade_id": ["食评1"], "graded_on": [date(2026, 3, 1)], "risk_position": [points / 100]}
    return pd.DataFrame(row)


@pytest.mark.parametrize(
    ("was", "now", "grade", "why"),
    [
        (150, 95, "B", "five points below the limit of A do not make it an A yet"),
        (150, 90, "A", "ten points do"),
        (95, 101, "B", "a risk that rises counts at once"),
        (650, 595, "D", "the same holds at every limit"),
        (650, 20, "A", "several grades at once, if the score says so"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_a_milder_grade_must_be_earned_by_ten_points(was, now, grade, why):
    assert graded(now, previous=graded(was, on=LAST_MONTH))["grade"].iloc[0] == grade


@pytest.mark.parametrize(
    ("score", "sector", "grade"),
    [(50, "C", "C"), (50, "A", "A"), (400, "B", "C"), (50, "D", "D")],
)
def test_of_credit_risk_and_food_safety_the_riskier_grade_stands(score, sector, grade):
    found = graded(score, sector_grades=food(sector)).iloc[0]

    assert found["grade"] == grade
    assert ("总局令49" in str(found["override_reference"])) == (grade != found["score_grade"])


def test_a_food_grade_of_before_the_rule_was_in_force_is_not_joined():
    day = date(2022, 3, 14)
    deciding = FIRM.assign(as_of=day, model="scorecard", score=50.0, coverage_ratio=1.0)
    standing = Standing(sector_grades=food("D"))

    found = grade_by(deciding, FIRM, listings(), book=BOOK, as_of=day, standing=standing).grades

    assert found["grade"].iloc[0] == "A"


@pytest.mark.parametrize(
    ("score", "food_grade", "food_points", "grade", "why"),
    [
        (50, "A", 30, "A", "a firm of low credit risk adds nothing to its food points"),
        (200, "A", 25, "B", "25 + 7 for B = 32, more than 30"),
        (200, "A", 23, "A", "23 + 7 for B = 30, the limit itself is still A"),
        (700, "B", 40, "C", "40 + 20 for D = 60: even at the worst credit risk the food points alone lead"),
        (700, "B", 41, "D", "41 + 20 for D = 61, more than 60"),
        (50, "D", 35, "D", "the department raised a wilful violator beyond its points; adding does not undo that"),
    ],
)
def test_in_anhui_food_points_and_points_for_credit_risk_are_added(score, food_grade, food_points, grade, why):
    found = grading(score, book=ANHUI, sector_grades=food(food_grade, points=food_points))

    assert found.grades["grade"].iloc[0] == grade, why
    said = str(sector_reason(found.sectors.iloc[0]))
    assert f"{food_points} points of the sector" in said and "record 食评1 of 2026-03-01" in said


def test_in_anhui_a_food_grade_without_points_counts_as_the_riskier_of_two():
    assert graded(50, book=ANHUI, sector_grades=food("C"))["grade"].iloc[0] == "C"


def test_a_listed_food_firm_is_d_whatever_its_points():
    found = graded(50, book=ANHUI, listed=["serious_violation"], sector_grades=food("A", points=5)).iloc[0]

    assert (found["grade"], found["override_code"]) == ("D", "serious_violation_listing")


@pytest.mark.parametrize(
    ("day", "grade", "why"),
    [
        (date(2026, 6, 1), "A", "begun, and on that day nobody had approved it"),
        (date(2026, 6, 2), "D", "approved"),
        (date(2026, 8, 31), "D", "its last day"),
        (date(2026, 9, 1), "A", "it ended by itself"),
    ],
)
def test_a_transfer_for_suspected_crime_counts_while_it_is_approved(day, grade, why):
    assert graded(50, on=day, overrides=[set_by_persons("D", "crime_transfer")])["grade"].iloc[0] == grade, why


def test_nobody_sets_a_listed_firm_below_d():
    found = graded(50, listed=["serious_violation"], overrides=[set_by_persons("A", "objection_upheld")]).iloc[0]

    assert (found["grade"], found["score_grade"]) == ("D", "A")
    assert found["override_code"] == "serious_violation_listing"
    assert "总局令44" in found["override_reference"]


def test_off_the_list_a_firm_is_back_where_its_score_puts_it():
    # 95 points lie in the band below the limit of A, where a D of its own score would come back as a B
    listed = graded(95, on=LAST_MONTH, listed=["serious_violation"])

    assert listed["grade"].iloc[0] == "D"
    assert graded(95, previous=listed)["grade"].iloc[0] == "A"


def test_another_model_starts_without_a_memory():
    was = graded(150, on=LAST_MONTH, model="challenger")

    assert graded(95, previous=was)["grade"].iloc[0] == "A"


def test_persons_stand_above_the_sector():
    found = graded(50, sector_grades=food("D"), overrides=[set_by_persons("B", "not_on_record")]).iloc[0]

    assert (found["grade"], found["override_code"], found["override_until"]) == (
        "B", "reviewed.not_on_record", "2026-09-01"
    )  # fmt: skip
