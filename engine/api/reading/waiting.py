"""What waits for a decision, and for which a clock runs: how many, how many are late, until when.

Of decisions that take a second person, those of the person who looks are counted apart: another one takes them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import pandas as pd

from engine.api.committing.console import signatures
from engine.api.grading.confirming import high_risk_grades
from engine.api.grading.monthly_records import HELD, SIGNED, STARTED, finished_of
from engine.api.grading.months import grade_months
from engine.api.grading.overrides import grade_overrides
from engine.api.grading.warnings import standing_warnings
from engine.api.plans.book import plan_books
from engine.api.policies.drafts import WAITING, drafts
from engine.api.punishment.desk import stalls
from engine.api.reading.draws import DrawState, draws
from engine.api.results.desk import open_checks, standing_results
from engine.api.results.objections import objections_on
from engine.errors import TableMissingError
from engine.messages import N_
from engine.outcomes.review import State
from engine.registers.approval import PlanStage
from engine.store.workspaces.workspace import Workspace

SIGNERS = 2


class Kind(StrEnum):
    """What can wait; the first ones are decided, the last three are clocks that run."""

    DRAFTS = "policy_drafts"
    PLANS = "plans"
    SIGNATURES = "draw_signatures"
    MONTHS = "held_months"
    GRADES = "grades_d"
    OVERRIDES = "overrides"
    RESULTS = "results_to_review"
    OBJECTIONS = "objections"
    UNPUBLISHED = "results_not_public"
    WARNINGS = "open_warnings"
    CASES = "punishment_cases"


TITLES: Mapping[Kind, str] = {
    Kind.DRAFTS: N_("Policy drafts to approve"),
    Kind.PLANS: N_("Annual plans to approve"),
    Kind.SIGNATURES: N_("Draws that need a second signature"),
    Kind.MONTHS: N_("Monthly runs held back for a signature"),
    Kind.GRADES: N_("Grades D to confirm"),
    Kind.OVERRIDES: N_("Grades set by a person, to review"),
    Kind.RESULTS: N_("Results to review and make public"),
    Kind.OBJECTIONS: N_("Objections to decide"),
    Kind.UNPUBLISHED: N_("Results not public yet"),
    Kind.WARNINGS: N_("Open warnings"),
    Kind.CASES: N_("Joint punishment: cases that wait for somebody"),
}
CLOCKS = (Kind.UNPUBLISHED, Kind.WARNINGS, Kind.CASES)
"""Kinds that are work of departments: shown to whoever may see them, decided where they lie."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of one kind waits.

    Parameters
    ----------
    kind : Kind. n : what this person may decide. n_own : what only another person may.
    n_late : of both, those past their last day. first_due : the earliest last day; None where law sets none.
    """

    kind: Kind
    n: int
    n_own: int = 0
    n_late: int = 0
    first_due: date | None = None


def waiting(workspace: Workspace, *, kind: Kind, person: str, on: date) -> Waiting:
    """Return what waits of one kind on a day, as far as it is in sight.

    Parameters
    ----------
    person : who looks, by the name that stands under decisions. on : day of the clocks.
    """
    return _COUNTED[kind](workspace, person, on)


def _split(kind: Kind, makers: Iterable[str], person: str) -> Waiting:
    """Count by who made the step before: the same person does not take the next one."""
    is_own = [maker == person for maker in makers]
    return Waiting(kind, n=len(is_own) - sum(is_own), n_own=sum(is_own))


def _dated(kind: Kind, due: Iterable[object], on: date) -> Waiting:
    days = pd.to_datetime(pd.Series(list(due), dtype="object"))
    first = None if days.isna().all() else days.min().date()
    return Waiting(kind, n=len(days), n_late=int((days < pd.Timestamp(on)).sum()), first_due=first)


def _drafts(workspace: Workspace, person: str, on: date) -> Waiting:
    held = drafts(workspace)
    return _split(Kind.DRAFTS, held.loc[held["status"] == WAITING, "drafted_by"], person)


def _plans(workspace: Workspace, person: str, on: date) -> Waiting:
    """Plans whose lines are closed; neither who closed them nor who handed lines in approves."""
    editions = [(book.edition, book.submitters) for book in plan_books(workspace, on=on).values()]
    closed = [(each, by) for each, by in editions if each.stage is PlanStage.CONSOLIDATED]
    is_own = [person in by or person in each.actors.values() for each, by in closed]
    return Waiting(Kind.PLANS, n=len(is_own) - sum(is_own), n_own=sum(is_own))


def _signatures(workspace: Workspace, person: str, on: date) -> Waiting:
    """Draws whose commitment, or certificate after the draw, one person signed: the next one must be another."""
    makers = []
    for draw in draws(workspace):
        if draw.state is DrawState.VOID:
            continue
        signed = signatures(workspace, draw.draw_id)
        over = "commitment" if draw.state is DrawState.COMMITTED else "certificate"
        names = set(signed.loc[signed["over"] == over, "name"])
        if len(names) < SIGNERS:
            makers.append(person if person in names else "")
    return _split(Kind.SIGNATURES, makers, person)


def _months(workspace: Workspace, person: str, on: date) -> Waiting:
    signed = {entry.subject for entry in workspace.ledger.entries(action=SIGNED)}
    starters = {entry.subject: entry.actor for entry in workspace.ledger.entries(action=STARTED)}
    held = [entry for entry in workspace.ledger.entries(action=HELD) if entry.subject not in signed]
    open_ = [entry for entry in held if finished_of(workspace, entry.subject) is None]
    return _split(
        Kind.MONTHS, (person if person in {each.actor, starters[each.subject]} else "" for each in open_), person
    )


def _grades(workspace: Workspace, person: str, on: date) -> Waiting:
    """Grades D of the newest month: who started it does not confirm them."""
    months = grade_months(workspace)
    if not months:
        return Waiting(Kind.GRADES, 0)
    held = high_risk_grades(workspace, months[0].run_id)
    n = int((held["status"] == "proposed").sum())
    return Waiting(Kind.GRADES, 0, n_own=n) if months[0].starter == person else Waiting(Kind.GRADES, n)


def _overrides(workspace: Workspace, person: str, on: date) -> Waiting:
    return _split(Kind.OVERRIDES, grade_overrides(workspace, on=on, state="proposed")["proposed_by"], person)


def _results(workspace: Workspace, person: str, on: date) -> Waiting:
    """Results that were handed in; each has the last day of its publication."""
    held = standing_results(workspace)
    held = held[held["state"] == State.SUBMITTED.value]
    due = open_checks(workspace, on=on).set_index("key")["due_on"] if len(held) else pd.Series(dtype="object")
    dated = _dated(Kind.RESULTS, held["key"].map(due), on)
    own = _split(Kind.RESULTS, held["entered_by"], person)
    return Waiting(Kind.RESULTS, own.n, own.n_own, dated.n_late, dated.first_due)


def _objections(workspace: Workspace, person: str, on: date) -> Waiting:
    held = [one for one in objections_on(workspace, on=on).values() if one.is_open]
    return _dated(Kind.OBJECTIONS, (one.due_on for one in held), on)


def _unpublished(workspace: Workspace, person: str, on: date) -> Waiting:
    held = open_checks(workspace, on=on)
    return _dated(Kind.UNPUBLISHED, held.loc[held["state"] != State.PUBLISHED.value, "due_on"], on)


def _warnings(workspace: Workspace, person: str, on: date) -> Waiting:
    held = standing_warnings(workspace, on=on)
    return _dated(Kind.WARNINGS, held.loc[held["state"] != "closed", "due_on"], on)


def _cases(workspace: Workspace, person: str, on: date) -> Waiting:
    try:
        held = stalls(workspace, as_of=on)
    except TableMissingError:
        return Waiting(Kind.CASES, 0)
    return _dated(Kind.CASES, held["due_on"] if len(held) else (), on)


_COUNTED: Mapping[Kind, Callable[[Workspace, str, date], Waiting]] = {
    Kind.DRAFTS: _drafts,
    Kind.PLANS: _plans,
    Kind.SIGNATURES: _signatures,
    Kind.MONTHS: _months,
    Kind.GRADES: _grades,
    Kind.OVERRIDES: _overrides,
    Kind.RESULTS: _results,
    Kind.OBJECTIONS: _objections,
    Kind.UNPUBLISHED: _unpublished,
    Kind.WARNINGS: _warnings,
    Kind.CASES: _cases,
}
