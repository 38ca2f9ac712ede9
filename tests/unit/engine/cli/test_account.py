"""Accounts, marts and jobs on the command line."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.api.desk import Desk
from engine.api.jobs.board import start_job
from engine.cli import main
from tests.small_sources import NOW
from tests.two_districts import write_two_districts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_two_districts(tmp_path / "ws")
    return tmp_path / "ws"


def run(capsys: pytest.CaptureFixture[str], folder: Path, *words: str, status: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--workspace", str(folder)])
    assert ended.value.code == status
    return capsys.readouterr().out


def test_an_account_is_added_changed_listed_and_revoked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, folder, "account", "add", "a@x", "--name", "甲", "--role", "inspector", "--district", "330602")
    told = run(capsys, folder, "account", "grant", "a@x", "--role", "analyst", "--department", "fire", "--json")
    assert json.loads(told)["accounts"] == [
        {
            "account": "a@x", "name": "甲", "role": "analyst", "districts": None, "departments": ["fire"],
            "active": True,
        }
    ]  # fmt: skip

    run(capsys, folder, "account", "revoke", "a@x", "--reason", "left")

    assert "已停用" in run(capsys, folder, "account", "list")
    run(capsys, folder, "account", "revoke", "a@x", "--reason", "left", status=2)
    run(capsys, folder, "account", "add", "b@x", "--name", "乙", "--role", "boss", status=2)
    run(capsys, folder, "account", "add", "b@x", "--name", "乙", "--role", "leader", "--district", "x", status=2)


def test_marts_are_built_and_a_job_is_run_and_listed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    built = json.loads(run(capsys, folder, "marts", "build", "--json"))
    assert set(built["marts"]["scopes"]) == {"*", "d:330602", "d:330604"}
    assert "330602" not in run(capsys, folder, "marts", "build")

    started = SimpleNamespace(poll=lambda: 0, pid=os.getpid(), stdin=None)
    monkeypatch.setattr("engine.api.jobs.board.subprocess.Popen", lambda *_, **__: started)
    made = start_job(Desk.of(folder, "analyst@whole", clock=lambda: NOW), "marts")
    done = json.loads(run(capsys, folder, "jobs", "run", made.job_id, "--json"))

    assert done["job"]["state"] == "done"
    assert made.job_id in run(capsys, folder, "jobs", "list")
    assert len(json.loads(run(capsys, folder, "jobs", "list", "--json"))["jobs"]) == 1
