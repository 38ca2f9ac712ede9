"""Starts the dashboards on this machine and nowhere else."""

import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line
from engine.errors import SourceNotFoundError, UsageError
from engine.messages import N_, Message

LOOPBACK = "127.0.0.1"
PAGES = "dashboards"

PortOption = Annotated[int, typer.Option("--port", help=N_("Port on this machine."))]


def dashboard(
    *, workspace: WorkspaceOption = DEFAULT_WORKSPACE, port: PortOption = 8501, as_json: JsonOption = False
) -> int:
    """Start Streamlit on loopback with the shipped configuration; runs until it is stopped."""
    _require_pages()
    _require_free(port)
    address = f"http://{LOOPBACK}:{port}"
    if as_json:
        show_json({"address": address, "workspace": str(workspace.resolve())})
    else:
        said = Message(N_("The dashboards are at {address}; Ctrl+C stops them."), {"address": address})
        show_line(said.render(current_translate()))
    sys.stdout.flush()
    environment = {**os.environ, "XINHENG_WORKSPACE": str(workspace.resolve())}
    return subprocess.run(_call(port), env=environment, stdout=subprocess.DEVNULL, check=False).returncode


def _call(port: int) -> list[str]:
    """Return the command; what keeps it local is said here too, so that no other configuration can undo it."""
    return [
        sys.executable,
        "-m",
        PAGES,
        f"--server.port={port}",
        f"--server.address={LOOPBACK}",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
    ]


def _require_pages() -> None:
    """Raise unless the pages are installed; they are found, not imported, because the engine knows no page."""
    if find_spec(PAGES) is None:
        raise SourceNotFoundError(path=PAGES)


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
