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
from engine.messages import N_, Message

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
    from engine.api.grading.warnings import warnings
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
    from engine.api.grading.warnings import assign_warning
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    _show(assign_warning(opened, warning, assignee=to, actor=current_actor(), clock=current_time), as_json=as_json)


def acknowledge(
    warning: WarningArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Take an assigned warning up."""
    from engine.api.grading.warnings import acknowledge_warning
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
    from engine.api.grading.warnings import snooze_warning
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
    from engine.api.grading.warnings import close_warning
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
    from engine.api.grading.warnings import warning_precision
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


def audit(
    run: Annotated[str | None, typer.Option("--run", help=N_("Only the sample of this monthly run."))] = None,
    entity: Annotated[
        list[str] | None, typer.Option("--entity", help=N_("A firm that was checked; several times for several."))
    ] = None,
    outcome: Annotated[OutcomeChoice | None, typer.Option("--as", help=N_("What the check showed."))] = None,
    reason: Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List firms to be checked although nothing warns of them, or say what the check of one found."""
    from engine.api.grading.warning_audits import record_audit, warning_audits
    from engine.api.workspace import open_workspace
    from engine.errors import UsageError

    opened = open_workspace(workspace, create=False)
    if entity:
        if run is None or outcome is None:
            raise UsageError(what="--entity", value=entity[0], remedy=Message(N_("give --run and --as with it")))
        record_audit(
            opened, run, entity, outcome=outcome.value, reason=reason, actor=current_actor(), clock=current_time
        )
    rows = warning_audits(opened, run_id=run).to_dict("records")
    if as_json:
        show_json({"audits": rows})
        return
    translate = current_translate()
    heads = [N_("run"), N_("entity"), N_("chance of being picked"), N_("What the check showed."), N_("checked by")]
    said = {"confirmed": N_("something was wrong"), "false": N_("nothing was wrong")}
    cells = [
        [
            r["run_id"], r["entity_id"], f"{r['inclusion_probability']:.4%}",
            translate(said[r["outcome"]]) if isinstance(r["outcome"], str) else "–", r["checked_by"] or "–",
        ]
        for r in rows
    ]  # fmt: skip
    title = translate(N_("Audit of firms without a warning"))
    show_table(f"{title} · {len(rows):,}", [translate(head) for head in heads], cells)


def detection(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Show how much of what is wrong the warnings find: precision, and recall by the audit."""
    from dataclasses import asdict

    from engine.api.grading.warning_audits import warning_detection
    from engine.api.workspace import open_workspace

    found = warning_detection(open_workspace(workspace, create=False))
    if as_json:
        show_json(asdict(found))
        return
    translate = current_translate()
    heads = [N_("measure"), N_("hits"), "n", N_("value"), N_("95 % interval")]
    rows = [
        [translate(name), f"{part.hits:,}", f"{part.n:,}", _share(part.value), f"{part.low:.1%} – {part.high:.1%}"]
        for name, part in ((N_("precision"), found.precision), (N_("wrong without a warning"), found.missed))
    ]
    span = f"{found.recall_low:.1%} – {found.recall_high:.1%}"
    rows.append([translate(N_("recall")), "–", "–", _share(found.recall), span])
    title = translate(N_("Warnings of {runs} run(s): {warned} firms warned of, {others} not")).format(
        runs=found.n_runs, warned=f"{found.n_warned:,}", others=f"{found.n_unwarned:,}"
    )
    show_table(title, [translate(head) for head in heads], rows)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def propose(
    warning: Annotated[str | None, typer.Argument(help=N_("Propose from this warning; default: list them."))] = None,
    reason: Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List common problems, or propose a special inspection of one."""
    from engine.api.grading.warnings import propose_special_inspection, warning_proposals
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
