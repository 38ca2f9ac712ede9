"""The auditor's commands: what was read and decided, and a log that was changed is named with a status of its own."""

import json
from pathlib import Path

import pytest

from engine.api.desk import Desk
from engine.cli import main
from engine.store.ledgers.read_log import ReadLog
from tests.small_sources import NOW
from tests.two_districts import write_two_districts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_two_districts(tmp_path / "ws")
    desk = Desk.of(tmp_path / "ws", "analyst@whole", clock=lambda: NOW)
    desk.told("page", "briefing", "lang=zh")
    desk.told("export", "hit-rate.xlsx", "10 bytes")
    return tmp_path / "ws"


def run(capsys: pytest.CaptureFixture[str], folder: Path, *words: str, status: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["audit", *words, "--workspace", str(folder)])
    assert (ended.value.code or 0) == status
    return capsys.readouterr().out


def test_reads_and_decisions_are_listed_the_latest_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reads = json.loads(run(capsys, folder, "reads", "--json"))["reads"]
    exports = json.loads(run(capsys, folder, "reads", "--kind", "export", "--json"))["reads"]
    decided = json.loads(run(capsys, folder, "decisions", "--newest", "2", "--json"))["decisions"]

    assert [each["what"] for each in reads] == ["hit-rate.xlsx", "briefing"]
    assert [each["kind"] for each in exports] == ["export"]
    assert len(decided) == 2 and decided[0]["sequence"] > decided[1]["sequence"]
    assert "查阅与导出" in run(capsys, folder, "reads") and "决定" in run(capsys, folder, "decisions")


def test_a_changed_line_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = json.loads(run(capsys, folder, "check", "--json"))
    assert whole["reads"]["holds"] and whole["decisions"]["holds"] and whole["reads"]["n"] == 2
    assert "逐条相连" in run(capsys, folder, "check")
    path = ReadLog(folder).path
    path.write_text(path.read_text(encoding="utf-8").replace("briefing", "brIefing"), encoding="utf-8")

    assert "已被改动" in run(capsys, folder, "check", status=1)
    assert not json.loads(run(capsys, folder, "check", "--json", status=1))["reads"]["holds"]
