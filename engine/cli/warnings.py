"""``xinheng warnings``: list early warnings, assign, acknowledge, put off and close them, precision, proposals."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from engine.warnings.disposal import WarningState

WarningsArgument = Annotated[
    list[str], typer.Argument(help=N_("The warnings, as 'warnings list' names them; all or none are taken on."))
]
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


class LevelChoice(StrEnum):
    """How pressing a warning is."""

    URGENT = "urgent"
    IMPORTANT = "important"
    ATTENTION = "attention"


class PeriodChoice(StrEnum):
    """By which period precision is told."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


STATES = {
    "raised": N_("raised"), "assigned": N_("assigned"), "acknowledged": N_("acknowledged"), "closed": N_("closed"),
}  # fmt: skip


def list_warnings(
    state: Annotated[StateChoice, typer.Option("--state", help=N_("Only warnings in this state."))] = StateChoice.OPEN,
    rule: Annotated[str | None, typer.Option("--rule", help=N_("Only warnings of this rule."))] = None,
    level: Annotated[LevelChoice | None, typer.Option("--level", help=N_("Only warnings of this level."))] = None,
    assignee: Annotated[str | None, typer.Option("--given-to", help=N_("Only those given to this person."))] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help=N_("Only those past their last day."))] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List warnings, the most pressing first."""
    from engine.api.grading.warnings import warnings
    from engine.api.workspace import open_workspace

    translate = current_translate()
    opened = open_workspace(workspace, create=False)
    rows = warnings(
        opened,
        on=current_time().date(),
        state=state.value,
        rule=rule,
        level=level.value if level else None,
        assignee=assignee,
        overdue=overdue,
    ).to_dict("records")
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
    warning: WarningsArgument,
    to: Annotated[str, typer.Option("--to", help=N_("Who disposes of it."))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Give warnings to somebody."""
    from engine.api.grading.warning_steps import assign_warnings
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    _show(assign_warnings(opened, warning, assignee=to, actor=current_actor(), clock=current_time), as_json=as_json)


def acknowledge(
    warning: WarningsArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Take assigned warnings up."""
    from engine.api.grading.warning_steps import acknowledge_warnings
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    _show(acknowledge_warnings(opened, warning, actor=current_actor(), clock=current_time), as_json=as_json)


def snooze(
    warning: WarningsArgument,
    until: Annotated[str, typer.Option("--until", help=N_("The new last day, YYYY-MM-DD."))],
    reason: ReasonOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Put warnings off, once."""
    from engine.api.grading.warning_steps import snooze_warnings
    from engine.api.workspace import open_workspace

    opened, day = open_workspace(workspace, create=False), as_of_date(until)
    held = snooze_warnings(opened, warning, until=day, reason=reason, actor=current_actor(), clock=current_time)
    _show(held, as_json=as_json)


def close(
    warning: WarningsArgument,
    outcome: Annotated[OutcomeChoice, typer.Option("--as", help=N_("What the check showed."))],
    reason: ReasonOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Close warnings as confirmed or false."""
    from engine.api.grading.warning_steps import close_warnings
    from engine.api.workspace import open_workspace

    held = close_warnings(
        open_workspace(workspace, create=False),
        warning,
        outcome=outcome.value,
        reason=reason,
        actor=current_actor(),
        clock=current_time,
    )
    _show(held, as_json=as_json)


def precision(
    every: Annotated[PeriodChoice | None, typer.Option("--every", help=N_("Also by period of closing."))] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show how often each rule was right, and which rules are noisy."""
    from engine.api.grading.warnings import precision_course, retirement_rule, warning_precision
    from engine.api.workspace import open_workspace

    opened, today = open_workspace(workspace, create=False), current_time().date()
    rows = warning_precision(opened, on=today).to_dict("records")
    course = [] if every is None else precision_course(opened, on=today, every=every.value).to_dict("records")
    if as_json:
        show_json({"rules": rows} if every is None else {"rules": rows, "course": course})
        return
    translate = current_translate()
    limits = retirement_rule(today)
    heads = [translate(h) for h in (N_("rule"), N_("closed"), N_("confirmed"), N_("precision"), N_("interval"))]
    title = translate(N_("Precision by rule (* fewer than {n} closed)")).format(n=limits.least_closed)
    show_table(title, heads, [[_starred(row), *_judged(row)] for row in rows])
    for row in rows:
        if row["is_noisy"]:
            said = N_("{rule} is right in fewer than {share} of its warnings: give it up or make it stricter.")
            show_line(translate(said).format(rule=row["rule_code"], share=f"{limits.least_precision:.0%}"))
    if every is not None:
        cells = [[str(row["since"]), _starred(row), *_judged(row)] for row in course]
        show_table(translate(N_("Precision by period of closing")), [translate(N_("from")), *heads], cells)


def _starred(row: Mapping[Any, Any]) -> str:
    return f"{row['rule_code']}{'' if row['is_enough'] else ' *'}"


def _judged(row: Mapping[Any, Any]) -> list[Any]:
    return [row["n"], row["n_confirmed"], f"{row['precision']:.1%}", f"{row['low']:.1%} – {row['high']:.1%}"]


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


def _show(held: Sequence["WarningState"], *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        show_json({"warnings": [asdict(each) for each in held]})
        return
    for each in held:
        show_line(f"{each.warning_id} · {current_translate()(STATES[each.state])} · {each.due_on}")
