"""``xinheng run grades``: the shares of a month beside targets and the month before, and who moved why."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

RunArgument = Annotated[
    str | None, typer.Argument(help=N_("The monthly run, as 'run list' names it; default: the one finished last."))
]
MovesOption = Annotated[
    Path | None, typer.Option("--moves", help=N_("Write everybody who moved, with the cause, to this file as CSV."))
]


def grades(
    run: RunArgument = None,
    moves: MovesOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show the grades of a month: shares beside targets and the month before, and moves by cause."""
    import pandas as pd

    from engine.api.grading import months
    from engine.api.table_export import csv_bytes
    from engine.api.workspace import open_workspace
    from engine.errors import MonthlyRunError
    from engine.messages import Message

    opened = open_workspace(workspace, create=False)
    held = months.grade_months(opened)
    if run is None and not held:
        problem, remedy = Message(N_("none is finished")), Message(N_("finish it with 'xinheng run monthly'"))
        raise MonthlyRunError(run="", problem=problem, remedy=remedy)
    name = run or held[0].run_id
    shares = months.month_shares(opened, run_id=name)
    matrix = months.month_migration(opened, run_id=name)
    month = next(each for each in held if each.run_id == name)
    if moves is not None:
        parts = [
            months.month_moves(opened, run_id=name, population=each).assign(population=each)
            for each in sorted(set(shares["population"]))
        ]
        moves.write_bytes(csv_bytes(pd.concat(parts, ignore_index=True)))
    if as_json:
        told = [table.astype(object).where(table.notna(), None).to_dict("records") for table in (shares, matrix)]
        show_json({"run_id": name, "as_of": month.as_of, "previous": month.previous or None,
                   "n_corrected": month.n_corrected, "shares": told[0], "migration": told[1]})  # fmt: skip
        return
    translate = current_translate()
    heads = [N_("population"), N_("grade"), N_("entities"), N_("share"), N_("target share"), N_("share before")]
    cells = [
        [
            row["population"], row["grade"], f"{row['n']:,}", _share(row["share"]), _share(row["target_share"]),
            _share(row["share_before"]),
        ]
        for row in shares.to_dict("records")
    ]  # fmt: skip
    show_table(f"{translate(N_('Grades'))} · {name} · {month.as_of}", [translate(head) for head in heads], cells)
    heads = [N_("population"), N_("grade before"), N_("grade now"), N_("cause of the move"), N_("entities")]
    cells = [
        [
            row["population"], row["from_grade"], row["to_grade"], translate(months.CAUSE_NAMES[row["cause"]]),
            f"{row['n']:,}",
        ]
        for row in matrix.to_dict("records")
    ]  # fmt: skip
    if cells:
        show_table(translate(N_("Moves between grades")), [translate(head) for head in heads], cells)
    if month.n_corrected:
        show_line(translate(N_("{n} of these grades were corrected on objection since.")).format(n=month.n_corrected))


def _share(value: float) -> str:
    return "–" if value != value else f"{value:.1%}"
