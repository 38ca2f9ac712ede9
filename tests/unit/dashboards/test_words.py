"""Figures and codes are written one way, and a null is never written as nought."""

import math

import pytest

from dashboards import words
from engine.draw.entropy.sources import SOURCES
from engine.draw.protocol.checks import CHECK_NAMES
from engine.i18n import translator
from engine.vocabulary import SelectionMode, population_name

ZH = translator("zh_CN")


@pytest.mark.parametrize("write", [words.share, words.times, words.count, words.p_value, words.day])
@pytest.mark.parametrize("null", [None, math.nan])
def test_a_null_is_a_dash(write: object, null: float | None) -> None:
    assert write(null) == words.NOTHING  # type: ignore[operator]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (words.share(0.0391), "3.9%"),
        (words.times(1.745), "1.75×"),
        (words.times(math.inf), "∞"),
        (words.count(1234567), "1,234,567"),
        (words.p_value(0.0004), "< 0.001"),
        (words.p_value(0.0312), "= 0.031"),
        (words.share_interval(0.01, 0.02), "1.0% – 2.0%"),
        (words.share_interval(None, math.nan), words.NOTHING),
        (words.times_interval(math.nan, math.nan), words.NOTHING),
        (words.grade_tag("C;D"), "C ▲ + D ◆"),
        (words.grade_name("D", ZH), "D ◆ 风险高"),
        (words.moment("2026-07-04T10:05:00+08:00"), "2026-07-04 10:05 +08:00"),
        (population_name("Licensed kitchens", ZH), "Licensed kitchens"),
        (population_name("enterprise.food", ZH), "企业·食品"),
        (population_name("enterprise.toys", ZH), "企业·toys"),
        (population_name("all", ZH), "全部类别"),
        (words.shortened("root " + "ab" * 32 + " ok"), "root abababababab…abababab ok"),
    ],
)
def test_a_figure_is_written_one_way(written: str, expected: str) -> None:
    assert written == expected


def test_every_way_of_selection_and_every_check_has_its_words() -> None:
    assert {mode.value for mode in SelectionMode} <= set(words.MODES)
    assert set(words.CHECKS) == set(CHECK_NAMES)
    assert set(words.SOURCES) <= set(SOURCES)
