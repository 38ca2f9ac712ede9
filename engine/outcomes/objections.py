"""Objections (异议) to what is on record: filed, accepted and marked or declined, decided, each step with its rule.

Who is concerned, or whoever brings evidence, objects to one record; the department that answers for the record accepts
the objection and marks the record as disputed, or declines it with a reason. Another person than those who made the
record decides: maintained, or corrected. Sources: 浙江省公共信用信息管理条例 arts 30–31; 国务院令654 art. 12.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from engine.errors import ResultRefusedError
from engine.messages import N_, Message

FILED, ACCEPTED, MARKED = "filed", "accepted", "annotated"
REJECTED, MAINTAINED, CORRECTED, WITHDRAWN = "rejected", "maintained", "corrected", "withdrawn"
CLOCK, LONGEST = "deadlines.objection", "deadlines.objection_longest"
OVER = frozenset({REJECTED, MAINTAINED, CORRECTED, WITHDRAWN})
"""Events after which nothing is left to decide; a correction has still to be made public."""
EVENT_WORDS = {
    FILED: N_("objection filed"),
    ACCEPTED: N_("objection accepted"),
    MARKED: N_("record marked as disputed"),
    REJECTED: N_("objection declined"),
    MAINTAINED: N_("record maintained"),
    CORRECTED: N_("record to be corrected"),
    WITHDRAWN: N_("objection withdrawn"),
}

_ZHEJIANG = "浙江省公共信用信息管理条例 arts 30–31"
_EVIDENCE = "国务院令654 art. 12: on proof that what was made public is wrong, it is corrected"
_HUMAN = N_("design: who made a record does not decide on the objection to it")
_OPEN = (FILED, ACCEPTED, MARKED)
_FROM = {
    FILED: ("",),
    ACCEPTED: _OPEN,
    MARKED: (ACCEPTED,),
    REJECTED: (FILED,),
    MAINTAINED: (ACCEPTED, MARKED),
    CORRECTED: (ACCEPTED, MARKED),
    WITHDRAWN: _OPEN,
}
_FREE_TO_ACT = frozenset({FILED, WITHDRAWN})
"""Steps of the party, which any counter puts on record."""


@dataclass(frozen=True, slots=True)
class ObjectionEvent:
    """One event of an objection; ``due_on`` is the last day for the decision, None where the event sets none."""

    event: str
    on: date
    reason: str = ""
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection as it stands; without events it is about to be filed.

    Parameters
    ----------
    objection_id : its number. entity_id : who objects. target_table, target_id : the record.
    owner : department that answers for the record, empty when none is known.
    """

    objection_id: str
    entity_id: str
    target_table: str
    target_id: str
    owner: str
    events: tuple[ObjectionEvent, ...] = ()

    @property
    def state(self) -> str:
        """Name of the last event, empty before the first."""
        return self.events[-1].event if self.events else ""

    @property
    def claim(self) -> str:
        """What whoever objects says is wrong, in their words."""
        return self.events[0].reason if self.events else ""

    @property
    def filed_on(self) -> date:
        """Day on which it was filed."""
        return self.events[0].on

    @property
    def due_on(self) -> date | None:
        """Last day for the decision, the latest that was set."""
        return next((one.due_on for one in reversed(self.events) if one.due_on), None)

    @property
    def is_open(self) -> bool:
        """Whether it waits for its decision."""
        return bool(self.events) and self.state not in OVER

    @property
    def is_marked(self) -> bool:
        """Whether the record stands under the mark *disputed*: from acceptance until the objection is over."""
        return self.is_open and any(one.event in (ACCEPTED, MARKED) for one in self.events)

    def after(self, event: ObjectionEvent) -> "Objection":
        """Return the objection with one more event."""
        return replace(self, events=(*self.events, event))


@dataclass(frozen=True, slots=True)
class Move:
    """One step that somebody asks for: who acts for which department on which day, why, on what evidence."""

    event: str
    department: str
    actor: str
    on: date
    reason: str = ""
    due_on: date | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the record.

    Parameters
    ----------
    is_public : whether there is such a record to object to. concerned : whom it is about.
    makers : persons who made it, none of whom decides. longest : last day to which the decision may be put off.
    disputed_by : number of another open objection of the same party to it, empty when there is none.
    """

    is_public: bool
    concerned: str
    makers: frozenset[str] = frozenset()
    longest: date | None = None
    disputed_by: str = ""


def next_event(objection: Objection, move: Move, *, record: Record) -> ObjectionEvent:
    """Return the event that a step adds to an objection.

    Raises
    ------
    ResultRefusedError
        The step does not follow, is another department's or person's, or lacks what the rule asks for.
    """
    for rule in _RULES:
        rule(objection, move, record)
    return ObjectionEvent(move.event, move.on, move.reason.strip(), move.due_on)


def _follows(objection: Objection, move: Move, record: Record) -> None:
    if objection.state not in _FROM[move.event]:
        stands: object = Message(EVENT_WORDS[objection.state]) if objection.state else "-"
        words = N_("it stands at {state}, so {event} does not follow")
        _refuse(objection, words, _ZHEJIANG, state=stands, event=_word(move.event))
    if objection.events and move.on < objection.events[-1].on:
        words = N_("{day} lies before its last step of {last}")
        _refuse(objection, words, _ZHEJIANG, day=move.on, last=objection.events[-1].on)


def _rests_on_a_record(objection: Objection, move: Move, record: Record) -> None:
    if move.event != FILED:
        return
    target = f"{objection.target_table}:{objection.target_id}"
    if not record.is_public:
        _refuse(objection, N_("{target} is not on record, so nothing can be objected to"), _EVIDENCE, target=target)
    if record.disputed_by:
        _refuse(objection, N_("{other} about the same record is not decided yet"), _ZHEJIANG, other=record.disputed_by)
    if objection.entity_id != record.concerned and not move.evidence:
        words = N_("{entity} is not whom the record is about, and names no evidence")
        _refuse(objection, words, _EVIDENCE, entity=objection.entity_id)


def _acts(objection: Objection, move: Move, record: Record) -> None:
    if move.event not in _FREE_TO_ACT and objection.owner not in ("", move.department):
        words = N_("{event} is for {own}, not for {other}")
        _refuse(objection, words, "谁公开、谁负责: city plan 四(三)", event=_word(move.event), own=objection.owner,
                other=move.department)  # fmt: skip


def _another_person(objection: Objection, move: Move, record: Record) -> None:
    if move.event in (REJECTED, MAINTAINED, CORRECTED) and move.actor in record.makers:
        _refuse(objection, N_("{actor} made the record; another person decides"), _HUMAN, actor=move.actor)


def _says_why(objection: Objection, move: Move, record: Record) -> None:
    is_quiet = move.event == MARKED or (move.event == ACCEPTED and move.due_on is None)
    if not is_quiet and not move.reason.strip():
        _refuse(objection, N_("{event} says why"), _ZHEJIANG, event=_word(move.event))


def _within_the_longest(objection: Objection, move: Move, record: Record) -> None:
    """Accepting gives more time where others have to check, and never beyond the longest term."""
    if move.event != ACCEPTED:
        return
    held = objection.due_on
    if objection.state != FILED and (move.due_on is None or (held is not None and move.due_on <= held)):
        _refuse(objection, N_("it is accepted already, and its last day is {held}"), _ZHEJIANG, held=held or "-")
    if move.due_on and record.longest and move.due_on > record.longest:
        words = N_("the decision can be put off until {longest}, not until {day}")
        _refuse(objection, words, _ZHEJIANG, longest=record.longest, day=move.due_on)


_RULES: tuple[Callable[[Objection, Move, Record], None], ...] = (
    _follows, _rests_on_a_record, _acts, _another_person, _says_why, _within_the_longest,
)  # fmt: skip


def _word(event: str) -> Message:
    return Message(EVENT_WORDS[event])


def _refuse(objection: Objection, template: str, reference: str, **params: object) -> None:
    raise ResultRefusedError(subject=objection.objection_id, problem=Message(template, params), reference=reference)
