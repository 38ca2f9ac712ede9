"""``xinheng warnings``: list early warnings, assign, acknowledge, put off and close them, precision, proposals."""

from enum import StrEnum
from typing import Annotated

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

WarningArgument = Annotated[str, typer.Argument(help=N_("The warning, as 'warnings list' names it."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))]


class OutcomeChoice(StrEnum):
    """What the check of a warning showed."""

    CONFIRMED = "confirmed"
    FALSE = "false"


class StateChoice(StrEnum):
    """Which warnings are listed."""

    OPEN = "open"
    RAISED = "raised"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


STATES = {
    "raised": N_("raised"), "assigned": N_("assigned"), "acknowledged": N_("acknowledged"), "closed": N_("closed"),
}  # fmt: skip


def list_warnings(
    state: Annotated[StateChoice, typer.Option("--state", help=N_("Only warnings in this state."))] = StateChoice.OPEN,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List warnings, the most pressing first."""
    from engine.api.warnings import warnings
    from engine.api.workspace import open_workspace

    translate = current_translate()
    opened = open_workspace(workspace, create=False)
    rows = warnings(opened, on=current_time().date(), state=state.value).to_dict("records")
    for row in rows:
        row["sentence"] = row["sentence"].render(translate)
    if as_json:
        show_json({"warnings": rows})
        return
    heads = [N_("warning"), N_("due"), N_("status"), N_("assigned to"), N_("ground")]
    cells = [
        [
            r["warning_id"],
            f"{r['due_on']}{' !' if r['is_overdue'] else ''}",
            translate(STATES[r["state"]]),
            r["assignee"] or "–",
            r["sentence"],
        ]
        for r in rows
    ]
    show_table(translate(N_("Warnings")) + f" · {len(rows):,}", [translate(head) for head in heads], cells)


def assign(
    warning: WarningArgument,
    to: Annotated[str, typer.Option("--to", help=N_("Who disposes of it."))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Give a warning to somebody."""
    from engine.api.warnings import assign_warning
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    _show(assign_warning(opened, warning, assignee=to, actor=current_actor(), clock=current_time), as_json=as_json)


def acknowledge(
    warning: WarningArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Take an assigned warning up."""
    from engine.api.warnings import acknowledge_warning
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    _show(acknowledge_warning(opened, warning, actor=current_actor(), clock=current_time), as_json=as_json)


def snooze(
    warning: WarningArgument,
    until: Annotated[str, typer.Option("--until", help=N_("The new last day, YYYY-MM-DD."))],
    reason: ReasonOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Put a warning off, once."""
    from engine.api.warnings import snooze_warning
    from engine.api.workspace import open_workspace

    opened, day = open_workspace(workspace, create=False), as_of_date(until)
    held = snooze_warning(opened, warning, until=day, reason=reason, actor=current_actor(), clock=current_time)
    _show(held, as_json=as_json)


def close(
    warning: WarningArgument,
    outcome: Annotated[OutcomeChoice, typer.Option("--as", help=N_("What the check showed."))],
    reason: ReasonOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Close a warning as confirmed or false."""
    from engine.api.warnings import close_warning
    from engine.api.workspace import open_workspace

    held = close_warning(
        open_workspace(workspace, create=False),
        warning,
        outcome=outcome.value,
        reason=reason,
        actor=current_actor(),
        clock=current_time,
    )
    _show(held, as_json=as_json)


def precision(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Show how often each rule was right."""
    from engine.api.warnings import warning_precision
    from engine.api.workspace import open_workspace

    rows = warning_precision(open_workspace(workspace, create=False)).to_dict("records")
    if as_json:
        show_json({"rules": rows})
        return
    translate = current_translate()
    heads = [N_("rule"), N_("closed"), N_("confirmed"), N_("precision"), N_("95 % interval")]
    cells = [
        [
            f"{r['rule_code']}{'' if r['is_enough'] else ' *'}",
            r["n"],
            r["n_confirmed"],
            f"{r['precision']:.1%}",
            f"{r['low']:.1%} – {r['high']:.1%}",
        ]
        for r in rows
    ]
    show_table(translate(N_("Precision by rule (* fewer than 50 closed)")), [translate(h) for h in heads], cells)


def propose(
    warning: Annotated[str | None, typer.Argument(help=N_("Propose from this warning; default: list them."))] = None,
    reason: Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List common problems, or propose a special inspection of one."""
    from engine.api.warnings import propose_special_inspection, warning_proposals
    from engine.api.workspace import open_workspace

    opened, translate = open_workspace(workspace, create=False), current_translate()
    if warning is not None:
        n = propose_special_inspection(opened, warning, reason=reason, actor=current_actor(), clock=current_time)
        if as_json:
            show_json({"warning_id": warning, "n_affected": n})
            return
        show_line(translate(N_("A special inspection is proposed; its frame holds {n} entities.")).format(n=n))
        return
    rows = warning_proposals(opened).to_dict("records")
    for row in rows:
        row["sentence"] = row["sentence"].render(translate)
    if as_json:
        show_json({"proposals": rows})
        return
    heads = [N_("warning"), N_("entities"), N_("ground")]
    cells = [[r["warning_id"], f"{r['n_affected']:,}", r["sentence"]] for r in rows]
    show_table(translate(N_("Common problems")), [translate(head) for head in heads], cells)


def _show(held: object, *, as_json: bool) -> None:
    from dataclasses import asdict

    said = asdict(held)  # type: ignore[call-overload]
    if as_json:
        show_json(said)
        return
    show_line(f"{said['warning_id']} · {current_translate()(STATES[said['state']])} · {said['due_on']}")
