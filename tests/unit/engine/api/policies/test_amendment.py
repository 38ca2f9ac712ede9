"""Drafts of ratio policies: later days, a second person, one sentence for each mistake, and a past that stays."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from engine.api.policies.amendment import (
    approve_policy,
    draft_policy,
    policy_changes,
    policy_history,
    policy_in_force,
    withdraw_policy,
)
from engine.api.policies.check import check_policy
from engine.cli import main
from engine.errors import PolicyInconsistentError, StoreError
from engine.pipeline.ports import Actor
from engine.ratios.policy import read_ratio_policy
from engine.store.workspaces.policies import policies_of
from engine.vocabulary import ItemClass
from tests.unit.engine.api.policies.test_check import GOOD, draft_of, workspace_with

ANALYST, LEADER = Actor("Li Si (fictional)", "analyst"), Actor("Wang Wu (fictional)", "leader")
TODAY = date(2026, 1, 5)
DRAFT = "id: {name}\nunit: share\nvalues:\n  {day}:\n    reference: decree 8\n    value: {value}\n"
NEW = GOOD.replace('"1/50", C', '"1/25", C')


def clock():
    return datetime(2026, 1, 5, 9, tzinfo=UTC)


def text(name="ratios.general", day="2026-07-01", value=NEW):
    return DRAFT.format(name=name, day=day, value=value)


def entered(workspace, tmp_path, content=None, *, key=None, actor=ANALYST):
    path = draft_of(tmp_path, content or text())
    return draft_policy(
        workspace, path, profile="default", reason="hit rates", actor=actor, clock=clock, idempotency_key=key
    )


def ratio_of_b(workspace, day):
    policy = read_ratio_policy(policies_of(workspace, "default"), on=day)
    return policy.classes[ItemClass.GENERAL].by_grade["B"]


def test_an_approved_draft_holds_from_its_day_and_not_before(tmp_path):
    workspace = workspace_with(tmp_path)
    before = policies_of(workspace, "default").digest

    drafted = entered(workspace, tmp_path)
    assert (drafted.draft_id, drafted.valid_from, drafted.approved_by) == ("P-0001", date(2026, 7, 1), None)
    assert policies_of(workspace, "default").digest == before
    approved = approve_policy(workspace, "P-0001", actor=LEADER, clock=clock)

    assert approved.approved_by == LEADER.name
    assert ratio_of_b(workspace, date(2026, 6, 30)) == Fraction(1, 50)
    assert ratio_of_b(workspace, date(2026, 7, 1)) == Fraction(1, 25)
    assert policies_of(workspace, "default").digest != before
    assert policies_of(workspace, "uniform").parameters["ratios.general"].values.keys() == {date(2019, 1, 1)}


def test_one_person_cannot_draft_and_approve(tmp_path):
    workspace = workspace_with(tmp_path)
    entered(workspace, tmp_path)

    with pytest.raises(PolicyInconsistentError, match=r"Li Si \(fictional\) drafted it; a second person must approve"):
        approve_policy(workspace, "P-0001", actor=Actor(ANALYST.name, "leader"), clock=clock)
    assert ratio_of_b(workspace, date(2027, 1, 1)) == Fraction(1, 50)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (text(day="2026-01-05"), "the value from 2026-01-05 would hold on or before 2026-01-05; choose a later day"),
        (text(value=GOOD.replace('"3/10"', '"3/2"')), "grade D has ratio 3/2; it must not exceed 1 (decree 8)"),
        (text(value=GOOD.replace(', U: "1/50"', "")), "ratios.general: grade U has no ratio (decree 8)"),
        (text("ratios.items", value="{Z9: " + GOOD + "}"), "item Z9 is not in the item list (decree 8)"),
        (text("ratios.colour"), "the draft names a parameter that profile default lacks"),
        (text("deadlines.objection"), "a draft amends ratios, capacity and grading alone"),
        (text("grading.overrides", value="[]"), "not what law fixes"),
        (text("grading.shares", value="{default: {A: 1, B: 1, C: 0, D: 0}, populations: {}}"), "sum to 1, not 2.0"),
        (text("grading.champion", value="{populations: {}}"), "it names no default model"),
        (text("grading.share_movement", value="1.5"), "it is a share"),
        (text() + "ends_on: 2026-12-31\n", "an amendment has no last day; it holds until the next one"),
        (
            text("capacity.person_days", value='[{department: NOBODY, person_days: "10"}]'),
            "department NOBODY has no item in the list",
        ),
        (text("ratios.visit_cap", value="{legal: 4, by_grade: {D: 1}}"), "grade D knows only the legal cap"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(tmp_path, content, said):
    workspace = workspace_with(tmp_path)

    with pytest.raises(PolicyInconsistentError) as refused:
        entered(workspace, tmp_path, content)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith("nothing was changed.")
    assert policy_history(workspace).empty


def test_a_cap_that_law_overtakes_is_refused_on_the_day_it_would_begin(tmp_path):
    workspace = workspace_with(tmp_path, cap="0.3")
    floor = '[{name: two_years, items: [G1], interval_months: 24, full_check_modes: [random], reference: "order 49"}]'

    with pytest.raises(PolicyInconsistentError, match="ratio cap 3/10 is below the 1/2 a year that law makes due"):
        entered(workspace, tmp_path, text("ratios.legal_floor", value=floor))


def test_days_that_overlap_are_refused_when_drafted_and_when_approved(tmp_path):
    workspace = workspace_with(tmp_path)
    entered(workspace, tmp_path)
    entered(workspace, tmp_path, text(day="2026-05-01"))
    approve_policy(workspace, "P-0001", actor=LEADER, clock=clock)
    said = "the value from 2026-05-01 overlaps the one that stands from 2026-07-01 on"

    with pytest.raises(PolicyInconsistentError, match=said):
        approve_policy(workspace, "P-0002", actor=LEADER, clock=clock)
    with pytest.raises(PolicyInconsistentError, match=said):
        entered(workspace, tmp_path, text(day="2026-05-01"))


def test_a_draft_whose_day_has_come_cannot_be_approved(tmp_path):
    workspace = workspace_with(tmp_path)
    entered(workspace, tmp_path)

    with pytest.raises(PolicyInconsistentError, match="would hold on or before 2026-07-01"):
        approve_policy(workspace, "P-0001", actor=LEADER, clock=lambda: datetime(2026, 7, 1, 9, tzinfo=UTC))


def test_a_closed_draft_stays_closed(tmp_path):
    workspace = workspace_with(tmp_path)
    entered(workspace, tmp_path)
    entered(workspace, tmp_path, text("ratios.key"))
    withdraw_policy(workspace, "P-0001", actor=ANALYST, clock=clock, reason="typing error")
    approve_policy(workspace, "P-0002", actor=LEADER, clock=clock)

    with pytest.raises(PolicyInconsistentError, match="it was withdrawn by Li Si"):
        approve_policy(workspace, "P-0001", actor=LEADER, clock=clock)
    with pytest.raises(PolicyInconsistentError, match="it was approved by Wang Wu"):
        withdraw_policy(workspace, "P-0002", actor=LEADER, clock=clock, reason="-")
    with pytest.raises(PolicyInconsistentError, match="no such draft; there are P-0001, P-0002"):
        approve_policy(workspace, "P-0009", actor=LEADER, clock=clock)
    history = policy_history(workspace)
    assert history["event"].tolist() == ["drafted", "drafted", "withdrawn", "approved"]
    assert history["actor"].tolist() == [ANALYST.name, ANALYST.name, ANALYST.name, LEADER.name]
    assert workspace.ledger.first_break() is None


def test_the_same_key_enters_a_draft_once(tmp_path):
    workspace = workspace_with(tmp_path)

    assert entered(workspace, tmp_path, key="k").draft_id == entered(workspace, tmp_path, key="k").draft_id == "P-0001"
    with pytest.raises(StoreError, match="used for another decision"):
        entered(workspace, tmp_path, text("ratios.key"), key="k")


def test_changes_name_the_value_and_what_it_rests_on(tmp_path):
    workspace = workspace_with(tmp_path)
    entered(workspace, tmp_path)

    found = policy_changes(workspace, profile="default", on=TODAY, draft_id="P-0001")

    assert [(change.parameter, change.key, change.before, change.after) for change in found] == [
        ("ratios.general", "B", "2/100", "1/25")
    ]
    assert found[0].reference_after == "decree 8"
    assert policy_changes(workspace, profile="default", on=TODAY) == ()
    other = policy_changes(workspace, profile="default", other_profile="uniform", on=TODAY)
    assert {change.parameter for change in other} == {"ratios.general", "ratios.key"}


def test_capacity_and_dates_survive_the_ledger(tmp_path):
    workspace = workspace_with(tmp_path)
    floor = (
        "[{name: two_years, items: [K1], interval_months: 24, full_check_modes: [random], "
        'records_complete_from: 2024-01-01, reference: "order 49"}]'
    )
    content = text("ratios.legal_floor", value=floor) + "---\n"
    content += text("capacity.person_days", value='[{department: SCJG, district: "330602", person_days: "90"}]')
    entered(workspace, tmp_path, content)
    approve_policy(workspace, "P-0001", actor=LEADER, clock=clock)

    book, day = policies_of(workspace, "default"), date(2026, 8, 1)

    assert book.value("ratios.legal_floor", on=day)[0]["records_complete_from"] == date(2024, 1, 1)
    assert book.value("capacity.person_days", on=day)[0]["person_days"] == "90"
    assert check_policy(workspace, profile="default", as_of=day).violations == ()


def test_the_policy_of_a_day_is_a_table(tmp_path):
    table = policy_in_force(workspace_with(tmp_path), profile="henan_2021", on=TODAY)

    general = table[table["parameter"] == "ratios.general"].set_index("grade")["ratio"]
    assert general.to_dict() == {"A": "1/100", "B": "1/50", "C": "1/10", "D": "3/10", "U": "1/50"}
    assert table["reference"].str.len().min() > 0


def answer(capsys, *words):
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["policy", *words, "--json", "--lang", "en"])
    return left.value.code, json.loads(capsys.readouterr().out)


def test_the_commands_draft_approve_and_list(tmp_path, capsys, monkeypatch):
    workspace = workspace_with(tmp_path)
    path = str(draft_of(tmp_path, text(day="2099-01-01")))
    where = ("--workspace", str(workspace.path))
    monkeypatch.setenv("XINHENG_ACTOR", "Li Si (fictional):analyst")
    status, drafted = answer(capsys, "draft", path, "--reason", "hit rates", *where)
    assert (status, drafted["draft_id"]) == (0, "P-0001")
    assert answer(capsys, "approve", "P-0001", *where)[0] == 12
    monkeypatch.setenv("XINHENG_ACTOR", "Wang Wu (fictional):leader")

    status, approved = answer(capsys, "approve", "P-0001", *where)
    _, listed = answer(capsys, "history", *where)
    _, differing = answer(capsys, "diff", "--as-of", "2026-01-01", "--to-date", "2099-01-01", *where)

    assert (status, approved["approved_by"]) == (0, "Wang Wu (fictional)")
    assert [row["event"] for row in listed["history"]] == ["drafted", "approved"]
    assert {(c["parameter"], c["key"]) for c in differing["changes"]} == {("ratios.general", "B")}
    assert answer(capsys, "withdraw", "P-0001", "--reason", "-", *where)[0] == 12
