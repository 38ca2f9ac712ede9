"""Starting the dashboards: loopback only, a taken port is said before anything starts."""

import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.cli import dashboard as command
from engine.errors import SourceNotFoundError, UsageError


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    calls: list[tuple[list[str], dict[str, str]]] = []

    def run(call: list[str], *, env: dict[str, str], **_: object) -> SimpleNamespace:
        calls.append((call, env))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_server_listens_on_this_machine_only_and_reports_nothing(
    started: list[tuple[list[str], dict[str, str]]], tmp_path: Path
) -> None:
    status = command.dashboard(workspace=tmp_path, local=True, port=free_port())

    call, environment = started[0]
    assert status == 0
    assert "--server.address=127.0.0.1" in call
    assert "--browser.gatherUsageStats=false" in call
    assert call[1:3] == ["-m", "dashboards"]
    assert environment["XINHENG_WORKSPACE"] == str(tmp_path.resolve())
    assert environment["XINHENG_ACCESS"] == "local"


def test_a_taken_port_is_a_clear_sentence(started: list[tuple[list[str], dict[str, str]]], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="--port"):
            command.dashboard(workspace=tmp_path, local=True, port=taken.getsockname()[1])

    assert started == []


def test_who_may_look_must_be_said_and_in_one_way(
    started: list[tuple[list[str], dict[str, str]]], tmp_path: Path
) -> None:
    settings = tmp_path / "sign-in.toml"
    settings.touch()

    with pytest.raises(UsageError, match="--local"):
        command.dashboard(workspace=tmp_path, port=free_port())
    with pytest.raises(UsageError, match="--local"):
        command.dashboard(workspace=tmp_path, port=free_port(), local=True, sign_in=settings)
    with pytest.raises(SourceNotFoundError):
        command.dashboard(workspace=tmp_path, port=free_port(), sign_in=tmp_path / "nowhere.toml")
    assert started == []


def test_the_settings_of_the_provider_are_handed_to_the_server(
    started: list[tuple[list[str], dict[str, str]]], tmp_path: Path
) -> None:
    settings = tmp_path / "sign-in.toml"
    settings.touch()

    command.dashboard(workspace=tmp_path, port=free_port(), sign_in=settings, claim="sub")

    call, environment = started[0]
    assert f"--secrets.files={settings.resolve()}" in call
    assert (environment["XINHENG_ACCESS"], environment["XINHENG_ACCESS_CLAIM"]) == ("sign_in", "sub")


def test_a_port_that_cannot_exist_is_refused(started: list[tuple[list[str], dict[str, str]]], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        command.dashboard(workspace=tmp_path, local=True, port=70_000)

    assert started == []


def test_json_gives_one_object_with_the_address(
    started: list[tuple[list[str], dict[str, str]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()

    command.dashboard(workspace=tmp_path, local=True, port=port, as_json=True)

    assert f'"address": "http://127.0.0.1:{port}"' in capsys.readouterr().out
