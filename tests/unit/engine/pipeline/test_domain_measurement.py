"""Rates by domain from random rows, change between periods, comparison of units."""

import pandas as pd
import pytest

from engine.errors import EstimationError, PolicyInconsistentError, SelectionModeError, UndefinedEstimateError
from engine.estimation.estimate import PrecisionLimits
from engine.pipeline.domain_measurement import (
    change_by_domain,
    compare_domains,
    measure_domains,
    measured_rows,
    sector_of,
)
from engine.pipeline.small_cells import SmallCellRule, small_cell_rule
from tests.measured_world import drawn_rows

PRECISION = PrecisionLimits(min_effective_n=30, max_width=0.30, narrow_width=0.05, max_relative_width=1.3)


def measured(**kwargs):
    return measured_rows(*drawn_rows(**kwargs))


def table(period, by="grade", least_units=10, rule=SmallCellRule.WITHHELD):
    return measure_domains(period, by=by, precision=PRECISION, least_units=least_units, level=0.95, small_cells=rule)


def test_the_rate_of_everybody_weighs_each_grade_by_its_units_not_by_its_checks():
    found = table(measured()).set_index("domain")
    pooled = found["findings"][""] / found["n"][""]
    by_hand = sum(found["units"][g] * found["rate"][g] for g in "AD") / found["units"][["A", "D"]].sum()

    assert found["rate"][""] == pytest.approx(by_hand, abs=0.004)  # reached units, so not to the last digit
    assert pooled > 1.5 * found["rate"][""]  # the full draw of D would make the rate look double
    assert list(found["units"][["", "A", "D"]]) == pytest.approx([560.0, 480.0, 80.0])


def test_every_drawn_row_is_accounted_for():
    results, strata = drawn_rows()
    results.loc[:9, "result_codes"] = None
    results.loc[10:14, "result_codes"] = "no_activity"
    found = table(measured_rows(results, strata)).set_index("domain").loc[""]
    outcomes = results["result_codes"].fillna("none").value_counts()

    assert found["n"] == outcomes["corrected"] + outcomes["no_problem"]
    assert found["not_done"] > 0
    assert found["not_assessable"] > 0
    assert 0 < found["unreachable"] < 0.1
    assert found["bound_low"] < found["rate"] < found["bound_high"]
    assert found["bound_high"] > found["high"]


def test_a_rate_on_too_few_is_withheld_and_its_interval_stays():
    results, strata = drawn_rows()
    results["sector"] = "H"
    results.loc[:5, "sector"] = "K"
    found = table(measured_rows(results, strata), by="sector").set_index("domain").loc["K"]

    assert found["status"] == "withheld"
    assert pd.isna(found["rate"])
    assert found["low"] < found["high"]
    assert "fewer than 10" in found["notes"][0].render()


def few_in_k():
    results, strata = drawn_rows(districts=("d1", "d2", "d3"), scale=4)
    results["sector"] = ["H", "J", "M"] * (len(results) // 3) + ["H"] * (len(results) % 3)
    results.loc[:5, "sector"] = "K"
    return measured_rows(results, strata)


def test_one_withheld_domain_takes_the_next_smallest_with_it_so_that_no_subtraction_gives_it():
    found = table(few_in_k(), by="sector").set_index("domain")
    parts = found.drop(index="")
    withheld = parts[parts["status"] == "withheld"]
    others = parts.drop(index="K")

    assert set(withheld.index) == {"K", others["n"].idxmin()}
    assert withheld[["rate", "findings"]].isna().all(axis=None)
    assert parts["findings"].sum() < found.loc["", "findings"]
    assert any("K" in note.render() for note in withheld.drop(index="K")["notes"].iloc[0])


def test_several_withheld_domains_need_no_company():
    found = table(few_in_k(), by="sector", least_units=10**6).set_index("domain")

    assert (found["status"] == "withheld").all()
    assert not any("computed" in note.render() for notes in found["notes"] for note in notes)


def test_widened_domains_keep_their_rate_and_an_interval_that_rests_on_the_few():
    kept = table(few_in_k(), by="sector").set_index("domain")
    found = table(few_in_k(), by="sector", rule=SmallCellRule.WIDENED).set_index("domain")
    small = found.loc["K"]

    assert small["status"] == "widened"
    assert small["low"] <= small["rate"] <= small["high"]
    assert small["high"] - small["low"] >= kept.loc["K", "high"] - kept.loc["K", "low"]
    assert small["high"] - small["low"] > 0.4  # at most six rows
    assert set(found.drop(index="K")["status"]) <= {"shown", "marked"}
    assert found["findings"].drop(index="").sum() == found.loc["", "findings"]


def test_one_team_widened_says_next_to_nothing():
    found = table(measured(teams=1), by="district_code", rule=SmallCellRule.WIDENED).set_index("domain").loc["d1"]

    assert found["status"] == "widened"
    assert found["high"] - found["low"] > 0.6


def test_a_rule_that_is_none_is_refused_by_name():
    with pytest.raises(PolicyInconsistentError, match="estimation.small_cells.*hidden is none of withheld, widened"):
        small_cell_rule("hidden")


def test_a_small_effective_sample_is_withheld_by_name():
    found = table(measured(teams=2), by="district_code").set_index("domain").loc["d1"]

    assert found["status"] == "withheld"  # two teams: one degree of freedom
    assert "effective sample" in found["notes"][0].render()
    assert found["teams"] == 2


def test_teams_that_judge_differently_widen_the_interval():
    results, strata = drawn_rows(teams=12)
    strict = results["inspector_code"].str[-1].astype(int) % 2 == 0
    hard = results.assign(result_codes=results["result_codes"].where(~strict | (results.index % 3 > 0), "corrected"))
    lenient = results.assign(inspector_code=[f"t{at}" for at in range(len(results))], result_codes=hard["result_codes"])
    widths = [table(measured_rows(rows, strata)).set_index("domain") for rows in (hard, lenient)]
    together, apart = ((one["high"] - one["low"])[""] for one in widths)

    assert together > 1.2 * apart


def test_rows_of_other_grounds_are_refused_by_name():
    results, strata = drawn_rows()
    results.loc[3, "selection_mode"] = "scheduled"

    with pytest.raises(SelectionModeError, match="scheduled"):
        measured_rows(results, strata)


def test_items_with_one_drawn_unit_are_left_out_and_named():
    results, strata = drawn_rows()
    lone = pd.DataFrame([("2026-001", "X09", "lone", 40, 1, "A")], columns=strata.columns)
    row = results.iloc[[0]].assign(item_code="X09", stratum="lone", inclusion_probability=1 / 40)
    period = measured_rows(pd.concat([results, row], ignore_index=True), pd.concat([strata, lone]))

    assert period.left_out == ("X09",)
    with pytest.raises(UndefinedEstimateError, match="of no item were two units drawn"):
        measured_rows(row, lone)


def test_objects_that_a_later_draw_left_out_enter_it_as_known():
    first, sizes = drawn_rows(draw_id="2026-001")
    second, later = drawn_rows(draw_id="2026-002", month="2026-03", seed=2)
    second["entity_id"] += "x"  # others than those drawn before
    spared = {"2026-002": first[["entity_id", "item_code"]].head(30)}
    period = measured_rows(pd.concat([first, second]), pd.concat([sizes, later]), spared=spared)
    plain = measured_rows(pd.concat([first, second]), pd.concat([sizes, later]))

    assert len(period.sample.rows) == len(plain.sample.rows) + 30
    units = [table(one).set_index("domain")["units"][""] for one in (period, plain)]
    assert units[0] == pytest.approx(units[1] + 30)
    assert period.draw_ids == ("2026-001", "2026-002")


def test_a_change_is_the_later_rate_less_the_earlier_one():
    earlier = measured(draw_id="2025-001", month="2025-02", rates={"d1": 0.2, "d2": 0.2})
    later = measured(draw_id="2026-001", month="2026-03", rates={"d1": 1.5, "d2": 1.5})
    found = change_by_domain(earlier, later, by="grade", level=0.95).set_index("domain")

    assert found["change"]["D"] == pytest.approx(found["later"]["D"] - found["earlier"]["D"])
    assert found["is_clear"][["", "D"]].all()
    assert (found["low"] <= found["change"]).all()  # D is drawn in full: no width
    assert found["low"]["A"] < found["change"]["A"] < found["high"]["A"]


def test_different_seasons_and_shared_draws_are_not_compared():
    winter, summer = measured(draw_id="a"), measured(draw_id="b", month="2026-07")

    with pytest.raises(EstimationError, match="different seasons"):
        change_by_domain(winter, summer, by="grade", level=0.95)
    with pytest.raises(EstimationError, match="draw a is part of both periods"):
        change_by_domain(winter, winter, by="grade", level=0.95)


def test_a_district_that_finds_far_more_than_its_mix_explains_stands_out():
    names = [f"d{at}" for at in range(10)]
    period = measured(districts=names, rates={"d9": 2.4}, teams=12, scale=4)
    found = compare_domains(period, by="district_code", level=0.95).table.set_index("district_code")

    assert found["position"]["d9"].endswith("above")
    assert found["ratio"]["d9"] > 1.6
    assert found["rank_low"]["d9"] > 1
    assert (found.drop("d9")["position"] == "inside").sum() >= 7


def test_a_mix_of_grades_alone_makes_no_district_stand_out():
    results, strata = drawn_rows(districts=("d1", "d2", "d3", "d4"))
    only_d = results["grade"] == "D"
    moved = results.assign(district_code=results["district_code"].where(~only_d, "d1"))  # all of D in one district
    found = compare_domains(measured_rows(moved, strata), by="district_code", level=0.95).table.set_index(
        "district_code"
    )
    plain = table(measured_rows(moved, strata), by="district_code", least_units=1).set_index("domain")

    assert plain["rate"].drop("").idxmax() == "d1"
    assert found["position"]["d1"] == "inside"
    assert 0.7 < found["ratio"]["d1"] < 1.3


def test_sectors_are_the_letters_of_the_industry_code():
    assert sector_of(pd.Series(["H62", None, "C13"])).tolist() == ["H", "", "C"]
