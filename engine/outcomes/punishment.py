"""Joint punishment (联合惩戒) from a list decision to its release: every step taken or refused with its rule.

A case is one measure that one department applies to one listed object. Only a decision to put somebody on a list
triggers it, never a score, grade or warning. triggered → basis checked → pushed → received → hit in a department's
business → applied, or declined with the reason → fed back → release pushed when the listing was lifted, repaired or ran
out → released, confirmed by the department.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.errors import ResultRefusedError
from engine.messages import N_, Message
from engine.outcomes.measure_law import AFTER_2020, UNPUBLISHED, Measure, MeasureLaw, unlawful

LISTS_ONLY = "国办发〔2020〕49号; 国市监信发〔2022〕6号: the risk class is no ground of punishment"
RELEASE_POLICY = "deadlines.punishment_release"
_HUMAN = "个人信息保护法 art. 24: a person decides, and another than who asked"
_RELEASE = "国办发〔2020〕49号; 国办发〔2025〕22号: no measure outlives its listing, release is pushed within a day"
_NEW = ""
_FROM = {
    "triggered": (_NEW,),
    "basis_checked": ("triggered",),
    "refused": ("triggered", "basis_checked"),
    "pushed": ("basis_checked",),
    "received": ("pushed",),
    "hit": ("received", "fed_back"),
    "applied": ("hit",),
    "declined": ("hit",),
    "fed_back": ("applied", "declined"),
    "release_pushed": ("pushed", "received", "hit", "applied", "declined", "fed_back"),
    "released": ("release_pushed",),
}
STEPS = tuple(_FROM)
FINAL = frozenset({"refused", "released"})
STEP_WORDS = {
    "triggered": N_("triggered"),
    "basis_checked": N_("basis checked"),
    "refused": N_("refused"),
    "pushed": N_("pushed"),
    "received": N_("received"),
    "hit": N_("met in business"),
    "applied": N_("applied"),
    "declined": N_("declined"),
    "fed_back": N_("fed back"),
    "release_pushed": N_("release pushed"),
    "released": N_("release confirmed"),
    "listed": N_("put on a list"),
    "acted": N_("applied or declined"),
    "repaired": N_("repaired"),
}
"""Words of every event of a case, and of the steps that are counted besides."""
_BY_DEPARTMENT = frozenset({"received", "hit", "applied", "declined", "fed_back", "released"})
_RESTRICTS = frozenset({"pushed", "hit", "applied"})
_SAYS_WHY = frozenset({"refused", "declined"})
WAITS_FOR = {
    "triggered": (N_("another person checks the legal basis"), False),
    "basis_checked": (N_("it is pushed to the department"), False),
    "pushed": (N_("the department confirms receipt"), True),
    "hit": (N_("the department says whether it applies the measure"), True),
    "applied": (N_("the department feeds back"), True),
    "declined": (N_("the department feeds back"), True),
    "release_pushed": (N_("the department confirms the release"), True),
}
"""State → what a case waits for, and whether the applying department has to act; received and fed back rest."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list decision: who was put on which list when; ``ends_on`` is the first day off it, None while it stands."""

    listing_id: str
    entity_id: str
    list_type: str
    listed_on: date
    ends_on: date | None = None
    end_reason: str = ""

    def stands(self, on: date) -> bool:
        """Whether the object is on the list on a day."""
        return self.listed_on <= on and (self.ends_on is None or on < self.ends_on)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One event of a case: what, by which department and person, when, why, in which business, over what amount."""

    event: str
    department: str
    on: date
    actor: str = ""
    reason: str = ""
    business_no: str = ""
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands; without events it is about to be triggered.

    Parameters
    ----------
    requester, department : department that asks for the measure; department that applies it.
    """

    punishment_id: str
    listing_id: str
    entity_id: str
    measure_id: str
    requester: str
    department: str
    events: tuple[CaseEvent, ...] = ()

    @property
    def state(self) -> str:
        """Name of the last event, empty before the first."""
        return self.events[-1].event if self.events else _NEW

    @property
    def is_over(self) -> bool:
        """Whether nothing can follow."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class Terms:
    """What a step is judged by: the measure (None when in no catalogue), the listing, the law, the last release day."""

    measure: Measure | None
    listing: Listing
    law: MeasureLaw
    release_due: date | None = None


def case_id(listing_id: str, measure_id: str, department: str) -> str:
    """Return the number of a case: a listing, a measure and a department have one."""
    return f"{listing_id}-{measure_id}-{department}"


def require_list_decision(ground: str) -> str:
    """Return the listing that a ground ``listings:ID`` names.

    Raises
    ------
    ResultRefusedError
        The ground is no list decision: a score, a grade, a warning, a result.
    """
    table, _, identifier = ground.partition(":")
    if table != "listings" or not identifier:
        problem = Message(
            N_("{ground} is no list decision, and nothing else triggers a joint punishment"), {"ground": ground}
        )
        raise ResultRefusedError(subject=ground, problem=problem, reference=LISTS_ONLY)
    return identifier


def next_case(case: Case, step: CaseEvent, *, terms: Terms) -> Case:
    """Return the case after a step.

    Raises
    ------
    ResultRefusedError
        The step does not follow, is another's, has no lawful measure, or comes after the listing ended.
    """
    for rule in _RULES:
        rule(case, step, terms)
    return Case(
        case.punishment_id, case.listing_id, case.entity_id, case.measure_id, case.requester, case.department,
        (*case.events, step),
    )  # fmt: skip


def walk(case: Case, steps: Sequence[CaseEvent], *, terms: Terms) -> list[Case]:
    """Return the case after each of several steps; see :func:`next_case`."""
    found = []
    for step in steps:
        case = next_case(case, step, terms=terms)
        found.append(case)
    return found


def _follows(case: Case, step: CaseEvent, terms: Terms) -> None:
    if step.event not in _FROM or case.state not in _FROM[step.event]:
        stands: object = Message(STEP_WORDS[case.state]) if case.state else "-"
        words = N_("it is {state}, so it cannot be {event}")
        _refuse(case, words, AFTER_2020, state=stands, event=_word(step.event))
    if case.events and step.on < case.events[-1].on:
        words = N_("{day} lies before its last step of {last}")
        _refuse(case, words, AFTER_2020, day=step.on, last=case.events[-1].on)


def _acts(case: Case, step: CaseEvent, terms: Terms) -> None:
    right = case.department if step.event in _BY_DEPARTMENT else case.requester
    if step.department != right:
        words = N_("{event} is for {own}, not for {other}")
        _refuse(
            case, words, "谁实施、谁反馈: city plan 三(五)", event=_word(step.event), own=right, other=step.department
        )


def _lawful(case: Case, step: CaseEvent, terms: Terms) -> None:
    if step.event not in ("triggered", "basis_checked", "pushed", "applied"):
        return
    if terms.measure is None:
        _refuse(case, N_("measure {measure} is in no catalogue"), UNPUBLISHED, measure=case.measure_id)
        return
    broken = unlawful(
        terms.measure, list_type=terms.listing.list_type, department=case.department, law=terms.law, on=step.on
    )
    if broken is not None:
        raise ResultRefusedError(subject=case.punishment_id, problem=broken.sentence, reference=broken.reference)


def _second_person(case: Case, step: CaseEvent, terms: Terms) -> None:
    if step.event == "basis_checked" and step.actor == case.events[0].actor:
        _refuse(case, N_("{actor} triggered it; another person checks the basis"), _HUMAN, actor=step.actor)


def _listed(case: Case, step: CaseEvent, terms: Terms) -> None:
    listing = terms.listing
    if step.event == "triggered" and not listing.stands(step.on):
        _refuse(case, N_("{listing} is not in force on {day}"), _RELEASE, listing=listing.listing_id, day=step.on)
    if step.event in _RESTRICTS and not listing.stands(step.on):
        _refuse(
            case, N_("the listing ended on {day}; the measure is released, not taken"), _RELEASE, day=listing.ends_on
        )
    if step.event == "release_pushed" and listing.stands(step.on):
        _refuse(case, N_("{listing} still stands on {day}"), _RELEASE, listing=listing.listing_id, day=step.on)


def _in_time(case: Case, step: CaseEvent, terms: Terms) -> None:
    if step.event != "release_pushed" or terms.release_due is None or step.on <= terms.release_due:
        return
    if not step.reason.strip():
        _refuse(case, N_("its release was due by {day}; say why it is late"), _RELEASE, day=terms.release_due)


def _says_why(case: Case, step: CaseEvent, terms: Terms) -> None:
    if step.event in _SAYS_WHY and not step.reason.strip():
        _refuse(case, N_("{event} says why"), "contract punishments", event=_word(step.event))
    if step.event == "hit" and not step.business_no.strip():
        _refuse(case, N_("name the business in which it was met"), "contract punishments")


_RULES: tuple[Callable[[Case, CaseEvent, Terms], None], ...] = (
    _follows, _acts, _second_person, _listed, _lawful, _says_why, _in_time,
)  # fmt: skip


def lawful_cases(
    listing: Listing,
    measures: Sequence[Measure],
    *,
    law: MeasureLaw,
    held: Mapping[str, Case],
    requester: str,
    on: date,
) -> list[Case]:
    """Return the cases that a standing listing asks for and that are not on record yet, in order of their numbers."""
    if not listing.stands(on):
        return []
    found = []
    for measure in measures:
        for department in measure.departments:
            name = case_id(listing.listing_id, measure.measure_id, department)
            broken = unlawful(measure, list_type=listing.list_type, department=department, law=law, on=on)
            if broken is None and name not in held:
                found.append(
                    Case(name, listing.listing_id, listing.entity_id, measure.measure_id, requester, department)
                )  # fmt: skip
    return sorted(found, key=lambda case: case.punishment_id)


def _word(event: str) -> Message:
    return Message(STEP_WORDS.get(event, event))


def _refuse(case: Case, template: str, reference: str, **params: object) -> None:
    raise ResultRefusedError(subject=case.punishment_id, problem=Message(template, params), reference=reference)
