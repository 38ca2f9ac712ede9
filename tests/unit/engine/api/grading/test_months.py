"""The grades of a month: shares, moves, causes; the districts add up to the whole; two persons look at a D."""

import json

import pandas as pd
import pytest

from engine.access.scope import scope_of
from engine.api.grading.confirming import confirm_grades, high_risk_grades, leading_reasons
from engine.api.grading.months import direction, grade_months, month_migration, month_moves, month_shares
from engine.api.grading.overrides import withdraw_override
from engine.errors import GradeOverrideError, MonthlyRunError
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests import graded_world as world
from tests.two_districts import HERE, THERE
from tests.unit.engine.api.grading.test_overrides import command


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return world.write_graded(tmp_path_factory.mktemp("months"))


@pytest.fixture
def workspace(made):
    held = Workspace(made.folder)
    yield held
    held.close()


def test_months_are_told_the_last_first(made, workspace):
    second, first = grade_months(workspace)

    assert (second.run_id, second.as_of, second.previous, second.starter) == (
        made.second, world.SECOND, made.first, world.STARTER.name,
    )  # fmt: skip
    assert (first.previous, first.previous_as_of, first.n_corrected) == ("", None, 0)


def test_shares_moves_and_movers_agree(made, workspace):
    shares = month_shares(workspace, run_id=made.second).set_index("grade")
    matrix = month_migration(workspace, run_id=made.second)
    moved = month_moves(workspace, run_id=made.second, population="enterprise")

    assert shares["n"].sum() == shares["n_before"].sum() == matrix["n"].sum() == world.N
    assert matrix.groupby("to_grade")["n"].sum().to_dict() == {g: n for g, n in shares["n"].items() if n}
    assert matrix.groupby("from_grade")["n"].sum().to_dict() == {g: n for g, n in shares["n_before"].items() if n}
    assert shares.loc[list("ABCD"), "target_share"].sum() == pytest.approx(1.0)
    changed = matrix[matrix["from_grade"] != matrix["to_grade"]]
    assert moved.groupby("cause").size().to_dict() == changed.groupby("cause")["n"].sum().to_dict()
    assert moved["entity_id"].tolist()[:2] == sorted([world.SET, world.SET_THERE])
    assert len(month_moves(workspace, run_id=made.second, population="enterprise", most=1)) == 1
    assert month_migration(workspace, run_id=made.first).empty


def test_the_districts_add_up_to_the_whole(made, workspace):
    parts = [scoped(workspace, scope_of(districts=[code])) for code in (HERE, THERE)]
    for ask, key in (
        (month_shares, ["population", "grade"]),
        (month_migration, ["population", "from_grade", "to_grade", "cause"]),
    ):
        both = pd.concat([ask(part, run_id=made.second) for part in parts])
        whole = ask(workspace, run_id=made.second)
        whole = whole[whole["n"] > 0]
        assert both[both["n"] > 0].groupby(key)["n"].sum().to_dict() == whole.set_index(key)["n"].to_dict()
    near = month_shares(parts[0], run_id=made.second).set_index("grade")
    assert near["share"].sum() == pytest.approx(1.0)
    assert near.loc["D", ["n", "n_before", "share_before"]].tolist() == [1, 0, 0.0]
    moved = month_moves(parts[0], run_id=made.second, population="enterprise")
    assert world.SET in set(moved["entity_id"])
    assert world.SET_THERE not in set(moved["entity_id"])


def test_a_run_that_is_none_is_refused(workspace):
    for ask in (month_shares, month_migration):
        with pytest.raises(MonthlyRunError, match="none of that name"):
            ask(workspace, run_id="monthly-none")


@pytest.mark.parametrize(
    ("ends", "way"),
    [("AB", "riskier"), ("DC", "milder"), ("BB", "same"), ("-D", "other"), ("A-", "other"), ("UA", "other")],
)
def test_which_way_a_move_goes(ends, way):
    assert direction(*ends) == way


def test_reasons_are_those_of_the_model_that_decided(made, workspace):
    told = leading_reasons(workspace, made.second, entity_ids=(world.SET, "reg:2"), most=2)

    assert set(told["entity_id"]) == {world.SET, "reg:2"}
    assert told.groupby("entity_id").size().le(2).all()
    assert told.groupby("entity_id")["points"].apply(lambda each: each.is_monotonic_decreasing).all()
    assert "adds" in str(told["sentence"].iloc[0].render())


def test_who_started_the_run_or_proposed_the_d_does_not_confirm_it(made, workspace):
    said = {"is_confirmed": True, "reason": "seen", "clock": world.at(world.NOW)}
    with pytest.raises(MonthlyRunError, match="started it and would confirm"):
        confirm_grades(workspace, made.second, [world.SET], actor=world.STARTER, **said)
    with pytest.raises(MonthlyRunError, match="proposed grade D"):
        confirm_grades(workspace, made.second, [world.SET], actor=world.ANALYST, **said)
    assert set(high_risk_grades(workspace, made.second)["status"]) == {"proposed"}


def test_one_person_does_not_end_what_two_approved(made, workspace):
    with pytest.raises(GradeOverrideError, match="second person must end it"):
        withdraw_override(workspace, made.override, reason="over", actor=world.ANALYST, clock=world.at(world.NOW))


def test_by_command(made, workspace, capsys, monkeypatch, tmp_path):
    file = tmp_path / "moves.csv"
    words = ["run", "grades", "--moves", str(file), "--json"]
    status, said = command(monkeypatch, capsys, workspace, world.LEADER, *words)
    told = json.loads(said.out)

    assert (status, told["run_id"], told["previous"]) == (0, made.second, made.first)
    assert sum(row["n"] for row in told["shares"]) == world.N
    assert {row["cause"] for row in told["migration"]} == {"none", "new_records", "reviewed_began"}
    moved = sum(row["n"] for row in told["migration"] if row["from_grade"] != row["to_grade"])
    assert len(pd.read_csv(file)) == moved
    for language in ("en", "zh"):
        status, said = command(monkeypatch, capsys, workspace, world.LEADER, "run", "grades", "--lang", language)
        assert status == 0
        assert made.second in said.out
