"""What whoever commits to a draw should hear: draws left open or unpublished, a content that will be withheld.

Who commits to many draws and carries out those that please has chosen after all. One commitment is one draw, but a
draw nobody runs leaves only its commitment; such ones are named every time somebody commits again.
"""

from datetime import date, datetime

from engine.api.draws.disclosure import PUBLISHED, foresee_disclosure, read_limits
from engine.api.draws.order import CERTIFIED, COMMITTED
from engine.draw.committing.commitment import Commitment, read_commitment
from engine.draw.populations.frame import BlindedFrame
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.store.draws.folders import DrawFolder
from engine.store.workspaces.workspace import Workspace


def commitment_warnings(
    workspace: Workspace, commitment: Commitment, frame: BlindedFrame, *, book: PolicyBook, on: date, at: datetime
) -> tuple[Message, ...]:
    """Return what to say to whoever makes a commitment, nothing when there is nothing to say.

    Parameters
    ----------
    commitment, frame : what is about to be committed.
    book, on : give policy ``publicity.disclosure``.
    at : now; an earlier commitment is left open when the last deadline of its events has passed.

    Notes
    -----
    Cost: the ledger's commitments and certificates, and one sort of the rows.
    """
    found = []
    is_simulated = commitment.is_simulation
    if left := _left_open(workspace, at=at):
        found.append(Message(N_("earlier commitments are neither drawn nor void: {draws}"), {"draws": ", ".join(left)}))
    if not is_simulated and (unseen := _unpublished(workspace, on=at.date())):
        found.append(Message(N_("finished draws that no publication shows yet: {draws}"), {"draws": ", ".join(unseen)}))
    foreseen = foresee_disclosure(frame, commitment=commitment.record, limits=read_limits(book, on=on))
    if foreseen.problems:
        params = {"reason": foreseen.problems[0], "n": len(foreseen.problems)}
        withheld = N_("beside results by name the content of this draw will be withheld ({n} reason(s)): {reason}")
        found.append(Message(withheld, params))
    return tuple(found)


def _left_open(workspace: Workspace, *, at: datetime) -> list[str]:
    """Draws whose events are over and that have neither certificate nor void."""
    closed = {entry.subject for entry in workspace.ledger.entries(action=CERTIFIED)}
    committed = [entry.subject for entry in workspace.ledger.entries(action=COMMITTED)]
    return [draw_id for draw_id in committed if draw_id not in closed and _last_deadline(workspace, draw_id) < at]


def _last_deadline(workspace: Workspace, draw_id: str) -> datetime:
    commitment = read_commitment(DrawFolder(workspace.path, draw_id=draw_id).read_commitment())
    return max(datetime.fromisoformat(text) for text in commitment.record["deadlines"].values())


def _unpublished(workspace: Workspace, *, on: date) -> list[str]:
    """Draws closed before today that are younger than the last publication."""
    last = max((entry.particulars["as_of"] for entry in workspace.ledger.entries(action=PUBLISHED)), default="")
    return [
        entry.subject
        for entry in workspace.ledger.entries(action=CERTIFIED)
        if last < entry.entered_at[:10] < on.isoformat()
    ]
