"""Checking ratio policies through the facade and the command line; nothing is ever changed."""

import json
from datetime import UTC, date, datetime

import pytest

from engine.api.policies.check import check_policy
from engine.api.records.intake import ingest
from engine.cli import main
from engine.errors import PolicyInconsistentError
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace

ACTOR = Actor("Li Si (fictional)", "analyst")
ON = date(2026, 1, 1)
HEADER = (
    "item_code,name,department_code,item_class,ratio_cap,basis,body,content,method,edition,applies_to_types,"
    "occurred_on,known_at\n"
)
ITEMS = """K1,Food,SCJG,key,,Food law,bureau,all,on site,2025,enterprise,2025-01-01,2025-01-01
G1,Prices,SCJG,general,{cap},Price law,bureau,all,on site,2025,enterprise,2025-01-01,2025-01-01
"""
GENERAL = "id: ratios.general\nunit: share\nvalues:\n  2025-01-01:\n    reference: decree 7\n    value: {value}\n"
GOOD = '{A: "1/100", B: "1/50", C: "1/10", D: "3/10", U: "1/50"}'


def workspace_with(tmp_path, cap="0.5"):
    source = tmp_path / "items.csv"
    source.write_text(HEADER + ITEMS.format(cap=cap), encoding="utf-8")
    workspace = Workspace(tmp_path / "workspace")
    ingest(workspace, [source], actor=ACTOR, clock=lambda: datetime(2025, 6, 1, tzinfo=UTC))
    return workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return workspace_with(tmp_path_factory.mktemp("policies"))


def draft_of(tmp_path, text):
    path = tmp_path / "draft.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("profile", ["default", "henan_2021", "shandong_2020", "anhui_2022", "uniform", "benchmark"])
def test_shipped_profiles_break_no_rule(workspace, profile):
    assert check_policy(workspace, profile=profile, as_of=ON).violations == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (GOOD.replace('"3/10"', '"1.5"'), "grade D has ratio 3/2; it must not exceed 1 (decree 7)"),
        (GOOD.replace(', U: "1/50"', ""), "grade U has no ratio (decree 7)"),
        (GOOD.replace('"1/10"', '"1/1000"'), "below the floor 1/500"),
        (GOOD.replace('"1/10"', '"0"'), "it must be above 0 (decree 7)"),
        (GOOD.replace('"3/10"', '"1/20"'), "the ratio falls from 1/10 for C to 1/20 for D"),
    ],
)
def test_every_broken_rule_is_a_sentence_with_its_reference(workspace, tmp_path, value, said):
    draft = draft_of(tmp_path, GENERAL.format(value=value))

    found = check_policy(workspace, profile="default", as_of=ON, draft=draft)

    assert any(said in str(violation) for violation in found.violations)


def test_a_cap_below_the_floor_is_named(tmp_path):
    found = check_policy(workspace_with(tmp_path, cap="0.001"), profile="default", as_of=ON)

    assert [
        str(v) for v in found.violations if "G1" in str(v) and "below the floor" in str(v) and "Price law" in str(v)
    ]


@pytest.mark.parametrize(
    "text",
    [
        GENERAL.format(value=GOOD) + '  2025-01-01: {reference: again, value: {A: "1"}}\n',
        GENERAL.format(value=GOOD) + "ends_on: 2024-01-01\n",
        GENERAL.format(value="{A: 0.05}"),
        GENERAL.format(value="[1, 2]"),
        GENERAL.format(value='{E: "1/2"}'),
        GENERAL.format(value=GOOD).replace("ratios.general", "ratios.generl"),
        "a: [1",
        "",
    ],
)
def test_a_draft_that_cannot_be_read_is_refused_in_one_sentence(workspace, tmp_path, text):
    draft = draft_of(tmp_path, text)

    with pytest.raises(PolicyInconsistentError, match="nothing was changed"):
        check_policy(workspace, profile="default", as_of=ON, draft=draft)


def test_an_item_that_the_list_does_not_hold_is_named(workspace, tmp_path):
    text = GENERAL.format(value="{X9: " + GOOD + "}").replace("ratios.general", "ratios.items")

    found = check_policy(workspace, profile="default", as_of=ON, draft=draft_of(tmp_path, text))

    assert "item X9 is not in the item list" in str(found.violations[0])


def test_the_command_leaves_with_12_and_one_object(workspace, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XINHENG_LANG", "en")
    draft = draft_of(tmp_path, GENERAL.format(value=GOOD.replace('"3/10"', '"2"')))
    words = ["policy", "check", "--as-of", "2026-01-01", "--workspace", str(workspace.path), "--json"]
    capsys.readouterr()

    with pytest.raises(SystemExit) as left:
        main([*words, "--draft", str(draft)])

    answer = json.loads(capsys.readouterr().out)
    assert left.value.code == 12
    assert answer["ok"] is False
    assert len(answer["violations"]) == 1
