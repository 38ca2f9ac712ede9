"""The way of a result from entry to publication, and who may take it a step further.

Entered (未提交) → submitted (待审核) → published (已公示), or returned (审核退回) and entered again; a published result
that turns out wrong is returned too and published anew. The inspecting department alone takes the steps
(谁检查、谁录入、谁公开), and another person than who entered reviews.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.errors import ResultRefusedError
from engine.messages import N_, Message

CITY_PLAN = "谁检查、谁录入、谁公开: city plan 四(三)"
FOUR_EYES = N_("design: another person reviews")
WARNING_ONLY = "总局令45; DOMAIN.md §4.5: a penalty of warning alone is not published"
UNPUBLISHED_SEVERITY = "none"


class State(StrEnum):
    """Where a result stands."""

    ENTERED = "entered"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PUBLISHED = "published"


STATE_WORDS = {
    State.ENTERED: N_("not submitted"),
    State.SUBMITTED: N_("waiting for review"),
    State.RETURNED: N_("returned"),
    State.PUBLISHED: N_("made public"),
}
_FROM = {
    State.SUBMITTED: (State.ENTERED,),
    State.RETURNED: (State.SUBMITTED, State.PUBLISHED),
    State.PUBLISHED: (State.SUBMITTED,),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one result, as the ledger has it."""

    key: str
    state: State
    actor: str
    at: str
    reason: str = ""
    department: str = ""
    draw_id: str = ""
    wordings: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a result stands, after which steps.

    Parameters
    ----------
    n : int, how often it was entered. entered_by, submitted_by : who last did. at, reason : of the last step.
    wordings : list of wordings it was entered by.
    """

    key: str
    state: State
    department: str
    draw_id: str
    n: int
    entered_by: str
    at: str
    submitted_by: str = ""
    reason: str = ""
    wordings: str = ""

    @property
    def result_id(self) -> str:
        """Identifier of the entry that stands: the key, with its number from the second on."""
        return entry_id(self.key, self.n)


def entry_id(key: str, n: int) -> str:
    """Return the identifier of the n-th entry of a result."""
    return key if n == 1 else f"{key}#{n}"


def standings(steps: Iterable[Step]) -> dict[str, Standing]:
    """Return where every result stands after its steps, in the order of first entry."""
    found: dict[str, Standing] = {}
    for step in steps:
        held = found.get(step.key)
        if step.state is State.ENTERED:
            n = held.n + 1 if held else 1
            found[step.key] = Standing(
                step.key,
                step.state,
                step.department,
                step.draw_id,
                n,
                entered_by=step.actor,
                at=step.at,
                wordings=step.wordings,
            )
        elif held:
            by = step.actor if step.state is State.SUBMITTED else held.submitted_by
            found[step.key] = replace(held, state=step.state, at=step.at, reason=step.reason, submitted_by=by)
    return found


def require_step(
    held: Mapping[str, Standing], key: str, *, to: State, actor: str, department: str, reason: str = ""
) -> Standing:
    """Return the result as it stands, or raise unless it may be taken to a state.

    Raises
    ------
    ResultRefusedError
        No such result, another department, the wrong state, the same person, or a return without reason.
    """
    standing = held.get(key)
    if standing is None:
        raise _refused(key, Message(N_("no such result was entered")), CITY_PLAN)
    if standing.department != department:
        params = {"own": standing.department, "other": department}
        raise _refused(key, Message(N_("it belongs to {own}, not to {other}"), params), CITY_PLAN)
    if standing.state not in _FROM[to]:
        words: dict[str, object] = {"state": Message(STATE_WORDS[standing.state]), "to": Message(STATE_WORDS[to])}
        raise _refused(key, Message(N_("it is {state} and cannot become {to}"), words), CITY_PLAN)
    if to is not State.SUBMITTED and actor in (standing.entered_by, standing.submitted_by):
        raise _refused(key, Message(N_("{actor} entered or submitted it"), {"actor": actor}), FOUR_EYES)
    if to is State.RETURNED and not reason.strip():
        raise _refused(key, Message(N_("a return needs its reason")), FOUR_EYES)
    return standing


def require_publishable(penalty_id: str, severity: str) -> None:
    """Raise when a penalty is a warning alone (severity ``none``).

    Raises
    ------
    ResultRefusedError
    """
    if severity == UNPUBLISHED_SEVERITY:
        raise _refused(penalty_id, Message(N_("the penalty is a warning alone and is not published")), WARNING_ONLY)


def _refused(subject: str, problem: Message, reference: str) -> ResultRefusedError:
    return ResultRefusedError(subject=subject, problem=problem, reference=reference)
