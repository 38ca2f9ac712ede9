"""What the laboratory's commands share: options, and a workspace made ready."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import as_of_date
from engine.messages import N_
from engine.windows import parse_date

DrawsOption = Annotated[int, typer.Option("--draws", min=10, help=N_("Simulated futures."))]
SeedOption = Annotated[int, typer.Option("--seed", help=N_("Seed of the simulation; the same seed repeats it."))]


NumberOption = Annotated[
    int, typer.Option("--draw-number", min=1, help=N_("Which draw of the year; earlier ones are taken from the quota."))
]
DrawsPerYearOption = Annotated[int, typer.Option("--draws-per-year", min=1, help=N_("Draws of the year."))]
UntilOption = Annotated[
    str | None,
    typer.Option("--inspect-until", help=N_("Last day of the inspections, YYYY-MM-DD; default: year's end.")),
]


def bench_of(
    workspace: Path,
    profile: str,
    as_of: str,
    draft: Path | None,
    *,
    number: int = 1,
    draws: int = 1,
    until: str | None = None,
) -> Any:
    """Return the workspace ready for the laboratory (``engine.api.laboratory.Bench``)."""
    from engine.api.laboratory import Occasion, prepare
    from engine.api.workspace import open_workspace

    last = parse_date(until, what="--inspect-until") if until else None
    occasion = Occasion.of_year(as_of_date(as_of), number=number, draws=draws, until=last)
    return prepare(open_workspace(workspace, create=False), profile=profile, occasion=occasion, draft=draft)
