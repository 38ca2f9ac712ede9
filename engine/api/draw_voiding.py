"""Voiding a committed draw: it stays in the chain with its reason, and the numbering goes on."""

from datetime import datetime

from engine.api.draw_order import CERTIFIED, STARTED, written
from engine.api.draw_running import require_second_person
from engine.draw.certificate import Certificate, void
from engine.draw.commitment import Commitment, read_commitment
from engine.errors import AlreadyDrawnError, DrawError, UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.draws import DrawFolder
from engine.store.workspace import Workspace


def void_draw(workspace: Workspace, draw_id: str, *, reason: str, actor: Actor, clock: Clock) -> Certificate:
    """Close a commitment without drawing from it; its certificate of kind ``void`` is published and chained.

    Parameters
    ----------
    reason : why, in words; published.
    actor : another person than the one who committed.

    Raises
    ------
    UsageError
        No reason is given.
    AlreadyDrawnError
        It was drawn, or a draw from it was begun: what is known cannot be voided.
    DrawError
        The same person committed, or the events are out and their deadlines not yet past.
    """
    if not reason.strip():
        raise UsageError(what="--reason", value=reason, remedy=Message(N_("say why the draw is void")))
    folder, ledger = DrawFolder(workspace.path, draw_id=draw_id), workspace.ledger
    commitment = read_commitment(folder.read_commitment())
    require_second_person(ledger, draw_id, actor=actor)
    digest = commitment.digest.hex()
    if ledger.entries(action=CERTIFIED, subject=draw_id):
        raise AlreadyDrawnError(draw_id=draw_id, commit_digest=digest)
    begun = ledger.entries(action=STARTED, subject=draw_id)
    if not begun:
        _require_time(commitment, at=clock())
        content = {"values": [], "issued_at": written(clock()), "void": reason}
        # the key of an attempt to draw: of a draw and a void at the same moment only one is begun
        key = f"{STARTED}:{draw_id}"
        begun = [ledger.append(STARTED, subject=draw_id, actor=actor, at=clock(), content=content, idempotency_key=key)]
    if begun[0].particulars.get("void") != reason:
        raise AlreadyDrawnError(draw_id=draw_id, commit_digest=digest)
    certificate = void(commitment, reason=reason, issued_at=str(begun[0].particulars["issued_at"]))
    folder.publish_void(certificate.content)
    ledger.append(
        CERTIFIED,
        subject=draw_id,
        actor=actor,
        at=clock(),
        reason=reason,
        idempotency_key=f"{CERTIFIED}:{draw_id}",
        content={"commit_digest": digest, "certificate_digest": certificate.digest},
    )
    return certificate


def _require_time(commitment: Commitment, *, at: datetime) -> None:
    """Between the first event and the last deadline the result can be known: voiding would be choosing."""
    first = datetime.fromisoformat(commitment.record["not_before"])
    last = max([first, *(datetime.fromisoformat(text) for text in commitment.record["deadlines"].values())])
    if first <= at <= last:
        raise DrawError(
            problem=Message(
                N_("{draw_id} cannot be void between {first} and {last}: its result can be known"),
                {"draw_id": str(commitment.record["draw"]), "first": written(first), "last": written(last)},
            ),
            remedy=Message(N_("run it, or void it once its deadline is missed")),
        )
