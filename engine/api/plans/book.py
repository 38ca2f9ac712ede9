"""What is known of a plan: its lines as they stand, what happened to them, how far its edition is.

Lines are rows of table ``plans``; everything that happens to a plan is an entry of the append-only ledger.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import ibis
import pandas as pd

from engine.errors import PlanError, TableMissingError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.registers.approval import Edition, Step, edition_of, published_of
from engine.registers.item_list import in_force
from engine.registers.line_checks import Lists, jurisdiction, line_faults
from engine.registers.overlaps import KIND, Coverage, coverage
from engine.registers.plan_lines import PlanLine, line_row, read_lines
from engine.registers.schedule import Slot
from engine.store.ledgers.ledger import digest_of
from engine.store.workspaces.workspace import Workspace

SUBMITTED, WITHDRAWN = "plan.submitted", "plan.withdrawn"
MERGED, JOINED, REFUSED = "plan.merged", "plan.joined", "plan.merge_refused"
SCHEDULED, STEP = "plan.scheduled", "plan.step"
OUTSIDE, CONTROL = "plan.outside", "plan.control"
CONTROL_LIMITS = "plan.control_arm"


@dataclass(frozen=True, slots=True)
class Published:
    """The edition in force.

    Parameters
    ----------
    edition : its number. digest : ``H("plan", record)``. at : when. approval : document of the approval.
    lines : as they were published. slots : (line, number) to days. content : the entry's particulars.
    """

    edition: int
    digest: str
    at: str
    approval: str
    lines: Mapping[str, PlanLine]
    slots: Mapping[tuple[str, int], tuple[date, date]]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlanBook:
    """One plan as it stands.

    Parameters
    ----------
    lines : that stand, by line_id; ``gone`` tells of the others: line to ``withdrawn`` or the line it became part of.
    steps : of the approval path. joint : accepted joint draws. slots : scheduled ones.
    """

    plan_id: str
    lines: tuple[PlanLine, ...]
    gone: Mapping[str, str]
    steps: tuple[Step, ...]
    joint: tuple[tuple[str, ...], ...]
    slots: tuple[Slot, ...]
    submitters: frozenset[str]
    published: Published | None

    @property
    def edition(self) -> Edition:
        """The edition under way or in force."""
        return edition_of(self.steps)

    @property
    def digest(self) -> str:
        """SHA-256 of the lines and slots as they stand: what the steps of the approval are taken about."""
        rows = [line_row(line, known_on=line.submitted_on) for line in self.lines]
        slots = [[s.line_id, s.number, s.starts_on.isoformat(), s.ends_on.isoformat()] for s in self.slots]
        return digest_of([rows, slots, [list(group) for group in self.joint]])


def table_on(workspace: Workspace, table: str, *, on: date) -> ibis.Table:
    """Return the versions of a table's rows that hold on a day, as known then, not read yet."""
    history = workspace.warehouse.history(table)
    return history.filter(history.known_at <= on, history.superseded_at.isnull() | (history.superseded_at > on))


def rows_on(workspace: Workspace, table: str, *, on: date, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return the versions of a table's rows that hold on a day, as known then; in no order.

    Parameters
    ----------
    columns : read these only; empty = every one.
    """
    holds = table_on(workspace, table, on=on)
    return pd.DataFrame((holds.select(*columns) if columns else holds).execute())


def every_line(workspace: Workspace, *, on: date) -> tuple[PlanLine, ...]:
    """Return every plan line known on a day, whatever became of it; none when no plan was ever submitted."""
    try:
        return read_lines(rows_on(workspace, "plans", on=on))
    except TableMissingError:
        return ()


def plan_book(workspace: Workspace, plan_id: str, *, on: date) -> PlanBook:
    """Return a plan as it stands on a day.

    Raises
    ------
    PlanError
        No line of such a plan was submitted.
    """
    lines = [line for line in every_line(workspace, on=on) if line.plan_id == plan_id]
    if not lines:
        raise PlanError(
            plan=plan_id,
            problem=Message(N_("no line of it was submitted")),
            remedy=Message(N_("name it as YEAR-AREA, such as 2026-330600, or submit its lines first")),
        )
    return _book_of(workspace, plan_id, lines)


def plan_books(workspace: Workspace, *, on: date) -> dict[str, PlanBook]:
    """Return every plan as it stands on a day, by name."""
    by_plan: dict[str, list[PlanLine]] = {}
    for line in every_line(workspace, on=on):
        by_plan.setdefault(line.plan_id, []).append(line)
    return {name: _book_of(workspace, name, lines) for name, lines in sorted(by_plan.items())}


def _book_of(workspace: Workspace, plan_id: str, lines: list[PlanLine]) -> PlanBook:
    ledger = workspace.ledger
    gone: dict[str, str] = {}
    for entry in ledger.entries(action=WITHDRAWN):
        gone[entry.subject] = "withdrawn"
    for entry in ledger.entries(action=MERGED):
        gone |= dict.fromkeys(entry.particulars["merged_from"], entry.subject)
    standing = tuple(line for line in lines if line.line_id not in gone)
    steps = tuple(
        Step(
            entry.particulars["step"],
            entry.actor,
            entry.role,
            entry.entered_at,
            entry.particulars["digest"],
            entry.reason,
            entry.particulars.get("document", ""),
        )
        for entry in ledger.entries(action=STEP, subject=plan_id)
    )
    ids = {line.line_id for line in lines}
    scheduled = ledger.entries(action=SCHEDULED, subject=plan_id)
    return PlanBook(
        plan_id,
        standing,
        {line: why for line, why in gone.items() if line in ids},
        steps,
        tuple(tuple(entry.particulars["lines"]) for entry in ledger.entries(action=JOINED, subject=plan_id)),
        _slots(scheduled[-1].particulars["slots"]) if scheduled else (),
        frozenset(entry.actor for entry in ledger.entries(action=SUBMITTED) if entry.subject in ids),
        _published(workspace, plan_id, steps),
    )


def _slots(rows: list[list[Any]]) -> tuple[Slot, ...]:
    return tuple(Slot(row[0], row[1], date.fromisoformat(row[2]), date.fromisoformat(row[3])) for row in rows)


def _published(workspace: Workspace, plan_id: str, steps: tuple[Step, ...]) -> Published | None:
    last = published_of(steps)
    if last is None:
        return None
    entries = [
        entry
        for entry in workspace.ledger.entries(action=STEP, subject=plan_id)
        if entry.particulars["step"] == last.step and entry.entered_at == last.at
    ]
    content = entries[-1].particulars
    lines = read_lines(pd.DataFrame(content["lines"])) if content["lines"] else ()
    slots = {(slot.line_id, slot.number): (slot.starts_on, slot.ends_on) for slot in _slots(content["slots"])}
    return Published(
        int(content["edition"]),
        str(content["plan_digest"]),
        last.at,
        str(content["approval"]),
        {line.line_id: line for line in lines},
        slots,
        content,
    )


def lists_for(workspace: Workspace, plan_id: str, *, book: PolicyBook, on: date) -> Lists:
    """Return what the lines of a plan are held against on a day: item list, departments, area, control arm limits."""
    authority = plan_id.partition("-")[2]
    limits = book.value(CONTROL_LIMITS, on=on)
    return Lists(
        in_force(rows_on(workspace, "items", on=on), on=on),
        frozenset(rows_on(workspace, "departments", on=on)["department_code"]),
        jurisdiction(authority, rows_on(workspace, "districts", on=on)),
        {unit: (Fraction(str(limit["least"])), Fraction(str(limit["most"]))) for unit, limit in limits.items()},
    )


def require_faultless(plan_id: str, lines: tuple[PlanLine, ...], lists: Lists) -> None:
    """Raise PlanError with the first fault and their number, unless every line may stand in the plan."""
    faults = [fault for line in lines for fault in line_faults(line, lists)]
    if faults:
        raise PlanError(
            plan=plan_id,
            problem=faults[0],
            remedy=Message(N_("{n} fault(s) in all: correct or withdraw these lines"), {"n": len(faults)}),
        )


def coverage_of(workspace: Workspace, lines: tuple[PlanLine, ...], *, on: date) -> Coverage:
    """Return whom each line meets in the register of a day, and whom each pair shares."""
    districts = rows_on(workspace, "districts", on=on)
    areas = {line.authority: jurisdiction(line.authority, districts) for line in lines}
    return coverage(
        lines,
        rows_on(workspace, "items", on=on),
        _kinds(workspace, on=on),
        area=[areas[line.authority] for line in lines],
    )


def _kinds(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """How many active objects of each kind the register of a day holds; counted in the database."""
    rows = workspace.warehouse.history("entities")
    holds = rows.filter(
        rows.known_at <= on, rows.superseded_at.isnull() | (rows.superseded_at > on), rows.status == "active"
    )
    named = holds.select(**{name: holds[name].fill_null("") for name in KIND})
    return pd.DataFrame(named.group_by(list(KIND)).agg(n=named.count()).execute())


def note(
    workspace: Workspace,
    action: str,
    *,
    subject: str,
    content: Mapping[str, object],
    actor: Actor,
    clock: Clock,
    reason: str = "",
) -> None:
    """Append one entry about a plan; its content decides its idempotency key, so the same call twice is one entry."""
    name = digest_of([action, subject, content, actor.name, reason])[:40]
    workspace.ledger.append(
        action,
        subject=subject,
        content=content,
        actor=actor,
        at=clock(),
        reason=reason,
        idempotency_key=f"{action}:{name}",
    )
