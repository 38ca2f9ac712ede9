"""``xinheng plan submit, withdraw, list, status, merge, schedule``: the lines of the annual plan."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import StageClock, current_translate, show_json, show_line, show_table
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.registers.approval import STAGE_WORDS

if TYPE_CHECKING:
    from engine.api.plans.reading import LineState, Status
    from engine.registers.overlaps import Proposal

PlanArgument = Annotated[str, typer.Argument(help=N_("Name of the plan, YEAR-AREA, e.g. 2026-330600."))]
LineArgument = Annotated[str, typer.Argument(help=N_("Plan line."))]
PathsArgument = Annotated[
    list[Path] | None, typer.Argument(help=N_("Files of plan lines; none takes the lines that were loaded before."))
]
MappingOption = Annotated[str | None, typer.Option("--mapping", help=N_("Shipped mapping by name, or a mapping file."))]
OnePlanOption = Annotated[str | None, typer.Option("--plan", help=N_("One plan; all if none."))]
AcceptOption = Annotated[str | None, typer.Option("--accept", help=N_("Proposal to accept."))]
RefuseOption = Annotated[str | None, typer.Option("--refuse", help=N_("Proposal to refuse, with --reason."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))]


def submit(
    paths: PathsArgument = None,
    mapping: MappingOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Hand in plan lines; lateness after the deadline is recorded."""
    from engine.api.plans.submission import submit as hand_in
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    clock, translate = StageClock(quiet=as_json), current_translate()
    done = hand_in(
        opened,
        paths or [],
        mapping=mapping,
        book=read_policies("default", workspace=opened),
        actor=current_actor(),
        clock=current_time,
        progress=clock,
    )
    clock.close()
    if as_json:
        lines = [
            {
                "line_id": one.line.line_id,
                "plan_id": one.line.plan_id,
                "deadline": one.deadline,
                "days_late": one.days_late,
                "faults": [fault.render(translate) for fault in one.faults],
            }
            for one in done.lines
        ]
        show_json({"loads": done.report.as_json()["loads"] if done.report else [], "lines": lines})
        return
    for one in done.lines:
        said = N_("{line}: on record for {plan}, {days} day(s) after the deadline {deadline}")
        said = said if one.days_late else N_("{line}: on record for {plan}, in time")
        show_line(
            translate(said).format(
                line=one.line.line_id, plan=one.line.plan_id, days=one.days_late, deadline=one.deadline.isoformat()
            )
        )
        for fault in one.faults:
            show_line(f"! {fault.render(translate)}")


def withdraw(
    line: LineArgument,
    reason: ReasonOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Take a line out of its plan, with the reason."""
    from engine.api.plans.submission import withdraw as take_out
    from engine.api.workspace import open_workspace

    gone = take_out(
        open_workspace(workspace, create=False), line, reason=reason, actor=current_actor(), clock=current_time
    )
    if as_json:
        show_json({"line_id": gone.line_id, "plan_id": gone.plan_id, "state": "withdrawn"})
        return
    show_line(current_translate()(N_("{line} is withdrawn from {plan}.")).format(line=line, plan=gone.plan_id))


def merge(
    plan: PlanArgument,
    accept: AcceptOption = None,
    refuse: RefuseOption = None,
    reason: ReasonOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show what overlaps and could be merged or drawn jointly; accept or refuse one proposal."""
    from engine.api.plans.submission import decide, open_proposals
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    book = read_policies("default", workspace=opened)
    if accept and refuse:
        raise UsageError(what="--accept", value=accept, remedy=Message(N_("decide one proposal at a time")))
    chosen = accept or refuse
    if chosen is None:
        _show_proposals(open_proposals(opened, plan, book=book, on=current_time().date()), as_json=as_json)
        return
    done = decide(
        opened,
        plan,
        chosen,
        is_accepted=accept is not None,
        reason=reason,
        book=book,
        actor=current_actor(),
        clock=current_time,
    )
    if as_json:
        show_json({**_proposal_json(done), "accepted": accept is not None})
        return
    said = N_("{proposal} is accepted: {lines}") if accept else N_("{proposal} is refused: {lines}")
    show_line(current_translate()(said).format(proposal=chosen, lines=", ".join(done.line_ids)))


def _show_proposals(waiting: "Sequence[Proposal]", *, as_json: bool) -> None:
    translate = current_translate()
    if as_json:
        show_json({"proposals": [_proposal_json(one) for one in waiting]})
        return
    words = {"duplicate": N_("same item"), "joint": N_("same objects")}
    rows = [
        [
            one.proposal_id,
            translate(words[one.kind]),
            ", ".join(one.line_ids),
            f"{one.shared:,}",
            "; ".join(note.render(translate) for note in one.notes),
        ]
        for one in waiting
    ]
    heads = [N_("proposal"), N_("kind"), N_("lines"), N_("objects in all of them"), N_("notes")]
    show_table(translate(N_("Merges and joint draws that wait")), [translate(head) for head in heads], rows)


def _proposal_json(one: "Proposal") -> dict[str, Any]:
    translate = current_translate()
    return {
        "proposal": one.proposal_id,
        "kind": one.kind,
        "lines": list(one.line_ids),
        "shared": one.shared,
        "sizes": list(one.sizes),
        "joint_line": None if one.result is None else one.result.line_id,
        "window": one.window,
        "notes": [note.render(translate) for note in one.notes],
    }


def schedule(plan: PlanArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Give every draw of the plan its time slot."""
    from engine.api.plans.submission import schedule_plan
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    slots = schedule_plan(
        opened,
        plan,
        book=read_policies("default", workspace=opened),
        actor=current_actor(),
        clock=current_time,
    )
    translate = current_translate()
    rows = [[s.line_id, s.number, s.starts_on.isoformat(), s.ends_on.isoformat()] for s in slots]
    if as_json:
        show_json({"plan_id": plan, "slots": rows})
        return
    heads = [N_("line"), N_("draw"), N_("first day"), N_("last day")]
    show_table(translate(N_("Time slots of {plan}")).format(plan=plan), [translate(head) for head in heads], rows)


def list_lines(
    plan: OnePlanOption = None, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """List plans and their lines with the six mandatory fields."""
    found = _status(workspace, plan)
    if as_json:
        from engine.api.plans.reading import plan_json

        show_json({"plans": [plan_json(one) for one in found.plans]})
        return
    translate = current_translate()
    heads = [
        N_("line"),
        N_("items"),
        N_("objects"),
        N_("ratio"),
        N_("window"),
        N_("initiator"),
        N_("participants"),
        N_("state"),
    ]
    for one in found.plans:
        stage = {
            "plan": one.book.plan_id,
            "edition": one.book.edition.number,
            "stage": translate(STATES[one.book.edition.stage.value]),
        }
        title = translate(N_("Plan {plan}, edition {edition}: {stage}")).format(**stage)
        show_table(title, [translate(head) for head in heads], [_line_cells(line) for line in one.lines])


STATES = {**STAGE_WORDS, "withdrawn": N_("withdrawn")}


def _line_cells(state: "LineState") -> list[str]:
    line, translate = state.line, current_translate()
    joined = N_("part of {line}")
    word = translate(STATES[state.state]) if state.state in STATES else translate(joined).format(line=state.state)
    late = translate(N_("{days} day(s) late")).format(days=state.days_late) if state.days_late else ""
    return [
        line.line_id,
        ", ".join(line.items),
        line.objects,
        f"{float(line.ratio):.1%}",
        f"{line.window_start} – {line.window_end}",
        line.initiator,
        ", ".join(line.participants),
        f"{word} {late}".strip(),
    ]


def status(
    plan: OnePlanOption = None, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Show the stage of every line and task, with who and when."""
    found = _status(workspace, plan)
    if as_json:
        from dataclasses import asdict

        from engine.api.plans.reading import plan_json

        plans = [{**plan_json(one), "tasks": [asdict(task) for task in one.tasks]} for one in found.plans]
        outside = [asdict(task) for task in found.outside]
        show_json({"plans": plans, "outside_plan": outside, "task_counts": found.task_counts})
        return
    _show_status(found)


def _show_status(found: "Status") -> None:
    from engine.registers.stages import STAGE_NAMES

    translate = current_translate()
    heads = [translate(head) for head in (N_("line"), N_("stage"), N_("who"), N_("when"), N_("next"))]
    for one in found.plans:
        rows = []
        for state in one.lines:
            stage, missing = state.progress.stage, state.progress.missing
            mark = None if stage is None else state.progress.marks[stage]
            rows.append(
                [
                    state.line.line_id,
                    translate(STAGE_NAMES[stage]) if stage else "–",
                    mark.actor if mark else "",
                    mark.at[:16] if mark else "",
                    translate(STAGE_NAMES[missing]) if missing else "",
                ]
            )
        show_table(translate(N_("Stages of {plan}")).format(plan=one.book.plan_id), heads, rows)
    tasks = [*(task for one in found.plans for task in one.tasks), *found.outside]
    heads = [translate(h) for h in (N_("task"), N_("kind"), N_("department"), N_("dispatched"), N_("acknowledged"))]
    rows = [
        [
            task.task_id,
            translate(_KINDS[task.kind]),
            task.department,
            f"{task.dispatched_by} {task.dispatched_at[:16]}",
            f"{task.acknowledged_by} {task.acknowledged_at[:16]}".strip(),
        ]
        for task in tasks
    ]
    show_table(translate(N_("Tasks")), heads, rows)
    for kind, n in found.task_counts.items():
        show_line(f"{translate(_KINDS[kind])}: {n}")


_KINDS = {
    "annual_plan": N_("annual plan"),
    "case_check": N_("case check"),
    "special_inspection": N_("special inspection"),
    "unlicensed_operation": N_("unlicensed operation"),
    "exempt": N_("exempt check"),
}


def _status(workspace: Path, plan: str | None) -> "Status":
    from engine.api.plans.reading import plan_status
    from engine.api.workspace import open_workspace

    return plan_status(open_workspace(workspace, create=False), on=current_time().date(), plan_id=plan)
