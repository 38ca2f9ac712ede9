"""Hit rates of periods on frames small enough to work out by hand."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.pipeline.measurement import measure_draw
from engine.pipeline.period_measurement import (
    MIXED,
    Over,
    described_period,
    drawn_period,
    last_day,
    period_of,
)

HIT, CLEAN, LEVEL = "corrected", "no_problem", 0.95


def draw(draw_id, *strata, mode="random"):
    """Return rows and strata; a stratum is (grade, units, {object: result})."""
    rows = [
        (draw_id, entity, "i", f"s{grade}", mode, len(found) / units, result, "enterprise", grade)
        for grade, units, found in strata
        for entity, result in found.items()
    ]
    columns = ["draw_id", "entity_id", "item_code", "stratum", "selection_mode", "inclusion_probability"]
    sizes = [(draw_id, "i", f"s{grade}", units, len(found), grade) for grade, units, found in strata]
    return (
        pd.DataFrame(rows, columns=[*columns, "result_codes", "population", "grade"]),
        pd.DataFrame(sizes, columns=["draw_id", "item_code", "stratum", "n_units", "n_drawn", "grade"]),
    )


def together(*draws):
    return tuple(pd.concat([each[at] for each in draws], ignore_index=True) for at in (0, 1))


def period(results, strata, *draw_ids, spared=None):
    found = drawn_period(results, strata, draw_ids=draw_ids, spared=spared or {}, level=LEVEL)
    return found.set_index(["measure", "grade"])


FIRST = draw("d1", ("A", 10, {"a": HIT, "b": CLEAN}), ("D", 2, {"x": CLEAN, "y": HIT}))
SECOND = draw("d2", ("A", 8, {"c": CLEAN, "d": CLEAN}))


def test_rows_weigh_one_over_their_probability_of_being_drawn():
    found = period(*FIRST, "d1")

    assert found.loc[("hit_rate", "A"), "hit_rate"] == 0.5
    assert found.loc[("base_rate", ""), "hit_rate"] == pytest.approx((5 + 1) / 12)  # 5 of 10 expected, 1 of 2 counted
    assert tuple(found.loc[("base_rate", ""), ["n", "hits"]]) == (4, 2)
    assert 0 <= found.loc[("trend_p", ""), "hit_rate"] <= 1


def test_objects_a_later_draw_left_out_enter_it_with_what_is_known_of_them():
    results, strata = together(FIRST, SECOND)
    spared = {"d2": pd.DataFrame({"entity_id": ["a", "b"], "item_code": ["i", "i"]})}
    whole, without = period(results, strata, "d1", "d2", spared=spared), period(results, strata, "d1", "d2")

    assert whole.loc[("hit_rate", "A"), "hit_rate"] == pytest.approx((5 + 0 + 1) / (10 + 8 + 2))
    assert without.loc[("hit_rate", "A"), "hit_rate"] == pytest.approx((5 + 0) / (10 + 8))
    assert tuple(whole.loc[("hit_rate", "A"), ["n", "hits"]]) == (4, 1)  # each check counts once


def test_one_period_says_what_the_measurement_says():
    results, strata = together(FIRST, SECOND)
    measured = measure_draw(results, strata, ratios={"A": 0.1, "D": 0.5}, as_of=date(2026, 1, 1), level=LEVEL)
    found = drawn_period(results, strata, draw_ids=["d1", "d2"], spared={}, level=LEVEL)
    same = ["measure", "population", "basis", "grade", "n", "hits", "hit_rate", "low", "high", "share", "method"]
    told = measured[measured["measure"].isin(["hit_rate", "base_rate"])][same].reset_index(drop=True)

    pd.testing.assert_frame_equal(
        found[found["measure"] != "trend_p"][same].reset_index(drop=True), told, check_dtype=False
    )


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([HIT, CLEAN, None]), min_size=2, max_size=5), min_size=1, max_size=4), st.data()
)
def test_however_time_is_cut_checks_and_findings_add_up(found, data):
    draws = {
        f"d{at}": draw(f"d{at}", ("A", 9, {f"o{at}{n}": code for n, code in enumerate(codes)}))
        for at, codes in enumerate(found)
    }
    results, strata = together(*draws.values())
    cut = data.draw(st.integers(0, len(draws)))
    names = list(draws)
    spared = {name: results[["entity_id", "item_code"]] for name in names}

    def counts(*periods):
        tables = [drawn_period(results, strata, draw_ids=p, spared=spared, level=LEVEL) for p in periods if p]
        rows = pd.concat(tables)
        return tuple(rows.loc[rows["measure"] == "hit_rate", ["n", "hits"]].sum())

    assert counts(names) == counts(names[:cut], names[cut:]) == counts(*([name] for name in names))
    assert counts(names) == (sum(c is not None for f in found for c in f), sum(c == HIT for f in found for c in f))


def test_what_cannot_be_estimated_has_its_reason_and_no_figure():
    other = draw("d2", ("A", 8, {"c": CLEAN, "d": CLEAN}), mode="filtered_draw")
    results, strata = together(FIRST, other)
    mixed = period(results, strata, "d1", "d2")

    assert mixed.loc[("base_rate", ""), "note"] == MIXED
    assert mixed["hit_rate"].isna().all()


def test_visits_that_nobody_drew_are_described_by_grade():
    rows = pd.DataFrame(
        {"entity_id": ["a", "b", "c"], "population": "enterprise", "grade": ["A", "A", "D"],
         "result_codes": [HIT, CLEAN, "unreachable"]}
    )  # fmt: skip
    found = described_period(rows, level=LEVEL).set_index("grade")

    assert tuple(found.loc["A", ["n", "hits", "hit_rate", "basis"]]) == (2, 1, 0.5, "not design-based")
    assert found.loc["D", "n"] == 0


@pytest.mark.parametrize(
    ("day", "quarter", "ends"),
    [
        (date(2026, 1, 1), "2026Q1", date(2026, 3, 31)),
        (date(2026, 6, 30), "2026Q2", date(2026, 6, 30)),
        (date(2026, 12, 31), "2026Q4", date(2026, 12, 31)),
    ],
)
def test_a_day_lies_in_its_quarter_and_year(day, quarter, ends):
    assert (period_of(day, over=Over.QUARTER), period_of(day, over=Over.YEAR)) == (quarter, "2026")
    assert last_day(quarter) == ends
    assert last_day("2026") == date(2026, 12, 31)
