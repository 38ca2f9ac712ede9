"""From a department's file of plan lines to the certificate of a draw, by commands alone; a mistake is one sentence."""

import json
from datetime import date, datetime

import pandas as pd
import pytest

from engine.cli import main
from tests import plan_world
from tests.plan_world import PLAN, line, make

LINES = (
    line("L1", draws_per_year=2),
    line("L2", item_codes="K1;K2", initiating_department="WJW", participating_departments="WJW;SCJG", draws_per_year=2,
         occurred_on=date(2026, 2, 5), known_at=date(2026, 2, 5)),
    line("L3", item_codes="G1", ratio="0.1", objects="全部市场主体"),
)  # fmt: skip


class Desk:
    """Calls commands in one workspace, as a person on a day."""

    def __init__(self, workspace, capsys, monkeypatch):
        self.workspace, self.capsys, self.monkeypatch = workspace, capsys, monkeypatch
        monkeypatch.setenv("XINHENG_WORKSPACE", str(workspace))
        monkeypatch.setenv("XINHENG_LANG", "zh")

    def call(self, *words, actor="Bao", day=date(2026, 2, 10)):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime(day.year, day.month, day.day, 9, tzinfo=tz)

        self.monkeypatch.setattr("engine.cli.options.datetime", Clock)
        self.monkeypatch.setenv("XINHENG_ACTOR", f"{actor}:draw_officer")
        with pytest.raises(SystemExit) as left:
            main([*words])
        said = self.capsys.readouterr()
        return left.value.code, said.out, said.err

    def json(self, *words, **who):
        code, out, err = self.call(*words, "--json", **who)
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def desk(tmp_path, capsys, monkeypatch):
    workspace = make(tmp_path)
    workspace.close()
    plan_world.write(tmp_path / "plans", "plans", pd.DataFrame(LINES), name="2026")
    return Desk(tmp_path / "workspace", capsys, monkeypatch)


def test_from_submitted_lines_to_a_verified_certificate(desk, tmp_path):
    told = desk.json("plan", "submit", str(tmp_path / "plans"), actor="Anna")
    assert {one["line_id"]: one["days_late"] for one in told["lines"]} == {"L1": 0, "L2": 5, "L3": 0}
    (waiting,) = desk.json("plan", "merge", PLAN)["proposals"]
    assert (waiting["kind"], waiting["lines"], waiting["joint_line"]) == ("duplicate", ["L1", "L2"], "L1+L2")
    desk.json("plan", "merge", PLAN, "--accept", waiting["proposal"])
    assert [slot[:2] for slot in desk.json("plan", "schedule", PLAN)["slots"]] == [
        ["L1+L2", 1],
        ["L1+L2", 2],
        ["L3", 1],
    ]
    assert desk.json("plan", "consolidate", PLAN)["stage"] == "consolidated"
    assert desk.json("plan", "approve", PLAN, "--document", "No. 1", actor="Chen")["stage"] == "approved"
    published = desk.json("plan", "publish", PLAN, "--simulation", "7", actor="Ding")
    tasks = desk.json("plan", "dispatch", "L1+L2", "L3")["tasks"]
    assert [task["department"] for task in tasks] == ["SCJG", "WJW", "SCJG"]
    for task in tasks:
        desk.json("plan", "acknowledge", task["task_id"], actor="Chen")
    commit = (
        "draw",
        "commit",
        "2026-001",
        "--as-of",
        "2025-12-31",
        "--line",
        "L1+L2",
        "--line",
        "L3",
        "--simulation",
        "3",
    )
    committed = desk.json(*commit, actor="Anna", day=date(2026, 3, 2))
    assert committed["numbers"] == {"L1+L2": [1, 2], "L3": [1, 1]}
    assert sum(row["register"] for row in committed["reconciliation"] if row["item"] == "G1") == 600
    desk.json("draw", "sign", "2026-001", day=date(2026, 3, 2))
    drawn = desk.json("draw", "run", "2026-001", day=date(2026, 3, 5))
    desk.json("draw", "sign", "2026-001", actor="Anna", day=date(2026, 3, 5))
    verified = desk.json("verify", drawn["bundle"], "--expect-commit", committed["commit_digest"])
    status = desk.json("plan", "status", day=date(2026, 3, 6))

    assert verified["ok"] and verified["anchored"]
    record = json.loads((desk.workspace / "draws" / "2026-001" / "plan.json").read_text(encoding="utf-8"))
    assert record["edition"]["digest"] == published["plan_digest"]
    lines = {one["line_id"]: one for one in status["plans"][0]["lines"]}
    assert (lines["L3"]["stage"], lines["L3"]["next_stage"], lines["L3"]["draws"]) == ("draw", "entry", ["2026-001"])
    assert status["task_counts"]["annual_plan"] == 3
    for words in (("plan", "list"), ("plan", "status"), ("plan", "merge", PLAN), ("plan", "schedule", PLAN)):
        code, out, err = desk.call(*words, day=date(2026, 3, 6))
        assert (code, err) == (0, "") and any("\u4e00" <= sign <= "\u9fff" for sign in out)


MISTAKES = (
    (("plan", "schedule", "2026-999999"), 12, "没有报送过计划行"),
    (("plan", "consolidate", PLAN), 12, "列了相同事项"),
    (("plan", "approve", PLAN, "--document", "x"), 12, "只有“已汇总”之后才能变为"),
    (("plan", "approve", PLAN), 2, "填写批准文号"),
    (("plan", "publish", PLAN), 12, "之后才能变为“已公布”"),
    (("plan", "publish", PLAN, "--control-event", "fc3d"), 2, "来源:期号"),
    (("plan", "return", PLAN, "--reason", "x"), 12, "不能退回"),
    (("plan", "merge", PLAN, "--accept", "p1", "--refuse", "p2"), 2, "一次只决定一项"),
    (("plan", "merge", PLAN, "--refuse", "p2"), 2, "plan merge"),
    (("plan", "withdraw", "L1"), 2, "说明撤回的理由"),
    (("plan", "withdraw", "L9", "--reason", "x"), 2, "plan list"),
    (("plan", "dispatch", "L1"), 12, "不在任何已公布的计划中"),
    (("plan", "acknowledge", "T"), 2, "plan status"),
    (("plan", "control", PLAN), 12, "尚未公布，或没有对照组"),
    (("plan", "publicise", "2026-001"), 14, "尚未进行"),
    (("plan", "archive", "2026-001"), 14, "尚未公示"),
    (("plan", "outside", "X", "--item", "K1", "--reason", "x"), 2, "计划外抽查须先公布此项"),
    (("plan", "task", "T", "--kind", "case_check", "--department", "SCJG", "--until", "2026-03-01", "--item", "K1"), 12,
     "清单之外无检查"),
    (("draw", "commit", "X", "--as-of", "2025-12-31", "--simulation", "1"), 14, "事先没有公布理由"),
    (("draw", "commit", "X", "--as-of", "2025-12-31", "--simulation", "1", "--line", "L1"), 12, "不在任何已公布"),
)  # fmt: skip


def test_a_mistake_is_one_sentence_in_chinese_and_changes_nothing(desk, tmp_path):
    desk.json("plan", "submit", str(tmp_path / "plans"), actor="Anna")
    from engine.api.workspace import open_workspace

    def steps():
        entries = open_workspace(desk.workspace, create=False).ledger.entries()
        return [entry.action for entry in entries if entry.action.startswith(("plan.", "task.", "draw.committed"))]

    before = steps()
    for words, status, said in MISTAKES:
        code, out, err = desk.call(*words)
        assert (code, out) == (status, ""), (words, err)
        assert err.count("\n") == 1 and "Traceback" not in err, err
        assert said in err, (words, err)
    assert steps() == before
