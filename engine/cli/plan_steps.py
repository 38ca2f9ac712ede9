"""``xinheng plan consolidate, approve, return, publish, control, outside``: the approval path and what binds draws."""

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.draw import event_value
from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import current_translate, show_json, show_line
from engine.cli.plan import PlanArgument, ReasonOption
from engine.errors import UsageError
from engine.messages import N_, Message

if TYPE_CHECKING:
    from engine.api.plans.book import PlanBook

DocumentOption = Annotated[str, typer.Option("--document", help=N_("Document of the decision."))]
EventOption = Annotated[
    str | None,
    typer.Option("--control-event", help=N_("Coming public event that assigns the control arm, source:number.")),
]
SimulationOption = Annotated[
    int | None, typer.Option("--simulation", min=0, help=N_("Seed of a simulated plan, marked as such everywhere."))
]
ValueOption = Annotated[
    str | None, typer.Option("--value", help=N_("Value of the control arm's event as source:number:value@time."))
]
EvidenceOption = Annotated[str, typer.Option("--evidence", help=N_("Where the values can be looked up."))]
DrawArgument = Annotated[str, typer.Argument(help=N_("Name of the draw, e.g. 2026-001."))]
ItemOption = Annotated[list[str] | None, typer.Option("--item", help=N_("Item of the list; repeat it."))]


def consolidate(
    plan: PlanArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Close the collection of lines: faultless, merged, scheduled."""
    from engine.api.plans.approval import consolidate as close
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    _show(
        close(opened, plan, book=read_policies("default", workspace=opened), actor=current_actor(), clock=current_time),
        as_json=as_json,
    )


def approve(
    plan: PlanArgument,
    document: DocumentOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Approve a consolidated plan under a document; another person than who consolidated."""
    from engine.api.plans.approval import approve as agree
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    _show(agree(opened, plan, document=document, actor=current_actor(), clock=current_time), as_json=as_json)


def send_back(
    plan: PlanArgument,
    reason: ReasonOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Send a consolidated or approved plan back to draft, with the reason."""
    from engine.api.plans.approval import send_back as hand_back
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    _show(hand_back(opened, plan, reason=reason, actor=current_actor(), clock=current_time), as_json=as_json)


def publish(
    plan: PlanArgument,
    control_event: EventOption = None,
    simulation: SimulationOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Publish an approved plan; draws are made from its lines."""
    from engine.api.plans.approval import publish as announce
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    event = None
    if control_event is not None:
        source, _, number = control_event.partition(":")
        if not source or not number:
            raise UsageError(
                what="--control-event", value=control_event, remedy=Message(N_("write it as source:number"))
            )
        event = (source, number)
    done = announce(
        opened,
        plan,
        book=read_policies("default", workspace=opened),
        actor=current_actor(),
        clock=current_time,
        control_event=event,
        simulation_seed=simulation,
    )
    if as_json:
        said = {"plan_id": plan, "edition": done.edition, "plan_digest": done.digest, "lines": done.n_lines}
        show_json({**said, "path": str(done.path)})
        return
    said_line = current_translate()(N_("Published {plan}, edition {edition}: {n} lines, digest {digest}"))
    show_line(said_line.format(plan=plan, edition=done.edition, n=done.n_lines, digest=done.digest))


def control(
    plan: PlanArgument,
    value: ValueOption = None,
    evidence: EvidenceOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Assign the grade-blind control arm by the value of the event that the plan named."""
    from engine.api.plans.approval import draw_control_arm
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace
    from engine.draw.entropy.sources import EntropyValue

    opened = open_workspace(workspace, create=False)
    given = None if value is None else EntropyValue(*event_value(value), evidence=evidence)
    seed = draw_control_arm(
        opened,
        plan,
        value=given,
        book=read_policies("default", workspace=opened),
        actor=current_actor(),
        clock=current_time,
    )
    if as_json:
        show_json({"plan_id": plan, "seed": seed})
        return
    show_line(
        current_translate()(N_("The control arm of {plan} is assigned, seed {seed}.")).format(plan=plan, seed=seed)
    )


def outside(
    draw_id: DrawArgument,
    item: ItemOption = None,
    reason: ReasonOption = "",
    document: DocumentOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Publish why a draw outside the plan is made, before its commitment."""
    from engine.api.plans.drawing import publish_reason
    from engine.api.workspace import open_workspace

    entry = publish_reason(
        open_workspace(workspace, create=False),
        draw_id,
        items=item or [],
        reason=reason,
        document=document,
        actor=current_actor(),
        clock=current_time,
    )
    if as_json:
        show_json({"draw_id": draw_id, **entry.particulars, "reason": entry.reason, "at": entry.entered_at})
        return
    show_line(
        current_translate()(N_("The reason for {draw_id} is published: {reason}")).format(
            draw_id=draw_id, reason=reason
        )
    )


def _show(book: "PlanBook", *, as_json: bool) -> None:
    edition = book.edition
    last = edition.steps[-1]
    if as_json:
        said = {"plan_id": book.plan_id, "edition": edition.number, "stage": edition.stage.value}
        show_json({**said, "actor": last.actor, "at": last.at, "lines": len(book.lines), "digest": last.digest})
        return
    from engine.cli.plan import STATES

    translate = current_translate()
    line = translate(N_("{plan}, edition {edition}: {stage} by {actor}"))
    stage = translate(STATES[edition.stage.value])
    show_line(line.format(plan=book.plan_id, edition=edition.number, stage=stage, actor=last.actor))
