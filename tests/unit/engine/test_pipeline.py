"""Hand-overs between stages: who is in the frame, what stays outside, what a draw's results measure."""

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from engine.errors import DrawError, PolicyInconsistentError
from engine.pipeline.drawing import Districts, entropy_policy, frame_table, item_terms, match_rule, roster_table
from engine.pipeline.framing import allocate, exclude_visited, frame_rows
from engine.pipeline.measurement import measure_draw, split_thin_items
from engine.ratios.quota import DrawOfYear
from tests.policies import shipped

ON = date(2025, 12, 31)
ENTITIES = pd.DataFrame(
    {
        "entity_id": ["uscc:1", "uscc:2", "uscc:3", "uscc:4"],
        "entity_type": ["enterprise", "enterprise", "individual_business", "enterprise"],
        "industry_code": ["H62", "H6210", "H62", None],
        "district_code": ["330602", "330602", "330603", "330603"],
    }
)
GRADES = pd.DataFrame({"entity_id": ENTITIES["entity_id"], "grade": ["A", "C", "B", "D"]})
ITEMS = pd.DataFrame(
    {
        "item_code": ["ALL", "FOOD", "SECTION"],
        "department_code": ["SCJG", "SCJG", "WJW"],
        "item_class": ["general", "key", "key"],
        "ratio_cap": [0.5, np.nan, np.nan],
        "basis": ["law"] * 3,
        "applies_to_types": ["enterprise;individual_business", "enterprise", "enterprise"],
        "applies_to_industries": [None, "H62", "H"],
        "specialities": [None, "food", "health"],
    }
)


def test_an_item_applies_by_type_and_by_industry_section_or_division():
    rows = frame_rows(ENTITIES, GRADES, ITEMS)

    found = {item: set(part["entity_id"]) for item, part in rows.groupby("item_code")}
    assert found == {
        "ALL": {"uscc:1", "uscc:2", "uscc:3", "uscc:4"},
        "FOOD": {"uscc:1", "uscc:2"},
        "SECTION": {"uscc:1", "uscc:2"},
    }


def test_a_random_visit_this_year_spares_a_and_b_but_never_c_and_d():
    rows = frame_rows(ENTITIES, GRADES, ITEMS)
    visited = pd.DataFrame({"entity_id": ["uscc:1", "uscc:2", "uscc:4"], "item_code": ["ALL", "ALL", "ALL"]})

    eligible, outside = exclude_visited(rows, visited, undisturbed=["A", "B"])

    assert list(zip(outside["entity_id"], outside["item_code"], outside["reason"], strict=True)) == [
        ("uscc:1", "ALL", "visited")
    ]
    assert len(eligible) + len(outside) == len(rows)


def framed(n_units: int = 400):
    """Return a framed register of one item with all grades in one district."""
    grades = np.repeat(["A", "B", "C", "D"], [n_units, n_units // 2, n_units // 4, n_units // 4])
    frame = pd.DataFrame(
        {
            "entity_id": [f"uscc:{i}" for i in range(len(grades))],
            "item_code": "ALL",
            "item_class": "general",
            "district_code": "330602",
            "grade": grades,
        }
    )
    items = ITEMS.iloc[[0]]
    return (
        frame,
        items,
        allocate(frame, items, book=shipped(), on=ON, key=b"k" * 32, draw=DrawOfYear(number=1, draws=1)),
    )


def test_allocation_gives_every_grade_its_policy_ratio_exactly():
    _, _, result = framed()

    ratios = dict(zip(result.allocation.table["grade"], result.allocation.table["ratio"], strict=True))
    assert ratios == {"A": Fraction(1, 100), "B": Fraction(1, 50), "C": Fraction(1, 10), "D": Fraction(3, 10)}


def test_terms_carry_the_ratios_and_one_ticket_group():
    _, _, result = framed()

    terms = item_terms(result, group="2026-annual")

    assert terms["ALL"].group == "2026-annual"
    assert sorted(terms["ALL"].ratios.values()) == [Fraction(1, 100), Fraction(1, 50), Fraction(1, 10), Fraction(3, 10)]


def test_a_policy_that_breaks_its_own_limits_stops_the_draw():
    frame, items, _ = framed()

    with pytest.raises(DrawError, match="breaks"):
        allocate(
            frame,
            items.assign(ratio_cap=np.nan),
            book=shipped(),
            on=ON,
            key=b"k" * 32,
            draw=DrawOfYear(number=1, draws=1),
        )


def test_excluded_rows_stay_in_the_frame_as_leaves_without_stratum():
    frame, items, _ = framed()
    outside = frame.iloc[:3].assign(reason="visited")
    result = allocate(
        frame.iloc[3:],
        items,
        book=shipped(),
        on=ON,
        key=b"k" * 32,
        draw=DrawOfYear(number=1, draws=1),
        excluded=outside,
    )

    table = frame_table(result)

    assert len(table) == len(frame)
    assert set(table.loc[table["exclusion"].notna(), "object_id"]) == set(outside["entity_id"])


def test_officers_keep_what_is_left_of_their_yearly_cap():
    inspectors = pd.DataFrame(
        {"inspector_code": ["b", "a", "c"], "status": ["active", "active", "left"], "yearly_cap": [10, 5, 5]}
    )

    roster = roster_table(inspectors, visits_made=pd.Series({"a": 7, "b": 4}))

    assert roster[["inspector_code", "cap", "prior_load"]].to_dict("list") == {
        "inspector_code": ["a", "b"],
        "cap": [0, 6],
        "prior_load": [7, 4],
    }


def test_the_rule_of_the_match_follows_policy():
    _, items, result = framed()
    departments = pd.DataFrame({"department_code": ["WJW", "SCJG"], "role": ["initiator", "lead"]})

    rule = match_rule(
        result, items, departments, book=shipped(), on=ON, districts=["330602", "330604"], until=date(2026, 6, 30)
    )

    assert rule.team_minimum == 2
    assert rule.initiators == ("SCJG",)
    assert set(rule.officer_districts.values()) == {("330602",)}
    assert rule.at_level(len(rule.ladder)).departments == {"SCJG": 1}
    assert set(rule.at_level(3).officer_districts.values()) == {("330602", "330604")}


def test_districts_know_three_words():
    districts = Districts({"1": ["2"]}, ("1", "2", "3"))

    assert districts.reach(["1"], word="own") == ("1",)
    assert districts.reach(["1"], word="neighbours") == ("1", "2")
    assert districts.reach(["1"], word="all") == ("1", "2", "3")
    with pytest.raises(PolicyInconsistentError, match="somewhere"):
        districts.reach(["1"], word="somewhere")


def test_entropy_policy_reaches_the_protocol_floor():
    policy = entropy_policy(shipped(), on=ON)

    assert (policy.bits, policy.operators, policy.gap_hours) == (80, 2, 24)


def drawn_results(rates: dict[str, float], *, n: int, n_units: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, strata = [], []
    for grade, rate in rates.items():
        hits = round(rate * n)
        strata.append(
            {
                "draw_id": "d",
                "item_code": "ALL",
                "stratum": f"s{grade}",
                "grade": grade,
                "n_units": n_units,
                "n_drawn": n,
            }
        )
        rows += [
            {
                "draw_id": "d",
                "item_code": "ALL",
                "stratum": f"s{grade}",
                "entity_id": f"{grade}{i}",
                "grade": grade,
                "population": "enterprise",
                "selection_mode": "random",
                "inclusion_probability": n / n_units,
                "result_codes": "corrected" if i < hits else "no_problem",
            }
            for i in range(n)
        ]
    return pd.DataFrame(rows), pd.DataFrame(strata)


def test_measurements_state_rate_interval_lift_and_order():
    results, strata = drawn_results({"A": 0.02, "B": 0.05, "C": 0.15, "D": 0.4}, n=200, n_units=2000)
    ratios = {"A": 0.01, "B": 0.02, "C": 0.1, "D": 0.3}

    measured = measure_draw(results, strata, ratios=ratios, as_of=ON, level=0.95)

    rates = measured[(measured["measure"] == "hit_rate")].set_index("grade")
    assert rates.loc[["A", "B", "C", "D"], "hit_rate"].tolist() == pytest.approx([0.02, 0.05, 0.15, 0.4])
    assert (rates["low"] < rates["hit_rate"]).all() and (rates["hit_rate"] < rates["high"]).all()
    lift = measured[measured["measure"] == "lift"].iloc[0]
    expected = (0.01 * 0.02 + 0.02 * 0.05 + 0.1 * 0.15 + 0.3 * 0.4) / 0.43 / ((0.02 + 0.05 + 0.15 + 0.4) / 4)
    assert lift["hit_rate"] == pytest.approx(expected)
    assert measured[measured["measure"] == "trend_p"].iloc[0]["hit_rate"] < 1e-6


def test_an_item_with_one_drawn_unit_is_left_out_and_named():
    results, strata = drawn_results({"A": 0.1, "D": 0.5}, n=50, n_units=500)
    thin = results.iloc[[0]].assign(item_code="THIN", stratum="t")
    thin_stratum = strata.iloc[[0]].assign(item_code="THIN", stratum="t", n_units=40, n_drawn=1)
    every, strata = pd.concat([results, thin], ignore_index=True), pd.concat([strata, thin_stratum], ignore_index=True)

    kept, left = split_thin_items(strata)
    measured = measure_draw(every, strata, ratios={"A": 0.1, "D": 0.5}, as_of=ON, level=0.95)

    assert left["item_code"].tolist() == ["THIN"]
    assert "THIN" not in set(kept["item_code"])
    named = measured[measured["measure"] == "items_left_out"].iloc[0]
    assert (named["note"], named["hits"]) == ("THIN", 1)
    assert measured.loc[measured["measure"] == "hit_rate", "n"].sum() == len(results)
