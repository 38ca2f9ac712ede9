"""Strata: merge order, opaque codes, refusals."""

import pandas as pd
import pytest

from engine.errors import DrawError, SchemaMismatchError
from engine.ratios.strata import build_strata, neighbour_order
from tests.frames import frame

KEY = b"k" * 32
NEAREST = neighbour_order({"d3": ["d2", "d1"]})


def _table(cells, *, minimum=5, **more):
    return build_strata(frame(cells).assign(**more), minimum_cell=minimum, nearest=NEAREST, key=KEY).table


def _held(table):
    return sorted(zip(table["district_code"], table["grade"], table["n_units"], strict=True))


def test_large_cells_stand_alone():
    assert _held(_table({("g1", "d1", "A"): 5, ("g1", "d2", "A"): 9, ("g1", "d1", "B"): 6})) == [
        ("d1", "A", 5),
        ("d1", "B", 6),
        ("d2", "A", 9),
    ]


def test_a_small_cell_joins_the_same_grade_in_the_nearest_district():
    cells = {("g1", "d1", "A"): 50, ("g1", "d2", "A"): 60, ("g1", "d3", "A"): 4, ("g1", "d3", "B"): 70}

    assert _held(_table(cells)) == [("d1", "A", 50), ("d2;d3", "A", 64), ("d3", "B", 70)]


def test_without_listed_neighbours_the_lowest_code_is_nearest():
    assert _held(_table({("g1", "d1", "A"): 50, ("g1", "d2", "A"): 4, ("g1", "d4", "A"): 50})) == [
        ("d1;d2", "A", 54),
        ("d4", "A", 50),
    ]


def test_small_cells_merge_until_none_is_small():
    assert _held(_table({("g1", f"d{i}", "D"): 2 for i in range(1, 5)})) == [("d1;d2;d3;d4", "D", 8)]


def test_a_grade_too_small_in_the_whole_item_joins_the_adjacent_one():
    held = _held(_table({("g1", "d1", "C"): 10, ("g1", "d2", "C"): 20, ("g1", "d1", "D"): 3}))

    assert held == [("d1", "C;D", 13), ("d2", "C", 20)]


def test_the_riskier_side_comes_first():
    held = _held(_table({("g1", "d1", "B"): 10, ("g1", "d1", "C"): 3, ("g1", "d1", "D"): 10}))

    assert held == [("d1", "B", 10), ("d1", "C;D", 13)]


def test_a_tiny_item_is_one_stratum():
    assert _held(_table({("g1", "d1", "A"): 1, ("g1", "d2", "B"): 1, ("g1", "d2", "U"): 1})) == [("d1;d2", "A;B;U", 3)]


def test_items_never_mix():
    table = _table({("g1", "d1", "A"): 2, ("k1", "d1", "A"): 2})

    assert table["n_units"].tolist() == [2, 2]


def test_objects_whose_legal_floor_is_due_stand_apart_and_stay_small():
    table = _table({("k1", "d1", "A"): 8}, is_due=[True] * 2 + [False] * 6)

    assert sorted(zip(table["is_due"], table["n_units"], strict=True)) == [(False, 6), (True, 2)]


def test_codes_say_nothing_and_depend_on_the_key():
    cells = {("g1", f"d{d}", grade): 9 for d in range(1, 4) for grade in "ABCD"}
    one, other = (
        build_strata(frame(cells), minimum_cell=5, nearest=NEAREST, key=key).table for key in (KEY, b"z" * 32)
    )

    assert one["stratum"].str.fullmatch("s[0-9a-f]{10}").all()
    assert one["stratum"].is_unique
    assert set(one["stratum"]).isdisjoint(other["stratum"])
    assert not one["grade"].is_monotonic_increasing


def test_frame_keeps_its_rows_and_index():
    rows = frame({("g1", "d1", "A"): 6, ("g1", "d2", "B"): 7}).set_index(pd.Index(range(100, 113)))

    strata = build_strata(rows, minimum_cell=5, nearest=NEAREST, key=KEY)

    assert strata.frame["entity_id"].tolist() == rows["entity_id"].tolist()
    assert strata.frame.index.tolist() == rows.index.tolist()
    assert strata.frame.groupby("stratum").size().to_dict() == dict(
        zip(strata.table["stratum"], strata.table["n_units"], strict=True)
    )


def test_one_item_has_one_class():
    rows = frame({("g1", "d1", "A"): 6})
    rows.loc[0, "item_class"] = "key"

    with pytest.raises(DrawError, match="g1 is both key and general"):
        build_strata(rows, minimum_cell=5, nearest=NEAREST, key=KEY)


def test_missing_columns_are_named():
    with pytest.raises(SchemaMismatchError, match="grade"):
        build_strata(frame({("g1", "d1", "A"): 6}).drop(columns="grade"), minimum_cell=5, nearest=NEAREST, key=KEY)
