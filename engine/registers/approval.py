"""The path of an annual plan: draft, consolidated, approved, published, each step by another person.

Steps come from the append-only ledger in their order; what they were taken about is a digest, so that nothing can
change between two steps unseen. A plan that was published can be amended: the next edition walks the whole path again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from engine.errors import PlanError
from engine.messages import N_, Message


class PlanStage(StrEnum):
    """How far an edition of a plan is."""

    DRAFT = "draft"
    CONSOLIDATED = "consolidated"
    APPROVED = "approved"
    PUBLISHED = "published"


FOLLOWS = {
    PlanStage.CONSOLIDATED: PlanStage.DRAFT,
    PlanStage.APPROVED: PlanStage.CONSOLIDATED,
    PlanStage.PUBLISHED: PlanStage.APPROVED,
}
RETURNED = "returned"
SUBMITTED = "submitted"
STAGE_WORDS: Mapping[str, str] = {
    PlanStage.DRAFT.value: N_("draft"),
    PlanStage.CONSOLIDATED.value: N_("consolidated"),
    PlanStage.APPROVED.value: N_("approved"),
    PlanStage.PUBLISHED.value: N_("published"),
    SUBMITTED: N_("submitted"),
}
"""What people call the stages."""


def stage_word(stage: str) -> Message:
    """Return the name of a stage, to be said in a sentence."""
    return Message(STAGE_WORDS[stage])


@dataclass(frozen=True, slots=True)
class Step:
    """One step taken: which, by whom, when, about what content (hex digest)."""

    step: str
    actor: str
    role: str
    at: str
    digest: str
    reason: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """The edition of a plan that is under way or in force.

    Parameters
    ----------
    number : 1 for the first. stage : how far it is. steps : taken for this edition, in order.
    digest : of the lines that were consolidated, empty in draft.
    """

    number: int
    stage: PlanStage
    steps: tuple[Step, ...] = ()
    digest: str = ""

    @property
    def actors(self) -> Mapping[str, str]:
        """Step to who took it."""
        return {step.step: step.actor for step in self.steps}


@dataclass(slots=True)
class _Walk:
    number: int = 1
    stage: PlanStage = PlanStage.DRAFT
    steps: list[Step] = field(default_factory=list)
    digest: str = ""


def edition_of(steps: Sequence[Step]) -> Edition:
    """Return where the steps lead; a published edition stays in force until the next is consolidated."""
    walk = _Walk()
    for step in steps:
        if step.step == RETURNED:
            walk.stage, walk.steps, walk.digest = PlanStage.DRAFT, [step], ""
            continue
        if step.step == PlanStage.CONSOLIDATED.value:
            if walk.stage is PlanStage.PUBLISHED:
                walk.number += 1
            walk.steps, walk.digest = [], step.digest
        walk.stage = PlanStage(step.step)
        walk.steps.append(step)
    return Edition(walk.number, walk.stage, tuple(walk.steps), walk.digest)


def published_of(steps: Sequence[Step]) -> Step | None:
    """Return the last publication, None when nothing was published."""
    published = [step for step in steps if step.step == PlanStage.PUBLISHED.value]
    return published[-1] if published else None


def require_step(
    edition: Edition, to: PlanStage, *, plan: str, actor: str, digest: str, submitters: frozenset[str] = frozenset()
) -> None:
    """Raise unless an edition may take a step.

    Parameters
    ----------
    edition : where it is. to : the step asked for. actor : who asks.
    digest : of the lines as they stand now. submitters : who handed lines in; they do not approve.

    Raises
    ------
    PlanError
        The step before is missing, the same person took another step, or the lines have changed since.
    """
    needed = FOLLOWS[to]
    may = edition.stage is needed or (to is PlanStage.CONSOLIDATED and edition.stage is PlanStage.PUBLISHED)
    if not may:
        params: dict[str, object] = {
            "stage": stage_word(edition.stage.value),
            "step": stage_word(to.value),
            "needed": stage_word(needed.value),
        }
        raise PlanError(
            plan=plan,
            problem=Message(N_("it is {stage}; it can only be {step} once it is {needed}"), params),
            remedy=Message(N_("take the steps in their order")),
        )
    if edition.stage is PlanStage.PUBLISHED:
        if digest == edition.digest:
            problem = Message(N_("nothing has changed since it was published"))
            raise PlanError(plan=plan, problem=problem, remedy=Message(N_("submit or withdraw a line first")))
        return
    taken = [step.step for step in edition.steps if step.actor == actor and step.step in FOLLOWS]
    if taken or (to is PlanStage.APPROVED and actor in submitters):
        done = stage_word(taken[0] if taken else SUBMITTED)
        params = {"actor": actor, "step": done, "asked": stage_word(to.value)}
        raise PlanError(
            plan=plan,
            problem=Message(N_("{actor} has {step} it and cannot be the one by whom it is {asked}"), params),
            remedy=Message(N_("another person must take this step (XINHENG_ACTOR)")),
        )
    if to is not PlanStage.CONSOLIDATED and digest != edition.digest:
        raise PlanError(
            plan=plan,
            problem=Message(N_("its lines have changed since they were consolidated")),
            remedy=Message(N_("return it and consolidate again")),
        )
