"""Which rows a person may see."""

import pytest

from engine.access.scope import WHOLE, Scope, prefix_of, scope_of
from engine.errors import UsageError


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("330602", "330602"),
        ("330600", "3306"),
        ("330000", "33"),
        ("3306ZB", "3306ZB"),
        ("330602001", "330602001"),
        ("330602000", "330602"),
        ("330600000000", "3306"),
    ],
)
def test_a_code_that_ends_in_zeros_covers_what_lies_in_it(code: str, prefix: str) -> None:
    assert prefix_of(code) == prefix


def test_a_limit_hides_what_is_not_named_and_what_names_nothing() -> None:
    scope = scope_of(districts=["330602"], departments=["market"])

    assert scope.covers(district="330602001", department="market")
    assert not scope.covers(district="330604", department="market")
    assert not scope.covers(district="330602", department="fire")
    assert not scope.covers(district=None)
    assert Scope().covers(district=None)


def test_two_scopes_share_a_key_exactly_when_they_are_equal() -> None:
    keys = {
        scope_of().key,
        scope_of(districts=["330602"]).key,
        scope_of(districts=["330602", "330604"]).key,
        scope_of(departments=["330602"]).key,
        scope_of(districts=["330602"], departments=["a"]).key,
    }

    assert len(keys) == 5
    assert WHOLE in keys
    assert scope_of(districts=["330604", "330602", "330604"]).key == scope_of(districts=["330602", "330604"]).key


@pytest.mark.parametrize("code", ["", "33", "330602|p:x", "3306 02", "%"])
def test_what_is_not_a_district_code_is_refused(code: str) -> None:
    with pytest.raises(UsageError):
        scope_of(districts=[code])


@pytest.mark.parametrize(
    ("whole", "part", "is_inside"),
    [
        (scope_of(), scope_of(districts=["330602"]), True),
        (scope_of(districts=["330600"]), scope_of(districts=["330602"]), True),
        (scope_of(districts=["330602"]), scope_of(districts=["330600"]), False),
        (scope_of(districts=["330602"]), scope_of(), False),
        (scope_of(departments=["fire"]), scope_of(departments=["fire"], districts=["330602"]), True),
        (scope_of(departments=["fire"]), scope_of(departments=["fire", "market"]), False),
    ],
)
def test_a_scope_includes_what_shows_no_row_beyond_it(whole: Scope, part: Scope, is_inside: bool) -> None:  # noqa: FBT001
    assert whole.includes(part) is is_inside
