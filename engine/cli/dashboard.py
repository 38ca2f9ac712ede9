"""Starts the dashboards on this machine and nowhere else."""

import errno
import os
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from typing import Annotated
from urllib.request import ProxyHandler, build_opener

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line
from engine.errors import SourceNotFoundError, UsageError
from engine.messages import N_, Message

LOOPBACK = "127.0.0.1"
PAGES = "dashboards"
ASK_EVERY = 0.25
"""Seconds between two questions whether the server answers."""

PortOption = Annotated[int, typer.Option("--port", help=N_("Port on this machine."))]


LocalOption = Annotated[
    bool, typer.Option("--local", help=N_("One person at this machine; no sign-in, everything is open to that person."))
]
SignInOption = Annotated[
    Path | None, typer.Option("--sign-in", help=N_("TOML file with the section 'auth' of an OpenID Connect provider."))
]
ClaimOption = Annotated[
    str, typer.Option("--claim", help=N_("Claim of the identity provider that holds the account, e.g. email or sub."))
]


def dashboard(
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    port: PortOption = 8501,
    local: LocalOption = False,
    sign_in: SignInOption = None,
    claim: ClaimOption = "email",
    as_json: JsonOption = False,
) -> int:
    """Start Streamlit on loopback with the shipped configuration; runs until it is stopped.

    Who may look must be said: ``--local`` for whoever sits at this machine, or ``--sign-in`` with a provider.
    """
    access = _access(local=local, sign_in=sign_in, claim=claim)
    _require_pages()
    _require_free(port)
    address = f"http://{LOOPBACK}:{port}"
    if as_json:
        show_json({"address": address, "workspace": str(workspace.resolve())})
    else:
        show_line(current_translate()(N_("The dashboards are starting, which takes some seconds …")))
    sys.stdout.flush()
    environment = {**os.environ, **access, "XINHENG_WORKSPACE": str(workspace.resolve())}
    before = signal.signal(signal.SIGTERM, _end)
    is_over = Event()
    if not as_json:
        Thread(target=_say_when_up, args=(address, is_over), daemon=True).start()
    try:
        return subprocess.run(_call(port, sign_in), env=environment, stdout=subprocess.DEVNULL, check=False).returncode
    finally:
        is_over.set()
        signal.signal(signal.SIGTERM, before)


def _say_when_up(address: str, is_over: Event) -> None:
    """Name the address once it answers, so that nobody opens it before."""
    direct = build_opener(ProxyHandler({}))  # a proxy of the environment must not see a question to this machine
    while not is_over.wait(ASK_EVERY):
        try:
            with direct.open(f"{address}/_stcore/health", timeout=ASK_EVERY):
                break
        except OSError:
            continue
    else:
        return
    said = Message(N_("The dashboards are at {address}; Ctrl+C stops them."), {"address": address})
    show_line(said.render(current_translate()))
    sys.stdout.flush()


def _end(*_: object) -> None:
    """Leave by an exception when told to end, so that the server is ended too and does not stay behind."""
    raise SystemExit(128 + signal.SIGTERM)


def _access(*, local: bool, sign_in: Path | None, claim: str) -> dict[str, str]:
    """Return how people get in, as the pages read it."""
    if local == (sign_in is not None):
        raise UsageError(
            what="xinheng dashboard",
            value="--local --sign-in" if local else "",
            remedy=Message(N_("say who may look: --local on your own machine, or --sign-in FILE with a provider")),
        )
    if sign_in is None:
        return {"XINHENG_ACCESS": "local"}
    if not sign_in.is_file():
        raise SourceNotFoundError(path=sign_in)
    return {"XINHENG_ACCESS": "sign_in", "XINHENG_ACCESS_CLAIM": claim}


def _call(port: int, sign_in: Path | None) -> list[str]:
    """Return the command; what keeps it local is said here too, so that no other configuration can undo it."""
    secrets = [] if sign_in is None else [f"--secrets.files={sign_in.resolve()}"]
    return [
        sys.executable,
        "-m",
        PAGES,
        f"--server.port={port}",
        f"--server.address={LOOPBACK}",
        "--server.headless=true",
        "--browser.gatherUsageStats=false",
        "--logger.level=warning",
        *secrets,
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
    except (OSError, OverflowError) as refused:
        text = N_("choose a free port from 1024 to 65535")
        if getattr(refused, "errno", None) == errno.EADDRINUSE:
            text = N_("something uses it, perhaps dashboards that run already; choose another port, e.g. --port 8502")
        raise UsageError(what="--port", value=port, remedy=Message(text)) from None
