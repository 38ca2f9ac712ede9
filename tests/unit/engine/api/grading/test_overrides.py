"""A grade set by two persons, through the facade and the command line, into the next monthly run and out of it."""

import json
from datetime import date, datetime, timedelta, timezone

import pytest

from engine.api.grading.monthly import run_monthly
from engine.api.grading.overrides import (
    GradeProposal,
    grade_overrides,
    override_grounds,
    propose_override,
    review_override,
    withdraw_override,
)
from engine.api.grading.reproducing import reproduce
from engine.cli.app import main
from engine.errors import GradeOverrideError
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import take_in, write_lines
from tests.unit.engine.api.grading.test_warnings import HEADER, INSPECTIONS

ANALYST, LEADER = Actor("Zhang San (fictional)", "analyst"), Actor("Li Si (fictional)", "leader")
BOOK = load_policies()
DAYS = [date(2021, month, 1) for month in range(3, 8)]


def at(day):
    return lambda: datetime(day.year, day.month, day.day, 9, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    firms = [f"reg:{n},甲{n},enterprise,enterprise,H62,330602,路{n}号,active,2020-01-01,2020-01-02" for n in range(9)]
    checks = [
        f"{kind}{n},{kind}{n},reg:{n},X,M,scheduled,no_problem,{day},{day}"
        for kind, day in (("i", "2021-02-01"), ("j", "2021-09-01"))
        for n in range(9)
    ]
    take_in(
        workspace,
        write_lines(tmp_path / "entities.csv", HEADER, *firms),
        write_lines(tmp_path / "inspections.csv", INSPECTIONS, *checks),
    )
    run(workspace, DAYS[0])
    yield workspace
    workspace.close()


def run(workspace, day):
    return run_monthly(workspace, as_of=day, profile="default", actor=ANALYST, clock=at(day))


def rows(workspace, done, table="grades"):
    found = workspace.warehouse.read(table, run_id=done.runs["grade"]).execute()
    return found.set_index("entity_id") if table == "grades" else found


def proposed(workspace, *, day=DAYS[0], until=DAYS[3], grade="D", actor=ANALYST, reason="file seen", **said):
    proposal = GradeProposal(said.pop("entity", "reg:1"), grade, "crime_transfer", until, None, said.pop("doc", "文1"))
    return propose_override(
        workspace, proposal, reason=reason, book=BOOK, actor=actor, clock=at(day), idempotency_key=said.pop("key", None)
    )


def test_it_counts_from_approval_to_its_end_and_every_run_reproduces(workspace, monkeypatch):
    # nine firms: one override moves a ninth of the shares, which waits for a signature elsewhere
    monkeypatch.setattr("engine.api.grading.monthly_stages.share_movements", lambda *_, **__: ())
    name = proposed(workspace)
    unseen = run(workspace, DAYS[1])
    review_override(workspace, name, is_approved=True, reason="seen", actor=LEADER, clock=at(DAYS[1]))
    again, during, after = run(workspace, DAYS[1]), run(workspace, DAYS[2]), run(workspace, DAYS[3])

    assert rows(workspace, unseen).loc["reg:1", "grade"] == "A"
    assert again.run_id != unseen.run_id
    held = rows(workspace, during).loc["reg:1"]
    assert (held["grade"], held["score_grade"], held["override_code"]) == ("D", "A", "reviewed.crime_transfer")
    assert held["override_until"] == DAYS[3].isoformat()
    assert rows(workspace, after).loc["reg:1", "grade"] == "A"
    causes = [rows(workspace, done, "grade_moves")["cause"].tolist() for done in (again, during, after)]
    assert causes == [["reviewed_began"], [], ["reviewed_ended"]]
    assert all(reproduce(workspace, done.run_id).ok for done in (unseen, again, during, after))


def test_it_takes_two_persons_and_a_reason(workspace):
    with pytest.raises(GradeOverrideError, match="machine"):
        proposed(workspace, actor=Actor("local operator", "admin"))
    with pytest.raises(GradeOverrideError, match="say why"):
        proposed(workspace, reason=" ")
    with pytest.raises(GradeOverrideError, match="document"):
        proposed(workspace, doc="")
    with pytest.raises(GradeOverrideError, match="no grade"):
        proposed(workspace, grade="U")
    with pytest.raises(GradeOverrideError, match="does not hold it"):
        proposed(workspace, entity="reg:none")
    name = proposed(workspace, key="k")
    assert proposed(workspace, key="k") == name
    with pytest.raises(GradeOverrideError, match="take that one back"):
        proposed(workspace)
    with pytest.raises(GradeOverrideError, match="second person"):
        review_override(workspace, name, is_approved=True, reason="x", actor=ANALYST, clock=at(DAYS[0]))
    with pytest.raises(GradeOverrideError, match="it ended on"):
        review_override(workspace, name, is_approved=True, reason="x", actor=LEADER, clock=at(DAYS[3]))
    with pytest.raises(GradeOverrideError, match="no override of that name"):
        review_override(workspace, "none", is_approved=True, reason="x", actor=LEADER, clock=at(DAYS[0]))


def test_refused_and_taken_back_ones_stay_on_record(workspace):
    refused = proposed(workspace)
    review_override(workspace, refused, is_approved=False, reason="not shown", actor=LEADER, clock=at(DAYS[0]))
    with pytest.raises(GradeOverrideError, match="does not wait"):
        review_override(workspace, refused, is_approved=True, reason="x", actor=LEADER, clock=at(DAYS[0]))
    name = proposed(workspace)
    review_override(workspace, name, is_approved=True, reason="shown", actor=LEADER, clock=at(DAYS[0]))
    withdraw_override(workspace, name, reason="acquitted", actor=LEADER, clock=at(DAYS[1]))
    with pytest.raises(GradeOverrideError, match="does not stand"):
        withdraw_override(workspace, name, reason="again", actor=LEADER, clock=at(DAYS[1]))

    states = {day: grade_overrides(workspace, on=day).set_index("override_id")["state"].to_dict() for day in DAYS[:2]}
    assert states == {
        DAYS[0]: {refused: "refused", name: "in_force"},
        DAYS[1]: {refused: "refused", name: "withdrawn"},
    }
    row = grade_overrides(workspace, on=DAYS[1], state="withdrawn").iloc[0]
    assert (row["reason"], row["review"], row["withdrawal"]) == ("file seen", "shown", "acquitted")
    assert grade_overrides(workspace, on=DAYS[1], entity_id="reg:2").empty
    assert "objection_upheld" in set(override_grounds(BOOK, on=DAYS[0])["ground"])


def command(monkeypatch, capsys, workspace, actor, *words):
    monkeypatch.setenv("XINHENG_ACTOR", f"{actor.name}:{actor.role}")
    monkeypatch.setenv("XINHENG_WORKSPACE", str(workspace.path))
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return left.value.code, capsys.readouterr()


def test_by_command(workspace, capsys, monkeypatch):
    for module in ("engine.cli.grade_overrides",):
        monkeypatch.setattr(f"{module}.current_time", at(DAYS[0]))
    words = ["override", "propose", "reg:1", "--grade", "D", "--ground", "crime_transfer", "--document", "文1"]
    words += ["--until", DAYS[3].isoformat(), "--reason", "file seen", "--json"]

    status, said = command(monkeypatch, capsys, workspace, ANALYST, *words)
    name = json.loads(said.out)["override_id"]
    assert (status, json.loads(said.out)["state"]) == (0, "proposed")
    status, said = command(monkeypatch, capsys, workspace, ANALYST, "override", "approve", name, "--reason", "x")
    assert status == 12 and "第二" in said.err
    status, said = command(
        monkeypatch, capsys, workspace, LEADER, "override", "approve", name, "--reason", "x", "--json"
    )
    assert (status, json.loads(said.out)["state"]) == (0, "in_force")
    for language in ("en", "zh"):
        status, said = command(monkeypatch, capsys, workspace, LEADER, "override", "list", "--lang", language)
        assert status == 0 and "reg:1" in said.out
    status, said = command(monkeypatch, capsys, workspace, LEADER, "override", "withdraw", name, "--reason", "x")
    assert status == 0
