from datetime import date

import pandas as pd
import pytest

from engine.publicity.masking import RESULT_COLUMNS, WORDINGS, masked, private_numbers, public_results
from engine.vocabulary import ResultCode

IDENTITY = "330602198001013338"
PHONES = ("13800138000", "0575-85123456", "+86 139 0000 1234")
CARD = "6222021234567890123"
AS_OF = date(2026, 6, 30)


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


def published(rows, name="绍兴虚构公司"):
    entities = pd.DataFrame(
        [
            {
                "entity_id": "uscc:91330603331110597J",
                "uscc": "91330603331110597J",
                "name": name,
                "district_code": "330603",
                "address": "某路1号 13800138000",
            }
        ]
    )
    return public_results(
        rows,
        entities=entities,
        items=pd.DataFrame([{"item_code": "I1", "name": "登记事项检查"}]),
        departments=pd.DataFrame([{"department_code": "D1", "name": "市场监管局"}]),
        districts=pd.DataFrame([{"district_code": "330603", "name": "柯桥区"}]),
        as_of=AS_OF,
        adverse_months=60,
    )


@pytest.mark.parametrize("number", [IDENTITY, CARD, *PHONES])
def test_a_personal_number_in_any_text_is_covered(number):
    assert private_numbers(f"电话{number}店") or private_numbers(f"电话 {number} 店")
    assert number not in masked(pd.Series([f"虚构小店（{number}）"]))[0]


@pytest.mark.parametrize("text", ["91330603331110597J", "92330624MAW7JN1K8P", "2026-04-01", "绍市监〔2020〕1号"])
def test_register_codes_dates_and_documents_stay_as_they_are(text):
    assert masked(pd.Series([text]))[0] == text


def test_only_listed_columns_are_published_and_nothing_of_draw_officer_or_score():
    found = published(inspections())

    assert tuple(found.columns) == RESULT_COLUMNS
    text = found.to_csv()
    for secret in ("sSECRET", "77.77", "ZF00001", "deadbeef", "2026-001", "13800138000", "0.5"):
        assert secret not in text
    assert "未发现问题" in text


def test_a_planted_phone_in_a_name_is_covered():
    assert published(inspections(), name=f"虚构店{PHONES[0]}")["name"][0] == "虚构店***"


@pytest.mark.parametrize("mode", ["directed", "scheduled"])
def test_checks_outside_the_draw_are_not_published_as_its_results(mode):
    assert published(inspections(selection_mode=mode)).empty


def test_what_was_not_known_on_the_day_is_left_out():
    assert published(inspections(known_at=pd.Timestamp("2026-07-01"))).empty
    assert len(published(inspections(known_at=pd.Timestamp("2026-06-30")))) == 1


def test_old_adverse_results_disappear_and_old_good_ones_stay():
    old = {"occurred_on": pd.Timestamp("2021-06-29"), "known_at": pd.Timestamp("2021-07-01")}
    edge = {"occurred_on": pd.Timestamp("2021-06-30"), "known_at": pd.Timestamp("2021-07-01")}

    assert published(inspections(result_codes="corrected;unreachable", **old)).empty
    assert len(published(inspections(result_codes="corrected", **edge))) == 1
    assert len(published(inspections(**old))) == 1


def test_every_result_has_its_official_wording():
    assert set(WORDINGS) == set(ResultCode)
    assert published(inspections(result_codes="corrected;unreachable"))["result"][0].count("；") == 1
