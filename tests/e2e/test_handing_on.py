"""A finding put right, one handed to another department, a suspected crime: by commands, with what each step is due."""

from datetime import date

import pytest

from engine.api.results.handing_on import matters
from engine.api.workspace import open_workspace
from tests.e2e.test_results import REVIEW_DAY, city, result, sheet  # noqa: F401 - a fixture
from tests.e2e.test_results import desk as _desk

desk = _desk
ANNEXES = ("移送书", "调查报告", "物品清单", "检验或鉴定", "其他材料")


@pytest.fixture
def found(desk, tmp_path):
    """Three findings of the market bureau, public: to be put right, for the health commission, a suspected crime."""
    own = [check for check in desk.checks if check[3] == "SCJG"][:3]
    ways = (
        ("发现问题已责令改正", "order_to_correct"),
        ("违反其他部门规定", "notice_to_department"),
        ("发现问题待后续处理", "transfer"),
    )
    rows = [result(*check, wording, disposal=disposal) for check, (wording, disposal) in zip(own, ways, strict=True)]
    told = desk.json("results", "enter", sheet(tmp_path, rows), actor="Li")
    for step, actor in (("submit", "Li"), ("publish", "Wang")):
        desk.json("results", step, "--department", "SCJG", actor=actor, day=REVIEW_DAY)
    return told["entered"]


def waiting(desk, day):
    follow = desk.json("results", "follow-up", "--as-of", day.isoformat(), actor="Bao")
    return {row["subject"]: row for row in follow["waiting"]}, follow


def officers(desk, key):
    return [code for code in desk.officers[key.split("-")[0]] if int(code[1:]) % 3 == 0]  # p000, p003 …: the bureau's


def test_an_order_is_re_checked_by_two_officers_and_closed(desk, found):
    key, own = found[0], ("--department", "SCJG")
    (matter,) = desk.json("results", "order", key, "--due", "2026-03-30", *own, actor="Li", day=REVIEW_DAY)["matters"]
    again = desk.refused("results", "order", key, "--due", "2026-03-30", *own, actor="Li")
    desk.json("results", "report", matter, *own, actor="Li", day=date(2026, 3, 20))
    rows, _ = waiting(desk, date(2026, 3, 21))
    assert rows[matter]["due"] == "2026-04-03"
    one = ("--officer", "p000")
    recheck, day = ("results", "recheck", matter, *own), date(2026, 3, 24)
    refused = desk.refused(*recheck, *one, "--passed", actor="Li", day=day)
    two = (*one, "--officer", "p003")
    unanswered, unexplained = (
        desk.call(*recheck, *two, actor="Li", day=day),
        desk.refused(*recheck, *two, "--failed", actor="Li", day=day),
    )
    desk.json(*recheck, *two, "--passed", actor="Li", day=day)  # nothing of what was refused stays
    desk.json("results", "close", matter, *own, actor="Li", day=date(2026, 3, 25))

    assert "不能进行" in again and "行政处罚法" in refused
    assert unanswered[0] == 2 and "--passed" in unanswered[2] and "说明" in unexplained
    rows, follow = waiting(desk, date(2026, 3, 26))
    assert matter not in rows and key not in rows and follow["done"] == 1
    added = desk.json("results", "fell-through", "--as-of", "2026-03-26", actor="Bao")
    (drawn,) = added["draws"]
    assert added["fell_through"] == [] and drawn["is_reconciled"] and drawn["published"] == 3
    assert drawn["drawn"] == drawn["published"] + drawn["no_result"] + drawn["not_visited"] + drawn["unstaffed"]


def test_a_notice_is_received_and_answered_by_the_other_department_once(desk, found, tmp_path):
    key = found[1]
    call = ("results", "refer", key, "--to", "WJW", "--department", "SCJG", "--why", "卫生许可过期", "--key", "K-1")
    first = desk.json(*call, actor="Li", day=REVIEW_DAY)
    assert desk.json(*call, actor="Li", day=REVIEW_DAY) == first
    (matter,) = first["matters"]
    other = desk.call("results", "refer", found[0], *call[3:], actor="Li", day=REVIEW_DAY)
    assert other[0] != 0 and "K-1" in other[2]
    assert "应由" in desk.refused("results", "receive", matter, "--department", "SW", actor="Zhou")
    desk.json("results", "receive", matter, "--department", "WJW", actor="Zhou", day=date(2026, 3, 13))
    assert waiting(desk, date(2026, 3, 14))[0][matter]["department"] == "WJW"
    desk.json("results", "reply", matter, "--department", "WJW", "--why", "已立案", actor="Zhou", day=date(2026, 3, 20))
    desk.json("results", "close", matter, "--department", "SCJG", actor="Li", day=date(2026, 3, 21))

    assert matter not in waiting(desk, date(2026, 3, 22))[0]
    workspace = open_workspace(tmp_path / "workspace", create=False)
    (row,) = matters(workspace, as_of=date(2026, 3, 22)).to_dict("records")
    assert (row["state"], row["kind"], row["other"], row["n_events"]) == ("closed", "notice", "WJW", 4)
    said = [entry.action for entry in workspace.ledger.entries() if entry.action.startswith("follow_up.")]
    assert said == ["follow_up.sent", "follow_up.received", "follow_up.replied", "follow_up.closed"]
    assert workspace.ledger.first_break() is None


def test_a_suspected_crime_goes_to_the_police_with_its_annexes(desk, found):
    key, own = found[2], ("--department", "SCJG")
    crime = ("results", "transfer", key, "--to", "WJW", "--crime", *own)
    assert "移送涉嫌犯罪" in desk.refused(*crime, "--officer", "p000", actor="Head")
    decided = desk.json(*crime, "--officer", "p000", "--officer", "p003", actor="Head", day=REVIEW_DAY)
    (matter,) = decided["matters"]
    assert waiting(desk, REVIEW_DAY)[0][matter]["due"] == "2026-03-13"
    assert "检验或鉴定" in desk.refused("results", "send", matter, "--annex", "移送书", *own, actor="Head")
    papers = [word for name in ANNEXES for word in ("--annex", name)]
    desk.json("results", "send", matter, *papers, *own, actor="Head", day=date(2026, 3, 13))

    rows, _ = waiting(desk, date(2026, 3, 20))
    assert (rows[matter]["department"], rows[matter]["due"], rows[matter]["days_late"]) == ("WJW", "2026-03-16", 4)
