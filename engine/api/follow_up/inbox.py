"""The inbox: everything that a clock runs for, what is due and what is overdue, by department.

Most clocks are read from the records: checks drawn and not made, results not public, findings not yet on the abnormal
list, orders, referrals and suspected crimes, complaints, objections, releases of measures, plans not handed in. Clocks
whose event no table holds (an application for repair, an act that may be taken to reconsideration, a penalty to be made
public) are begun and ended by entry.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.plans.book import every_line, rows_on
from engine.api.punishment.book import listings_on
from engine.api.punishment.cases import stalls
from engine.api.results.drawn_checks import drawn_checks
from engine.api.results.entry import entered_cells, result_steps
from engine.api.results.follow_up import open_follow_ups
from engine.api.results.grounds import scanned_items
from engine.api.results.objections import unsettled
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.outcomes.deadlines import PUBLISH_RESULT, Due, clocks, deadline
from engine.outcomes.objections import CLOCK, LONGEST
from engine.outcomes.punishment import RELEASE_POLICY, Listing
from engine.outcomes.review import State
from engine.outcomes.working_days import Deadline
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.registers.deadlines import DEADLINE, submission_deadline
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import JOINER, ResultCode

BEGAN, MET = "deadline.began", "deadline.met"
ABNORMAL = "deadlines.abnormal_list"
WINDOW, FOLLOW_UP = "plan.window", "follow_up"
TO_ABNORMAL = frozenset({ResultCode.UNREACHABLE, ResultCode.NOT_PUBLICISED, ResultCode.FALSE_PUBLICITY})
"""Results that put a firm on the list of abnormal operations (DOMAIN.md §3.4)."""
_FOLLOW_RULE = "city plan 四(二)–(三): 依法处置、抄告、交办"
_WINDOW_RULE = "city plan 四(一): time window of the published plan line"


@dataclass(frozen=True, slots=True)
class _Begun:
    clock: str
    subject: str
    department: str
    event: date


def inbox(
    workspace: Workspace,
    *,
    book: PolicyBook,
    as_of: date,
    department: str = "",
    clock: str = "",
    penalties_since: date | None = None,
) -> list[Due]:
    """Return everything that is still to be done on a day, the most pressing first.

    Parameters
    ----------
    department, clock : only these; empty = all.
    penalties_since : also list penalties decided from this day on that nobody said were made public or uploaded.
    """
    begun = [
        *_results(workspace, as_of=as_of),
        *_abnormal(workspace, book=book, as_of=as_of),
        *_complaints(workspace, as_of=as_of),
        *_registered(workspace, as_of=as_of),
        *(_penalties(workspace, since=penalties_since, as_of=as_of) if penalties_since else ()),
    ]
    met = {(entry.particulars["clock"], entry.subject) for entry in workspace.ledger.entries(action=MET)}
    known: dict[tuple[str, date], tuple[Deadline, str]] = {}
    found = []
    for one in begun:
        if (one.clock, one.subject) in met:
            continue
        key = (one.clock, one.event)
        if key not in known:
            known[key] = deadline(book, one.clock, event=one.event, on=as_of)
        until, reference = known[key]
        found.append(_due(one.clock, one.subject, one.department, one.event, until, reference, as_of=as_of))
    told = [*_plans(workspace, book=book, as_of=as_of), *_objections(workspace, book=book, as_of=as_of)]
    found += [one for one in told if (one.clock, one.subject) not in met]
    found += _windows(workspace, as_of=as_of)
    found += _follow_ups(workspace, book=book, as_of=as_of)
    found += _releases(workspace, book=book, as_of=as_of)
    wanted = [one for one in found if department in ("", one.department) and clock in ("", one.clock)]
    return sorted(wanted, key=lambda one: (one.deadline.on, one.clock, one.subject))


def begin(
    workspace: Workspace, clock: str, subject: str, *, department: str, event: date, book: PolicyBook, actor: Actor,
    at: Clock,
) -> None:  # fmt: skip
    """Put on record that a clock began for something no table holds; the same again is nothing.

    Raises
    ------
    UsageError
        There is no such clock.
    """
    _require(book, clock)
    content = {"clock": clock, "department": department, "event": event}
    key = f"{BEGAN}:{clock}:{subject}:{event.isoformat()}"
    workspace.ledger.append(BEGAN, subject=subject, content=content, actor=actor, at=at(), idempotency_key=key)


def end(
    workspace: Workspace, clock: str, subject: str, *, reason: str, book: PolicyBook, actor: Actor, at: Clock
) -> None:
    """Put on record that something was done in its time limit or after it, with what shows it.

    Raises
    ------
    UsageError
        There is no such clock, or nothing says what was done.
    """
    if clock != DEADLINE:
        _require(book, clock)
    if not reason.strip():
        raise UsageError(what="--why", value=reason, remedy=Message(N_("say what was done, e.g. its document number")))
    content = {"clock": clock}
    workspace.ledger.append(MET, subject=subject, content=content, actor=actor, at=at(), reason=reason)


def _require(book: PolicyBook, clock: str) -> None:
    if clock not in clocks(book):
        remedy = Message(N_("use one of {known}"), {"known": ", ".join(clocks(book))})
        raise UsageError(what="clock", value=clock, remedy=remedy)


def _due(
    clock: str, subject: str, department: str, event: date, until: Deadline, reference: str, *, as_of: date
) -> Due:  # fmt: skip
    return Due(clock, subject, department, event, until, max(0, (as_of - until.on).days), reference)


def _results(workspace: Workspace, *, as_of: date) -> Iterator[_Begun]:
    """Every item scanned in whose result is not public, whether or not it has one."""
    public = {key for key, one in result_steps(workspace, on=as_of).items() if one.state is State.PUBLISHED}
    owners = rows_on(workspace, "items", on=as_of).set_index("item_code")["department_code"].to_dict()
    for (visit, item), scan in scanned_items(workspace, on=as_of).items():
        owner = str(owners.get(item, ""))
        key = f"{visit}-{item}-{owner}"
        if key not in public:
            yield _Begun(PUBLISH_RESULT, key, owner, scan.on)


def _abnormal(workspace: Workspace, *, book: PolicyBook, as_of: date) -> Iterator[_Begun]:
    """Published results that put a firm on the abnormal list and that no listing stands for."""
    spans: dict[str, list[Listing]] = {}
    for listing in listings_on(workspace, book=book, on=as_of).values():
        if listing.list_type == "abnormal":
            spans.setdefault(listing.entity_id, []).append(listing)
    public = {key: one for key, one in result_steps(workspace, on=as_of).items() if one.state is State.PUBLISHED}
    cells = entered_cells(workspace, on=as_of) if public else {}
    history = workspace.warehouse.history("inspections")
    rows = history.filter(history.inspection_id.isin(sorted(public)), history.superseded_at.isnull())
    codes = dict(rows.select("inspection_id", "result_codes").execute().itertuples(index=False)) if public else {}
    for key, one in public.items():
        entered = cells.get(one.result_id)
        if entered is None or not TO_ABNORMAL & set(str(codes.get(key, "")).split(JOINER)):
            continue
        on = date.fromisoformat(entered["occurred_on"])
        if not any(one.ends_on is None or one.ends_on > on for one in spans.get(entered["entity_id"], ())):
            yield _Begun(ABNORMAL, key, one.department, on)


def _complaints(workspace: Workspace, *, as_of: date) -> Iterator[_Begun]:
    """Complaints that nobody said whether they are right; a complaint belongs to who supervises the object's area."""
    rows = rows_on(workspace, "complaints", on=as_of)
    for row in rows[rows["is_substantiated"].isna()].to_dict("records"):
        for clock in ("deadlines.complaint_accept", "deadlines.lead_check"):
            yield _Begun(clock, row["complaint_id"], "", _day(row["occurred_on"]))


def _objections(workspace: Workspace, *, book: PolicyBook, as_of: date) -> list[Due]:
    """Objections not decided, and corrections not public yet; a decision that was put off has its own last day."""
    found = []
    for one in unsettled(workspace, as_of=as_of):
        until, reference = deadline(book, CLOCK, event=one.filed_on, on=as_of)
        if one.due_on and one.due_on > until.on:
            until = Deadline(one.due_on, is_provisional=until.is_provisional)
            reference = book.dated(LONGEST, on=one.filed_on).reference
        found.append(_due(CLOCK, one.objection_id, one.owner, one.filed_on, until, reference, as_of=as_of))
    return found


def _penalties(workspace: Workspace, *, since: date, as_of: date) -> Iterator[_Begun]:
    rows = rows_on(workspace, "penalties", on=as_of)
    rows = rows[(pd.to_datetime(rows["occurred_on"]) >= pd.Timestamp(since)) & (rows["severity"] != "none")]
    for row in rows.to_dict("records"):
        owner = row["organ_code"] if isinstance(row["organ_code"], str) else ""
        for clock in ("deadlines.publish_penalty", "deadlines.double_publicity"):
            yield _Begun(clock, row["penalty_id"], owner, _day(row["occurred_on"]))


def _registered(workspace: Workspace, *, as_of: date) -> Iterator[_Begun]:
    for entry in workspace.ledger.entries(action=BEGAN):
        said = entry.particulars
        event = date.fromisoformat(said["event"])
        if event <= as_of:
            yield _Begun(said["clock"], entry.subject, said["department"], event)


def _plans(workspace: Workspace, *, book: PolicyBook, as_of: date) -> list[Due]:
    """Departments that may initiate and handed no line in for the year, until one is there or they have none."""
    year = as_of.year
    until = Deadline(submission_deadline(book, year=year), is_provisional=False)
    reference = book.dated(DEADLINE, on=date(year, 1, 1)).reference
    there = {line.initiator for line in every_line(workspace, on=as_of) if line.year == year}
    if not there:
        return []  # a workspace without plans has nobody to remind
    rows = rows_on(workspace, "departments", on=as_of)
    wanted = rows[rows["role"].isin(("lead", "initiator")) & (rows["level"] == "city")]["department_code"]
    return [
        _due(DEADLINE, f"{year}-{code}", str(code), date(year, 1, 1), until, reference, as_of=as_of)
        for code in wanted
        if code not in there
    ]


def _windows(workspace: Workspace, *, as_of: date) -> list[Due]:
    """Checks that were drawn and whose visit was not scanned in yet, due by the window of their plan line."""
    checks = drawn_checks(workspace, on=as_of)
    checks = checks[checks["is_matched"].astype(bool) & ~checks["is_replaced"].astype(bool)]
    visited = scanned_items(workspace, on=as_of)
    found = []
    for row in checks[checks["window_end"].notna()].to_dict("records"):
        if (row["visit_id"], row["item_code"]) in visited:
            continue
        subject = f"{row['visit_id']}-{row['item_code']}-{row['department_code']}"
        until = Deadline(_day(row["window_end"]), is_provisional=False)
        found.append(
            _due(WINDOW, subject, row["department_code"], _day(row["drawn_on"]), until, _WINDOW_RULE, as_of=as_of)
        )  # fmt: skip
    return found


def _follow_ups(workspace: Workspace, *, book: PolicyBook, as_of: date) -> list[Due]:
    """What findings wait for and a day is set for: orders, re-checks, assignments, suspected crimes."""
    return [
        _due(FOLLOW_UP, one.subject, one.department, one.since, Deadline(one.due_on, is_provisional=False),
             _FOLLOW_RULE, as_of=as_of)
        for one in open_follow_ups(workspace, book=book, as_of=as_of).waiting
        if one.due_on is not None
    ]  # fmt: skip


def _releases(workspace: Workspace, *, book: PolicyBook, as_of: date) -> list[Due]:
    rows = stalls(workspace, book=book, as_of=as_of)
    rows = rows[rows["due_on"].notna()]
    return [
        _due(RELEASE_POLICY, row["punishment_id"], row["department"], _day(row["since"]),
             Deadline(_day(row["due_on"]), is_provisional=False),
             book.dated(RELEASE_POLICY, on=_day(row["since"])).reference, as_of=as_of)
        for row in rows.to_dict("records")
    ]  # fmt: skip


def _day(value: Any) -> date:
    day: date = pd.Timestamp(value).date()
    return day
