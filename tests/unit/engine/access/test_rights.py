"""The table of rights: what it says, and that it separates who does from who decides."""

from datetime import date

import pytest

from engine.access.rights import Action, Role, read_rights
from engine.errors import PolicyInconsistentError
from engine.parameters import DatedValue, Parameter, PolicyBook
from engine.store.documents import load_policies

DAY = date(2026, 7, 1)
WATCHING = frozenset(each for each in Action if each.value.startswith("see_")) | {Action.TRY_RATIOS, Action.EXPORT}


def book(table: object) -> PolicyBook:
    parameter = Parameter("access.rights", "rights", {date(2019, 1, 1): DatedValue(table, "test")})
    return PolicyBook("test", {"access.rights": parameter}, "0" * 64)


def test_every_role_has_an_entry_and_every_action_somebody_who_may() -> None:
    rights = read_rights(load_policies(), on=DAY)

    assert all(rights.of(role) for role in Role)
    assert frozenset().union(*(rights.of(role) for role in Role)) == frozenset(Action)


@pytest.mark.parametrize(
    ("does", "decides"),
    [
        (Action.DRAFT_POLICY, Action.APPROVE_POLICY),
        (Action.ENTER_RESULT, Action.REVIEW_RESULT),
        (Action.REGISTER_OBJECTION, Action.DECIDE_OBJECTION),
        (Action.MANAGE_ACCOUNTS, Action.SEE_ENTITIES),
    ],
)
def test_no_role_has_both_rights_of_a_pair(does: Action, decides: Action) -> None:
    rights = read_rights(load_policies(), on=DAY)

    assert [role for role in Role if {does, decides} <= rights.of(role)] == []


def test_the_auditor_changes_nothing() -> None:
    assert read_rights(load_policies(), on=DAY).of(Role.AUDITOR) <= WATCHING


def test_a_role_that_the_table_leaves_out_may_nothing() -> None:
    assert read_rights(book({"leader": ["see_figures"]}), on=DAY).of(Role.ADMIN) == frozenset()


@pytest.mark.parametrize("table", [{"boss": ["see_figures"]}, {"leader": ["see_everything"]}])
def test_a_table_that_names_what_does_not_exist_is_refused(table: object) -> None:
    with pytest.raises(PolicyInconsistentError):
        read_rights(book(table), on=DAY)
