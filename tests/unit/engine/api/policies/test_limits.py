"""What the policy leaves of each ratio: floors, what ratio caps leave to a grade, one sentence for what lies beyond."""

from fractions import Fraction
from types import SimpleNamespace

import pandas as pd
import pytest

from engine.api.policies.limits import cell_limits
from engine.ratios.policy import GradeRatios
from engine.vocabulary import ItemClass

FLOOR = GradeRatios(dict.fromkeys("AD", Fraction(1, 100)), "Notice 1")
RATIOS = GradeRatios({"A": Fraction(1, 20), "D": Fraction(1, 2)}, "Notice 2")


def limits(caps, *, classes=(ItemClass.GENERAL,), sizes=(("A", 900), ("D", 100))):
    """Return the limits of a policy over items with these caps (None for none), each with the same units."""
    items = pd.DataFrame(
        [
            {"item_code": f"g{at}", "item_class": kind.value, "ratio_cap": cap, "basis": f"law {at}"}
            for at, (kind, cap) in enumerate(caps)
        ]
    )
    cells = pd.DataFrame(
        [(code, grade, n) for code in items["item_code"] for grade, n in sizes],
        columns=["item_code", "grade", "n_units"],
    )
    policy = SimpleNamespace(classes=dict.fromkeys(classes, RATIOS), floor=FLOOR, legal_floors=())
    bench = SimpleNamespace(policy=policy, items=items, frame=SimpleNamespace(cells=cells))
    return {(each.item_class, each.grade): each for each in cell_limits(bench)}


def test_a_cap_leaves_a_grade_what_the_floors_of_the_others_do_not_take():
    found = limits([(ItemClass.GENERAL, "0.1")])
    a, d = found[(ItemClass.GENERAL, "A")], found[(ItemClass.GENERAL, "D")]

    assert a.most == Fraction(100 - 1, 900)  # 10 % of 1,000 less one of a hundred of grade D
    assert d.most == Fraction(100 - 9, 100)
    assert (a.capped_by.item_code, a.capped_by.basis) == ("g0", "law 0")
    assert (a.ratio, a.least, a.least_reference) == (Fraction(1, 20), Fraction(1, 100), "Notice 1")


def test_of_several_items_the_one_with_most_room_counts_and_one_without_a_cap_frees_the_class():
    several = limits([(ItemClass.GENERAL, "0.1"), (ItemClass.GENERAL, "0.2")])
    free = limits([(ItemClass.KEY, None), (ItemClass.KEY, None)], classes=(ItemClass.KEY,))

    assert several[(ItemClass.GENERAL, "A")].capped_by.item_code == "g1"
    assert {(each.most, each.capped_by) for each in free.values()} == {(Fraction(1), None)}


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        ("1/100", None),
        ("11/100", None),
        ("9/1000", "Grade A: 0.9% lies below the least yearly ratio 1% (Notice 1)."),
        ("12/100", "Grade A: 12% lies above 11%, all that the ratio cap 10% of item g0 leaves it (law 0)."),
    ],
)
def test_what_lies_beyond_is_refused_in_one_sentence(ratio, said):
    refusal = limits([(ItemClass.GENERAL, "0.1")])[(ItemClass.GENERAL, "A")].refusal(Fraction(ratio))

    assert (None if refusal is None else refusal.render(str)) == said
