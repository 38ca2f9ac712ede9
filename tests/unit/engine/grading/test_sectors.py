"""Grades of sectors joined: the riskier of two, a table of both, points added, firms without a class of their own."""

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from engine.errors import PolicyInconsistentError
from engine.grading.sector_reasons import sector_reason
from engine.grading.sector_rules import Join, read_sectors
from engine.grading.sectors import apply_sectors, join_sectors
from tests import policies

AS_OF = date(2024, 6, 30)
LETTERS = {letter: letter for letter in "ABCD"}
FOOD = {
    "code": "food",
    "scheme": "food",
    "grades": {"一": "A", "四": "D", "三": "C"},
    "join": "riskier",
    "reference": "law",
}
TABLE = {
    a: dict(zip("ABCD", row, strict=True)) for a, row in zip("ABCD", ("AABC", "ABCD", "BCCD", "CCDD"), strict=True)
}
SUM = {
    "sector_points": 100,
    "credit_points": {"A": 0, "B": 7, "C": 13, "D": 20},
    "highest": {"A": 30, "B": 45, "C": 60},
    "never_milder_than": [],
}
ADDED = {**FOOD, "grades": LETTERS, "join": SUM}


def rules(*entries):
    return read_sectors(policies.book(grading__sectors=list(entries)), on=AS_OF)


def grades(*letters):
    return pd.DataFrame({"entity_id": [f"e{n}" for n in range(len(letters))], "grade": list(letters)})


def words(*pairs, scheme="food"):
    table = pd.DataFrame(pairs, columns=["entity_id", "external_grade"])
    return table.assign(scheme=scheme)


def points(*rows):
    """Grades of the sector with their points: (entity, grade, points of 100)."""
    table = pd.DataFrame(rows, columns=["entity_id", "external_grade", "risk_position"])
    return table.assign(scheme="food", risk_position=table["risk_position"] / 100)


def joined(own, sector, *entries):
    joins = join_sectors(own, sector, rules=rules(*entries))
    return apply_sectors(own, joins), joins


def test_the_riskier_grade_stands_and_says_whose_it_is():
    found, joins = joined(grades("A", "D", "B"), words(("e0", "四"), ("e1", "一")), FOOD)

    assert found["grade"].tolist() == ["D", "D", "B"]
    assert found["override_code"].tolist() == ["sector.food", None, None]
    assert found["override_reference"].iloc[0] == "law"
    # whose grade was not moved is in the table all the same
    assert joins[["entity_id", "credit_grade", "sector_grade", "joint_grade"]].to_numpy().tolist() == [
        ["e0", "A", "D", "D"], ["e1", "D", "A", "D"]
    ]  # fmt: skip


def test_a_table_may_lower_a_grade_too():
    rule = {**FOOD, "grades": LETTERS, "join": TABLE}

    found, joins = joined(grades("B", "C", "A"), words(("e0", "A"), ("e1", "B"), ("e2", "D")), rule)

    assert found["grade"].tolist() == ["A", "C", "C"]
    assert found["override_code"].tolist() == ["sector.food", None, "sector.food"]
    assert set(joins["join"]) == {"table"}


def test_without_a_class_of_its_own_a_firm_takes_the_sectors():
    for rule in ({**FOOD, "grades": LETTERS}, {**FOOD, "grades": LETTERS, "join": TABLE}, ADDED):
        found, joins = joined(grades("U"), points(("e0", "C", 50)), rule)

        assert found["grade"].tolist() == ["C"]
        assert joins["join"].tolist() == ["alone"] and joins["points"].isna().all()


def test_of_two_sectors_the_riskier_counts_and_of_two_records_the_last():
    drugs = {**FOOD, "code": "drugs", "scheme": "drugs"}
    held = pd.concat([words(("e0", "四"), ("e0", "三")), words(("e0", "一"), scheme="drugs")])

    found, joins = joined(grades("B"), held, drugs, FOOD)

    assert found[["grade", "override_code"]].to_numpy().tolist() == [["C", "sector.food"]]
    assert joins.set_index("code")["is_deciding"].to_dict() == {"drugs": False, "food": True}
    assert "another sector's result decides" in str(sector_reason(joins.iloc[0]))


def test_of_two_sectors_with_equal_results_the_first_rule_decides():
    drugs = {**FOOD, "code": "drugs", "scheme": "drugs"}
    held = pd.concat([words(("e0", "四")), words(("e0", "四"), scheme="drugs")])

    found, _ = joined(grades("B"), held, drugs, FOOD)

    assert found["override_code"].tolist() == ["sector.drugs"]


@pytest.mark.parametrize(
    ("credit", "own", "total", "grade"),
    [("A", 30, 30, "A"), ("B", 30, 37, "B"), ("D", 25, 45, "B"), ("D", 25.1, 45.1, "C"), ("C", 60, 73, "D")],
)
def test_points_of_both_are_added_and_cut(credit, own, total, grade):
    found, joins = joined(grades(credit), points(("e0", "A", own)), ADDED)

    assert found["grade"].tolist() == [grade]
    row = joins.iloc[0]
    assert (row["sector_points"], row["points"], row["most_points"]) == (pytest.approx(own), total, 120)
    assert row["credit_points"] == SUM["credit_points"][credit]


def test_a_sum_may_be_forbidden_to_be_milder_than_either_grade():
    held = points(("e0", "C", 10), ("e1", "A", 10))
    for floors, expected in (([], ["A", "A"]), (["sector"], ["C", "A"]), (["credit", "sector"], ["C", "B"])):
        found, joins = joined(grades("A", "B"), held, {**ADDED, "join": {**SUM, "never_milder_than": floors}})

        assert found["grade"].tolist() == expected
        assert joins["sum_grade"].tolist() == ["A", "A"]


def test_a_record_without_points_is_joined_by_the_riskier_grade():
    held = words(("e0", "D"), ("e1", "A"))

    found, joins = joined(grades("A", "B"), held, ADDED)

    assert found["grade"].tolist() == ["D", "B"]
    assert joins["join"].tolist() == ["riskier", "riskier"]


def test_every_join_says_both_grades_and_the_points_of_each():
    _, joins = joined(grades("C"), points(("e0", "B", 37.5)), ADDED)
    floored = {**ADDED, "join": {**SUM, "never_milder_than": ["sector"]}}
    _, held = joined(grades("A"), points(("e0", "D", 20)), floored)

    assert str(sector_reason(joins.iloc[0])) == (
        "food says B (grade B; record – of –), the credit-risk grade is C: "
        "37.5 points of the sector + 13 of the grade = 50.5 of 120, that is C"
    )
    assert "= 20 of 120, that is A; policy lets it be no milder than D" in str(sector_reason(held.iloc[0]))
    day = {**joins.iloc[0], "graded_on": pd.Timestamp("2024-03-01"), "external_grade_id": "g7"}
    assert "record g7 of 2024-03-01" in str(sector_reason(day))


def test_where_nobody_has_a_grade_of_a_sector_nothing_changes():
    for held, entries in ((words(), [FOOD]), (words(("e0", "四")), [])):
        found, joins = joined(grades("A"), held, *entries)

        assert joins.empty and found["grade"].tolist() == ["A"]
        assert found["override_code"].tolist() == [None]


def test_the_example_of_the_guide_can_be_read_and_holds_every_form():
    guide = (Path(__file__).parents[4] / "docs" / "guide" / "grades.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(id: grading\.sectors.*?)```", guide, re.DOTALL)
    assert found is not None
    (dated,) = yaml.safe_load(found[1])["values"].values()

    assert [rule.join for rule in rules(*dated["value"])] == [Join.RISKIER, Join.TABLE, Join.SUM]


def test_a_word_that_the_rule_does_not_know_is_named():
    with pytest.raises(PolicyInconsistentError, match="food has no grade 五"):
        joined(grades("B"), words(("e0", "五")), FOOD)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([{**FOOD, "reference": ""}], "needs"),
        ([{**FOOD, "grades": {"一": "E"}}], "needs"),
        ([FOOD, {**FOOD, "code": "again"}], "same scheme"),
        ([FOOD, {**FOOD, "scheme": "again"}], "same code"),
        ([{**FOOD, "join": "mean"}], "for each pair"),
        ([{**FOOD, "join": {**TABLE, "B": dict(zip("ABCD", "DBCD", strict=True))}}], "milder one"),
        ([{**ADDED, "join": {**SUM, "extra": 1}}], "a sum needs"),
        ([{**ADDED, "join": {**SUM, "never_milder_than": ["tax"]}}], "a sum needs"),
        ([{**ADDED, "join": {**SUM, "credit_points": {"A": 0, "B": 9, "C": 8, "D": 20}}}], "must not fall"),
        ([{**ADDED, "join": {**SUM, "sector_points": 0}}], "must not be negative"),
        ([{**ADDED, "join": {**SUM, "highest": {"A": 30, "B": 30, "C": 60}}}], "must rise"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(entries, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        rules(*entries)
