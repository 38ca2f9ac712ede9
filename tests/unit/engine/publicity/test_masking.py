import pandas as pd
import pytest

from engine.publicity.masking import masked, private_numbers

IDENTITY = "330602198001013338"
PHONES = ("13800138000", "0575-85123456", "+86 139 0000 1234")
CARD = "6222021234567890123"


@pytest.mark.parametrize("number", [IDENTITY, CARD, *PHONES])
def test_a_personal_number_in_any_text_is_covered(number):
    assert private_numbers(f"电话{number}店") or private_numbers(f"电话 {number} 店")
    assert number not in masked(pd.Series([f"虚构小店（{number}）"]))[0]


@pytest.mark.parametrize("text", ["91330603331110597J", "92330624MAW7JN1K8P", "2026-04-01", "绍市监〔2020〕1号"])
def test_register_codes_dates_and_documents_stay_as_they_are(text):
    assert masked(pd.Series([text]))[0] == text
