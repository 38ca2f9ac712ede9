"""What every finding still waits for, who has to act and since when: nothing falls between departments (R35–R37).

A finding is handled by its disposal: an order is re-checked and closed; what is handed on is sent, received, answered
and closed; a suspected crime keeps its clocks and annexes. A step that nobody took is as visible as one that is late.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.messages import N_, Message
from engine.outcomes.deadlines import deadline
from engine.parameters import PolicyBook
from engine.vocabulary import JOINER

ANNEXES = "outcomes.crime_annexes"
CRIME = "crime_transfer"
ORDER = "order_to_correct"
HANDED_ON = {
    "notice_to_department": frozenset({"notice", "assignment"}),
    "evidence_to_case_organ": frozenset({"case_transfer", CRIME}),
    "transfer": frozenset({"case_transfer", CRIME}),
}
"""Disposal → kinds of referral that carry it out."""
WITHIN = frozenset({"feedback", "other"})
"""Disposals that end within the department; they are counted, not followed."""

_DONE = frozenset({"closed", "passed"})
_NEXT_ORDER = {
    "ordered": N_("the firm reports, or the department re-checks"),
    "extended": N_("the firm reports, or the department re-checks"),
    "reported": N_("the department re-checks"),
    "rechecked": N_("the department says whether it passed"),
    "failed": N_("the department orders anew or opens a case"),
}
_NEXT_REFERRAL = {
    "decided": (N_("it is sent"), False),
    "sent": (N_("the receiving department confirms receipt"), True),
    "received": (N_("the receiving department replies"), True),
    "replied": (N_("the sending department closes it"), False),
    "returned": (N_("the sending department hands it to whom it concerns"), False),
}
_CRIME_CLOCKS = {
    "decided": ("decided", "deadlines.crime_transfer"),
    "sent": ("sent", "deadlines.crime_police"),
    "received": ("sent", "deadlines.crime_police"),
    "replied": ("replied", "deadlines.crime_materials"),
}
"""Last event of a transfer → event from which the clock of the next step runs, and the clock."""
RECHECK = "deadlines.recheck"
CRIME_DECIDE = "deadlines.crime_decide"


@dataclass(frozen=True, slots=True)
class Finding:
    """A result that asks for something: key, department, day of the check, disposal, last day to put it right."""

    key: str
    entity_id: str
    department: str
    on: date
    disposal: str
    rectify_by: date | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an order or a referral.

    Parameters
    ----------
    matter : its number. finding : key of the result, empty when it rests on none. kind : ``order`` or kind of referral.
    owner, other : department that ordered or hands on; department that takes over, empty for orders.
    due_on : last day for the next step, None if none is set. annexes : documents handed over.
    """

    matter: str
    finding: str
    entity_id: str
    kind: str
    event: str
    on: date
    owner: str
    other: str = ""
    due_on: date | None = None
    annexes: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """Something that waits.

    Parameters
    ----------
    subject : result or matter. department : who has to act. waits_for : one clause. since : day of the last step.
    days : days since then. due_on : last day, None if none is set. days_late : days after it, else 0.
    """

    subject: str
    entity_id: str
    department: str
    waits_for: Message
    since: date
    days: int
    due_on: date | None
    days_late: int


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What waits, and the findings counted: ``open + done + within`` is their number.

    Parameters
    ----------
    waiting : the latest first; a finding may wait for several things, a matter may rest on no finding.
    """

    waiting: tuple[Open, ...]
    open: int
    done: int
    within: int


def follow_up(findings: Sequence[Finding], events: Iterable[Event], *, book: PolicyBook, as_of: date) -> FollowUp:
    """Return what waits on a day, the longest first; every finding is open, done or ends within its department.

    Parameters
    ----------
    events : of orders and referrals, in any order; those of one day count in the order given.

    Notes
    -----
    Cost: O(findings + events), one sort of the events.
    """
    matters: dict[tuple[str, str], list[Event]] = {}
    for event in sorted((one for one in events if one.on <= as_of), key=lambda one: one.on):
        matters.setdefault((event.finding, event.matter), []).append(event)
    by_finding: dict[str, list[list[Event]]] = {}
    for (key, _), steps in matters.items():
        by_finding.setdefault(key, []).append(steps)
    waiting: list[Open] = []
    counts = {"open": 0, "done": 0, "within": 0}
    for finding in findings:
        own = by_finding.pop(finding.key, [])
        found = [one for steps in own for one in _waiting(steps, book=book, as_of=as_of)]
        if finding.disposal not in WITHIN and not any(_carries_out(finding, steps[0]) for steps in own):
            found.append(_not_begun(finding, as_of=as_of))
        waiting += found
        counts["open" if found else "within" if finding.disposal in WITHIN and not own else "done"] += 1
    for steps in (steps for rest in by_finding.values() for steps in rest):
        waiting += _waiting(steps, book=book, as_of=as_of)
    ordered = tuple(sorted(waiting, key=lambda one: (-one.days_late, one.since, one.subject)))
    return FollowUp(ordered, **counts)


def _carries_out(finding: Finding, first: Event) -> bool:
    if finding.disposal == ORDER:
        return first.kind == "order"
    return first.kind in HANDED_ON.get(finding.disposal, frozenset({first.kind}))


def _not_begun(finding: Finding, *, as_of: date) -> Open:
    words = N_("an order to correct is put on record") if finding.disposal == ORDER else N_("it is handed on")
    return _open(
        finding.key, finding.entity_id, finding.department, Message(words),
        since=finding.on, due_on=finding.rectify_by, as_of=as_of,
    )  # fmt: skip


def _waiting(steps: Sequence[Event], *, book: PolicyBook, as_of: date) -> list[Open]:
    """What a matter waits for; a suspected crime without all its annexes waits for them as well."""
    last = steps[-1]
    found = []
    lacking = _lacking(steps, book=book)
    if lacking:
        words = Message(N_("annexes of the transfer: {annexes}"), {"annexes": "、".join(lacking)})
        sent = next(one for one in steps if one.event == "sent")
        found.append(_open(last.matter, last.entity_id, last.owner, words, since=sent.on, due_on=sent.on, as_of=as_of))
    if last.event in _DONE:
        return found
    due_on = next((one.due_on for one in reversed(steps) if one.due_on), None)
    if last.kind == "order":
        words, who = Message(_NEXT_ORDER[last.event]), last.owner
    else:
        template, by_other = _NEXT_REFERRAL[last.event]
        words, who = Message(template), last.other if by_other else last.owner
    if last.kind == CRIME and last.event in _CRIME_CLOCKS:
        begins, clock = _CRIME_CLOCKS[last.event]
        since = next((one.on for one in reversed(steps) if one.event == begins), last.on)
        due_on = deadline(book, clock, event=since, on=as_of)[0].on
    if last.kind == "order" and last.event == "reported":
        due_on = deadline(book, RECHECK, event=last.on, on=as_of)[0].on
    return [*found, _open(last.matter, last.entity_id, who, words, since=last.on, due_on=due_on, as_of=as_of)]


def _lacking(steps: Sequence[Event], *, book: PolicyBook) -> list[str]:
    sent = [one for one in steps if one.kind == CRIME and one.event == "sent"]
    if not sent:
        return []
    given = {part.strip() for one in steps for part in one.annexes.split(JOINER)}
    return [name for name in book.value(ANNEXES, on=sent[0].on) if name not in given]


def _open(
    subject: str, entity_id: str, department: str, waits_for: Message, *, since: date, due_on: date | None, as_of: date
) -> Open:
    late = max(0, (as_of - due_on).days) if due_on else 0
    return Open(subject, entity_id, department, waits_for, since, (as_of - since).days, due_on, late)


def count_by_department(rows: Iterable[Open]) -> Mapping[str, tuple[int, int]]:
    """Return department → (open, of them late)."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        n, late = found.get(row.department, (0, 0))
        found[row.department] = (n + 1, late + (row.days_late > 0))
    return dict(sorted(found.items()))
