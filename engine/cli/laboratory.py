"""What the laboratory's commands share: options, and a workspace made ready."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import as_of_date
from engine.errors import UsageError
from engine.messages import N_, Message
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


LinesOption = Annotated[
    list[str] | None, typer.Option("--line", help=N_("Plan line to be drawn; may be repeated. Default: no plan."))
]
PlanOption = Annotated[str | None, typer.Option("--plan", help=N_("Plan, all of whose lines are to be drawn."))]
WholeYearOption = Annotated[
    bool, typer.Option("--whole-year", help=N_("What is left of the lines' year as one draw, not the next draw alone."))
]


def choice_of(
    plan: str | None, lines: list[str] | None, *, whole_year: bool, number: int, draws: int, until: str | None
) -> Any:
    """Return the chosen plan lines (``engine.api.plans.bench.PlanChoice``), None outside a plan."""
    from engine.api.plans.bench import PlanChoice

    choice = PlanChoice(plan, tuple(lines or ()), whole_year)
    if not choice:
        if whole_year:
            remedy = Message(N_("name the lines with --plan or --line"))
            raise UsageError(what="--whole-year", value="", remedy=remedy)
        return None
    if (number, draws) != (1, 1) or until:
        remedy = Message(N_("leave it out: the lines say which draw of the year comes next, and when it ends"))
        raise UsageError(what="--draw-number, --draws-per-year, --inspect-until", value=number, remedy=remedy)
    return choice


def bench_of(
    workspace: Path,
    profile: str,
    as_of: str,
    draft: Path | None,
    *,
    number: int = 1,
    draws: int = 1,
    until: str | None = None,
    lines: Any = None,
) -> Any:
    """Return the workspace ready for the laboratory (``engine.api.policies.laboratory.Bench``)."""
    from engine.api.policies.laboratory import Occasion, prepare
    from engine.api.workspace import open_workspace

    last = parse_date(until, what="--inspect-until") if until else None
    occasion = Occasion.of_year(as_of_date(as_of), number=number, draws=draws, until=last)
    opened = open_workspace(workspace, create=False)
    return prepare(opened, profile=profile, occasion=occasion, draft=draft, lines=lines)
