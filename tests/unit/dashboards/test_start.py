"""Starting the pages: the shipped configuration keeps them on this machine, and no question goes to the outside."""

import socket
import tomllib
from pathlib import Path

import pytest
from streamlit import net_util

from dashboards import __main__ as start

CONFIG = Path(start.__file__).parent / ".streamlit" / "config.toml"


def test_the_public_address_is_never_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    monkeypatch.setattr(socket, "create_connection", refuse)

    start.stay_inside()

    assert net_util.get_external_ip() is None


def test_the_shipped_configuration_is_local_and_silent() -> None:
    options = tomllib.loads(CONFIG.read_text(encoding="utf-8"))

    assert options["browser"]["gatherUsageStats"] is False
    assert options["server"]["address"] == "127.0.0.1"
    assert options["client"]["showErrorDetails"] == "none"
    assert "://" not in CONFIG.read_text(encoding="utf-8")


def test_the_entry_script_and_its_icon_are_part_of_the_package() -> None:
    assert start.SCRIPT.is_file()
    assert (start.SCRIPT.parent / "static" / "favicon.png").is_file()
