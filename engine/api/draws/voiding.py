"""Voiding a committed draw: it stays in the chain with its reason, and the numbering goes on."""

from datetime import datetime

from engine.api.draws.life import current_head, step
from engine.api.draws.order import CERTIFIED, STARTED, written
from engine.api.draws.running import close_draw, require_second_person
from engine.api.draws.signing import Signer, make_signature
from engine.draw.committing.commitment import Commitment, read_commitment
from engine.draw.committing.signatures import CERTIFICATE
from engine.draw.publishing.certificate import Certificate, void
from engine.errors import AlreadyDrawnError, DrawError, UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.draws.folders import DrawFolder
from engine.store.workspaces.workspace import Workspace


def void_draw(
    workspace: Workspace, draw_id: str, *, reason: str, actor: Actor, clock: Clock, key: bytes | None = None
) -> Certificate:
    """Close a commitment without drawing from it; its certificate of kind ``void`` is published and chained.

    Parameters
    ----------
    reason : why, in words; published.
    actor : another person than the one who committed.
    key : private signing key of the acting person; None only for a simulated draw.

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
    with step(workspace, "void", draw_id=draw_id, actor=actor, clock=clock):
        return _void(workspace, draw_id, reason=reason, actor=actor, clock=clock, key=key)


def _void(
    workspace: Workspace, draw_id: str, *, reason: str, actor: Actor, clock: Clock, key: bytes | None
) -> Certificate:
    folder, ledger = DrawFolder(workspace.path, draw_id=draw_id), workspace.ledger
    commitment = read_commitment(folder.read_commitment())
    digest = commitment.digest.hex()
    if ledger.entries(action=CERTIFIED, subject=draw_id):
        raise AlreadyDrawnError(draw_id=draw_id, commit_digest=digest)
    require_second_person(ledger, draw_id, actor=actor)
    begun = ledger.entries(action=STARTED, subject=draw_id)
    if not begun:
        _require_time(commitment, at=clock())
        content = {"values": [], "issued_at": written(clock()), "void": reason, "log": current_head(ledger)}
        # the key of an attempt to draw: of a draw and a void at the same moment only one is begun
        idempotency = f"{STARTED}:{draw_id}"
        begun = [
            ledger.append(
                STARTED, subject=draw_id, actor=actor, at=clock(), content=content, idempotency_key=idempotency
            )
        ]
    first = begun[0].particulars
    if first.get("void") != reason:
        raise AlreadyDrawnError(draw_id=draw_id, commit_digest=digest)
    certificate = void(commitment, reason=reason, issued_at=str(first["issued_at"]), log=first["log"])
    private, signer = folder.read_private(), Signer(actor, key, clock())
    signature = make_signature(ledger, commitment, private, over=CERTIFICATE, digest=certificate.digest, signer=signer)
    folder.publish_void(certificate.content)
    close_draw(
        workspace, draw_id, kind="void", certificate=certificate, signature=signature, signer=signer, reason=reason
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
