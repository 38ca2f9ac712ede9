"""Plans, lines and tasks as people look at them: the list, and the seven stages with who and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.api.draws.order import CERTIFIED, COMMITTED
from engine.api.plans.book import STEP, SUBMITTED, PlanBook, plan_books
from engine.api.plans.tasks import ARCHIVED, ENTERED, PUBLICISED, TaskState, task_states
from engine.registers.approval import PlanStage
from engine.registers.plan_lines import PlanLine, ratio_text
from engine.registers.stages import FlowStage, Mark, Progress
from engine.registers.tasks import TaskKind, counted_apart
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LineState:
    """A line with what became of it.

    Parameters
    ----------
    state : draft, consolidated, approved, published, withdrawn, or the line it became part of.
    days_late : after the deadline, None for a merged line. draws : held draws, in order. progress : the seven stages.
    """

    line: PlanLine
    state: str
    days_late: int | None
    draws: tuple[str, ...]
    progress: Progress


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan with its lines, its steps and its tasks, counted by kind."""

    book: PlanBook
    lines: tuple[LineState, ...]
    tasks: tuple[TaskState, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Every plan, and the tasks outside the plans, counted apart from those inside."""

    plans: tuple[PlanState, ...]
    outside: tuple[TaskState, ...]
    task_counts: Mapping[str, int]


def plan_status(workspace: Workspace, *, on: date, plan_id: str | None = None) -> Status:
    """Return where every line and task stands, from the ledger's entries.

    Parameters
    ----------
    plan_id : one plan; None = all. on : lines known by that day.
    """
    ledger = workspace.ledger
    tasks = task_states(workspace)
    draws = [entry for entry in ledger.entries(action=COMMITTED) if entry.particulars.get("lines")]
    marks = {
        action: _last_by_subject(ledger.entries(action=action)) for action in (CERTIFIED, ENTERED, PUBLICISED, ARCHIVED)
    }
    late = {entry.subject: int(entry.particulars["days_late"]) for entry in ledger.entries(action=SUBMITTED)}
    plans = []
    for name, book in plan_books(workspace, on=on).items():
        if plan_id is not None and name != plan_id:
            continue
        steps = ledger.entries(action=STEP, subject=name)
        known = {line.line_id: line for line in book.lines}
        if book.published is not None:
            known |= {line: held for line, held in book.published.lines.items() if line not in known}
        states = [
            _line_state(line, book, tasks=tasks, draws=draws, marks=marks, steps=steps, late=late)
            for _, line in sorted(known.items())
        ]
        own = tuple(task for task in tasks if task.line_id in known)
        plans.append(PlanState(book, tuple(states), own))
    outside = tuple(task for task in tasks if task.kind != TaskKind.ANNUAL_PLAN.value)
    return Status(tuple(plans), outside, counted_apart([task.kind for task in tasks]))


def _line_state(
    line: PlanLine,
    book: PlanBook,
    *,
    tasks: tuple[TaskState, ...],
    draws: list[Entry],
    marks: Mapping[str, Mapping[str, Entry]],
    steps: list[Entry],
    late: Mapping[str, int],
) -> LineState:
    found: dict[FlowStage, Mark] = {}
    published = [e for e in steps if e.particulars["step"] == PlanStage.PUBLISHED.value and _names(e, line.line_id)]
    if published:
        found[FlowStage.ITEM_LIST] = _mark(published[-1])
    own = [entry for entry in draws if line.line_id in entry.particulars["lines"]]
    certified = marks[CERTIFIED]
    held = tuple(entry.subject for entry in own if entry.subject in certified and not certified[entry.subject].reason)
    if own:
        found[FlowStage.LIBRARIES] = _mark(own[-1])
    mine = [task for task in tasks if task.line_id == line.line_id]
    if mine and all(task.acknowledged_by for task in mine):
        last = max(mine, key=lambda task: task.acknowledged_at)
        found[FlowStage.DISPATCH] = Mark(last.acknowledged_by, "", last.acknowledged_at)
    if held:
        found[FlowStage.DRAW] = _mark(certified[held[-1]])
    for stage, action in ((FlowStage.ENTRY, ENTERED), (FlowStage.PUBLICITY, PUBLICISED), (FlowStage.ARCHIVE, ARCHIVED)):
        if held and held[-1] in marks[action]:
            found[stage] = _mark(marks[action][held[-1]])
    in_force = book.published is not None and line.line_id in book.published.lines
    state = book.gone.get(line.line_id) or ("published" if in_force else book.edition.stage.value)
    return LineState(line, state, late.get(line.line_id), held, Progress(found))


def _names(entry: Entry, line_id: str) -> bool:
    return any(row["line_id"] == line_id for row in entry.particulars["lines"])


def _mark(entry: Entry) -> Mark:
    return Mark(entry.actor, entry.role, entry.entered_at)


def _last_by_subject(entries: list[Entry]) -> dict[str, Entry]:
    return {entry.subject: entry for entry in entries}


def published_lines(workspace: Workspace, plan_id: str, *, on: date) -> tuple[str, ...]:
    """Return the lines of a plan's published edition, by name; none before the first."""
    held = plan_books(workspace, on=on).get(plan_id)
    return () if held is None or held.published is None else tuple(sorted(held.published.lines))


def line_json(state: LineState) -> dict[str, Any]:
    """Return a line as other programs read it; the six mandatory fields under their own names."""
    line, missing = state.line, state.progress.missing
    return {
        "line_id": line.line_id,
        "plan_id": line.plan_id,
        "items": list(line.items),
        "objects": line.objects,
        "ratio": ratio_text(line.ratio),
        "window": [line.window_start.isoformat(), line.window_end.isoformat()],
        "initiating_department": line.initiator,
        "participating_departments": list(line.participants),
        "draw_type": line.draw_type.value,
        "ratio_basis": line.ratio_basis.value,
        "check_method": list(line.methods),
        "is_off_site": line.is_off_site,
        "draws_per_year": line.draws,
        "merged_from": list(line.merged_from),
        "submitted_on": line.submitted_on.isoformat(),
        "days_late": state.days_late,
        "state": state.state,
        "draws": list(state.draws),
        "stage": None if state.progress.stage is None else state.progress.stage.value,
        "next_stage": None if missing is None else missing.value,
        "stages": {
            stage.value: {"actor": mark.actor, "role": mark.role, "at": mark.at}
            for stage, mark in state.progress.marks.items()
        },
    }


def plan_json(state: PlanState) -> dict[str, Any]:
    """Return a plan as other programs read it."""
    book = state.book
    return {
        "plan_id": book.plan_id,
        "edition": book.edition.number,
        "stage": book.edition.stage.value,
        "plan_digest": None if book.published is None else book.published.digest,
        "steps": [
            {"step": s.step, "actor": s.actor, "role": s.role, "at": s.at, "document": s.document, "reason": s.reason}
            for s in book.steps
        ],
        "slots": [[s.line_id, s.number, s.starts_on.isoformat(), s.ends_on.isoformat()] for s in book.slots],
        "gone": dict(book.gone),
        "lines": [line_json(line) for line in state.lines],
    }
