"""``xinheng objection register, accept, decline, decide, withdraw, list``: what becomes of an objection to a record."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.results import ActingOption, InboxDayOption, KeyOption
from engine.messages import N_

TargetArgument = Annotated[
    str, typer.Argument(help=N_("Result (VISIT-ITEM-DEPARTMENT), or another record as TABLE:ID, e.g. penalties:P1."))
]
NumbersArgument = Annotated[list[str], typer.Argument(help=N_("Numbers of objections."))]
WhyOption = Annotated[str, typer.Option("--why", help=N_("Why; it stays on record."))]
ByOption = Annotated[str, typer.Option("--by", help=N_("Who objects (scheme:name); whom the record is about if none."))]
EvidenceOption = Annotated[list[str] | None, typer.Option("--evidence", help=N_("Evidence brought; repeat it."))]
ChannelOption = Annotated[str, typer.Option("--channel", help=N_("Where it came in, e.g. window."))]
UntilOption = Annotated[
    str | None, typer.Option("--until", help=N_("Put the decision off to this day, where others have to check."))
]
CorrectedOption = Annotated[bool, typer.Option("--corrected/--maintained", help=N_("What was decided."))]


def register(
    target: TargetArgument,
    why: WhyOption,
    by: ByOption = "",
    evidence: EvidenceOption = None,
    channel: ChannelOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Put an objection to a record on record; it is decided within the time limit that law sets."""
    desk = _desk(department, key, profile, workspace)
    made = desk.register(target, reason=why, by=by, evidence=evidence or [], channel=channel)
    _show([made], as_json=as_json)


def accept(
    objections: NumbersArgument,
    until: UntilOption = None,
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Accept objections and mark the records as disputed; --until puts the decision off, with the reason."""
    day = as_of_date(until) if until else None
    _show(_desk(department, key, profile, workspace).accept(objections, until=day, reason=why), as_json=as_json)


def decline(
    objections: NumbersArgument,
    why: WhyOption,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Decline to take objections up, with the reason."""
    _show(_desk(department, key, profile, workspace).decline(objections, reason=why), as_json=as_json)


def decide(
    objections: NumbersArgument,
    why: WhyOption,
    corrected: CorrectedOption,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Decide on objections; a result that is corrected goes back, is entered anew and published again."""
    made = _desk(department, key, profile, workspace).decide(objections, is_corrected=corrected, reason=why)
    _show(made, as_json=as_json)


def withdraw(
    objections: NumbersArgument,
    why: WhyOption,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Put on record that the parties take their objections back."""
    _show(_desk(department, key, profile, workspace).withdraw(objections, reason=why), as_json=as_json)


def list_objections(
    as_of: InboxDayOption = None, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """List objections with where they stand, until when they are decided, and when a correction became public."""
    from engine.api.results.objections import objections
    from engine.api.workspace import open_workspace
    from engine.outcomes.objections import EVENT_WORDS

    on = as_of_date(as_of) if as_of else current_time().date()
    found = objections(open_workspace(workspace, create=False), as_of=on)
    rows = found.astype(object).where(found.notna(), None).to_dict("records")
    if as_json:
        show_json({"as_of": on, "objections": rows})
        return
    translate = current_translate()
    heads = [N_("Objection"), N_("About"), N_("State"), N_("Department"), N_("Due"), N_("Decided on")]
    heads += [N_("Published anew on"), N_("What is said to be wrong"), N_("Reason of the last step")]
    days = ("due_on", "decided_on", "republished_on")
    cells = [
        [
            row["objection_id"], f"{row['target_table']}:{row['target_id']}", translate(EVENT_WORDS[row["state"]]),
            row["department"] or "–", *(str(row[name] or "–") for name in days), row["claim"],
            row["reason"] or "–",
        ]
        for row in rows
    ]  # fmt: skip
    show_table(translate(N_("Objections on {day}")).format(day=on), [translate(head) for head in heads], cells)


def _desk(department: str, key: str | None, profile: str, workspace: Path) -> Any:
    from engine.api.follow_up.objection_desk import ObjectionDesk
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    return ObjectionDesk(
        opened,
        book=read_policies(profile, workspace=opened),
        department=department,
        actor=current_actor(),
        clock=current_time,
        idempotency_key=key,
    )


def _show(numbers: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        show_json({"objections": list(numbers)})
        return
    show_line(current_translate()(N_("On record: {numbers}")).format(numbers=", ".join(numbers)))
