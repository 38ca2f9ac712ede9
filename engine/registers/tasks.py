"""Inspection tasks: from a plan line, or under one of the three exemptions; never off the list without one (R26, R38).

Only ``annual_plan`` tasks belong to draws, caps and rates. Case checks, unlicensed operation, special inspections and
exempt checks are counted apart: they are lawful only with a ground and a document (city plan 四(一), 四(四)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.errors import OffListError, PlanError
from engine.messages import N_, Message
from engine.registers.plan_lines import PlanLine
from engine.vocabulary import JOINER


class TaskKind(StrEnum):
    """Where a task comes from."""

    ANNUAL_PLAN = "annual_plan"
    CASE_CHECK = "case_check"
    SPECIAL_INSPECTION = "special_inspection"
    UNLICENSED_OPERATION = "unlicensed_operation"
    EXEMPT = "exempt"


class Exemption(StrEnum):
    """R26: (a) law fixes the method, (b) specifically required from above, (c) complaint or report."""

    LAW_FIXES_METHOD = "law_fixes_method"
    SPECIALLY_REQUIRED = "specially_required"
    COMPLAINT_OR_REPORT = "complaint_or_report"


ALLOWED_GROUNDS = {
    TaskKind.CASE_CHECK: frozenset({Exemption.COMPLAINT_OR_REPORT}),
    TaskKind.SPECIAL_INSPECTION: frozenset({Exemption.SPECIALLY_REQUIRED}),
    TaskKind.UNLICENSED_OPERATION: frozenset({Exemption.COMPLAINT_OR_REPORT, Exemption.LAW_FIXES_METHOD}),
    TaskKind.EXEMPT: frozenset({Exemption.LAW_FIXES_METHOD, Exemption.SPECIALLY_REQUIRED}),
}
"""Which ground each kind of task outside the plan may rest on."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of one department; see the contract ``tasks``."""

    task_id: str
    kind: TaskKind
    department: str
    items: tuple[str, ...]
    window_start: date
    window_end: date
    line_id: str | None = None
    entity_id: str | None = None
    exemption: Exemption | None = None
    document: str | None = None
    methods: tuple[str, ...] = ()
    is_off_site: bool | None = None
    blind_share: str | None = None

    def row(self, *, on: date) -> dict[str, object]:
        """Return the task as a row of table ``tasks``, dispatched on a day."""
        return {
            "task_id": self.task_id,
            "task_kind": self.kind.value,
            "line_id": self.line_id,
            "draw_id": None,
            "department_code": self.department,
            "item_codes": JOINER.join(self.items),
            "entity_id": self.entity_id,
            "exemption": None if self.exemption is None else self.exemption.value,
            "document_ref": self.document,
            "window_start": self.window_start,
            "window_end": self.window_end,
            "check_method": JOINER.join(self.methods) or None,
            "is_off_site": self.is_off_site,
            "blind_share": self.blind_share,
            "occurred_on": on,
            "known_at": on,
        }


def plan_tasks(line: PlanLine, *, edition: int) -> tuple[Task, ...]:
    """Return one task per department of a published line; the initiator's comes first."""
    departments = [line.initiator, *(code for code in line.participants if code != line.initiator)]
    blind = f"{line.blind_share.numerator}/{line.blind_share.denominator}" if line.blind_share else None
    return tuple(
        Task(
            task_id=f"{line.line_id}@{edition}/{department}",
            kind=TaskKind.ANNUAL_PLAN,
            department=department,
            items=line.items,
            window_start=line.window_start,
            window_end=line.window_end,
            line_id=line.line_id,
            methods=line.methods,
            is_off_site=line.is_off_site,
            blind_share=blind,
        )
        for department in departments
    )


def require_lawful(task: Task, *, listed: frozenset[str], departments: frozenset[str]) -> None:
    """Raise unless a task may be dispatched.

    Parameters
    ----------
    listed : codes of the item list in force. departments : codes known.

    Raises
    ------
    OffListError
        An item is not listed and the task claims no exemption, or a task outside the plan lacks ground or document.
    PlanError
        The department is unknown.
    """
    if task.department not in departments:
        raise PlanError(
            plan=task.task_id,
            problem=Message(N_("there is no department {department}"), {"department": task.department}),
            remedy=Message(N_("name a department of the register")),
        )
    unlisted = sorted(set(task.items) - listed)
    if task.kind is TaskKind.ANNUAL_PLAN:
        if unlisted:
            raise OffListError(
                task=task.task_id, problem=Message(N_("item {item} is not on the list"), {"item": unlisted[0]})
            )
        return
    allowed = sorted(ground.value for ground in ALLOWED_GROUNDS[task.kind])
    if task.exemption is None or task.exemption not in ALLOWED_GROUNDS[task.kind]:
        params = {"kind": task.kind.value, "allowed": ", ".join(allowed)}
        raise OffListError(task=task.task_id, problem=Message(N_("{kind} needs one of the grounds {allowed}"), params))
    if not (task.document or "").strip():
        raise OffListError(task=task.task_id, problem=Message(N_("the exemption names no document")))


def counted_apart(kinds: Sequence[str]) -> dict[str, int]:
    """Return tasks per kind, every kind named: tasks outside the plan never count as planned ones."""
    return {kind.value: sum(one == kind.value for one in kinds) for kind in TaskKind}
