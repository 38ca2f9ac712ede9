"""What the laboratory's commands share: options, and a workspace made ready."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import as_of_date
from engine.messages import N_

DrawsOption = Annotated[int, typer.Option("--draws", min=10, help=N_("Simulated futures."))]
SeedOption = Annotated[int, typer.Option("--seed", help=N_("Seed of the simulation; the same seed repeats it."))]


def bench_of(workspace: Path, profile: str, as_of: str, draft: Path | None) -> Any:
    """Return the workspace's draws ready for the laboratory (``engine.api.laboratory.Bench``)."""
    from engine.api.laboratory import prepare
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    return prepare(opened, profile=profile, as_of=as_of_date(as_of), draft=draft)
