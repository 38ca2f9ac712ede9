"""Grades set by persons: one proposes with ground, reason, document and end, another approves or refuses.

An approved override counts from the next grading on; it never changes grades that are stored. What the ledger holds is
read by :mod:`engine.api.scoring.override_book`.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.grading.confirming import UNNAMED
from engine.api.scoring.override_book import (
    APPROVED,
    PROPOSED,
    REFUSED,
    WITHDRAWN,
    BookedOverride,
    booked_overrides,
)
from engine.errors import GradeOverrideError
from engine.grading.reviewed import ReviewedOverride, read_grounds, require_lawful
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import Grade

COLUMNS = (
    "override_id", "entity_id", "state", "grade", "computed_grade", "ground", "document", "begins_on", "until",
    "proposed_by", "reason", "reviewed_by", "review", "withdrawn_by", "withdrawal",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GradeProposal:
    """What somebody proposes.

    Parameters
    ----------
    entity_id : str. grade : A to D. ground : code of policy ``grading.override_grounds``.
    until : first day on which it no longer counts. begins_on : first day, None = the day of the proposal.
    document : number of the paper it rests on.
    """

    entity_id: str
    grade: str
    ground: str
    until: date
    begins_on: date | None = None
    document: str = ""


def propose_override(
    workspace: Workspace,
    proposal: GradeProposal,
    *,
    reason: str,
    book: PolicyBook,
    actor: Actor,
    clock: Clock,
    idempotency_key: str | None = None,
) -> str:
    """Propose a grade for an entity and return the override's name; nothing counts before another person approves.

    Raises
    ------
    GradeOverrideError
        No such ground or entity, a grade that the ground cannot lead to, too long or covered already, no reason or
        document, or a machine proposes.
    """
    name = proposal.entity_id
    _require_person(name, actor, reason=reason)
    if not proposal.document.strip():
        _refuse(name, N_("name the document it rests on"))
    if proposal.grade not in [grade.value for grade in Grade if grade is not Grade.UNCLASSIFIED]:
        _refuse(name, N_("{grade} is no grade; give one of A, B, C, D"), grade=proposal.grade)
    at = clock()
    content = {
        "entity_id": name, "grade": proposal.grade, "ground": proposal.ground, "document": proposal.document,
        "begins_on": (proposal.begins_on or at.date()).isoformat(), "until": proposal.until.isoformat(),
    }  # fmt: skip
    with workspace.decisions.writing() as connection:
        if held := workspace.ledger.kept(idempotency_key):
            return held.subject
        booked = [each for each in booked_overrides(workspace).values() if each.override.entity_id == name]
        override_id = f"grade-{name}-{len(booked) + 1}"
        proposed = ReviewedOverride(
            override_id, name, Grade(proposal.grade), proposal.ground, proposal.document,
            proposal.begins_on or at.date(), proposal.until,
        )  # fmt: skip
        computed = _computed(workspace, name)
        standing = [
            each.override for each in booked if not each.is_refused and (each.is_open or each.override.known_on)
        ]
        require_lawful(proposed, grounds=read_grounds(book, on=at.date()), computed=computed, standing=standing)
        workspace.ledger.append(
            PROPOSED, subject=override_id, content=content | {"computed": computed.value}, reason=reason, actor=actor,
            at=at, idempotency_key=idempotency_key, connection=connection,
        )  # fmt: skip
    return override_id


def review_override(
    workspace: Workspace, override_id: str, *, is_approved: bool, reason: str, actor: Actor, clock: Clock
) -> None:
    """Approve or refuse a proposed override, as the second person.

    Raises
    ------
    GradeOverrideError
        No such override, it was reviewed or taken back, it is over, no reason, or the same person proposed it.
    """
    with workspace.decisions.writing() as connection:
        held = _booked(workspace, override_id)
        _require_person(override_id, actor, reason=reason)
        if actor.name == held.proposed_by:
            _refuse(override_id, N_("{actor} proposed it; a second person must review it"), actor=actor.name)
        if not held.is_open:
            _refuse(override_id, N_("it does not wait for a review"))
        if is_approved and clock().date() >= held.override.until:
            _refuse(override_id, N_("it ended on {until}"), until=held.override.until)
        workspace.ledger.append(
            APPROVED if is_approved else REFUSED, subject=override_id, content={"entity_id": held.override.entity_id},
            reason=reason, actor=actor, at=clock(), idempotency_key=f"{override_id}:reviewed", connection=connection,
        )  # fmt: skip


def withdraw_override(workspace: Workspace, override_id: str, *, reason: str, actor: Actor, clock: Clock) -> None:
    """Take an override back from today on; what was graded by it stays on record.

    Whoever proposed it takes it back alone only until it is approved: two persons set it, so one alone does not end it.

    Raises
    ------
    GradeOverrideError
        No such override, it was refused, taken back or is over, no reason, or who proposed it would end it after its
        approval.
    """
    with workspace.decisions.writing() as connection:
        held = _booked(workspace, override_id)
        _require_person(override_id, actor, reason=reason)
        if held.is_refused or held.withdrawn_by or clock().date() >= held.override.until:
            _refuse(override_id, N_("it does not stand any more"))
        if actor.name == held.proposed_by and held.reviewed_by:
            _refuse(override_id, N_("{actor} proposed it; a second person must end it"), actor=actor.name)
        workspace.ledger.append(
            WITHDRAWN, subject=override_id, content={"entity_id": held.override.entity_id}, reason=reason, actor=actor,
            at=clock(), idempotency_key=f"{override_id}:withdrawn", connection=connection,
        )  # fmt: skip


def grade_overrides(
    workspace: Workspace, *, on: date, entity_id: str | None = None, state: str | None = None
) -> pd.DataFrame:
    """Return overrides of grades as they stand on a day, the one that ends first first.

    Parameters
    ----------
    entity_id : only those of an entity. state : only proposed, refused, withdrawn, waiting, in_force or expired.

    Returns
    -------
    DataFrame, key override_id, :data:`COLUMNS`; ``computed_grade`` is what the entity had when it was proposed.
    """
    rows = []
    for each in booked_overrides(workspace.require()).values():
        o, stands = each.override, each.state(on)
        if entity_id not in (None, o.entity_id) or state not in (None, stands):
            continue
        rows.append(
            (o.override_id, o.entity_id, stands, o.grade.value, each.computed, o.ground, o.document, o.begins_on,
             o.last(on), each.proposed_by, each.reason, each.reviewed_by, each.review, each.withdrawn_by,
             each.withdrawal)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(["until", "override_id"], ignore_index=True)


def override_grounds(book: PolicyBook, *, on: date) -> pd.DataFrame:
    """Return what an override may rest on: ground, direction, longest_days, reference."""
    rows = [
        (each.code, each.direction.value, each.longest_days, each.reference)
        for each in read_grounds(book, on=on).values()
    ]
    return pd.DataFrame(rows, columns=["ground", "direction", "longest_days", "reference"])


def _computed(workspace: Workspace, entity_id: str) -> Grade:
    """The grade in the latest grading; what no grading holds cannot be set apart from it."""
    rows = workspace.warehouse.read("grades")
    found = rows.filter(rows.entity_id == entity_id).select("grade").execute()
    if found.empty:
        _refuse(entity_id, N_("the latest grading does not hold it; check the identifier"))
    return Grade(found["grade"].iloc[0])


def _booked(workspace: Workspace, override_id: str) -> BookedOverride:
    booked = booked_overrides(workspace)
    if override_id not in booked:
        _refuse(override_id, N_("there is no override of that name"))
    return booked[override_id]


def _require_person(subject: str, actor: Actor, *, reason: str) -> None:
    if actor.name in UNNAMED:
        _refuse(subject, N_("a machine cannot set a grade; name the person with XINHENG_ACTOR"))
    if not reason.strip():
        _refuse(subject, N_("say why; it stays on record"))


def _refuse(subject: str, text: str, **params: object) -> None:
    raise GradeOverrideError(subject=subject, problem=Message(text, params))
