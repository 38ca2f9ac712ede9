"""Findings put right and handed on, step by step: orders and re-checks, notices, assignments, cases, suspected crimes.

Every event is a row of table ``rectifications`` or ``referrals``; who took it and with which officers is the ledger's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.plans.book import rows_on
from engine.api.repeated_calls import earlier_call
from engine.api.results.entry import entered_cells, load_rows, result_steps
from engine.api.results.follow_up import event_rows, events_on, findings_on
from engine.api.results.grounds import officer_departments
from engine.api.results.review import acting_department
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.outcomes.follow_up import ANNEXES, CRIME, Event
from engine.outcomes.handing_on import ORDERED, REFERRALS, Handing, Known, Matter, next_event
from engine.outcomes.review import State
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import digest_of
from engine.store.workspaces.workspace import Workspace

ACTION = "follow_up"
COLUMNS = (
    "matter",
    "finding",
    "entity_id",
    "kind",
    "owner",
    "other",
    "state",
    "began_on",
    "since",
    "due_on",
    "n_events",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A step that is asked for: of a matter on record, or of a finding whose matter begins with it.

    Parameters
    ----------
    subject : number of a matter, or key of a result (VISIT-ITEM-DEPARTMENT).
    kind : of a matter that begins: ``order`` or one of ``notice``, ``assignment``, ``case_transfer``,
        ``crime_transfer``; empty for a matter on record.
    to_department, officers, due_on, annexes, reason : see :class:`engine.outcomes.handing_on.Handing`.
    """

    subject: str
    kind: str = ""
    to_department: str = ""
    officers: tuple[str, ...] = ()
    due_on: date | None = None
    annexes: tuple[str, ...] = ()
    reason: str = ""


def take(
    workspace: Workspace,
    event: str,
    asked: Sequence[Asked],
    *,
    then: str = "",
    book: PolicyBook,
    department: str = "",
    actor: Actor,
    clock: Clock,
    idempotency_key: str | None = None,
) -> tuple[str, ...]:
    """Take one step of several matters, all of them or none, and return their numbers.

    Parameters
    ----------
    event : ``ordered``, ``extended``, ``reported``, ``rechecked``, ``passed``, ``failed``, ``decided``, ``sent``,
        ``received``, ``replied``, ``returned`` or ``closed``.
    then : a second event of the same act, e.g. what a re-check showed; both are taken or neither.
    idempotency_key : the same call with the same key is taken once.

    Raises
    ------
    ResultRefusedError
        A step that the rules do not allow; nothing was changed.
    UsageError
        No such matter or finding.
    """
    today = clock().date()
    own = acting_department(workspace, department, actor=actor, on=today)
    events = (event, then) if then else (event,)
    said = {"event": "+".join(events), "department": own, "asked": [_plain(one) for one in asked]}
    if held := earlier_call(workspace, idempotency_key, said):
        return tuple(dict.fromkeys(step[0] for step in held.particulars["steps"]))
    with workspace.drawing():
        known = _known(workspace, event, book=book, on=today)
        matters = matters_on(workspace, on=today)
        begins = any(one.subject not in matters for one in asked)
        findings = _findings(workspace, on=today) if begins else {}
        taken: list[tuple[Matter, Event, Asked]] = []
        for one in asked:
            matter = _matter(one, matters, findings, own=own, kind=one.kind or _own_kind(event))
            for name in events:
                step = Handing(
                    name, own, actor.name, today, one.to_department, one.officers, one.due_on, one.annexes, one.reason
                )
                made = next_event(matter, step, known=known)
                taken.append((matter, made, one))
                matter = matters[matter.matter] = _after(matter, made)
        _keep(workspace, taken, call=digest_of(said), actor=actor, clock=clock, idempotency_key=idempotency_key)
    return tuple(dict.fromkeys(matter.matter for matter, _, _ in taken))


def matters(workspace: Workspace, *, as_of: date) -> pd.DataFrame:
    """Return every order and referral as it stands on a day, key ``matter``, in the order of their numbers."""
    rows = []
    for name, one in sorted(matters_on(workspace, on=as_of).items()):
        due_on = next((event.due_on for event in reversed(one.events) if event.due_on), None)
        first, last = one.events[0].on, one.events[-1].on
        rows.append(
            (name, one.finding, one.entity_id, one.kind, one.owner, one.other, one.state, first, last, due_on,
             len(one.events))
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def matters_on(workspace: Workspace, *, on: date) -> dict[str, Matter]:
    """Return the matters of a day by number, with their events in order."""
    found: dict[str, list[Event]] = {}
    for event in events_on(workspace, as_of=on):
        found.setdefault(event.matter, []).append(event)
    return {
        name: Matter(
            name, steps[0].finding, steps[0].entity_id, steps[0].kind, steps[-1].owner, steps[-1].other, tuple(steps)
        )
        for name, steps in found.items()
    }


def _own_kind(event: str) -> str:
    return ORDERED if event == "ordered" else CRIME if event == "decided" else ""


def _plain(one: Asked) -> list[object]:
    return [one.subject, one.kind, one.to_department, list(one.officers), one.due_on, list(one.annexes), one.reason]


def _known(workspace: Workspace, event: str, *, book: PolicyBook, on: date) -> Known:
    """What the rules of an event read; the registers cost a query each."""
    departments: frozenset[str] = frozenset()
    if event in ("sent", "decided"):
        departments = frozenset(map(str, rows_on(workspace, "departments", on=on)["department_code"]))
    officers = officer_departments(workspace, on=on) if event in ("rechecked", "decided") else {}
    annexes = tuple(book.value(ANNEXES, on=on)) if event == "sent" else ()
    return Known(departments, officers, annexes, _fallen(workspace, on=on) if event == "closed" else frozenset())


def _fallen(workspace: Workspace, *, on: date) -> frozenset[str]:
    """Results that were entered anew and published without anything that has to follow."""
    asking = {one.key for one in findings_on(workspace, on=on)}
    standing = result_steps(workspace, on=on).values()
    return frozenset(one.key for one in standing if one.n > 1 and one.state is State.PUBLISHED) - asking


def _findings(workspace: Workspace, *, on: date) -> dict[str, tuple[str, str]]:
    """Return result → (object, department) of what was entered and not returned."""
    cells = entered_cells(workspace, on=on)
    return {
        key: (cells[one.result_id]["entity_id"], one.department)
        for key, one in result_steps(workspace, on=on).items()
        if one.state is not State.RETURNED and one.result_id in cells
    }


def _matter(
    one: Asked, matters: dict[str, Matter], findings: dict[str, tuple[str, str]], *, own: str, kind: str
) -> Matter:
    if one.subject in matters:
        return matters[one.subject]
    if one.subject not in findings:
        remedy = Message(N_("name a matter or a result on record; see 'xinheng results follow-up'"))
        raise UsageError(what=Message(N_("matter")), value=one.subject, remedy=remedy)
    if kind not in (ORDERED, *REFERRALS):
        known = ", ".join((ORDERED, *REFERRALS))
        raise UsageError(what="kind", value=kind, remedy=Message(N_("use one of {known}"), {"known": known}))
    entity, department = findings[one.subject]
    before = [name for name, held in matters.items() if held.finding == one.subject and held.kind == kind]
    same = [matters[name] for name in before if matters[name].other == one.to_department]
    if open_one := next((held for held in same if held.state not in ("closed", "passed")), None):
        return open_one
    name = f"{one.subject}-{kind}-{len(before) + 1}"
    return Matter(name, one.subject, entity, kind, department, "" if kind == ORDERED else one.to_department)


def _after(matter: Matter, event: Event) -> Matter:
    return Matter(
        matter.matter, matter.finding, matter.entity_id, matter.kind, event.owner, event.other, (*matter.events, event)
    )  # fmt: skip


def _keep(
    workspace: Workspace,
    taken: Sequence[tuple[Matter, Event, Asked]],
    *,
    call: str,
    actor: Actor,
    clock: Clock,
    idempotency_key: str | None,
) -> None:
    rows: dict[str, list[dict[str, Any]]] = {"rectifications": [], "referrals": []}
    for matter, event, one in taken:
        table, row = event_rows(event, n=len(matter.events) + 1, reason=one.reason)
        rows[table].append(row)
    for table, made in rows.items():
        if made:
            load_rows(workspace, pd.DataFrame(made), table=table, actor=actor, clock=clock)
    steps = [
        [event.matter, event.finding, event.kind, event.event, event.owner, event.other, event.due_on]
        for _, event, _ in taken
    ]
    officers = {event.matter: list(one.officers) for _, event, one in taken if one.officers}
    event_name = taken[0][1].event if taken else ""
    is_one = len({event.matter for _, event, _ in taken}) == 1
    workspace.ledger.append(
        f"{ACTION}.{event_name}",
        subject=taken[0][1].matter if is_one else call[:16],
        content={"steps": steps, "officers": officers, "call": call},
        actor=actor,
        at=clock(),
        reason=taken[0][2].reason if is_one else "",
        idempotency_key=idempotency_key,
    )
