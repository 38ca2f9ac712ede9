"""``xinheng kpi league``: departments or districts beside each other, told apart from chance."""

import math
from enum import StrEnum
from typing import Annotated

import typer

from engine.cli.kpi import AsOfOption, PeriodArgument
from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, ProfileOption, WorkspaceOption, as_of_date, current_time
from engine.cli.output import current_translate, show_json, show_table
from engine.errors import UsageError
from engine.messages import N_, Message


class Groups(StrEnum):
    """Who is compared."""

    DISTRICT = "district"
    DEPARTMENT = "department"


GroupsOption = Annotated[Groups, typer.Option("--by", help=N_("Compare districts or departments."))]
FigureOption = Annotated[str, typer.Option("--figure", help=N_("Code of a share, or findings."))]
AdjustedOption = Annotated[
    bool, typer.Option("--adjusted", help=N_("Take out the grades of what was checked (findings only)."))
]
VERDICTS = {"above": N_("above chance"), "below": N_("below chance"), "inside": N_("within chance")}


def league(
    period: PeriodArgument,
    figure: FigureOption = "findings",
    by: GroupsOption = Groups.DISTRICT,
    adjusted: AdjustedOption = False,
    as_of: AsOfOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Set departments or districts beside each other: raw and shrunken share, possible ranks, verdict of the funnel."""
    from engine.api.figures.league import ADJUSTABLE, league_table, shares
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    titles = shares()
    if figure not in titles:
        remedy = Message(N_("name one of {figures}"), {"figures": ", ".join(titles)})
        raise UsageError(what="--figure", value=figure, remedy=remedy)
    if adjusted and figure not in ADJUSTABLE:
        remedy = Message(N_("name one of {figures}"), {"figures": ", ".join(ADJUSTABLE)})
        raise UsageError(what="--adjusted", value=figure, remedy=remedy)
    day = as_of_date(as_of) if as_of else current_time().date()
    opened = open_workspace(workspace, create=False)
    book = read_policies(profile, workspace=opened)
    found = league_table(opened, period=period, by=by.value, as_of=day, book=book)
    rows = found[(found["kpi"] == figure) & (found["is_adjusted"] == adjusted)].to_dict("records")
    if as_json:
        show_json({"period": period, "as_of": day, "figure": figure, "groups": rows})
        return
    translate = current_translate()
    heads = [
        N_("group"), N_("observed / expected") if adjusted else N_("share"), N_("above"), N_("below"),
        N_("shrunken"), N_("interval"), N_("possible ranks"), N_("verdict"),
    ]  # fmt: skip
    cells = [
        [
            row["name"],
            _written(row["value"], adjusted=adjusted),
            "–" if math.isnan(row["numerator"]) else f"{row['numerator']:,.0f}",
            f"{row['n']:,}",
            _written(row["shrunken"], adjusted=adjusted),
            " – ".join(_written(row[name], adjusted=adjusted) for name in ("shrunken_low", "shrunken_high")),
            _ranks(row["rank_low"], row["rank_high"]),
            translate(VERDICTS.get(row["verdict"], N_("withheld"))),
        ]
        for row in rows
    ]
    show_table(f"{translate(titles[figure])} · {period}", [translate(head) for head in heads], cells)


def _ranks(first: float, last: float) -> str:
    return "–" if math.isnan(first) else f"{first:.0f}–{last:.0f}"


def _written(value: float, *, adjusted: bool) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.2f}×" if adjusted else f"{value:.1%}"
