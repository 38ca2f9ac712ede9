"""Tasks: dispatched to departments and acknowledged by them, from the plan or under a named exemption.

A task exists as a row of table ``tasks``; that it was dispatched, acknowledged or what became of its draw are entries
of the ledger. Nothing is dispatched off the list (R38).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import pandas as pd

from engine.api.draws.logged import latest_runs
from engine.api.draws.order import CERTIFIED
from engine.api.plans.book import note, plan_books, rows_on
from engine.api.records.intake import ingest
from engine.errors import DrawError, PlanError, UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.registers.item_list import in_force
from engine.registers.tasks import Exemption, Task, TaskKind, plan_tasks, require_lawful
from engine.store.ledgers.ledger import digest_of
from engine.store.sources.written import write_source
from engine.store.workspaces.workspace import Workspace

DISPATCHED, ACKNOWLEDGED = "task.dispatched", "task.acknowledged"
Named = TypeVar("Named", TaskKind, Exemption)

ENTERED, PUBLICISED, ARCHIVED = "results.entered", "results.publicised", "draw.archived"


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task with who dispatched and acknowledged it, and when; empty texts until then."""

    task_id: str
    kind: str
    department: str
    items: tuple[str, ...]
    line_id: str
    entity_id: str
    exemption: str
    document: str
    dispatched_by: str
    dispatched_at: str
    acknowledged_by: str
    acknowledged_at: str


def dispatch(workspace: Workspace, line_ids: Sequence[str], *, actor: Actor, clock: Clock) -> tuple[Task, ...]:
    """Dispatch published lines to every department that takes part, the initiator first; the same again is nothing.

    Raises
    ------
    PlanError
        A line is in no published plan; nothing is dispatched then.
    OffListError
        An item is no longer on the list.
    """
    today = clock().date()
    published = [held.published for held in plan_books(workspace, on=today).values() if held.published is not None]
    known = {name: (edition.edition, line) for edition in published for name, line in edition.lines.items()}
    tasks: list[Task] = []
    for line_id in dict.fromkeys(line_ids):
        if line_id not in known:
            raise PlanError(
                plan="-",
                problem=Message(N_("line {line} is in no published plan"), {"line": line_id}),
                remedy=Message(N_("see 'xinheng plan list'; only approved and published lines are dispatched")),
            )
        number, line = known[line_id]
        tasks += plan_tasks(line, edition=number)
    return _dispatch(workspace, tasks, actor=actor, clock=clock)


def dispatch_outside(
    workspace: Workspace,
    task_id: str,
    *,
    kind: str,
    department: str,
    items: Sequence[str],
    exemption: str,
    document: str,
    until: date,
    entity_id: str | None,
    actor: Actor,
    clock: Clock,
) -> Task:
    """Dispatch a task outside the plan, under one of the three exemptions; it is counted apart from draws and caps.

    Raises
    ------
    UsageError
        Kind or exemption has no such name.
    OffListError
        Ground or document is missing, or the ground does not fit the kind.
    """
    today = clock().date()
    task = Task(
        task_id=task_id,
        kind=_named(TaskKind, kind, what="--kind"),
        department=department,
        items=tuple(sorted(set(items))),
        window_start=today,
        window_end=until,
        entity_id=entity_id,
        exemption=_named(Exemption, exemption, what="--exemption") if exemption else None,
        document=document,
    )
    if task.kind is TaskKind.ANNUAL_PLAN:
        remedy = Message(N_("tasks of the plan are dispatched with 'xinheng plan dispatch'"))
        raise UsageError(what="--kind", value=kind, remedy=remedy)
    if until < today:
        raise UsageError(what="--until", value=until.isoformat(), remedy=Message(N_("choose a day that is not over")))
    return _dispatch(workspace, (task,), actor=actor, clock=clock)[0]


def _named(names: type[Named], text: str, *, what: str) -> Named:
    try:
        return names(text)
    except ValueError:
        known = ", ".join(one.value for one in names)
        raise UsageError(what=what, value=text, remedy=Message(N_("use one of {known}"), {"known": known})) from None


def _dispatch(workspace: Workspace, tasks: Sequence[Task], *, actor: Actor, clock: Clock) -> tuple[Task, ...]:
    today = clock().date()
    standing = in_force(rows_on(workspace, "items", on=today), on=today)
    listed = frozenset(standing.loc[pd.to_datetime(standing["occurred_on"]) <= pd.Timestamp(today), "item_code"])
    departments = frozenset(rows_on(workspace, "departments", on=today)["department_code"])
    for task in tasks:
        require_lawful(task, listed=listed, departments=departments)
    known = {entry.subject for entry in workspace.ledger.entries(action=DISPATCHED)}
    fresh = [task for task in tasks if task.task_id not in known]
    if not fresh:
        return tuple(tasks)
    rows = [task.row(on=today) for task in fresh]
    path = write_source(workspace.path, pd.DataFrame(rows), table="tasks", name=digest_of(rows)[:16])
    ingest(workspace, [path], actor=actor, clock=clock)
    for task in fresh:
        content = {
            "kind": task.kind.value,
            "department": task.department,
            "items": list(task.items),
            "line": task.line_id,
            "entity": task.entity_id,
            "exemption": None if task.exemption is None else task.exemption.value,
            "document": task.document,
        }
        workspace.ledger.append(
            DISPATCHED,
            subject=task.task_id,
            content=content,
            actor=actor,
            at=clock(),
            idempotency_key=f"{DISPATCHED}:{task.task_id}",
        )
    return tuple(tasks)


def acknowledge(workspace: Workspace, task_id: str, *, actor: Actor, clock: Clock) -> TaskState:
    """Acknowledge a dispatched task; another person than the one who dispatched it does so, once.

    Raises
    ------
    UsageError
        No such task was dispatched.
    PlanError
        The same person dispatched it, or it was acknowledged before.
    """
    held = {task.task_id: task for task in task_states(workspace)}
    if task_id not in held:
        raise UsageError(
            what=Message(N_("task")), value=task_id, remedy=Message(N_("see 'xinheng plan status' for the tasks"))
        )
    task = held[task_id]
    if task.dispatched_by == actor.name or task.acknowledged_by:
        said = N_("{actor} dispatched it") if task.dispatched_by == actor.name else N_("it was acknowledged before")
        raise PlanError(
            plan=task_id,
            problem=Message(said, {"actor": actor.name}),
            remedy=Message(N_("the department that carries it out acknowledges, once")),
        )
    workspace.ledger.append(
        ACKNOWLEDGED,
        subject=task_id,
        content={"department": task.department},
        actor=actor,
        at=clock(),
        idempotency_key=f"{ACKNOWLEDGED}:{task_id}",
    )
    return next(one for one in task_states(workspace) if one.task_id == task_id)


def task_states(workspace: Workspace) -> tuple[TaskState, ...]:
    """Return every dispatched task with who and when, in the order of dispatch."""
    seen = {entry.subject: entry for entry in workspace.ledger.entries(action=ACKNOWLEDGED)}
    found = []
    for entry in workspace.ledger.entries(action=DISPATCHED):
        said, answer = entry.particulars, seen.get(entry.subject)
        found.append(
            TaskState(
                task_id=entry.subject,
                kind=said["kind"],
                department=said["department"],
                items=tuple(said["items"]),
                line_id=said["line"] or "",
                entity_id=said["entity"] or "",
                exemption=said["exemption"] or "",
                document=said["document"] or "",
                dispatched_by=entry.actor,
                dispatched_at=entry.entered_at,
                acknowledged_by=answer.actor if answer else "",
                acknowledged_at=answer.entered_at if answer else "",
            )
        )
    return tuple(found)


def publicise(workspace: Workspace, draw_id: str, *, actor: Actor, clock: Clock) -> dict[str, int]:
    """Put on record that the results of a draw were published: every check of a staffed visit has its result.

    Returns
    -------
    Counts: ``drawn`` checks of staffed visits, ``with_result``, ``unmatched`` (visits that no team could take).

    Raises
    ------
    DrawError
        The draw was not held, or results are missing.
    """
    counts = _result_counts(workspace, draw_id)
    if counts["with_result"] < counts["drawn"]:
        raise DrawError(
            problem=Message(N_("{with_result} of {drawn} checks of {draw} have a result"), {**counts, "draw": draw_id}),
            remedy=Message(N_("enter the others first; a visit that found nobody has a result too")),
        )
    note(workspace, PUBLICISED, subject=draw_id, content=counts, actor=actor, clock=clock)
    return counts


def archive(workspace: Workspace, draw_id: str, *, actor: Actor, clock: Clock) -> str:
    """Close the file of a draw and return its digest: certificate, results and task entries as they stand.

    Raises
    ------
    DrawError
        Its results were not published yet.
    """
    if not workspace.ledger.entries(action=PUBLICISED, subject=draw_id):
        raise DrawError(
            problem=Message(N_("the results of {draw} were not published yet"), {"draw": draw_id}),
            remedy=Message(N_("publish them and say so with 'xinheng plan publicise'")),
        )
    certified = workspace.ledger.entries(action=CERTIFIED, subject=draw_id)[-1]
    history = workspace.warehouse.history("inspections")
    rows = history.filter(history.draw_id == draw_id, history.superseded_at.isnull())
    kept = rows.select("inspection_id", "result_codes", "occurred_on", "known_at").execute()
    listed = kept.sort_values("inspection_id").astype(str).to_numpy().tolist()
    digest = digest_of([certified.particulars, listed])
    content = {"digest": digest, "results": len(listed)}
    note(workspace, ARCHIVED, subject=draw_id, content=content, actor=actor, clock=clock)
    return digest


def _result_counts(workspace: Workspace, draw_id: str) -> dict[str, int]:
    warehouse = workspace.warehouse
    closed = workspace.ledger.entries(action=CERTIFIED, subject=draw_id)
    if not closed or closed[-1].reason:
        raise DrawError(
            problem=Message(N_("draw {draw} was not held"), {"draw": draw_id}),
            remedy=Message(N_("run it first with 'xinheng draw run'")),
        )
    run_id = latest_runs(warehouse, draw_ids=[draw_id])[draw_id]
    held = warehouse.read("selections", run_id=run_id)
    selections = held.filter(held.is_drawn, held.draw_id == draw_id).execute()
    visits = warehouse.read("visits", run_id=run_id).filter(lambda t: t.draw_id == draw_id).execute()
    staffed = set(visits.loc[visits["is_matched"], "visit_id"])
    drawn = selections[selections["visit_id"].isin(staffed)]
    history = warehouse.history("inspections")
    rows = history.filter(history.draw_id == draw_id, history.superseded_at.isnull(), history.result_codes.notnull())
    done = rows.select("entity_id", "item_code").execute()
    pairs = pd.MultiIndex.from_frame(drawn[["entity_id", "item_code"]])
    n_done = int(pairs.isin(pd.MultiIndex.from_frame(done)).sum())
    return {"drawn": len(drawn), "with_result": n_done, "unmatched": len(visits) - len(staffed)}


def entered(workspace: Workspace, draw_id: str, *, n_rows: int, actor: Actor, clock: Clock) -> None:
    """Put on record that results of a draw were entered, and how many rows."""
    content = {"rows": n_rows, "at": clock().isoformat()}
    note(workspace, ENTERED, subject=draw_id, content=content, actor=actor, clock=clock)
