"""Committed ratios by hand: quota of a draw, caps, floors, capacity."""

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest

from engine.errors import UsageError
from engine.ratios.allocation import committed_ratios
from engine.ratios.capacity import Capacity, CapacityLimit
from engine.ratios.policy import read_ratio_policy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import build_strata, neighbour_order
from tests import policies
from tests.frames import frame, item_list

ON = date(2024, 6, 30)
ONCE = DrawOfYear(1, 1)
RATIOS = {"A": "1/100", "B": "2/100", "C": "10/100", "D": "30/100", "U": "2/100"}


def _allocate(cells, items, *, draw=ONCE, done=None, capacity=None, is_due=None, **values):
    policy = read_ratio_policy(policies.book(**{"ratios__general": RATIOS, "ratios__key": RATIOS} | values), on=ON)
    rows = frame(cells) if is_due is None else frame(cells).assign(is_due=is_due)
    strata = build_strata(rows, minimum_cell=5, nearest=neighbour_order({}), key=b"k")
    return committed_ratios(strata, policy, items, draw=draw, done=done, capacity=capacity)


def _ratio(allocation, grade, item="k1"):
    table = allocation.table
    return table.loc[(table["grade"] == grade) & (table["item_code"] == item), "ratio"].item()


def _done(grade, n_drawn, n_excluded):
    return pd.DataFrame(
        {"item_code": "k1", "district_code": "d1", "grade": grade, "n_drawn": [n_drawn], "n_excluded": [n_excluded]}
    )


def test_one_draw_takes_the_yearly_ratio():
    found = _allocate({("k1", "d1", "A"): 1000, ("k1", "d1", "D"): 10}, item_list(k1=None))

    assert _ratio(found, "A") == Fraction(1, 100)
    assert _ratio(found, "D") == Fraction(3, 10)
    assert sorted(found.table["expected_units"]) == [3.0, 10.0]
    assert found.table["rounding"].tolist() == ["ceil", "ceil"]
    assert found.notes == found.violations == ()


def test_the_first_of_four_draws_takes_a_quarter():
    found = _allocate({("k1", "d1", "C"): 400}, item_list(k1=None), draw=DrawOfYear(1, 4))

    assert _ratio(found, "C") == Fraction(1, 40)


def test_a_later_draw_takes_its_part_of_what_remains():
    # 400 C: yearly 40, 13 drawn (all excluded), 3 draws left: 9 of the 387 units still in the frame
    found = _allocate({("k1", "d1", "C"): 387}, item_list(k1=None), draw=DrawOfYear(2, 4), done=_done("C", 13, 13))

    assert _ratio(found, "C") == Fraction(9, 387)


def test_an_exhausted_quota_never_makes_anyone_safe():
    # yearly 4 of 40 already drawn: the floor of 1/500 a year in 4 draws remains
    found = _allocate({("k1", "d1", "C"): 40}, item_list(k1=None), draw=DrawOfYear(4, 4), done=_done("C", 4, 0))

    assert _ratio(found, "C") == Fraction(1, 2000)


def test_ratio_never_exceeds_one():
    everyone = dict.fromkeys("ABCDU", "1")

    found = _allocate(
        {("k1", "d1", "D"): 10}, item_list(k1=None), draw=DrawOfYear(2, 2), done=_done("D", 0, 5), ratios__key=everyone
    )

    assert _ratio(found, "D") == 1


def test_cap_scales_all_ratios_of_the_item_exactly():
    # 1000 A, 100 C, 10 D: 10 + 10 + 3 = 23 expected; cap 1.5 % of 1110 = 16.65, so 16
    cells = {("g1", "d1", "A"): 1000, ("g1", "d1", "C"): 100, ("g1", "d1", "D"): 10}

    found = _allocate(cells, item_list(g1="0.015"))

    assert _ratio(found, "A", "g1") == Fraction(1, 100) * 16 / 23
    assert _ratio(found, "D", "g1") == Fraction(3, 10) * 16 / 23
    assert sum(found.table["ratio"] * found.table["n_units"]) == 16
    assert set(found.table["trimmed_by"]) == {"cap"}
    assert [str(note) for note in found.notes] == [
        "g1: 23.0 expected checks were scaled to the 16 that the ratio cap 3/200 leaves (law of items)"
    ]
    assert found.violations == ()


def test_a_cap_that_is_not_reached_changes_nothing():
    found = _allocate({("g1", "d1", "A"): 1000}, item_list(g1="0.01"))

    assert _ratio(found, "A", "g1") == Fraction(1, 100)
    assert found.notes == ()


def test_the_cap_of_the_year_is_shared_by_its_draws():
    # cap 20 of 1000 a year, 11 drawn in the first draw, 3 draws left: floor(9 / 3) = 3
    done = _done("B", 11, 0).assign(item_code="g1")
    everyone = dict.fromkeys("ABCDU", "1/10")

    found = _allocate(
        {("g1", "d1", "B"): 1000},
        item_list(g1="0.02"),
        draw=DrawOfYear(2, 4),
        done=done,
        ratios__general=everyone,
    )

    assert _ratio(found, "B", "g1") == Fraction(3, 1000)


def test_what_was_drawn_in_cells_that_vanished_still_counts_against_the_cap():
    # ten B units were drawn and excluded; only A units remain; cap floor(.1 x 110) = 11, so one is left
    done = _done("B", 10, 10).assign(item_code="g1")

    found = _allocate(
        {("g1", "d1", "A"): 100}, item_list(g1="0.1"), done=done, ratios__general=dict.fromkeys("ABCDU", "1/10")
    )

    assert _ratio(found, "A", "g1") == Fraction(1, 100)


def test_a_cap_that_pushes_below_the_floor_is_a_violation():
    found = _allocate({("g1", "d1", "A"): 300}, item_list(g1="0.003"), ratios__floor=dict.fromkeys("ABCDU", "1/100"))

    assert [str(v) for v in found.violations] == [
        "g1: the ratio cap 3/1000 leaves 0 checks, below the floor of some grade (law of items)"
    ]


def test_objects_whose_floor_is_due_are_taken_in_full_and_never_trimmed():
    cells = {("g1", "d1", "A"): 1000}
    is_due = [True] * 10 + [False] * 990

    found = _allocate(cells, item_list(g1="0.015"), is_due=is_due)
    table = found.table.set_index("is_due")

    assert table.loc[True, "ratio"] == 1
    # cap 15; ten are due; the 9.9 others expected become 5
    assert table.loc[False, "ratio"] * 990 == 5


def test_more_due_than_the_cap_allows_is_a_violation():
    found = _allocate({("g1", "d1", "A"): 100}, item_list(g1="0.05"), is_due=[True] * 10 + [False] * 90)

    assert str(found.violations[0]).startswith("g1: the 10 checks that law makes due exceed the 5")


def test_merged_grades_keep_the_expected_units():
    # three D units join ten C units: 10 x 1/10 + 3 x 3/10 over 13
    found = _allocate({("k1", "d1", "C"): 10, ("k1", "d1", "D"): 3}, item_list(k1=None))

    assert found.table["ratio"].tolist() == [Fraction(19, 130)]


def test_capacity_reduces_what_exceeds_the_floors_in_one_proportion():
    # expected 10 + 30 checks at half a day = 20 days; floors 2 + .2 checks = 1.1 days; 10.55 days leave one half
    capacity = Capacity((CapacityLimit("dep", None, Fraction(1055, 100), "notice"),), {"k1": Fraction(1, 2)})

    found = _allocate({("k1", "d1", "A"): 1000, ("k1", "d1", "D"): 100}, item_list(k1=None), capacity=capacity)

    assert _ratio(found, "A") == Fraction(6, 1000)  # 2 + (10 - 2) / 2
    assert _ratio(found, "D") == Fraction(151, 1000)  # .2 + (30 - .2) / 2
    assert str(found.notes[0]) == (
        "dep: 20.0 person-days needed, 10.6 available: 50.0% of what exceeds the floors is kept (notice)"
    )
    assert found.violations == ()
    assert set(found.table["trimmed_by"]) == {"capacity"}


def test_capacity_below_the_floors_is_a_violation():
    capacity = Capacity((CapacityLimit("dep", None, Fraction(1, 10), "notice"),), {"k1": Fraction(1, 2)})

    found = _allocate({("k1", "d1", "A"): 1000}, item_list(k1=None), capacity=capacity)

    assert str(found.violations[0]) == "dep: the floors alone need 1.0 person-days, 0.1 are available (notice)"
    assert _ratio(found, "A") == Fraction(1, 500)


def test_departments_without_a_limit_are_left_alone():
    found = _allocate(
        {("k1", "d1", "A"): 1000},
        item_list(k1=None),
        capacity=Capacity((CapacityLimit("other", None, Fraction(0), "notice"),), {}),
    )

    assert _ratio(found, "A") == Fraction(1, 100)


def test_what_is_missing_is_named():
    with pytest.raises(UsageError, match="k1.*item list"):
        _allocate({("k1", "d1", "A"): 10}, item_list(k2=None))
    with pytest.raises(UsageError, match="k1.*person-days"):
        _allocate(
            {("k1", "d1", "A"): 10},
            item_list(k1=None),
            capacity=Capacity((CapacityLimit("dep", None, Fraction(0), "notice"),), {}),
        )
    with pytest.raises(UsageError, match="5/4"):
        DrawOfYear(5, 4)
