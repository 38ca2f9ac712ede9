from datetime import date

import pandas as pd
import pytest

from engine.i18n import translator
from engine.publicity.results import STANDING_COLUMNS, WORDINGS, item_tallies, public_rows, public_standings, wording
from engine.publicity.search import RESULT_NAMES
from engine.vocabulary import ResultCode

PHONE = "13800138000"
AS_OF = date(2026, 6, 30)
FIRM = "uscc:91330603331110597J"


def inspections(**changes):
    row = {
        "inspection_id": "1",
        "entity_id": "uscc:91330603331110597J",
        "item_code": "I1",
        "department_code": "D1",
        "selection_mode": "random",
        "draw_id": "2026-001",
        "stratum": "sSECRET",
        "design_probability": 0.5,
        "inclusion_probability": 0.5,
        "result_codes": "no_problem",
        "severity_score": 77.77,
        "inspector_code": "ZF00001",
        "visit_id": "deadbeefdeadbeef",
        "occurred_on": pd.Timestamp("2026-04-01"),
        "known_at": pd.Timestamp("2026-04-03"),
    }
    return pd.DataFrame([{**row, **changes}])


def published(*rows, name="绍兴虚构公司"):
    entities = pd.DataFrame(
        [
            {
                "entity_id": FIRM,
                "uscc": FIRM.removeprefix("uscc:"),
                "name": name,
                "district_code": "330603",
                "address": f"某路1号 {PHONE}",
            }
        ]
    )
    shown = public_rows(pd.concat(rows, ignore_index=True), as_of=AS_OF, adverse_months=60, clean_months=24)
    districts = pd.DataFrame([{"district_code": "330603", "name": "柯桥区"}])
    return public_standings(shown, entities=entities, districts=districts)


def test_only_listed_columns_are_published_and_nothing_of_draw_item_day_officer_or_score():
    found = published(inspections())

    assert tuple(found.columns) == STANDING_COLUMNS
    text = found.to_csv()
    for secret in ("sSECRET", "77.77", "ZF00001", "deadbeef", "2026", "I1", "D1", PHONE, "0.5"):
        assert secret not in text
    assert found["result"].tolist() == ["no_problem"]


def test_a_firm_checked_often_for_much_looks_like_one_checked_once_for_little():
    once = published(inspections())
    often = published(
        *(
            inspections(item_code=item, occurred_on=day)
            for item in "IJK"
            for day in pd.date_range("2025-01-01", periods=4)
        )
    )

    assert often.equals(once)


def test_clean_items_beside_a_problem_do_not_show():
    mixed = published(inspections(), inspections(item_code="I2", result_codes="corrected"), inspections(item_code="I3"))

    assert mixed["result"].tolist() == ["corrected"]


def test_a_planted_phone_in_a_name_is_covered():
    assert published(inspections(), name=f"虚构店{PHONE}")["name"][0] == "虚构店***"


@pytest.mark.parametrize("mode", ["directed", "scheduled"])
def test_checks_outside_the_draw_are_not_published_as_its_results(mode):
    assert published(inspections(selection_mode=mode)).empty


def test_what_was_not_known_on_the_day_is_left_out():
    assert published(inspections(known_at=pd.Timestamp("2026-07-01"))).empty
    assert len(published(inspections(known_at=pd.Timestamp("2026-06-30")))) == 1


@pytest.mark.parametrize(
    ("codes", "day", "n_public"),
    [
        ("corrected;unreachable", "2021-06-29", 0),
        ("corrected", "2021-06-30", 1),
        ("no_problem", "2024-06-29", 0),
        ("no_problem", "2024-06-30", 1),
    ],
)
def test_results_leave_when_their_period_is_over(codes, day, n_public):
    when = {"occurred_on": pd.Timestamp(day), "known_at": pd.Timestamp(day)}

    assert len(published(inspections(result_codes=codes, **when))) == n_public


def test_every_result_has_its_official_wording_and_an_english_name():
    chinese = translator("zh_CN")

    assert set(WORDINGS) == set(RESULT_NAMES) == set(ResultCode)
    assert {code: chinese(name) for code, name in RESULT_NAMES.items()} == WORDINGS
    assert wording("corrected;unreachable").count("；") == 1


def test_counts_per_item_are_rounded_down_to_tens():
    rows = pd.concat([inspections(entity_id=f"reg:{n}", result_codes="corrected") for n in range(19)])
    shown = public_rows(rows, as_of=AS_OF, adverse_months=60, clean_months=24)
    items = pd.DataFrame({"item_code": ["I1", "I2"], "name": ["一", "二"], "department": ["甲", "乙"]})

    found = item_tallies(shown, items=items)

    assert found[["checks", "problems"]].to_numpy().tolist() == [["10", "10"], ["<10", "<10"]]
