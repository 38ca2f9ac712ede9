"""Starts the dashboards on this machine and nowhere else."""

import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line
from engine.errors import SourceNotFoundError, UsageError
from engine.messages import N_, Message

LOOPBACK = "127.0.0.1"

PortOption = Annotated[int, typer.Option("--port", help=N_("Port on this machine."))]


def dashboard(
    *, workspace: WorkspaceOption = DEFAULT_WORKSPACE, port: PortOption = 8501, as_json: JsonOption = False
) -> int:
    """Start Streamlit on loopback with the shipped configuration; runs until it is stopped."""
    script = _script()
    _require_free(port)
    address = f"http://{LOOPBACK}:{port}"
    if as_json:
        show_json({"address": address, "workspace": str(workspace.resolve())})
    else:
        said = Message(N_("The dashboards are at {address}; Ctrl+C stops them."), {"address": address})
        show_line(said.render(current_translate()))
    sys.stdout.flush()
    environment = {**os.environ, "XINHENG_WORKSPACE": str(workspace.resolve())}
    return subprocess.run(_call(script, port), env=environment, stdout=subprocess.DEVNULL, check=False).returncode


def _call(script: Path, port: int) -> list[str]:
    """Return the command; what keeps it local is said here too, so that no other configuration can undo it."""
    return [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(script),
        f"--server.port={port}",
        f"--server.address={LOOPBACK}",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
    ]


def _script() -> Path:
    """Return the entry script; the package is found, not imported, because the engine knows no page."""
    package = find_spec("dashboards")
    folders = list(package.submodule_search_locations or ()) if package is not None else []
    script = Path(folders[0], "app.py") if folders else Path("dashboards", "app.py")
    if not script.is_file():
        raise SourceNotFoundError(path=str(script))
    return script


def _require_free(port: int) -> None:
    """Raise unless this port can be listened on."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
    except (OSError, OverflowError):
        raise UsageError(
            what="--port", value=port, remedy=Message(N_("choose a free port from 1024 to 65535"))
        ) from None
