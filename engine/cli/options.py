"""Options that several commands share, each defined once."""

import os
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer

from engine.messages import N_
from engine.pipeline.ports import Actor
from engine.windows import parse_date

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", envvar="XINHENG_WORKSPACE", help=N_("Folder of the workspace."))
]
JsonOption = Annotated[bool, typer.Option("--json", help=N_("Print one JSON object on stdout and nothing else there."))]
AsOfOption = Annotated[str, typer.Option("--as-of", help=N_("The date as of which is asked, YYYY-MM-DD."))]
DatesOption = Annotated[
    list[str],
    typer.Option("--as-of", help=N_("The date as of which is asked, YYYY-MM-DD; may be given several times.")),
]
ProfileOption = Annotated[str, typer.Option("--profile", help=N_("Policy profile, e.g. default or benchmark."))]

DEFAULT_WORKSPACE = Path("workspace")
CHINA_TIME = timezone(timedelta(hours=8))


def current_time() -> datetime:
    """Return now in China's time zone; the only clock of the command line."""
    return datetime.now(CHINA_TIME)


def as_of_date(text: str) -> date:
    """Return the date of ``--as-of``."""
    return parse_date(text, what="--as-of")


def current_actor() -> Actor:
    """Return who acts: ``XINHENG_ACTOR`` as ``name`` or ``name:role``, else the operator of this machine."""
    name, _, role = os.environ.get("XINHENG_ACTOR", "local operator:admin").partition(":")
    return Actor(name=name, role=role or "analyst")
