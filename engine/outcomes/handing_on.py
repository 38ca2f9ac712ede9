"""The steps by which a finding is put right or handed on, each taken or refused with its rule (R32, R35–R37).

An order to correct is given, perhaps extended, reported on, re-checked by two officers and closed. A notice (抄告), an
assignment (交办) or a case is sent, received, answered and closed, or returned to whom it came from. A suspected crime
is decided on by the head, goes to the police within 24 hours with its annexes, and is closed when they have answered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from engine.errors import ResultRefusedError
from engine.messages import N_, Message
from engine.outcomes.follow_up import CRIME, Event
from engine.vocabulary import JOINER

ORDERED, ASSIGNMENT = "order", "assignment"
REFERRALS = ("notice", ASSIGNMENT, "case_transfer", CRIME)
LEAST_OFFICERS = 2
_NO_GAP = "city plan 四(三): 抄告、交办, no gap in supervision"
_OFFICERS = "行政处罚法 art. 42; 总局令49 art. 23: at least two officers"
_CRIME_RULE = "行政执法机关移送涉嫌犯罪案件的规定 (2020) arts 5–6"
_NEW = ""
EVENT_WORDS = {
    "ordered": N_("order to correct"),
    "extended": N_("more time"),
    "reported": N_("report of the firm"),
    "rechecked": N_("re-check"),
    "passed": N_("re-check passed"),
    "failed": N_("re-check failed"),
    "decided": N_("decision to transfer"),
    "sent": N_("sending"),
    "received": N_("receipt"),
    "replied": N_("reply"),
    "returned": N_("return"),
    "closed": N_("closing"),
}
_ORDER_FROM = {
    "ordered": (_NEW, "failed"),
    "extended": ("ordered", "extended"),
    "reported": ("ordered", "extended"),
    "rechecked": ("ordered", "extended", "reported"),
    "passed": ("rechecked",),
    "failed": ("rechecked",),
    "closed": ("passed", "failed"),
}
_REFERRAL_FROM = {
    "sent": (_NEW, "returned"),
    "received": ("sent",),
    "replied": ("received",),
    "returned": ("sent", "received"),
    "closed": ("replied", "returned"),
}
_CRIME_FROM = _REFERRAL_FROM | {"decided": (_NEW,), "sent": ("decided", "returned")}
_BY_OTHER = frozenset({"received", "replied", "returned"})
_SAYS_WHY = frozenset({"extended", "failed", "returned", "replied"})


@dataclass(frozen=True, slots=True)
class Matter:
    """An order or a referral as it stands; without events it is about to begin.

    Parameters
    ----------
    finding : key of the result it rests on, empty for another lead. kind : ``order`` or one of :data:`REFERRALS`.
    owner, other : department that ordered or hands on; department that takes over, empty for orders.
    """

    matter: str
    finding: str
    entity_id: str
    kind: str
    owner: str
    other: str = ""
    events: tuple[Event, ...] = ()

    @property
    def state(self) -> str:
        """Name of the last event, empty before the first."""
        return self.events[-1].event if self.events else _NEW


@dataclass(frozen=True, slots=True)
class Handing:
    """One step that somebody asks for.

    Parameters
    ----------
    event : what happens. department : who acts. actor : the person. on : the day.
    to_department : who takes over, for what is sent. officers : who re-checked, or were put on a suspected crime.
    due_on : last day for the next step. annexes : documents handed over. reason : why, or what was answered.
    """

    event: str
    department: str
    actor: str
    on: date
    to_department: str = ""
    officers: tuple[str, ...] = ()
    due_on: date | None = None
    annexes: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What stands on record.

    Parameters
    ----------
    departments : codes. officer_departments : officer → department. annexes : that a suspected crime needs.
    fallen : results corrected since, which ask for nothing any more; what rests on one is closed from where it stands.
    """

    departments: frozenset[str]
    officer_departments: Mapping[str, str] = field(default_factory=dict)
    annexes: Sequence[str] = ()
    fallen: frozenset[str] = frozenset()


def next_event(matter: Matter, step: Handing, *, known: Known) -> Event:
    """Return the event that a step adds to a matter.

    Raises
    ------
    ResultRefusedError
        The step does not follow, is another department's, or lacks what the rule asks for.
    """
    for rule in _RULES:
        rule(matter, step, known)
    other = step.to_department or matter.other
    return Event(
        matter.matter, matter.finding, matter.entity_id, matter.kind, step.event, step.on, matter.owner, other,
        step.due_on, JOINER.join(step.annexes),
    )  # fmt: skip


def _follows(matter: Matter, step: Handing, known: Known) -> None:
    allowed = _ORDER_FROM if matter.kind == ORDERED else _CRIME_FROM if matter.kind == CRIME else _REFERRAL_FROM
    ends_early = step.event == "closed" and matter.finding in known.fallen and matter.state not in (_NEW, "closed")
    if not ends_early and (step.event not in allowed or matter.state not in allowed[step.event]):
        stands: object = Message(EVENT_WORDS[matter.state]) if matter.state else "-"
        words = N_("it stands at {state}, so {event} does not follow")
        _refuse(matter, words, _CRIME_RULE if matter.kind == CRIME else _NO_GAP, state=stands, event=_word(step.event))
    if matter.events and step.on < matter.events[-1].on:
        words = N_("{day} lies before its last step of {last}")
        _refuse(matter, words, _NO_GAP, day=step.on, last=matter.events[-1].on)


def _acts(matter: Matter, step: Handing, known: Known) -> None:
    right = matter.other if step.event in _BY_OTHER else matter.owner
    if step.department != right:
        _refuse(matter, N_("{event} is for {own}, not for {other}"), _NO_GAP, event=_word(step.event), own=right,
                other=step.department)  # fmt: skip


def _goes_somewhere(matter: Matter, step: Handing, known: Known) -> None:
    if matter.kind == ORDERED or step.event not in ("sent", "decided"):
        return
    to = step.to_department or matter.other
    if to not in known.departments or to == matter.owner:
        _refuse(matter, N_("{to!r} is no other department of the register"), _NO_GAP, to=to)


def _in_time(matter: Matter, step: Handing, known: Known) -> None:
    needed = step.event in ("ordered", "extended") or (matter.kind == ASSIGNMENT and step.event == "sent")
    if needed and step.due_on is None:
        _refuse(matter, N_("{event} names its last day"), _NO_GAP, event=_word(step.event))
    if step.due_on is not None and step.due_on < step.on:
        _refuse(matter, N_("its last day {due_on} is over"), _NO_GAP, due_on=step.due_on)
    held = next((one.due_on for one in reversed(matter.events) if one.due_on), None)
    if step.event == "extended" and step.due_on and held and step.due_on <= held:
        _refuse(matter, N_("the last day is {held} already"), _NO_GAP, held=held)


def _says_why(matter: Matter, step: Handing, known: Known) -> None:
    if step.reason.strip():
        return
    closes_badly = step.event == "closed" and (matter.state in ("failed", "returned") or matter.finding in known.fallen)
    if step.event in _SAYS_WHY or closes_badly:
        _refuse(matter, N_("{event} says why"), _NO_GAP, event=_word(step.event))


def _two_officers(matter: Matter, step: Handing, known: Known) -> None:
    if step.event not in ("rechecked", "decided"):
        return
    own = {one for one in step.officers if known.officer_departments.get(one) == step.department}
    if len(own) < LEAST_OFFICERS:
        reference = _CRIME_RULE if step.event == "decided" else _OFFICERS
        _refuse(
            matter, N_("{event} needs two officers of {own}"), reference, event=_word(step.event), own=step.department
        )
    if step.event == "decided" and step.actor in step.officers:
        _refuse(matter, N_("the head decides, not {actor}, who works on it"), _CRIME_RULE, actor=step.actor)


def _annexed(matter: Matter, step: Handing, known: Known) -> None:
    if matter.kind != CRIME or step.event != "sent":
        return
    lacking = [name for name in known.annexes if name not in step.annexes]
    if lacking:
        _refuse(matter, N_("annexes of the transfer: {annexes}"), _CRIME_RULE, annexes="、".join(lacking))


_RULES: tuple[Callable[[Matter, Handing, Known], None], ...] = (
    _follows, _acts, _goes_somewhere, _in_time, _says_why, _two_officers, _annexed,
)  # fmt: skip


def _word(event: str) -> Message:
    return Message(EVENT_WORDS[event])


def _refuse(matter: Matter, template: str, reference: str, **params: object) -> None:
    raise ResultRefusedError(subject=matter.matter, problem=Message(template, params), reference=reference)
