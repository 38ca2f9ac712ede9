"""Ratio policies: read exactly, checked in sentences with references."""

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest

from engine.errors import PolicyInconsistentError
from engine.ratios.policy import exact_ratio, item_rows, read_ratio_policy
from engine.vocabulary import ItemClass
from tests import policies
from tests.frames import item_list

ON = date(2024, 6, 30)
GOOD = {"A": "1/100", "B": "0.02", "C": "1/10", "D": "3/10", "U": "1/50"}


def _said(items=None, **values):
    policy = read_ratio_policy(policies.book(**values), on=ON)
    return [str(message) for message in policy.check(item_list(g1="0.03", k1=None) if items is None else items)]


def test_ratios_are_exact():
    policy = read_ratio_policy(policies.book(ratios__general=GOOD), on=ON)

    assert policy.ratios("g1", ItemClass.GENERAL).by_grade["B"] == Fraction(1, 50)
    assert policy.minimum_cell == 5
    assert policy.rounding == {ItemClass.GENERAL: "cum", ItemClass.KEY: "ceil"}


def test_an_item_may_have_ratios_of_its_own():
    own = dict.fromkeys("ABCDU", "1")

    policy = read_ratio_policy(policies.book(ratios__items={"k9": own}), on=ON)

    assert policy.ratios("k9", ItemClass.KEY).by_grade["A"] == 1
    assert policy.ratios("k8", ItemClass.KEY).by_grade["A"] == Fraction(1, 50)


def test_a_sound_policy_has_no_violations():
    assert _said() == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"ratios__general": GOOD | {"C": "1/1000"}},
            "ratios.general: grade C has ratio 1/1000, below the floor 1/500",
        ),
        (
            {"ratios__general": GOOD | {"C": "1/1000"}},
            "ratios.general: the ratio falls from 1/50 for B to 1/1000 for C; it must not (test reference)",
        ),
        ({"ratios__key": GOOD | {"D": "11/10"}}, "ratios.key: grade D has ratio 11/10; it must not exceed 1"),
        ({"ratios__key": {"A": "1/100", "B": "1/50", "C": "1/10", "D": "1"}}, "ratios.key: grade U has no ratio"),
        ({"ratios__floor": GOOD | {"A": "0"}}, "ratios.floor: grade A has ratio 0; it must be above 0"),
        ({"ratios__items": {"z": GOOD}}, "ratios.items: item z is not in the item list (test reference)"),
        ({"ratios__rounding": {"general": "ceil", "key": "ceil"}}, "g1: rounding up could break the ratio cap 3/100"),
    ],
)
def test_each_violation_is_a_sentence(values, sentence):
    assert any(said.startswith(sentence) for said in _said(**values))


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        (item_list(g1=None), "g1 is a general item without a ratio cap: set one (law of items)"),
        (item_list(k1="0.5"), "k1 is a key item and knows no ratio cap: remove 1/2 (law of items)"),
        (item_list(g1="1.5"), "g1: the ratio cap 3/2 is not in 0..1 (law of items)"),
        (item_list(g1="0.001"), "g1: the ratio cap 1/1000 is below the floor 1/500 (law of items; "),
    ],
)
def test_items_that_break_the_rules_are_named(items, sentence):
    said = _said(items)

    assert len(said) == 1
    assert said[0].startswith(sentence)


def test_all_violations_are_returned_at_once():
    said = _said(item_list(g1=None, g2="2", k1="1"), ratios__key=GOOD | {"D": "2", "A": "0"})

    assert len(said) == 3 + 3  # three items; A at 0 is also below its floor, D above 1


def test_numbers_from_tables_are_read_as_written():
    items = pd.DataFrame({"item_code": ["g"], "item_class": ["general"], "ratio_cap": [0.05], "basis": [None]})

    assert item_rows(items)[0].cap == Fraction(1, 20)
    assert item_rows(items)[0].basis == "-"


@pytest.mark.parametrize("text", [0.02, "two", True, "1/0", None])
def test_a_ratio_must_be_exact(text):
    with pytest.raises(PolicyInconsistentError, match="in quotes as a/b or a decimal"):
        exact_ratio(text, name="ratios.general A")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"ratios__general": GOOD | {"E": "1"}}, "unknown grade E"),
        ({"ratios__rounding": {"general": "cum"}}, "cum or ceil"),
        ({"ratios__rounding": {"general": "cum", "key": "floor"}}, "cum or ceil"),
    ],
)
def test_refusals_say_why(values, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        read_ratio_policy(policies.book(**values), on=ON)


def test_unreadable_items_are_named():
    items = pd.DataFrame({"item_code": ["x"], "item_class": ["other"], "ratio_cap": [None], "basis": ["b"]})

    with pytest.raises(PolicyInconsistentError, match="x: item class other"):
        item_rows(items)


FOOD = {
    "name": "food_two_years",
    "item_specialities": ["食品安全"],
    "interval_months": 24,
    "full_check_modes": ["random"],
    "records_complete_from": None,
    "reference": "总局令49",
}


def test_a_cap_below_what_law_makes_due_is_a_violation():
    items = item_list(g1="0.3", k1=None).assign(specialities=["食品安全;计量", "食品安全"])

    assert _said(items, ratios__legal_floor=[FOOD]) == [
        "g1: the ratio cap 3/10 is below the 1/2 a year that law makes due, one check in 24 months "
        "(law of items; 总局令49)"
    ]
    assert _said(items.assign(ratio_cap=["0.5", None]), ratios__legal_floor=[FOOD]) == []


def test_a_legal_floor_of_some_objects_does_not_bind_the_cap_of_the_item():
    items = item_list(g1="0.3").assign(specialities="食品安全")

    assert _said(items, ratios__legal_floor=[FOOD | {"tags": ["central_kitchen"]}]) == []
