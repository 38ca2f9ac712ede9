"""``xinheng plan dispatch, acknowledge, task, publicise, archive``: what departments are told to do, and its end."""

from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import current_translate, show_json, show_line
from engine.cli.plan_steps import DocumentOption, DrawArgument, ItemOption
from engine.messages import N_
from engine.windows import parse_date

LinesArgument = Annotated[list[str], typer.Argument(help=N_("Published plan lines."))]
TaskArgument = Annotated[str, typer.Argument(help=N_("Name of the task."))]
KindOption = Annotated[
    str, typer.Option("--kind", help=N_("case_check, special_inspection, unlicensed_operation or exempt."))
]
DepartmentOption = Annotated[str, typer.Option("--department", help=N_("Department that carries the task out."))]
ExemptionOption = Annotated[
    str, typer.Option("--exemption", help=N_("law_fixes_method, specially_required or complaint_or_report."))
]
UntilOption = Annotated[str, typer.Option("--until", help=N_("Last day of the checks, YYYY-MM-DD."))]
EntityOption = Annotated[str | None, typer.Option("--entity", help=N_("Who is checked, as scheme:value."))]


def dispatch(lines: LinesArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Dispatch published lines to every department that takes part."""
    from engine.api.plans.tasks import dispatch as send
    from engine.api.workspace import open_workspace

    tasks = send(open_workspace(workspace, create=False), lines, actor=current_actor(), clock=current_time)
    if as_json:
        show_json({"lines": lines, "tasks": [{"task_id": t.task_id, "department": t.department} for t in tasks]})
        return
    said = current_translate()(N_("{task} is dispatched to {department}."))
    for task in tasks:
        show_line(said.format(task=task.task_id, department=task.department))


def acknowledge(
    task: TaskArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Acknowledge a task; the department that carries it out does so."""
    from dataclasses import asdict

    from engine.api.plans.tasks import acknowledge as answer
    from engine.api.workspace import open_workspace

    state = answer(open_workspace(workspace, create=False), task, actor=current_actor(), clock=current_time)
    if as_json:
        show_json(asdict(state))
        return
    said = current_translate()(N_("{task} is acknowledged by {actor} for {department}."))
    show_line(said.format(task=task, actor=state.acknowledged_by, department=state.department))


def task(
    task_id: TaskArgument,
    kind: KindOption,
    department: DepartmentOption,
    until: UntilOption,
    item: ItemOption = None,
    exemption: ExemptionOption = "",
    document: DocumentOption = "",
    entity: EntityOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Dispatch a task outside the plan, under one of the three exemptions; counted apart."""
    from engine.api.plans.tasks import dispatch_outside
    from engine.api.workspace import open_workspace

    sent = dispatch_outside(
        open_workspace(workspace, create=False),
        task_id,
        kind=kind,
        department=department,
        items=item or [],
        exemption=exemption,
        document=document,
        until=parse_date(until, what="--until"),
        entity_id=entity,
        actor=current_actor(),
        clock=current_time,
    )
    if as_json:
        show_json({"task_id": sent.task_id, "kind": sent.kind.value, "department": sent.department})
        return
    said = current_translate()(N_("{task} is dispatched to {department}."))
    show_line(said.format(task=sent.task_id, department=sent.department))


def publicise(
    draw_id: DrawArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Put on record that the results of a draw are published; every check needs one."""
    from engine.api.plans.tasks import publicise as say
    from engine.api.workspace import open_workspace

    counts = say(open_workspace(workspace, create=False), draw_id, actor=current_actor(), clock=current_time)
    if as_json:
        show_json({"draw_id": draw_id, **counts})
        return
    said = current_translate()(N_("The {n} results of {draw_id} are published."))
    show_line(said.format(n=counts["with_result"], draw_id=draw_id))


def archive(draw_id: DrawArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Close the file of a draw and print its digest."""
    from engine.api.plans.tasks import archive as close
    from engine.api.workspace import open_workspace

    digest = close(open_workspace(workspace, create=False), draw_id, actor=current_actor(), clock=current_time)
    if as_json:
        show_json({"draw_id": draw_id, "digest": digest})
        return
    show_line(current_translate()(N_("{draw_id} is archived, digest {digest}")).format(draw_id=draw_id, digest=digest))
