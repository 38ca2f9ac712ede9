"""A page's drafts: entered from ratios, listed, their changes told, approved by another person."""

from datetime import date
from fractions import Fraction

import pytest

from engine.api.policies.amendment import approve_policy, withdraw_policy
from engine.api.policies.drafts import draft_changes, draft_from_ratios, drafts, moved_ratios
from engine.api.policies.simulation import with_ratio
from engine.errors import PolicyInconsistentError, UsageError
from engine.ratios.policy import read_ratio_policy
from engine.store.workspaces.policies import policies_of
from engine.vocabulary import ItemClass
from tests.unit.engine.api.policies.test_amendment import ANALYST, LEADER, clock, ratio_of_b
from tests.unit.engine.api.policies.test_check import workspace_with

FIRST = date(2026, 7, 1)


def entered(workspace, ratios, *, key=None):
    return draft_from_ratios(
        workspace,
        ratios,
        valid_from=FIRST,
        reference="minutes 8",
        profile="default",
        reason="hit rates",
        actor=ANALYST,
        clock=clock,
        idempotency_key=key,
    )


def in_force(workspace, day):
    return read_ratio_policy(policies_of(workspace, "default"), on=day)


def test_moved_ratios_become_a_draft_that_a_second_person_puts_in_force(tmp_path):
    workspace = workspace_with(tmp_path)
    before = in_force(workspace, FIRST)
    moved = moved_ratios(before, with_ratio(before, ItemClass.GENERAL, "B", Fraction(1, 25)))

    drafted = entered(workspace, moved)
    assert drafts(workspace)[["draft_id", "status", "closed_by"]].fillna("").to_numpy().tolist() == [
        [drafted.draft_id, "waiting", ""]
    ]
    with pytest.raises(PolicyInconsistentError, match="second person"):
        approve_policy(workspace, drafted.draft_id, actor=ANALYST, clock=clock)
    approve_policy(workspace, drafted.draft_id, actor=LEADER, clock=clock)

    assert ratio_of_b(workspace, FIRST) == Fraction(1, 25)
    assert ratio_of_b(workspace, date(2026, 6, 30)) == before.classes[ItemClass.GENERAL].by_grade["B"]
    row = drafts(workspace).iloc[0]
    assert (row["status"], row["closed_by"], row["valid_from"]) == ("approved", LEADER.name, FIRST)


def test_grades_that_are_left_out_keep_their_ratio_and_the_change_is_one_row(tmp_path):
    workspace = workspace_with(tmp_path)
    drafted = entered(workspace, {"general": {"B": "1/25"}})

    changed = draft_changes(workspace, drafted.draft_id, profile="default", on=date(2026, 1, 5))

    assert changed[["parameter", "key", "after"]].to_numpy().tolist() == [["ratios.general", "B", "1/25"]]
    assert changed["reference_after"].tolist() == ["minutes 8"]


def test_a_single_item_gets_ratios_of_its_own(tmp_path):
    workspace = workspace_with(tmp_path)
    listed = workspace.warehouse.history("items").execute()
    code = str(listed.loc[listed["item_class"] == "general", "item_code"].iloc[0])
    own = {grade: str(ratio) for grade, ratio in in_force(workspace, FIRST).classes[ItemClass.GENERAL].by_grade.items()}
    drafted = entered(workspace, {code: {**own, "B": "1/25"}})
    approve_policy(workspace, drafted.draft_id, actor=LEADER, clock=clock)

    assert in_force(workspace, FIRST).items[code].by_grade["B"] == Fraction(1, 25)


def test_the_same_key_enters_it_once_and_a_withdrawn_one_stays_listed(tmp_path):
    workspace = workspace_with(tmp_path)
    one, two = (entered(workspace, {"general": {"B": "1/25"}}, key="click 1") for _ in range(2))
    withdraw_policy(workspace, one.draft_id, actor=ANALYST, clock=clock, reason="another idea")

    assert one.draft_id == two.draft_id
    listed = drafts(workspace)
    assert listed[["status", "closing_reason"]].to_numpy().tolist() == [["withdrawn", "another idea"]]


@pytest.mark.parametrize(
    ("ratios", "error", "said"),
    [
        ({}, UsageError, "at least one ratio"),
        ({"general": {"B": "many"}}, UsageError, "write a share"),
        ({"general": {"E": "1/25"}}, PolicyInconsistentError, "is no grade"),
        ({"general": {"B": "3/2"}}, PolicyInconsistentError, "must not exceed 1"),
        ({"nothing": {"B": "1/25"}}, PolicyInconsistentError, "nothing"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_stored(tmp_path, ratios, error, said):
    workspace = workspace_with(tmp_path)
    with pytest.raises(error, match=said):
        entered(workspace, ratios)
    assert drafts(workspace).empty
