"""Grades that two persons set for a time: a riskier or milder grade on a named ground, with reason, end and reviewer.

An override counts from its first day until the day it ends, and only once it is approved: as of an earlier day it was
not known. Statutes apply after it, so it never takes a firm below what law fixes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import pandas as pd

from engine.errors import GradeOverrideError, PolicyInconsistentError
from engine.grading.overrides import SEVERITY
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import Grade

GROUNDS = "grading.override_grounds"
REVIEWED_PREFIX = "reviewed."
UNTIL = "override_until"


class Direction(StrEnum):
    """Which way a ground may move a grade."""

    RISKIER = "riskier"
    MILDER = "milder"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Ground:
    """What an override may rest on.

    Parameters
    ----------
    code : stable name. direction : which way it may move. longest_days : from its first day, >= 1.
    reference : what the ground rests on.
    """

    code: str
    direction: Direction
    longest_days: int
    reference: str


@dataclass(frozen=True, slots=True)
class ReviewedOverride:
    """One override as proposed, and what became of it.

    Parameters
    ----------
    override_id, entity_id : names. grade : what it sets. ground : code of policy ``grading.override_grounds``.
    document : number of the paper it rests on. begins_on : first day. until : first day on which it no longer counts.
    known_on : day of the approval, None while it is not approved.
    ended_on : day from which it was taken back, None while it stands.
    """

    override_id: str
    entity_id: str
    grade: Grade
    ground: str
    document: str
    begins_on: date
    until: date
    known_on: date | None = None
    ended_on: date | None = None

    def is_in_force(self, as_of: date) -> bool:
        """Whether it counts on a day, by what was known on that day."""
        is_known = self.known_on is not None and self.known_on <= as_of
        return is_known and self.begins_on <= as_of < self.last(as_of)

    def last(self, as_of: date) -> date:
        """First day on which it no longer counts, as known on ``as_of``."""
        return self.until if self.ended_on is None or self.ended_on > as_of else min(self.until, self.ended_on)


def read_grounds(book: PolicyBook, *, on: date) -> Mapping[str, Ground]:
    """Read policy ``grading.override_grounds``: list of ``{code, direction, longest_days, reference}``.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError, PolicyInconsistentError
    """
    return {ground.code: ground for ground in (_ground(entry) for entry in book.value(GROUNDS, on=on))}


def require_lawful(
    proposed: ReviewedOverride, *, grounds: Mapping[str, Ground], computed: Grade, standing: Sequence[ReviewedOverride]
) -> None:
    """Raise unless an override may be proposed.

    Parameters
    ----------
    grounds : of the day. computed : grade that the entity has without it.
    standing : overrides of the same entity that were proposed or approved and not refused.

    Raises
    ------
    GradeOverrideError
    """
    ground = grounds.get(proposed.ground)
    if ground is None:
        _refuse(
            proposed, N_("{ground} is none of the grounds {known}"), ground=proposed.ground, known=", ".join(grounds)
        )
        return
    last = proposed.begins_on + timedelta(days=ground.longest_days)
    if not proposed.begins_on < proposed.until <= last:
        text = N_("it must end after {begins} and by {last}: this ground carries {days} days at most")
        _refuse(proposed, text, begins=proposed.begins_on, last=last, days=ground.longest_days)
    step = SEVERITY[proposed.grade] - SEVERITY[computed]
    if step == 0:
        _refuse(proposed, N_("the grade is {grade} already"), grade=computed.value)
    wrong = {Direction.RISKIER: step < 0, Direction.MILDER: step > 0, Direction.EITHER: False}
    # what was not classified has no grade to be milder than
    if computed is not Grade.UNCLASSIFIED and wrong[ground.direction]:
        text = N_("ground {ground} leads to a {direction} grade only, not from {computed} to {grade}")
        _refuse(
            proposed, text, ground=ground.code, direction=ground.direction.value, computed=computed.value,
            grade=proposed.grade.value,
        )  # fmt: skip
    for other in standing:
        end = other.until if other.ended_on is None else min(other.until, other.ended_on)
        if proposed.begins_on < end and other.begins_on < proposed.until:
            _refuse(
                proposed, N_("override {other} covers days of it; take that one back first"), other=other.override_id
            )


def apply_reviewed(
    grades: pd.DataFrame, overrides: Sequence[ReviewedOverride], *, rules: Mapping[str, Ground], as_of: date
) -> pd.DataFrame:
    """Return the grades with every override that is in force on ``as_of``.

    Parameters
    ----------
    grades : after hysteresis and sectors; statutory overrides follow.
    overrides : in any order; of several in force for one entity the one approved last counts.
    rules : grounds of the day, for their references.

    Returns
    -------
    DataFrame like ``grades``: where one applies, grade is its grade, override_code ``reviewed.GROUND``,
    override_reference the ground's with the document, override_until its end (ISO day, null elsewhere).
    """
    result = grades.copy()
    for name in ("override_code", "override_reference", UNTIL):
        if name not in result.columns:
            result[name] = pd.Series(None, index=grades.index, dtype="object")
    in_force = sorted(
        (o for o in overrides if o.is_in_force(as_of)), key=lambda o: (o.known_on or as_of, o.override_id)
    )
    by_entity = {each.entity_id: each for each in in_force}
    for at in grades.index[grades["entity_id"].isin(list(by_entity))]:
        held = by_entity[str(grades.at[at, "entity_id"])]
        ground = rules.get(held.ground)
        result.at[at, "grade"] = held.grade.value
        result.at[at, "override_code"] = REVIEWED_PREFIX + held.ground
        result.at[at, "override_reference"] = "; ".join(
            part for part in (ground.reference if ground else "", held.document) if part
        )
        result.at[at, UNTIL] = held.last(as_of).isoformat()
    return result


def _ground(entry: Mapping[str, Any]) -> Ground:
    wanted = {"code", "direction", "longest_days", "reference"}
    if set(entry) != wanted or not entry["reference"] or entry["direction"] not in list(Direction):
        text = N_("each ground needs {wanted}, with a direction and a reference")
        raise PolicyInconsistentError(name=GROUNDS, problem=Message(text, {"wanted": ", ".join(sorted(wanted))}))
    if int(entry["longest_days"]) < 1:
        raise PolicyInconsistentError(name=GROUNDS, problem=Message(N_("a ground lasts at least one day")))
    return Ground(
        str(entry["code"]), Direction(entry["direction"]), int(entry["longest_days"]), str(entry["reference"])
    )


def _refuse(proposed: ReviewedOverride, text: str, **params: object) -> None:
    raise GradeOverrideError(subject=proposed.entity_id, problem=Message(text, params))
