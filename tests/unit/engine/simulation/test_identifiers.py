import numpy as np
import pytest
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from engine.simulation.identifiers import (
    USCC_ALPHABET,
    as_codes,
    as_text,
    credit_codes,
    organisation_check_characters,
    registration_check_digits,
    registration_numbers,
    uscc_check_characters,
)

PUBLISHED = [
    "91350100M000100Y43",
    "11330600098643214C",
    "91330602MA0000015K",
    "92330681MA0000023Q",
    "93330624MA0000031Y",
]


def made(n: int) -> list[str]:
    serials = np.arange(n)
    return credit_codes(
        prefixes=as_codes(["91"] * n),
        areas=as_codes(["330602"] * n),
        serials=serials,
        is_recent=serials % 2 == 0,
    ).to_pylist()


@pytest.mark.parametrize("code", PUBLISHED)
def test_published_credit_codes_have_both_check_characters(code: str):
    codes = as_codes([code])

    assert chr(uscc_check_characters(codes[:, :17])[0]) == code[17]
    assert chr(organisation_check_characters(codes[:, 8:16])[0]) == code[16]


def test_remainder_zero_gives_check_character_zero():
    # 0000000000000000 and a last character of value 0: the weighted sum is 0, so is the check character.
    assert chr(uscc_check_characters(as_codes(["0" * 17]))[0]) == "0"


def test_made_codes_are_valid_and_different():
    codes = made(5_000)

    assert all(uscc.is_valid(code) for code in codes)
    assert len(set(codes)) == 5_000
    assert {code[8:10] == "MA" for code in codes} == {True, False}


def test_every_check_character_occurs():
    assert {code[17] for code in made(5_000)} == set(USCC_ALPHABET)


def test_registration_numbers_follow_mod_11_10():
    areas = as_codes(["330621"] * 2_000)
    numbers = registration_numbers(areas=areas, serials=np.arange(2_000)).to_pylist()

    assert all(len(number) == 15 and mod_11_10.is_valid(number) for number in numbers)
    assert len(set(numbers)) == 2_000


def test_registration_check_digit_of_a_known_number():
    # 110108000000016 is the example of the standard's common explanations: 14 digits and the check digit 6.
    body = as_codes(["11010800000001"])

    assert chr(registration_check_digits(body)[0]) == mod_11_10.calc_check_digit("11010800000001")


def test_text_and_codes_are_inverse():
    assert as_text(as_codes(["AB1", "XY9"])).to_pylist() == ["AB1", "XY9"]
