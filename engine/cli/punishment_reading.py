"""``xinheng punishment …``: what is known of joint punishment on a day, as the page shows it."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
    current_time,
)
from engine.cli.output import current_translate, show_json, show_table
from engine.cli.results import InboxDayOption
from engine.messages import N_, Message


class FunnelBy(StrEnum):
    """What funnels can be told apart by."""

    MEASURE = "measure_id"
    DEPARTMENT = "department"


class BoardStep(StrEnum):
    """Steps that the applying department takes and that have a limit."""

    ACTED = "acted"
    RECEIVED = "received"
    FED_BACK = "fed_back"
    RELEASED = "released"


ByOption = Annotated[FunnelBy | None, typer.Option("--by", help=N_("One funnel each."))]
AppliedByOption = Annotated[
    str, typer.Option("--applied-by", help=N_("Only cases that this department applies; all if none is given."))
]
StepOption = Annotated[BoardStep, typer.Option("--step", help=N_("Step that is to be taken in time."))]
_HEADS = {
    "punishment_id": N_("Case"),
    "entity_id": N_("Object"),
    "measure": N_("Measure"),
    "measure_id": N_("Measure"),
    "name": N_("Name"),
    "status": N_("Status"),
    "legal_basis": N_("Legal basis"),
    "list_edition": N_("Edition"),
    "refused_because": N_("Why it may not be taken"),
    "business_field": N_("Field"),
    "business_no": N_("Business"),
    "department": N_("Department"),
    "to_department": N_("Department"),
    "state": N_("State"),
    "since": N_("Since"),
    "release_due_on": N_("Release due"),
    "due_on": N_("Due"),
    "days_late": N_("Days late"),
    "waits_for": N_("Waits for"),
    "step": N_("Step"),
    "n": N_("Number"),
    "share": N_("Share"),
    "median_days": N_("Median days"),
    "n_departments": N_("Number of departments"),
    "n_open": N_("Waiting"),
    "n_overdue": N_("Overdue"),
    "n_late": N_("Late"),
    "limit_days": N_("Limit (working days)"),
    "n_in_time": N_("In time"),
    "low": N_("Lower limit"),
    "high": N_("Upper limit"),
    "n_waiting": N_("Not due yet"),
    "is_lawful": N_("Lawful today"),
    "event": N_("Event"),
    "on": N_("Day"),
    "actor": N_("By"),
    "reason": N_("Reason"),
    "amount_fen": N_("Amount (fen)"),
    "sequence": N_("Ledger entry"),
}


def list_cases(
    as_of: InboxDayOption = None,
    applied_by: AppliedByOption = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List the cases as they stand."""
    from engine.api.punishment.cases import cases

    opened, book, on = _reading(as_of, profile, workspace)
    columns = ("punishment_id", "entity_id", "measure", "department", "state", "since", "release_due_on")
    found = cases(opened, book=book, as_of=on, department=applied_by)
    show_frame(found, N_("Joint punishment"), as_json=as_json, columns=columns)


def measures(
    as_of: InboxDayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show the catalogue of measures and why some may not be taken."""
    from engine.api.punishment.cases import catalogue

    opened, book, on = _reading(as_of, profile, workspace)
    columns = ("measure_id", "name", "status", "legal_basis", "list_edition", "refused_because")
    show_frame(catalogue(opened, book=book, as_of=on), N_("Measures"), as_json=as_json, columns=columns)


def funnel(
    as_of: InboxDayOption = None,
    by: ByOption = None,
    applied_by: AppliedByOption = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show how many cases came to each step, how long it took, how many wait and are overdue."""
    from engine.api.punishment.funnel import funnel as counted

    opened, book, on = _reading(as_of, profile, workspace)
    found = counted(opened, book=book, as_of=on, by=by.value if by else None, department=applied_by)
    own = [by.value] if by else []
    columns = (*own, "step", "n", "n_departments", "median_days", "n_open", "n_overdue", "n_late", "limit_days")
    show_frame(found, N_("Funnel of joint punishment"), as_json=as_json, columns=columns)


def board(
    as_of: InboxDayOption = None,
    step: StepOption = BoardStep.ACTED,
    applied_by: AppliedByOption = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show by department and measure how many cases had a step taken in time."""
    from engine.api.punishment.board import board as counted

    opened, book, on = _reading(as_of, profile, workspace)
    found = counted(opened, book=book, as_of=on, step=step.value, department=applied_by)
    columns = ("department", "measure", "is_lawful", "n", "n_in_time", "share", "low", "high", "n_waiting")
    show_frame(found, N_("Steps in time by department and measure"), as_json=as_json, columns=columns)


def stalls(
    as_of: InboxDayOption = None,
    applied_by: AppliedByOption = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List the cases in which somebody has to act, and late releases first."""
    from engine.api.punishment.cases import stalls as waiting

    opened, book, on = _reading(as_of, profile, workspace)
    columns = ("punishment_id", "department", "waits_for", "since", "due_on", "days_late")
    found = waiting(opened, book=book, as_of=on, department=applied_by)
    show_frame(found, N_("Waiting in joint punishment"), as_json=as_json, columns=columns)


def explain(
    case: Annotated[str, typer.Argument(help=N_("Case as LISTING-MEASURE-DEPARTMENT."))],
    as_of: InboxDayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show every event of a case with who took it."""
    from engine.api.punishment.cases import explain as told

    opened, book, on = _reading(as_of, profile, workspace)
    show_frame(told(opened, case, book=book, as_of=on), N_("Events of the case"), as_json=as_json)


def _reading(as_of: str | None, profile: str, workspace: Path):  # type: ignore[no-untyped-def]
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    on = as_of_date(as_of) if as_of else current_time().date()
    return opened, read_policies(profile, workspace=opened), on


def show_frame(rows: pd.DataFrame, title: str, *, as_json: bool, columns: Sequence[str] = ()) -> None:
    """Show rows as JSON, or ``columns`` of them as a table."""
    from engine.outcomes.punishment import STEP_WORDS

    translate = current_translate()
    words = STEP_WORDS | {"live": N_("live"), "historic": N_("historic")}

    def shown_as(name: str, cell: object) -> str:
        if name in ("state", "step", "event", "status"):
            return translate(words.get(str(cell), str(cell)))
        is_share = name == "share" or (name in ("low", "high") and "n_in_time" in rows)
        return "" if cell is None else f"{cell:.1%}" if isinstance(cell, float) and is_share else str(cell)

    def plain(value: Any) -> object:
        if isinstance(value, Message):
            return value.render(translate)
        return list(value) if isinstance(value, tuple) else None if pd.isna(value) else value

    cells = [{name: plain(cell) for name, cell in row.items()} for row in rows.to_dict("records")]
    if as_json:
        show_json({"rows": cells})
        return
    shown = list(columns or rows.columns)
    lines = [tuple(shown_as(name, row[name]) for name in shown) for row in cells]
    show_table(translate(title), [translate(_HEADS.get(name, name)) for name in shown], lines)
