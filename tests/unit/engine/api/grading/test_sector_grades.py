"""A sector's grade from its record to the month: joined, kept, told, computed again, corrected."""

import json

import pytest

from engine.api.grading.monthly import run_monthly
from engine.api.grading.reproducing import reproduce
from engine.api.grading.rescoring import keep_rescore, rescore
from engine.api.reading.record import credit_record
from engine.api.scoring.assessment import explain
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import take_in, write_lines
from tests.unit.engine.api.grading.test_overrides import ANALYST, LEADER, at
from tests.unit.engine.api.grading.test_rescoring import DECIDED, desk, inspections
from tests.unit.engine.api.grading.test_warnings import HEADER

HEAD = "external_grade_id,entity_id,scheme,external_grade,risk_position,occurred_on,known_at"
DAY = DECIDED.replace(year=2023, month=3, day=1)
LATER = DAY.replace(month=5, day=12)


def graded(path, *rows):
    lines = [
        f"{name},reg:{n},食品安全风险分级,{grade},{position},{day},{day}" for name, n, grade, position, day in rows
    ]
    return write_lines(path / "external_grades.csv", HEAD, *lines)


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sectors")
    workspace = Workspace(folder / "ws")
    firms = [f"reg:{n},甲{n},enterprise,enterprise,C14,330602,路{n}号,active,2020-01-01,2020-01-02" for n in range(9)]
    found = [(f"i{n}", f"reg:{n}", "refused" if n == 1 else "no_problem", "2023-02-01", "2023-02-03") for n in range(9)]
    later = [(f"j{n}", f"reg:{n}", "no_problem", "2023-09-01", "2023-09-02") for n in range(9)]
    grades = graded(
        folder,
        ("g1", 1, "A", 0.25, "2023-01-05"),  # refused a check: 25 + 7 for B
        ("g2", 2, "C", 0.5, "2023-01-05"),  # 50 + 0 for A
        ("g3", 3, "B", "", "2023-01-05"),  # no points
        ("g4", 4, "D", 0.9, "2022-01-05"),
        ("g5", 4, "A", 0.1, "2023-02-05"),  # graded again, milder
        ("g6", 5, "D", 0.9, "2023-03-02"),  # graded after the day
    )
    take_in(
        workspace, write_lines(folder / "entities.csv", HEADER, *firms), inspections(folder, *found, *later), grades
    )
    done = run_monthly(workspace, as_of=DAY, profile="anhui_2022", actor=ANALYST, clock=at(DAY))
    yield workspace, done
    workspace.close()


def test_every_grade_of_a_sector_is_joined_kept_and_told(month):
    workspace, done = month
    joins = workspace.warehouse.read("grade_sectors", run_id=done.runs["grade"]).execute().set_index("entity_id")
    grades = workspace.warehouse.read("grades", run_id=done.runs["grade"]).execute().set_index("entity_id")

    assert joins[["external_grade_id", "credit_grade", "join", "joint_grade"]].to_numpy().tolist() == [
        ["g1", "B", "sum", "B"], ["g2", "A", "sum", "C"], ["g3", "A", "riskier", "B"], ["g5", "A", "sum", "A"]
    ]  # fmt: skip
    assert joins.loc["reg:1", ["sector_points", "credit_points", "points", "most_points"]].tolist() == [25, 7, 32, 120]
    assert grades.loc[joins.index, "grade"].tolist() == joins["joint_grade"].tolist()
    codes = grades.loc[joins.index, "override_code"].fillna("").tolist()
    assert codes == ["", "sector.food_producers", "sector.food_producers", ""]
    (said,) = explain(workspace, "reg:1").sectors
    assert "25 points of the sector + 7 of the grade = 32 of 120, that is B" in str(said)
    assert "record g1 of 2023-01-05" in str(said)
    assert explain(workspace, "reg:6").sectors == ()
    (entry,) = [each for each in credit_record(workspace, "reg:2") if each.table == "grade_sectors"]
    assert (entry.record_id, entry.details["joint_grade"], entry.details["points"]) == ("food_producers", "C", 50.0)


def test_the_card_counts_whom_the_rule_moved_and_the_month_comes_out_again(month):
    workspace, done = month
    card = json.loads((workspace.path / "exports" / done.run_id / "model-card.json").read_text(encoding="utf-8"))

    assert [(each["join"], each["n"], each["n_moved"]) for each in card["sectors_joined"]] == [
        ("riskier", 1, 1), ("sum", 3, 1)
    ]  # fmt: skip
    again = reproduce(workspace, done.run_id)
    assert again.ok and again.n_rows["grade_sectors"] == 4


def test_a_corrected_grade_of_the_sector_corrects_the_joint_one_and_the_old_join_stays(month, tmp_path):
    workspace, done = month
    opened = LATER.replace(day=4)
    name = desk(workspace, ANALYST, opened).register(f"grades:{done.run_id}:reg:2", reason="another firm's sheet")
    desk(workspace, LEADER, opened).accept([name])
    mended = f"g2,reg:2,食品安全风险分级,A,0.1,2023-01-05,{LATER.replace(day=10)}"
    take_in(workspace, write_lines(tmp_path / "external_grades.csv", HEAD, mended))
    desk(workspace, LEADER, LATER).decide([name], is_corrected=True, reason="sheet compared")

    found = rescore(workspace, done.run_id, "reg:2", known_by=LATER)
    assert (found.before["grade"], found.after["grade"]) == ("C", "A")
    keep_rescore(workspace, name, reason="sheet compared", actor=LEADER, clock=at(LATER))

    (said,) = explain(workspace, "reg:2").sectors
    assert "10 points of the sector + 0 of the grade = 10 of 120, that is A" in str(said)
    (other,) = explain(workspace, "reg:1").sectors  # everybody else's join is read where the latest grades are
    assert "= 32 of 120" in str(other)
    held = workspace.warehouse.read("grade_sectors", run_id=done.runs["grade"]).execute().set_index("entity_id")
    assert held.loc["reg:2", "joint_grade"] == "C"
    assert reproduce(workspace, done.run_id).ok
