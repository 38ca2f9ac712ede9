"""Objections by commands: registered, accepted, maintained or corrected, published anew, with the clock that runs."""

from datetime import date

import pandas as pd
import pytest

from engine.api.documents.draws import public_results
from engine.api.follow_up.reconciliation import explain_check
from engine.api.results.objections import correction_of, objections, unsettled
from engine.api.workspace import open_workspace
from tests.e2e.test_results import REVIEW_DAY, city, result, sheet  # noqa: F401 - a fixture
from tests.e2e.test_results import desk as _desk

desk = _desk
OWN = ("--department", "SCJG")
CLOCK = ("--clock", "deadlines.objection")
FILED_ON, DECIDED_ON, AGAIN_ON = date(2026, 3, 16), date(2026, 3, 19), date(2026, 3, 20)


@pytest.fixture
def public(desk, tmp_path):
    """Two public findings of the market bureau: one ordered to correct, one that was not to be found."""
    own = [check for check in desk.checks if check[3] == "SCJG"][:2]
    ways = (("发现问题已责令改正", "order_to_correct"), ("通过登记的住所（经营场所）无法联系", "other"))
    rows = [result(*check, wording, disposal=disposal) for check, (wording, disposal) in zip(own, ways, strict=True)]
    told = desk.json("results", "enter", sheet(tmp_path, rows), actor="Li")
    for step, actor in (("submit", "Li"), ("publish", "Wang")):
        desk.json("results", step, *OWN, actor=actor, day=REVIEW_DAY)
    desk.rows = rows
    return told["entered"]


def register(desk, key, *more, day=FILED_ON):
    said = ("objection", "register", key, *OWN, "--why", "当日已整改，照片为证", "--evidence", "照片3", *more)
    return desk.json(*said, actor="Li", day=day)["objections"][0]


def due(desk, day):
    told = desk.json("results", "inbox", *CLOCK, "--as-of", day.isoformat(), actor="Bao")
    return {row["subject"]: row["due"] for row in told["due"]}


def opened(tmp_path):
    return open_workspace(tmp_path / "workspace", create=False)


def test_a_corrected_result_is_published_anew_and_its_order_falls(desk, public, tmp_path):
    key = public[0]
    (matter,) = desk.json("results", "order", key, "--due", "2026-04-30", *OWN, actor="Li", day=REVIEW_DAY)["matters"]
    number = register(desk, key)
    assert due(desk, FILED_ON) == {number: "2026-03-23"}  # five working days
    desk.json("objection", "accept", number, *OWN, actor="Zhao", day=FILED_ON)
    listed = desk.json("objection", "list", "--as-of", "2026-03-17", actor="Bao")["objections"]
    assert [(row["state"], row["is_marked"]) for row in listed] == [("annotated", True)]
    sheet_of = public_results(opened(tmp_path), "D1", as_of=date(2026, 3, 17)).set_index("result_codes")
    assert sheet_of["is_disputed"].to_dict() == {"corrected": True, "unreachable": False}
    late = desk.call("report", "correction", number, "--out", str(tmp_path / "x.pdf"), actor="Bao", day=DECIDED_ON)

    desk.json("objection", "decide", number, "--corrected", "--why", "系笔误", *OWN, actor="Zhao", day=DECIDED_ON)
    assert late[0] == 2 and "更正" in late[2]
    assert due(desk, DECIDED_ON) == {number: "2026-03-23"}  # decided, but the wrong result is still public
    row = {**desk.rows[0], "result_wordings": "未发现问题", "disposal": ""}
    desk.json("results", "enter", sheet(tmp_path, [row], "again"), actor="Li", day=DECIDED_ON)
    for step, actor in (("submit", "Li"), ("publish", "Wang")):
        desk.json("results", step, *OWN, actor=actor, day=AGAIN_ON)

    assert due(desk, AGAIN_ON) == {}
    refused = desk.refused("results", "close", matter, *OWN, actor="Li", day=AGAIN_ON)
    assert "说明理由" in refused
    desk.json("results", "close", matter, "--why", "原结果已更正", *OWN, actor="Li", day=AGAIN_ON)
    follow = desk.json("results", "follow-up", "--as-of", "2026-03-20", actor="Bao")
    assert [row["subject"] for row in follow["waiting"] if row["subject"] == matter] == []
    (settled,) = objections(opened(tmp_path), as_of=AGAIN_ON).to_dict("records")
    assert (settled["state"], settled["republished_on"]) == ("corrected", AGAIN_ON)
    sheet_of = public_results(opened(tmp_path), "D1", as_of=AGAIN_ON).set_index("result_codes")
    assert sheet_of["corrected_on"].to_dict() == {"no_problem": AGAIN_ON, "unreachable": None}
    events = explain_check(opened(tmp_path), key, as_of=AGAIN_ON)["event"].tolist()
    wanted = ["objection filed", "objection annotated", "objection corrected", "returned"]
    assert [one for one in events if one in wanted] == wanted and events[-1] == "closed"
    told = desk.json("report", "correction", number, "--out", str(tmp_path / "c.pdf"), actor="Bao", day=AGAIN_ON)
    assert told["bytes"] > 1000


def test_a_result_corrected_and_published_anew_on_the_day_of_the_decision_is_settled(desk, public, tmp_path):
    number = register(desk, public[0])
    desk.json("objection", "accept", number, *OWN, actor="Zhao", day=FILED_ON)
    decided = ("objection", "decide", number, "--corrected", "--why", "系笔误", *OWN)
    desk.json(*decided, actor="Zhao", day=DECIDED_ON)
    row = {**desk.rows[0], "result_wordings": "未发现问题", "disposal": ""}
    desk.json("results", "enter", sheet(tmp_path, [row], "again"), actor="Li", day=DECIDED_ON)
    for step, actor in (("submit", "Li"), ("publish", "Wang")):
        desk.json("results", step, *OWN, actor=actor, day=DECIDED_ON)

    assert due(desk, DECIDED_ON) == {} and unsettled(opened(tmp_path), as_of=DECIDED_ON) == []
    found = correction_of(opened(tmp_path), number, as_of=DECIDED_ON)
    assert (found.before, found.after, found.republished_on) == ("corrected", "no_problem", DECIDED_ON)


def test_a_maintained_record_stands_and_its_clock_stops(desk, public, tmp_path):
    number = register(desk, public[1])
    twice = desk.refused("objection", "register", public[1], *OWN, "--why", "再次", actor="Li", day=FILED_ON)
    desk.json("objection", "accept", number, "--until", "2026-04-14", "--why", "需住建部门核查", *OWN,
              actor="Zhao", day=FILED_ON)  # fmt: skip
    assert due(desk, FILED_ON) == {number: "2026-04-14"}
    mine = ("--maintained", "--why", "属实", *OWN)
    by_maker = desk.refused("objection", "decide", number, *mine, actor="Wang", day=DECIDED_ON)
    other = desk.refused("objection", "decide", number, *mine[:3], "--department", "SW", actor="Zhou", day=DECIDED_ON)
    desk.json("objection", "decide", number, *mine, actor="Zhao", day=DECIDED_ON)

    assert "尚未办结" in twice and "应由他人" in by_maker and "谁公开" in other
    assert due(desk, DECIDED_ON) == {} and unsettled(opened(tmp_path), as_of=DECIDED_ON) == []
    again = register(desk, public[1], day=AGAIN_ON)
    assert again.endswith("-objection-2")


def test_objections_without_a_ground_are_declined_or_taken_back(desk, public, tmp_path):
    nothing = desk.refused("objection", "register", "V9-K1-SCJG", *OWN, "--why", "x", actor="Li", day=FILED_ON)
    stranger = desk.refused("objection", "register", public[0], "--by", "reg:000599", *OWN, "--why", "x", actor="Li")
    first = register(desk, public[0], "--key", "K-9")
    assert register(desk, public[0], "--key", "K-9") == first
    desk.json("objection", "decline", first, "--why", "逾期且无新证据", *OWN, actor="Zhao", day=FILED_ON)
    second = register(desk, public[1], "--by", "reg:000599")
    desk.json("objection", "withdraw", second, "--why", "当事人撤回", *OWN, actor="Li", day=FILED_ON)
    unknown = desk.call("objection", "accept", "O-9", *OWN, actor="Zhao", day=FILED_ON)

    assert "没有记录" in nothing and "未提供证据" in stranger and unknown[0] == 2
    states = objections(opened(tmp_path), as_of=FILED_ON).set_index("objection_id")["state"]
    assert states.to_dict() == {first: "rejected", second: "withdrawn"}
    assert not pd.isna(states).any() and due(desk, FILED_ON) == {}


def test_other_records_can_be_objected_to_as_well_and_their_correction_comes_with_the_record(desk, tmp_path):
    missing = desk.refused("objection", "register", "penalties:P1", *OWN, "--why", "x", actor="Li", day=FILED_ON)
    number = register(desk, "draws:D1", "--by", "reg:000001")
    desk.json("objection", "accept", number, *OWN, actor="Zhao", day=FILED_ON)
    desk.json("objection", "decide", number, "--corrected", "--why", "记录有误", *OWN, actor="Zhao", day=DECIDED_ON)

    assert "没有记录" in missing and unsettled(opened(tmp_path), as_of=DECIDED_ON) == []
