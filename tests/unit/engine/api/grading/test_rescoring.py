"""A firm objects to its grade: the record was wrong, it is corrected, the grade is computed again and both stay."""

import json
from datetime import date

import pytest

from engine.api.follow_up.objection_desk import ObjectionDesk
from engine.api.grading.disputes import disputed_grades, grade_objections
from engine.api.grading.history import grade_history
from engine.api.grading.monthly import run_monthly
from engine.api.grading.reproducing import reproduce
from engine.api.grading.rescoring import corrected_grades, keep_rescore, rescore
from engine.api.scoring.assessment import explain
from engine.errors import GradeOverrideError, MonthlyRunError, ResultRefusedError
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import take_in, write_lines
from tests.unit.engine.api.grading.test_overrides import ANALYST, BOOK, LEADER, at, command
from tests.unit.engine.api.grading.test_warnings import HEADER, INSPECTIONS

FIRST, DECIDED, NEXT = date(2021, 3, 1), date(2021, 5, 12), date(2021, 6, 1)
FIRM = "reg:1"


def inspections(path, *rows):
    lines = [f"{name},{name},{firm},X,M,scheduled,{code},{day},{known}" for name, firm, code, day, known in rows]
    return write_lines(path / "inspections.csv", INSPECTIONS, *lines)


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    firms = [f"reg:{n},甲{n},enterprise,enterprise,H62,330602,路{n}号,active,2020-01-01,2020-01-02" for n in range(9)]
    found = [(f"i{n}", f"reg:{n}", "refused" if n == 1 else "no_problem", "2021-02-01", "2021-02-03") for n in range(9)]
    later = [(f"j{n}", f"reg:{n}", "no_problem", "2021-09-01", "2021-09-02") for n in range(2, 9)]
    take_in(workspace, write_lines(tmp_path / "entities.csv", HEADER, *firms), inspections(tmp_path, *found, *later))
    yield workspace
    workspace.close()


def run(workspace, day):
    return run_monthly(workspace, as_of=day, profile="default", actor=ANALYST, clock=at(day))


def desk(workspace, actor, day):
    return ObjectionDesk(workspace, book=BOOK, department="M", actor=actor, clock=at(day))


def filed(workspace, run_id):
    """The firm objects on 4 May; the objection is taken up on the 5th."""
    name = desk(workspace, ANALYST, date(2021, 5, 4)).register(
        f"grades:{run_id}:{FIRM}", reason="never refused a check"
    )
    desk(workspace, LEADER, date(2021, 5, 5)).accept([name])
    return name


def grade_of(workspace, run_id=None):
    rows = workspace.warehouse.read("grades", run_id=run_id)
    return rows.filter(rows.entity_id == FIRM).execute()["grade"].iloc[0]


def corrected(workspace, path, run_id):
    """The record is corrected on 10 May, the objection upheld on the 12th."""
    name = filed(workspace, run_id)
    take_in(workspace, inspections(path / "mended", ("i1", FIRM, "no_problem", "2021-02-01", "2021-05-10")))
    desk(workspace, LEADER, DECIDED).decide([name], is_corrected=True, reason="another firm's sheet")
    return name


def test_read_as_of_the_day_it_stays_wrong_and_in_hindsight_it_is_right(workspace, tmp_path):
    done = run(workspace, FIRST)
    assert grade_of(workspace) == "B"
    corrected(workspace, tmp_path, done.run_id)

    assert reproduce(workspace, done.run_id, entity_id=FIRM).computed["grade"] == "B"
    before_it = rescore(workspace, done.run_id, FIRM, known_by=date(2021, 5, 9))
    assert not before_it.is_changed and before_it.features == {}
    found = rescore(workspace, done.run_id, FIRM, known_by=DECIDED)

    assert (found.before["grade"], found.after["grade"]) == ("B", "A")
    assert found.features["inspections_last_adverse"] == (1.0, 0.0)
    assert grade_of(workspace) == "B"  # a look changes nothing
    assert not rescore(workspace, done.run_id, "reg:2", known_by=DECIDED).is_changed


def test_kept_it_is_what_everybody_reads_and_the_old_one_stays(workspace, tmp_path):
    done = run(workspace, FIRST)
    name = corrected(workspace, tmp_path, done.run_id)

    keep_rescore(workspace, name, reason="sheet compared", actor=LEADER, clock=at(DECIDED))

    assert (grade_of(workspace), grade_of(workspace, done.runs["grade"])) == ("A", "B")
    told = explain(workspace, FIRM)
    assert told.grade == "A" and not any("refused" in str(r.sentence) for r in told.reasons)
    row = corrected_grades(workspace).iloc[0]
    assert row[["run_id", "entity_id", "before", "after", "actor"]].tolist() == [
        done.run_id, FIRM, "B", "A", LEADER.name
    ]  # fmt: skip
    assert reproduce(workspace, done.run_id).ok
    with pytest.raises(GradeOverrideError, match="kept already"):
        keep_rescore(workspace, name, reason="again", actor=LEADER, clock=at(DECIDED))
    held = grade_history(workspace, FIRM, on=DECIDED)
    assert held[["run_id", "grade", "corrected_to", "is_disputed"]].to_numpy().tolist() == [
        [done.run_id, "B", "A", False]
    ]
    # the next month starts from the corrected grade, and reproduces
    later = run(workspace, NEXT)
    moves = workspace.warehouse.read("grade_moves", run_id=later.runs["grade"]).execute()
    assert FIRM not in set(moves["entity_id"])
    assert reproduce(workspace, later.run_id).ok
    assert grade_history(workspace, FIRM, on=DECIDED)["grade"].tolist() == ["B", "A"]
    assert grade_history(workspace, "reg:none", on=DECIDED).empty


def test_a_correction_of_an_older_run_leaves_the_latest_grading_alone(workspace, tmp_path):
    done = run(workspace, FIRST)
    later = run(workspace, NEXT)
    name = corrected(workspace, tmp_path, done.run_id)

    keep_rescore(workspace, name, reason="sheet compared", actor=LEADER, clock=at(DECIDED))

    assert grade_of(workspace) == grade_of(workspace, later.runs["grade"])
    assert corrected_grades(workspace)["after"].tolist() == ["A"]
    assert reproduce(workspace, later.run_id).ok


def test_a_disputed_grade_says_so_until_another_person_decides(workspace, tmp_path):
    done = run(workspace, FIRST)
    name = filed(workspace, done.run_id)
    held = grade_objections(workspace, on=date(2021, 5, 6), entity_id=FIRM)

    assert held[["state", "reason", "is_disputed"]].to_numpy().tolist() == [
        ["annotated", "never refused a check", True]
    ]
    assert disputed_grades(workspace, on=date(2021, 5, 6)) == {(done.run_id, FIRM)}
    assert disputed_grades(workspace, on=date(2021, 5, 3)) == frozenset()
    assert grade_objections(workspace, on=date(2021, 5, 6), entity_id="reg:2").empty
    assert grade_history(workspace, FIRM, on=date(2021, 5, 6))["is_disputed"].tolist() == [True]
    with pytest.raises(GradeOverrideError, match="not decided as corrected"):
        keep_rescore(workspace, name, reason="x", actor=LEADER, clock=at(date(2021, 5, 6)))
    with pytest.raises(ResultRefusedError, match="does not decide"):  # who ran the month made the grade
        desk(workspace, ANALYST, DECIDED).decide([name], is_corrected=False, reason="right")
    with pytest.raises(ResultRefusedError):
        desk(workspace, ANALYST, DECIDED).register(f"grades:{done.run_id}:reg:none", reason="x")
    desk(workspace, LEADER, DECIDED).decide([name], is_corrected=True, reason="wrong sheet")
    assert disputed_grades(workspace, on=DECIDED) == frozenset()
    with pytest.raises(GradeOverrideError, match="name the person"):
        keep_rescore(workspace, name, reason="x", actor=Actor("local operator", "admin"), clock=at(DECIDED))
    with pytest.raises(GradeOverrideError, match="no objection to a grade"):
        keep_rescore(workspace, "none", reason="x", actor=LEADER, clock=at(DECIDED))
    with pytest.raises(MonthlyRunError, match="was not in it"):
        rescore(workspace, done.run_id, "reg:none", known_by=DECIDED)


def test_by_command(workspace, tmp_path, capsys, monkeypatch):
    done = run(workspace, FIRST)
    name = corrected(workspace, tmp_path, done.run_id)
    monkeypatch.setattr("engine.cli.monthly.current_time", at(DECIDED))
    words = ["run", "rescore", done.run_id, "--entity", FIRM]

    status, said = command(monkeypatch, capsys, workspace, LEADER, *words, "--json")
    shown = json.loads(said.out)
    assert (status, shown["before"]["grade"], shown["after"]["grade"], shown["is_kept"]) == (0, "B", "A", False)
    status, said = command(monkeypatch, capsys, workspace, LEADER, *words)
    assert status == 0 and "grade: B → A" in said.out
    status, said = command(monkeypatch, capsys, workspace, LEADER, "run", "rescore")
    assert status == 2
    for language in ("en", "zh"):
        status, said = command(monkeypatch, capsys, workspace, LEADER, "run", "history", FIRM, "--lang", language)
        assert status == 0 and done.run_id[:12] in said.out
    kept = ["run", "rescore", "--objection", name, "--reason", "sheet compared", "--json"]
    status, said = command(monkeypatch, capsys, workspace, LEADER, *kept)
    assert status == 0 and json.loads(said.out)["is_kept"] is True
