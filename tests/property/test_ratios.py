"""Strata and ratios of any frame: whole, order-free, within caps, never zero, rising with risk."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ratios.allocation import committed_ratios
from engine.ratios.capacity import Capacity, CapacityLimit
from engine.ratios.expected import expected_ratios
from engine.ratios.policy import GradeRatios, read_ratio_policy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import build_strata, neighbour_order
from tests import policies
from tests.frames import frame, item_list

POLICY = read_ratio_policy(policies.shipped(), on=date(2024, 6, 30))
CELLS = st.dictionaries(
    st.tuples(st.sampled_from(["g1", "k1"]), st.sampled_from(["d1", "d2", "d3"]), st.sampled_from("ABCDU")),
    st.integers(1, 30),
    min_size=1,
)
DRAWS = st.integers(1, 4).flatmap(lambda draws: st.integers(1, draws).map(lambda number: DrawOfYear(number, draws)))


def _strata(rows):
    return build_strata(rows, minimum_cell=5, nearest=neighbour_order({}), key=b"key")


@given(CELLS)
@settings(max_examples=60, deadline=None)
def test_strata_partition_the_frame_and_do_not_depend_on_order(cells):
    rows = frame(cells)
    strata = _strata(rows)
    turned = _strata(rows.iloc[::-1])

    assert strata.table.equals(turned.table)
    assert strata.table["n_units"].sum() == len(rows)
    assert strata.frame.groupby(["item_code", "stratum"]).size().to_list() == strata.table["n_units"].to_list()
    per_item = rows.groupby("item_code").size()
    for _, stratum in strata.table.iterrows():
        assert stratum["n_units"] >= min(5, per_item[stratum["item_code"]])


@given(CELLS, DRAWS, st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_ratios_are_positive_at_most_one_and_within_the_cap(cells, draw, cap):
    strata = _strata(frame(cells))

    found = committed_ratios(strata, POLICY, item_list(g1=f"{cap}/100", k1=None), draw=draw)

    table = found.table
    assert all(0 <= ratio <= 1 for ratio in table["ratio"])
    assert found.violations or all(ratio > 0 for ratio in table["ratio"])
    general = table[table["item_code"] == "g1"]
    expected = sum(general["ratio"] * general["n_units"], Fraction(0))
    assert expected <= Fraction(cap, 100) * int(general["n_units"].sum()) / draw.left


@given(CELLS, st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_capacity_keeps_order_and_floors(cells, days):
    strata = _strata(frame(cells))
    capacity = Capacity(
        (CapacityLimit("dep", None, Fraction(days, 10), "notice"),), {"g1": Fraction(1, 2), "k1": Fraction(1, 2)}
    )

    found = committed_ratios(strata, POLICY, item_list(g1="1", k1=None), draw=DrawOfYear(1, 1), capacity=capacity)

    table = found.table
    used = sum(table["ratio"] * table["n_units"], Fraction(0)) / 2
    assert used <= Fraction(days, 10) or found.violations
    assert all(ratio >= Fraction(1, 500) for ratio in table["ratio"])
    single = table[table["grade"].str.len() == 1]
    for _, item in single.groupby("item_code"):
        by_grade = item[item["grade"] != "U"].groupby("grade")["ratio"].agg(["min", "max"])
        assert all(a <= b for a, b in zip(by_grade["max"], by_grade["min"][1:], strict=False))


@given(
    CELLS,
    DRAWS,
    st.integers(1, 60),
    st.integers(0, 60),
    st.lists(st.sampled_from(range(1, 101)), min_size=4, max_size=4).map(sorted),
    st.floats(0, 0.3),
)
@settings(max_examples=120, deadline=None)
def test_ratios_for_simulation_are_those_of_the_draw(cells, draw, cap, days, ratios, due_share):
    rows = frame(cells)
    rows["is_due"] = np.arange(len(rows)) % 10 < due_share * 10
    strata = _strata(rows)
    own = {grade: Fraction(ratio, 100) for grade, ratio in zip("ABCDU", [*ratios, ratios[1]], strict=True)}
    graded = GradeRatios(own, "test")
    policy = replace(POLICY, classes=dict.fromkeys(POLICY.classes, graded))
    items = item_list(g1=f"{cap}/100", k1=None)
    done = strata.cells[~strata.cells["is_due"]][["item_code", "district_code", "grade"]].iloc[::2]
    done = None if draw.number == 1 else done.assign(n_drawn=2, n_excluded=1)
    limits = (
        CapacityLimit("dep", None, Fraction(days, 10), "notice"),
        CapacityLimit("dep", "d2", Fraction(days, 30), "notice"),
    )
    capacity = Capacity(limits, {"g1": Fraction(1, 2), "k1": Fraction(1, 3)})

    found = committed_ratios(strata, policy, items, draw=draw, done=done, capacity=capacity)
    swift = expected_ratios(strata.cells, items, draw=draw, done=done, capacity=capacity).of(policy)

    by_stratum = found.table.set_index(["item_code", "stratum"])["ratio"].astype(float)
    wanted = by_stratum.reindex(pd.MultiIndex.from_frame(strata.cells[["item_code", "stratum"]])).to_numpy()
    np.testing.assert_allclose(swift, wanted, atol=1.01e-6)  # capacity rounds down to a millionth
    if not any("person-days needed" in str(note) for note in found.notes):
        np.testing.assert_allclose(swift, wanted, atol=1e-12)
