"""How names are typed: readings as in their words, letters and figures as they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.registers.spelling import Spelling, spelled


@pytest.mark.parametrize(
    ("name", "initials", "pinyin"),
    [
        ("绍兴市越城区", "sxsycq", "shaoxingshiyuechengqu"),
        ("重庆鑫源银行", "cqxyyh", "chongqingxinyuanyinhang"),
        ("ABC（9）超市", "abc9cs", "abc9chaoshi"),
        ("", "", ""),
    ],
)
def test_a_name_is_spelled_as_it_is_typed(name: str, initials: str, pinyin: str) -> None:
    assert spelled(name) == Spelling(initials, pinyin)


@given(st.text(alphabet="绍兴重庆鑫长行abcXYZ0129（）·- ", max_size=12))
def test_a_spelling_holds_small_letters_and_figures_alone_and_the_initials_are_no_longer(name: str) -> None:
    told = spelled(name)

    assert all(each.isascii() and each.isalnum() and each == each.lower() for each in told.initials + told.pinyin)
    assert len(told.initials) <= len(told.pinyin)
