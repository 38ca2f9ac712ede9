"""Hand-overs between stages: who is in the frame, what stays outside, what a draw's results measure."""

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from engine.errors import DrawError, PolicyInconsistentError
from engine.pipeline.drawing import Districts, entropy_policy, frame_table, item_terms, match_rule
from engine.pipeline.eligibility import exclude, frame_rows, reconcile, register_counts
from engine.pipeline.framing import allocate
from engine.pipeline.measurement import measure_draw, split_thin_items
from engine.ratios.quota import DrawOfYear
from tests.policies import book, shipped

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


def checked(rows: list[tuple[str, str, str, str, str, str]]) -> pd.DataFrame:
    """Return inspections from (entity, item, visit, mode, results, day)."""
    names = ["entity_id", "item_code", "visit_id", "selection_mode", "result_codes", "occurred_on"]
    return pd.DataFrame(rows, columns=names).assign(occurred_on=lambda held: pd.to_datetime(held["occurred_on"]))


def split(checks: list[tuple[str, str, str, str, str, str]], *, entities: pd.DataFrame = ENTITIES, **values: object):
    """Return eligible rows, reason by (entity, item), and notes, for inspections until the end of 2026."""
    rows = frame_rows(entities, GRADES, ITEMS)
    eligible, outside, notes = exclude(rows, checked(checks), book=book(**values), on=ON, until=date(2026, 12, 31))
    assert len(eligible) + len(outside) == len(rows)
    reasons = dict(zip(zip(outside["entity_id"], outside["item_code"], strict=True), outside["reason"], strict=True))
    return eligible, reasons, notes


NO_CAP = {"ratios__visit_cap": {"legal": None, "by_grade": {}}}


def test_a_random_visit_this_year_spares_a_and_b_but_never_c_and_d():
    visits = [(f"uscc:{n}", "ALL", f"v{n}", "random", "no_problem", "2026-03-01") for n in (1, 2, 4)]

    _, reasons, _ = split(visits, **NO_CAP)

    assert reasons == {("uscc:1", "ALL"): "visited"}


def test_neither_a_visit_after_a_complaint_nor_one_of_last_year_spares_anybody():
    complaint = ("uscc:1", "ALL", "v1", "directed", "no_problem", "2026-03-01")
    last_year = ("uscc:3", "ALL", "v2", "random", "no_problem", "2025-12-31")

    _, reasons, _ = split([complaint, last_year])

    assert reasons == {}


def test_the_visit_cap_spares_whom_enough_visits_reached_for_all_items_and_c_and_d_only_beyond_the_legal_cap():
    one_each = [(f"uscc:{n}", "ALL", f"v{n}", "random", "no_problem", "2026-03-01") for n in (1, 2)]
    many = [("uscc:4", "ALL", f"w{n}", "random", "no_problem", "2026-03-01") for n in range(4)]

    _, reasons, _ = split(one_each + many[:3])
    _, beyond, _ = split(many)

    assert reasons == {
        ("uscc:1", "ALL"): "visited",
        ("uscc:1", "FOOD"): "visit_cap",
        ("uscc:1", "SECTION"): "visit_cap",
    }
    assert beyond == {("uscc:4", "ALL"): "visit_cap"}


def test_one_visit_for_several_items_counts_once():
    joint = [("uscc:3", item, "v1", "random", "no_problem", "2026-03-01") for item in ("ALL", "SECTION")]

    _, reasons, _ = split(joint, ratios__visit_cap={"legal": 2, "by_grade": {}}, draw__frame={"undisturbed_grades": []})

    assert reasons == {}


def test_a_document_spares_by_tag_and_the_status_comes_first():
    entities = ENTITIES.assign(
        tags=["quiet;large", None, "quiet", "large"], status=["active", "closed", "closed", "active"]
    )
    rule = {"name": "quiet", "tags": ["quiet"], "items": ["ALL", "SECTION"], "reference": "document 1"}

    _, reasons, _ = split([], entities=entities, ratios__exemptions=[rule])

    assert reasons == {
        ("uscc:1", "ALL"): "exempt",
        ("uscc:1", "SECTION"): "exempt",
        ("uscc:2", "ALL"): "status",
        ("uscc:2", "FOOD"): "status",
        ("uscc:2", "SECTION"): "status",
        ("uscc:3", "ALL"): "status",
    }


def food_floor(start: date | None) -> dict[str, object]:
    """Return the shipped food rule with a day from which its records are complete."""
    rule = shipped().value("ratios.legal_floor", on=ON)[0]
    return {"ratios__legal_floor": [rule | {"item_specialities": ["food"], "records_complete_from": start}]}


def test_who_had_no_full_check_of_food_for_two_years_is_due_even_in_class_a_and_no_visit_or_document_spares_it():
    early = ENTITIES.assign(established_on=date(2020, 1, 1))
    unreached = ("uscc:1", "FOOD", "v1", "random", "unreachable", "2026-02-01")
    lead_only = ("uscc:1", "FOOD", "v2", "directed", "no_problem", "2026-02-02")
    full = ("uscc:2", "FOOD", "v3", "scheduled", "corrected", "2025-06-01")
    spared = {"name": "all food", "items": ["FOOD"], "reference": "document 1"}

    eligible, reasons, notes = split(
        [unreached, lead_only, full], entities=early, ratios__exemptions=[spared], **food_floor(date(2023, 1, 1))
    )

    assert notes == ()
    assert list(eligible.loc[eligible["is_due"], ["entity_id", "item_code"]].itertuples(index=False, name=None)) == [
        ("uscc:1", "FOOD")
    ]
    assert reasons[("uscc:2", "FOOD")] == "exempt"


@pytest.mark.parametrize(("last", "is_due"), [("2024-12-31", True), ("2025-01-01", False)])
def test_two_years_end_on_the_last_day_of_the_window_or_later(last, is_due):
    early = ENTITIES.assign(established_on=date(2020, 1, 1))

    eligible, _, _ = split(
        [(f"uscc:{n}", "FOOD", f"v{n}", "scheduled", "no_problem", last) for n in (1, 2)],
        entities=early,
        **food_floor(date(2023, 1, 1)),
    )

    assert eligible.loc[eligible["item_code"] == "FOOD", "is_due"].tolist() == [is_due, is_due]


def test_a_missing_record_is_not_a_missing_check():
    early = ENTITIES.assign(established_on=date(2020, 1, 1))

    unknown, _, notes = split([], entities=early, **food_floor(None))
    recent, _, _ = split([], entities=early, **food_floor(date(2025, 6, 1)))

    assert not unknown["is_due"].any()
    assert [str(note.params["name"]) for note in notes] == ["food_two_years"]
    assert not recent["is_due"].any()


def test_due_rows_are_drawn_in_full():
    frame, items, _ = framed()
    due = frame.assign(is_due=frame.index < 7, item_class="key", item_code="FOOD")

    table = allocate(
        due, ITEMS.iloc[[1]], book=shipped(), on=ON, key=b"k" * 32, draw=DrawOfYear(number=1, draws=1)
    ).allocation.table

    assert table.loc[table["is_due"], ["ratio", "n_units"]].to_numpy().tolist() == [[Fraction(1), 7]]


def test_the_frame_holds_as_many_rows_as_the_register_counts_or_is_refused():
    rows = frame_rows(ENTITIES, GRADES, ITEMS)

    assert register_counts(ENTITIES, ITEMS) == {"ALL": 4, "FOOD": 2, "SECTION": 2}
    with pytest.raises(DrawError, match="counts"):
        reconcile(rows.iloc[1:], register_counts(ENTITIES, ITEMS))


def test_an_entity_without_a_grade_stays_in_the_frame_unclassified():
    rows = frame_rows(ENTITIES, GRADES.iloc[1:], ITEMS)

    assert set(rows.loc[rows["entity_id"] == "uscc:1", "grade"]) == {"U"}


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

    terms = item_terms(result, groups=dict.fromkeys(result.allocation.table["item_code"], "2026-annual"))

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


def test_excluded_rows_stay_in_the_frame_as_leaves_of_the_stratum_that_would_hold_them():
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
    left = table[table["exclusion"].notna()]
    assert set(left["object_id"]) == set(outside["entity_id"])
    strata = result.strata.table.set_index("grade")["stratum"]
    assert set(left["stratum"]) == {strata["A"]}


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


def test_the_rule_asks_for_experts_and_relaxes_rotation_last():
    _, items, result = framed()
    departments = pd.DataFrame({"department_code": ["SCJG"], "role": ["lead"]})
    asking = items.assign(specialities="food;price", expert_specialities="radiation")

    rule = match_rule(result, asking, departments, book=shipped(), on=ON, districts=["330602"], until=date(2026, 6, 30))

    need = rule.items["ALL"]
    assert (need.specialities, need.experts) == (("food", "price"), ("radiation",))
    assert [rule.at_level(level).rotation for level in range(len(rule.ladder) + 1)] == [True] * len(rule.ladder) + [
        False
    ]
