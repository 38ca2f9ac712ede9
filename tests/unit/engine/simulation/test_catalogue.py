import numpy as np
import pytest

from engine.simulation.assumptions import Assumptions
from engine.simulation.catalogue import ITEM_CODES, ITEMS, Item
from engine.simulation.industries import FIRM_WORDS, INDUSTRIES, SHOP_WORDS, WORDS_PER_TRADE, industry_shares
from engine.simulation.item_list import SINCE, applicable_items, applies, items_table
from engine.simulation.organs import DEPARTMENTS, departments_table
from engine.simulation.places import DISTRICTS, SHARES, districts_table
from engine.vocabulary import ItemClass

SPECIALITIES = {department.code: department.specialities for department in DEPARTMENTS}


def item(code: str) -> Item:
    return ITEMS[ITEM_CODES.index(code)]


@pytest.mark.parametrize("listed", ITEMS, ids=ITEM_CODES)
def test_every_item_can_be_inspected_within_its_rules(listed: Item):
    assert listed.speciality in SPECIALITIES[listed.department_code]
    assert listed.cap is None or listed.yearly_ratio <= listed.cap
    assert 0.04 <= listed.base_rate <= 0.10


def test_both_classes_and_all_departments_with_items_occur():
    assert {listed.item_class for listed in ITEMS} == set(ItemClass)
    assert {listed.department_code for listed in ITEMS} == set(SPECIALITIES)
    assert len(DEPARTMENTS) == 16


def test_items_apply_by_type_and_by_section_or_division():
    food = item("SCJG05")

    assert applies(food, entity_type="individual_business", industry_code="H62")
    assert not applies(food, entity_type="individual_business", industry_code="H61")
    assert not applies(food, entity_type="farmer_cooperative", industry_code="H62")
    assert applies(item("YJJ01"), entity_type="enterprise", industry_code="C39")


def test_every_entity_has_an_item_that_was_always_listed():
    assert applicable_items()[SINCE == 0].any(axis=0).all()


def test_item_list_has_an_edition_per_year_and_caps_only_for_general_items():
    table = items_table(first_year=2021, last_year=2026, last_day=np.datetime64("2025-12-31")).to_pandas()

    assert set(table["edition"]) == {"2021", "2022", "2023", "2024", "2025", "2026"}
    assert (table["ratio_cap"].isna() == (table["item_class"] == "key")).all()
    assert not table.duplicated(["item_code", "known_at"]).any()
    assert "SWJ01" not in set(table.loc[table["edition"] == "2021", "item_code"])
    assert table[["basis", "body", "content", "method"]].ne("").all().all()


def test_an_edition_not_yet_published_is_withheld():
    table = items_table(first_year=2025, last_year=2026, last_day=np.datetime64("2025-12-19")).to_pandas()

    assert set(table["edition"]) == {"2025"}


def test_industries_have_words_for_firms_and_shops():
    assert len(FIRM_WORDS) == len(SHOP_WORDS) == len(INDUSTRIES) * WORDS_PER_TRADE
    assert all(len(i.firms.split()) == len(i.shops.split()) == WORDS_PER_TRADE for i in INDUSTRIES)
    np.testing.assert_allclose(industry_shares().sum(axis=2), 1.0)


def test_districts_of_shaoxing_with_their_former_codes():
    table = districts_table().to_pandas().set_index("district_code")

    assert {"330602", "330603", "330604", "330624", "330681", "330683", "3306ZB"} <= set(table.index)
    assert table.loc["330621", "successor_code"] == "330603"
    assert table.loc["330682", "successor_code"] == "330604"
    assert SHARES.sum() == pytest.approx(1.0)


def test_departments_have_city_and_district_organs():
    table = departments_table().to_pandas()

    assert (table["level"] == "city").sum() == 16
    assert (table["level"] == "district").sum() == 16 * len(DISTRICTS)
    assert table.loc[table["role"] == "lead", "department_code"].str.startswith("SCJG").all()
    assert table["name"].is_unique


def test_shares_of_the_assumptions_sum_to_one():
    rules = Assumptions()

    for shares in (rules.type_shares, rules.exit_shares, rules.publicity_mix, rules.conduct_mix, *rules.severity_mix):
        assert sum(shares) == pytest.approx(1.0)
