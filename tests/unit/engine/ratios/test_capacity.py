"""Person-days by department and district: read, refused in one sentence, kept, and shared by the year's draws."""

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest

from engine.errors import PolicyInconsistentError
from engine.ratios.allocation import committed_ratios
from engine.ratios.capacity import Capacity, CapacityLimit, read_capacity
from engine.ratios.policy import read_ratio_policy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import build_strata, neighbour_order
from tests import policies
from tests.frames import frame, item_list

ON = date(2026, 1, 1)
ITEMS = item_list(g1="1", k1=None)
TENTH = dict.fromkeys("ABCDU", "1/10")
POLICY = read_ratio_policy(policies.book(ratios__general=TENTH, ratios__key=TENTH), on=ON)
HALF = Fraction(1, 2)


def _read(*limits):
    return read_capacity(policies.book(capacity__person_days=list(limits)), ITEMS, on=ON)


def _ratios(cells, capacity, *, done=None, draw=DrawOfYear(1, 1)):  # noqa: B008 - a frozen value
    strata = build_strata(frame(cells), minimum_cell=5, nearest=neighbour_order({}), key=b"k")
    found = committed_ratios(strata, POLICY, ITEMS, draw=draw, done=done, capacity=capacity)
    table = found.table.set_index(["item_code", "district_code"])["ratio"]
    return table, [str(note) for note in found.notes], [str(each) for each in found.violations]


def test_no_limit_needs_no_effort():
    assert _read() == Capacity((), {})


def test_limits_are_read_with_their_reference():
    found = _read({"department": "dep", "person_days": "1200"}, {"district": "d1", "person_days": "7/2"})

    assert found.limits == (
        CapacityLimit("dep", None, Fraction(1200), "test reference"),
        CapacityLimit(None, "d1", Fraction(7, 2), "test reference"),
    )
    assert found.effort == {"g1": HALF, "k1": HALF}


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"person_days": "3"}, "write department, district or both, and person_days"),
        ({"department": "dep"}, "write department, district or both, and person_days"),
        ({"department": "dep", "person_days": "3", "town": "x"}, "write department, district or both"),
        ({"department": "dep", "person_days": "0"}, "dep: 0 person-days must be above 0"),
        ({"department": "dep", "person_days": 2.5}, "in quotes"),
        ({"department": "fire", "person_days": "3"}, "department fire has no item in the list"),
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused_in_one_sentence(limit, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        _read(limit)


def test_the_same_place_twice_is_refused():
    with pytest.raises(PolicyInconsistentError, match="dep d1 is limited twice"):
        _read(*[{"department": "dep", "district": "d1", "person_days": "3"}] * 2)


def test_a_district_is_trimmed_and_its_neighbour_is_not():
    # 100 checks a district at half a day = 50 days of both items; floors 2 checks = 1 day; 25.5 days leave one half
    cells = {("k1", "d1", "C"): 1000, ("k1", "d2", "C"): 1000}
    capacity = Capacity((CapacityLimit("dep", "d1", Fraction(51, 2), "notice"),), {"k1": HALF})

    ratios, notes, violations = _ratios(cells, capacity)

    assert ratios[("k1", "d1")] == Fraction(51, 1000)  # 2 + (100 - 2) / 2
    assert ratios[("k1", "d2")] == Fraction(1, 10)
    assert notes == [
        "dep d1: 50.0 person-days needed, 25.5 available: 50.0% of what exceeds the floors is kept (notice)"
    ]
    assert violations == []


def test_a_stratum_of_two_districts_counts_with_its_units_in_each():
    # three units of d1 join d2: a tenth of 103 units, of which 3/103 burden d1
    cells = {("k1", "d1", "C"): 3, ("k1", "d2", "C"): 100}
    capacity = Capacity((CapacityLimit(None, "d1", Fraction(3, 40), "notice"),), {"k1": HALF})

    ratios, _, _ = _ratios(cells, capacity)

    used = ratios.iloc[0] * 3 / 2
    assert Fraction(3, 40) - Fraction(3, 10**6) < used <= Fraction(3, 40)


def test_both_limits_hold_where_a_department_and_its_district_are_limited():
    cells = {("k1", d, "C"): 1000 for d in ("d1", "d2")} | {("g1", "d1", "C"): 1000}
    limits = (
        CapacityLimit("dep", None, Fraction(60), "notice"),
        CapacityLimit("dep", "d1", Fraction(30), "notice"),
    )

    ratios, _, _ = _ratios(cells, Capacity(limits, {"k1": HALF, "g1": HALF}))

    in_d1 = (ratios[("k1", "d1")] + ratios[("g1", "d1")]) * 500
    assert in_d1 <= 30
    assert in_d1 + ratios[("k1", "d2")] * 500 <= 60


def test_what_earlier_draws_used_is_taken_from_the_year():
    # a year of 40 days, 30 checks of half a day done, two draws left: 12.5 days for this one
    done = pd.DataFrame(
        {"item_code": ["k1"], "district_code": ["d1"], "grade": ["C"], "n_drawn": [30], "n_excluded": [0]}
    )
    capacity = Capacity((CapacityLimit("dep", None, Fraction(40), "notice"),), {"k1": HALF})

    left = capacity.left_for(done, {"k1": "dep"}, draws_left=2)

    assert left.limits[0].person_days == Fraction(25, 2)
    ratios, _, _ = _ratios({("k1", "d1", "C"): 1000}, left, done=done, draw=DrawOfYear(2, 3))
    assert ratios.iloc[0] * 500 <= Fraction(25, 2)
    assert ratios.iloc[0] * 500 > 12


def test_a_limit_of_some_items_leaves_the_others_alone():
    cells = {("k1", "d1", "C"): 1000, ("g1", "d1", "C"): 1000}
    line = CapacityLimit(None, None, Fraction(51, 2), "plan", items=frozenset({"k1"}), label="line 3")

    ratios, notes, _ = _ratios(cells, Capacity((line,), {"k1": HALF, "g1": HALF}))

    assert ratios[("k1", "d1")] == Fraction(51, 1000)
    assert ratios[("g1", "d1")] == Fraction(1, 10)
    assert notes[0].startswith("line 3: 50.0 person-days needed, 25.5 available")
