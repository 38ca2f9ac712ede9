"""Overrides of grades as the ledger has them: proposed, approved or refused by another person, taken back."""

from dataclasses import dataclass, replace
from datetime import date

from engine.grading.reviewed import ReviewedOverride
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import Grade

PROPOSED, APPROVED = "grade_override.proposed", "grade_override.approved"
REFUSED, WITHDRAWN = "grade_override.refused", "grade_override.withdrawn"


@dataclass(frozen=True, slots=True)
class BookedOverride:
    """An override with the persons behind it.

    Parameters
    ----------
    override : what it sets and when. computed : grade that the entity had without it.
    reason, proposed_by : of the proposal. reviewed_by, review : who approved or refused it and why; empty while open.
    withdrawn_by, withdrawal : the same of taking it back.
    is_refused : whether the review refused it.
    """

    override: ReviewedOverride
    computed: str
    reason: str
    proposed_by: str
    reviewed_by: str = ""
    review: str = ""
    withdrawn_by: str = ""
    withdrawal: str = ""
    is_refused: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it waits for its review."""
        return not (self.reviewed_by or self.withdrawn_by)

    def state(self, as_of: date) -> str:
        """Return proposed, refused, withdrawn, waiting (approved, its first day has not come), in_force or expired."""
        if self.is_refused:
            return "refused"
        if self.override.known_on is None:
            return "withdrawn" if self.withdrawn_by else "proposed"
        if self.override.is_in_force(as_of):
            return "in_force"
        if self.override.ended_on is not None and self.override.ended_on <= as_of:
            return "withdrawn"
        return "waiting" if as_of < self.override.begins_on else "expired"


def booked_overrides(workspace: Workspace, *, until: int | None = None) -> dict[str, BookedOverride]:
    """Return every override by name, in the order of the proposals.

    Parameters
    ----------
    until : ledger entries before this one count; None = all.

    Notes
    -----
    Cost: the ledger entries of overrides.
    """
    found: dict[str, BookedOverride] = {}
    for action in (PROPOSED, APPROVED, REFUSED, WITHDRAWN):
        for entry in workspace.ledger.entries(action=action):
            if until is None or entry.sequence < until:
                held = found.get(entry.subject)
                found[entry.subject] = _proposed(entry) if held is None else _after(held, entry)
    return found


def approved_overrides(workspace: Workspace, *, until: int | None = None) -> tuple[ReviewedOverride, ...]:
    """Return what was approved, whenever it counts."""
    booked = booked_overrides(workspace, until=until).values()
    return tuple(each.override for each in booked if each.override.known_on is not None)


def _proposed(entry: Entry) -> BookedOverride:
    said = entry.particulars
    override = ReviewedOverride(
        override_id=entry.subject,
        entity_id=said["entity_id"],
        grade=Grade(said["grade"]),
        ground=said["ground"],
        document=said["document"],
        begins_on=date.fromisoformat(said["begins_on"]),
        until=date.fromisoformat(said["until"]),
    )
    return BookedOverride(override, said["computed"], entry.reason, entry.actor)


def _after(held: BookedOverride, entry: Entry) -> BookedOverride:
    on = date.fromisoformat(entry.entered_at[:10])
    if entry.action == WITHDRAWN:
        ended = replace(held.override, ended_on=on)
        return replace(held, override=ended, withdrawn_by=entry.actor, withdrawal=entry.reason)
    reviewed = replace(held, reviewed_by=entry.actor, review=entry.reason)
    if entry.action == REFUSED:
        return replace(reviewed, is_refused=True)
    return replace(reviewed, override=replace(held.override, known_on=on))
