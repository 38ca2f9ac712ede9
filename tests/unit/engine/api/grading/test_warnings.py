"""Warnings through the facade and the command line: raised once, disposed of, counted, proposed."""

import json
from datetime import date, timedelta

import pandas as pd
import pytest

from engine.api.grading import warning_steps
from engine.api.grading.monthly import run_monthly
from engine.api.grading.warning_audits import record_audit, warning_audits, warning_detection
from engine.api.grading.warning_steps import acknowledge_warnings, assign_warnings, close_warnings, snooze_warnings
from engine.api.grading.warnings import (
    affected_entities,
    precision_course,
    propose_special_inspection,
    raised_warnings,
    warning_precision,
    warning_proposals,
    warnings,
)
from engine.cli.app import main
from engine.errors import WarningRefusedError
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW, take_in, write_lines

LEADER = Actor("Li Si (fictional)", "leader")
HEADER = "entity_id,name,entity_type,population,industry_code,district_code,address,status,occurred_on,known_at"
INSPECTIONS = (
    "inspection_id,visit_id,entity_id,item_code,department_code,selection_mode,result_codes,occurred_on,known_at"
)
AS_OF = date(2021, 3, 1)


def clock():
    return NOW


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    path = tmp_path_factory.mktemp("warned")
    workspace = Workspace(path / "ws")
    firms = [
        f"reg:{n},甲{n},enterprise,enterprise,H62,330602,解放路1号,active,2020-01-01,2020-01-02" for n in range(12)
    ]
    checks = [f"i{n},v{n},reg:{n},X,M,scheduled,no_problem,2021-02-01,2021-02-01" for n in range(12)]
    later = [f"j{n},w{n},reg:{n},X,M,scheduled,no_problem,2021-05-01,2021-05-01" for n in range(12)]
    take_in(
        workspace,
        write_lines(path / "entities.csv", HEADER, *firms),
        write_lines(path / "inspections.csv", INSPECTIONS, *checks, *later),
    )
    run_monthly(workspace, as_of=AS_OF, profile="default", actor=ACTOR, clock=clock)
    yield workspace
    workspace.close()


def only(workspace):
    return warnings(workspace)["warning_id"].iloc[0]


def test_ten_firms_at_one_address_warn_once_over_two_runs(workspace):
    assert len(warnings(workspace)) == 1
    run_monthly(workspace, as_of=date(2021, 4, 1), profile="default", actor=ACTOR, clock=clock)
    rows = warnings(workspace)
    assert rows["rule_code"].tolist() == ["shared_address"]
    assert rows["sentence"].iloc[0].render() == "12 active entities are registered at 解放路1号"


def test_a_common_problem_becomes_a_proposal_with_its_frame(workspace):
    proposals = warning_proposals(workspace)
    assert proposals["n_affected"].tolist() == [12]
    assert affected_entities(workspace, only(workspace))[:2] == ["reg:0", "reg:1"]
    with pytest.raises(WarningRefusedError, match="say why"):
        propose_special_inspection(workspace, only(workspace), reason=" ", actor=ACTOR, clock=clock)
    said = {"reason": "false registrations", "actor": ACTOR, "clock": clock}
    assert propose_special_inspection(workspace, only(workspace), **said) == 12


def test_unknown_warnings_and_wrong_persons_are_refused(workspace):
    with pytest.raises(WarningRefusedError, match="none of that name"):
        assign_warnings(workspace, ["none"], assignee="x", actor=ACTOR, clock=clock)
    with pytest.raises(WarningRefusedError, match="it is raised"):
        close_warnings(workspace, [only(workspace)], outcome="false", reason="x", actor=ACTOR, clock=clock)


def test_several_warnings_are_taken_a_step_further_all_or_none(workspace, monkeypatch):
    raised = raised_warnings(workspace)
    twice = pd.concat([raised, raised.assign(warning_id="second")], ignore_index=True)
    monkeypatch.setattr(warning_steps, "raised_warnings", lambda _workspace: twice)
    names, said = [*raised["warning_id"], "second"], {"actor": LEADER, "clock": clock}
    before = workspace.ledger.entries()
    warning_steps.assign_warnings(workspace, ["second"], assignee=LEADER.name, **said)
    with pytest.raises(WarningRefusedError, match="it is raised"):
        warning_steps.acknowledge_warnings(workspace, ["second", *names], **said)
    assert len(workspace.ledger.entries()) == len(before) + 1
    held = warning_steps.assign_warnings(workspace, names, assignee="王五", **said)
    assert [(each.warning_id, each.assignee) for each in held] == [(name, "王五") for name in names]


def test_a_warning_is_disposed_of_and_counts_for_its_rule(workspace, capsys, monkeypatch):
    name = only(workspace)
    assign_warnings(workspace, [name], assignee=LEADER.name, actor=ACTOR, clock=clock)
    acknowledge_warnings(workspace, [name], actor=LEADER, clock=clock)
    snooze_warnings(workspace, [name], until=date(2021, 6, 1), reason="on leave", actor=LEADER, clock=clock)
    monkeypatch.setenv("XINHENG_ACTOR", f"{LEADER.name}:leader")
    monkeypatch.setenv("XINHENG_WORKSPACE", str(workspace.path))

    with pytest.raises(SystemExit) as left:
        main(["warnings", "close", name, "--as", "confirmed", "--reason", "seen", "--json"])

    assert left.value.code == 0
    assert [each["outcome"] for each in json.loads(capsys.readouterr().out)["warnings"]] == ["confirmed"]
    assert warnings(workspace, state="open").empty
    (closed,) = workspace.ledger.entries(action="warning.closed")
    day = date.fromisoformat(closed.entered_at[:10])
    assert warnings(workspace, assignee=LEADER.name)["closed_on"].tolist() == [day]
    assert warnings(workspace, assignee="nobody").empty and warnings(workspace, level="urgent").empty
    assert warnings(workspace, rule="score_jump").empty and warnings(workspace, overdue=True).empty
    (judged,) = warning_precision(workspace, on=AS_OF).to_dict("records")
    assert (judged["precision"], judged["is_enough"], judged["is_noisy"]) == (1.0, False, False)
    (week,) = precision_course(workspace, on=AS_OF, every="week").to_dict("records")
    assert (week["n"], week["since"]) == (1, day - timedelta(days=day.weekday()))
    assert precision_course(workspace, on=AS_OF, every="month")["since"].tolist() == [day.replace(day=1)]


def test_firms_without_a_warning_are_checked_at_random(workspace, capsys, monkeypatch):
    run_id = workspace.ledger.entries(action="monthly.finished")[0].subject
    sample = warning_audits(workspace, run_id=run_id)
    # the crowded address warns of no single firm, so all twelve are in the frame
    assert set(sample["inclusion_probability"]) == {1.0} and len(sample) == 12
    with pytest.raises(WarningRefusedError, match="not in its audit sample"):
        record_audit(workspace, run_id, ["reg:x"], outcome="false", reason="x", actor=LEADER, clock=clock)
    with pytest.raises(WarningRefusedError, match="name the person"):
        record_audit(workspace, run_id, ["reg:1"], outcome="false", reason="", actor=LEADER, clock=clock)
    record_audit(workspace, run_id, ["reg:1", "reg:2"], outcome="false", reason="visited", actor=LEADER, clock=clock)
    with pytest.raises(WarningRefusedError, match="checked already"):
        record_audit(workspace, run_id, ["reg:3", "reg:1"], outcome="false", reason="x", actor=LEADER, clock=clock)
    monkeypatch.setenv("XINHENG_ACTOR", f"{LEADER.name}:leader")
    monkeypatch.setenv("XINHENG_WORKSPACE", str(workspace.path))
    words = ["warnings", "audit", "--run", run_id, "--entity", "reg:3", "--as", "confirmed", "--reason", "no licence"]
    with pytest.raises(SystemExit) as left:
        main([*words, "--json"])
    assert left.value.code == 0 and len(json.loads(capsys.readouterr().out)["audits"]) == 12

    found = warning_detection(workspace)
    assert (found.n_runs, found.n_warned, found.n_unwarned) == (1, 0, 12)
    assert (found.missed.hits, found.missed.n, found.recall) == (1, 3, None)
    assert len(warning_audits(workspace, run_id=run_id, is_open=True)) == 9
    assert warning_detection(workspace, since=date(2030, 1, 1)).n_runs == 0


@pytest.mark.parametrize(
    "words",
    [
        ["warnings", "list", "--state", "closed"],
        ["warnings", "precision"],
        ["warnings", "propose"],
        ["warnings", "audit"],
        ["warnings", "detection"],
        ["run", "list"],
        ["run", "monthly", "--as-of", "2021-03-01"],
    ],
)
def test_every_list_prints_in_both_languages(workspace, capsys, monkeypatch, words):
    monkeypatch.setenv("XINHENG_WORKSPACE", str(workspace.path))
    for language in ("en", "zh"):
        with pytest.raises(SystemExit) as left:
            main([*words, "--lang", language])
        assert left.value.code == 0
    assert capsys.readouterr().out


def test_reproduce_and_confirm_by_command(workspace, capsys, monkeypatch):
    monkeypatch.setenv("XINHENG_WORKSPACE", str(workspace.path))
    run_id = workspace.ledger.entries(action="monthly.finished")[0].subject
    for words in (["run", "reproduce", run_id, "--entity", "reg:1"], ["run", "confirm", run_id]):
        with pytest.raises(SystemExit) as left:
            main([*words, "--json"])
        assert left.value.code == 0
        assert json.loads(capsys.readouterr().out)["run_id"] == run_id
    with pytest.raises(SystemExit) as left:
        main(["run", "sign", run_id, "--reason", "x", "--lang", "en"])
    assert left.value.code == 12
    assert "does not wait for a signature" in capsys.readouterr().err
