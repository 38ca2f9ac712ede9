"""``xinheng override propose, approve, refuse, withdraw, list``: grades that two persons set for a time."""

from datetime import date
from pathlib import Path
from typing import Annotated

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
from engine.messages import N_

EntityArgument = Annotated[str, typer.Argument(help=N_("Identifier of the entity."))]
OverrideArgument = Annotated[str, typer.Argument(help=N_("The override, as 'override list' names it."))]
WhyOption = Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))]
STATES = {
    "proposed": N_("waits for a second person"), "refused": N_("refused"), "withdrawn": N_("taken back"),
    "waiting": N_("approved, not begun"), "in_force": N_("in force"), "expired": N_("over"),
}  # fmt: skip


def propose(
    entity: EntityArgument,
    grade: Annotated[str, typer.Option("--grade", help=N_("The grade to set: A, B, C or D."))],
    ground: Annotated[str, typer.Option("--ground", help=N_("Ground, as policy grading.override_grounds names it."))],
    document: Annotated[str, typer.Option("--document", help=N_("Number of the document it rests on."))],
    until: Annotated[str, typer.Option("--until", help=N_("First day on which it no longer counts, YYYY-MM-DD."))],
    reason: WhyOption,
    begins: Annotated[str | None, typer.Option("--from", help=N_("Its first day; default: today."))] = None,
    key: Annotated[
        str | None, typer.Option("--key", help=N_("Repeating a call with its key does nothing new."))
    ] = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Propose a grade; it counts once another person approves it, from the next grading on."""
    from engine.api.grading.overrides import GradeProposal, propose_override
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    first = as_of_date(begins) if begins else None
    name = propose_override(
        opened,
        GradeProposal(entity, grade, ground, as_of_date(until), first, document),
        reason=reason,
        book=read_policies(profile, workspace=opened),
        actor=current_actor(),
        clock=current_time,
        idempotency_key=key,
    )
    _tell(opened.path, name, as_json=as_json)


def approve(
    override: OverrideArgument, reason: WhyOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Approve a proposed grade as the second person."""
    _review(workspace, override, reason, as_json=as_json, is_approved=True)


def refuse(
    override: OverrideArgument, reason: WhyOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Refuse a proposed grade as the second person."""
    _review(workspace, override, reason, as_json=as_json, is_approved=False)


def withdraw(
    override: OverrideArgument, reason: WhyOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take an override back from today on."""
    from engine.api.grading.overrides import withdraw_override
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    withdraw_override(opened, override, reason=reason, actor=current_actor(), clock=current_time)
    _tell(opened.path, override, as_json=as_json)


def list_overrides(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help=N_("Day on which they are shown; default: today."))
    ] = None,
    entity: Annotated[str | None, typer.Option("--entity", help=N_("Only those of this entity."))] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List overrides of grades: what was set on which ground, by whom, until when."""
    _list(workspace, on=as_of_date(as_of) if as_of else current_time().date(), entity=entity, as_json=as_json)


def _review(workspace: Path, override: str, reason: str, *, is_approved: bool, as_json: bool) -> None:
    from engine.api.grading.overrides import review_override
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    review_override(opened, override, is_approved=is_approved, reason=reason, actor=current_actor(), clock=current_time)
    _tell(opened.path, override, as_json=as_json)


def _tell(workspace: Path, override: str, *, as_json: bool) -> None:
    from engine.api.grading.overrides import grade_overrides
    from engine.api.workspace import open_workspace

    rows = grade_overrides(open_workspace(workspace, create=False), on=current_time().date())
    row = rows[rows["override_id"] == override].iloc[0]
    if as_json:
        show_json({"override_id": override, "entity_id": row["entity_id"], "state": row["state"]})
        return
    show_line(f"{override} · {row['grade']} · {current_translate()(STATES[row['state']])} · → {row['until']}")


def _list(workspace: Path, *, on: date, entity: str | None, as_json: bool) -> None:
    from engine.api.grading.overrides import grade_overrides
    from engine.api.workspace import open_workspace

    rows = grade_overrides(open_workspace(workspace, create=False), on=on, entity_id=entity).to_dict("records")
    if as_json:
        show_json({"as_of": on, "overrides": rows})
        return
    translate = current_translate()
    heads = (N_("override"), N_("grade"), N_("before"), N_("ground"), N_("status"), N_("until"), N_("by"))
    cells = [
        [
            r["override_id"], r["grade"], r["computed_grade"], r["ground"], translate(STATES[r["state"]]), r["until"],
            " / ".join(name for name in (r["proposed_by"], r["reviewed_by"], r["withdrawn_by"]) if name),
        ]
        for r in rows
    ]  # fmt: skip
    show_table(translate(N_("Grades set by persons on {day}")).format(day=on), [translate(h) for h in heads], cells)
