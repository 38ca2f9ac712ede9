"""A scorecard read from policy: points, refusals."""

import copy
from datetime import date

import pytest

from engine.errors import ParameterNotInForceError, PolicyInconsistentError
from engine.scorecard.tree import DecayStep, read_decay, read_scorecard
from tests import policies
from tests.scorecards import AS_OF, NAME, TREE, leaf, small, small_book


def test_points_are_the_product_down_the_tree():
    card = small()

    assert [(i.code, i.points, i.path) for i in card.indicators] == [
        ("penalties", 500.0, ("conduct",)),
        ("findings", 250.0, ("conduct",)),
        ("capital", 250.0, ("basis",)),
    ]
    assert card.features == ("penalties_count", "penalties_age", "findings_count", "capital_count")
    assert card.reference == "test reference"


def test_points_sum_to_exactly_one_thousand_by_largest_remainder():
    tree = {"judgements": [[1] * 3] * 3, "children": [leaf("a"), leaf("b"), leaf("c")]}

    card = read_scorecard(small_book(scorecard__small=tree), name=NAME, on=AS_OF)

    assert [i.points for i in card.indicators] == [333.34, 333.33, 333.33]


def test_the_larger_remainder_is_rounded_up():
    tree = {"judgements": [[1, "1/2"], [2, 1]], "children": [leaf("a"), leaf("b")]}

    card = read_scorecard(small_book(scorecard__small=tree), name=NAME, on=AS_OF)

    assert [i.points for i in card.indicators] == [333.33, 666.67]


def _broken(change):
    tree = copy.deepcopy(TREE)
    change(tree)
    return tree


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t["children"][0].pop("judgements"), "one row of judgements per child"),
        (lambda t: t["children"][0].update(weight=3), "must include 'code'"),
        (lambda t: t["children"][1]["children"][0].update(code="findings"), "occurs twice"),
        (lambda t: t["children"][1]["children"][0].pop("feature"), "needs 'label' and 'feature'"),
        (lambda t: t["children"][1]["children"][0].update(divisor=0), "'divisor'"),
        (lambda t: t["children"][1]["children"][0].pop("code"), "must include 'code'"),
        (lambda t: t["children"][1]["children"][0].pop("bins"), "two rising limits"),
    ],
)
def test_refusals_say_why(change, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        read_scorecard(small_book(scorecard__small=_broken(change)), name=NAME, on=AS_OF)


def test_outside_its_dates_there_is_no_scorecard():
    with pytest.raises(ParameterNotInForceError):
        read_scorecard(policies.shipped(), name="scorecard.general", on=date(2018, 12, 31))


@pytest.mark.parametrize(
    "value",
    [
        [],
        [{"until_days": 10, "factor": 1.2}],
        [{"until_days": 10, "factor": 0.5}, {"until_days": 20, "factor": 0.6}],
        [{"until_days": 10, "factor": 0.5}, {"until_days": 10, "factor": 0.4}],
        [{"until_days": 10}],
    ],
)
def test_decay_must_fall_with_age(value):
    with pytest.raises(PolicyInconsistentError):
        read_decay(value, name="scorecard.decay")


def test_decay_steps():
    assert read_decay([{"until_days": 365, "factor": 1}], name="x") == (DecayStep(365, 1.0),)
