"""Grades of sectors joined: the riskier of two, a table of both, firms without a class of their own."""

from datetime import date

import pandas as pd
import pytest

from engine.errors import PolicyInconsistentError
from engine.grading.sectors import apply_sectors, read_sectors
from tests import policies

AS_OF = date(2024, 6, 30)
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


def rules(*entries):
    return read_sectors(policies.book(grading__sectors=list(entries)), on=AS_OF)


def grades(*letters):
    return pd.DataFrame({"entity_id": [f"e{n}" for n in range(len(letters))], "grade": list(letters)})


def words(*pairs, scheme="food"):
    table = pd.DataFrame(pairs, columns=["entity_id", "external_grade"])
    return table.assign(scheme=scheme)


def test_the_riskier_grade_stands_and_says_whose_it_is():
    found = apply_sectors(grades("A", "D", "B"), words(("e0", "四"), ("e1", "一")), rules=rules(FOOD))

    assert found["grade"].tolist() == ["D", "D", "B"]
    assert found["override_code"].tolist() == ["sector.food", None, None]
    assert found["override_reference"].iloc[0] == "law"


def test_a_table_may_lower_a_grade_too():
    rule = {**FOOD, "grades": {letter: letter for letter in "ABCD"}, "join": TABLE}

    found = apply_sectors(grades("B", "C", "A"), words(("e0", "A"), ("e1", "B"), ("e2", "D")), rules=rules(rule))

    assert found["grade"].tolist() == ["A", "C", "C"]
    assert found["override_code"].tolist() == ["sector.food", None, "sector.food"]


def test_without_a_class_of_its_own_a_firm_takes_the_sectors():
    assert apply_sectors(grades("U"), words(("e0", "三")), rules=rules(FOOD))["grade"].tolist() == ["C"]


def test_of_two_sectors_the_riskier_counts_and_of_two_records_the_last():
    drugs = {**FOOD, "code": "drugs", "scheme": "drugs"}
    held = pd.concat([words(("e0", "四"), ("e0", "三")), words(("e0", "一"), scheme="drugs")])

    found = apply_sectors(grades("B"), held, rules=rules(drugs, FOOD))

    assert found[["grade", "override_code"]].to_numpy().tolist() == [["C", "sector.food"]]


def test_a_word_that_the_rule_does_not_know_is_named():
    with pytest.raises(PolicyInconsistentError, match="food has no grade 五"):
        apply_sectors(grades("B"), words(("e0", "五")), rules=rules(FOOD))


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([{**FOOD, "reference": ""}], "needs"),
        ([{**FOOD, "grades": {"一": "E"}}], "needs"),
        ([FOOD, {**FOOD, "code": "again"}], "same scheme"),
        ([{**FOOD, "join": "mean"}], "for each pair"),
        ([{**FOOD, "join": {**TABLE, "B": dict(zip("ABCD", "DBCD", strict=True))}}], "milder one"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(entries, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        rules(*entries)
