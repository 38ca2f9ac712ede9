"""Policies on floors, caps and exemptions: what is refused."""

from datetime import date

import pandas as pd
import pytest

from engine.errors import PolicyInconsistentError
from engine.ratios.spared import read_exemptions, read_legal_floors, read_visit_cap
from tests.policies import book, shipped

ON = date(2026, 1, 1)
FLOOR = {
    "name": "r",
    "items": ["X"],
    "interval_months": 24,
    "full_check_modes": ["scheduled"],
    "records_complete_from": None,
    "reference": "law",
}


def test_shipped_policies_are_readable_and_begin_when_their_source_took_effect():
    assert [floor.interval_months for floor in read_legal_floors(shipped(), on=ON)] == [24]
    assert read_legal_floors(shipped(), on=date(2022, 3, 14)) == ()
    assert read_exemptions(shipped(), on=ON) == ()
    assert read_visit_cap(shipped(), on=date(2025, 1, 2)).legal is None


def test_the_cap_of_each_grade_is_its_own_or_the_legal_one():
    caps = read_visit_cap(shipped(), on=ON).of(pd.Series(["A", "B", "C", "D", "U"]))

    assert caps.tolist() == [1, 2, 4, 4, 4]


@pytest.mark.parametrize(
    "change",
    [
        {"items": []},
        {"interval_months": 0},
        {"interval_months": "24"},
        {"full_check_modes": ["sometimes"]},
        {"records_complete_from": "soon"},
        {"reference": ""},
        {"months": 3},
        {"items": "X"},
    ],
)
def test_a_floor_that_cannot_be_applied_is_refused(change):
    with pytest.raises(PolicyInconsistentError):
        read_legal_floors(book(ratios__legal_floor=[FLOOR | change]), on=ON)


@pytest.mark.parametrize(
    "rule",
    [
        {"name": "everybody", "reference": "d"},
        {"name": "class", "grades": ["A"], "reference": "d"},
        {"name": "no document", "tags": ["x"]},
        "text",
    ],
)
def test_an_exemption_names_whom_it_spares_and_its_document_and_never_a_class(rule):
    with pytest.raises(PolicyInconsistentError):
        read_exemptions(book(ratios__exemptions=[rule]), on=ON)


@pytest.mark.parametrize(
    "value",
    [
        {"legal": 4, "by_grade": {"D": 2}},
        {"legal": None, "by_grade": {"C": 2}},
        {"legal": 2, "by_grade": {"A": 3}},
        {"legal": 0, "by_grade": {}},
        {"legal": 4, "by_grade": {"E": 1}},
        {"legal": 4},
        4,
    ],
)
def test_a_cap_that_would_tell_the_risky_that_they_are_safe_or_stands_above_the_law_is_refused(value):
    with pytest.raises(PolicyInconsistentError):
        read_visit_cap(book(ratios__visit_cap=value), on=ON)
