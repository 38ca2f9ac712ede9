"""What waits: a decision counts for whoever may take it, and apart for whoever took the step before."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from engine.access.scope import scope_of
from engine.api.grading.confirming import confirm_grades, high_risk_grades
from engine.api.grading.overrides import GradeProposal, propose_override
from engine.api.reading.changes import changes
from engine.api.reading.waiting import TITLES, Kind, Waiting, waiting
from engine.cli import main
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests import graded_world as world
from tests.small_sources import take_in, write_lines
from tests.two_districts import HERE, THERE


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return world.write_graded(tmp_path_factory.mktemp("waiting"))


@pytest.fixture
def made(written, tmp_path):
    return replace(written, folder=Path(shutil.copytree(written.folder, tmp_path / "workspace")))


@pytest.fixture
def workspace(made):
    held = Workspace(made.folder)
    yield held
    held.close()


def printed(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert left.value.code == 0
    return capsys.readouterr().out


def of(workspace, kind, person, on=world.NOW):
    return waiting(workspace, kind=kind, person=person, on=on)


def test_who_started_the_run_does_not_confirm_its_grades_d(made, workspace):
    held = high_risk_grades(workspace, made.second)
    n = int((held["status"] == "proposed").sum())

    assert n > 1
    assert of(workspace, Kind.GRADES, world.STARTER.name) == Waiting(Kind.GRADES, 0, n_own=n)
    assert of(workspace, Kind.GRADES, world.LEADER.name) == Waiting(Kind.GRADES, n)

    first = [str(held["entity_id"].iloc[0])]
    confirm_grades(
        workspace, made.second, first, is_confirmed=True, reason="seen", actor=world.LEADER, clock=world.at(world.NOW)
    )

    assert of(workspace, Kind.GRADES, world.LEADER.name).n == n - 1


def test_an_override_waits_for_another_person(workspace):
    proposal = GradeProposal("reg:7", "D", "crime_transfer", date(2021, 5, 1), None, "文9")
    said = {"reason": "file seen", "book": world.BOOK, "actor": world.ANALYST, "clock": world.at(world.NOW)}
    propose_override(workspace, proposal, **said)

    assert of(workspace, Kind.OVERRIDES, world.ANALYST.name) == Waiting(Kind.OVERRIDES, 0, n_own=1)
    assert of(workspace, Kind.OVERRIDES, world.LEADER.name) == Waiting(Kind.OVERRIDES, 1)


def test_an_objection_is_late_the_day_after_its_last_day(workspace):
    held = of(workspace, Kind.OBJECTIONS, world.LEADER.name)

    assert (held.n, held.n_late) == (1, 0)
    assert held.first_due is not None
    assert of(workspace, Kind.OBJECTIONS, "x", on=held.first_due).n_late == 0
    assert of(workspace, Kind.OBJECTIONS, "x", on=date.fromordinal(held.first_due.toordinal() + 1)).n_late == 1


def test_districts_see_their_own_and_together_the_whole(workspace):
    parts = [scoped(workspace, scope_of(districts=[code])) for code in (HERE, THERE)]

    for kind in (Kind.GRADES, Kind.WARNINGS, Kind.OBJECTIONS):
        counted = [of(part, kind, world.LEADER.name).n for part in parts]
        assert sum(counted) == of(workspace, kind, world.LEADER.name).n


def test_every_kind_answers_where_only_a_register_was_loaded(tmp_path):
    bare = Workspace(tmp_path / "bare")
    take_in(bare, write_lines(tmp_path / "entities.csv", world.ENTITIES, world.firm(1)))

    assert {of(bare, kind, "x") for kind in Kind} == {Waiting(kind, 0) for kind in Kind}
    assert set(TITLES) == set(Kind)
    bare.close()


def test_the_commands_print_the_same(made, workspace, capsys, monkeypatch):
    monkeypatch.setenv("XINHENG_ACTOR", "leader@all:leader")
    monkeypatch.setattr("engine.cli.briefing.current_time", world.at(world.NOW))
    said = json.loads(printed(capsys, "waiting", "--workspace", str(made.folder), "--json"))

    rows = {row["kind"]: row for row in said["waiting"]}
    assert said["person"] == world.LEADER.name
    assert {kind.value: of(workspace, kind, world.LEADER.name).n for kind in Kind} == {
        name: row["n"] for name, row in rows.items()
    }
    shown = printed(capsys, "waiting", "--workspace", str(made.folder), "--lang", "en")
    assert all(title in shown for title in TITLES.values())


def test_changes_name_moves_by_cause_restated_records_and_what_no_run_knows(made, workspace, tmp_path, capsys):
    before = changes(workspace)

    assert before.month is not None
    assert before.month.run_id == made.second
    assert before.restated.empty
    assert before.moves.set_index("cause").loc["reviewed_began"].tolist() == [2, 0]

    take_in(workspace, world.mended(tmp_path))
    after = changes(workspace)

    assert after.restated.to_dict("records") == [
        {"table": "inspections", "restated": 1, "reversed": 0, "is_after": True}
    ]
    said = json.loads(printed(capsys, "changes", "--workspace", str(made.folder), "--json"))
    assert said["run_id"] == made.second
    assert said["restated"][0]["restated"] == 1
    assert "inspections" in printed(capsys, "changes", "--workspace", str(made.folder))
