"""Time stamps of a draw: a request to send, and the answer attached to what is published."""

from datetime import datetime
from pathlib import Path

from engine.api.draws.life import STAMPED, step
from engine.api.draws.order import CERTIFIED
from engine.draw.committing.commitment import read_commitment
from engine.draw.committing.signatures import CERTIFICATE, SIGNED_RECORDS
from engine.draw.verifying.timestamps import is_over, read_token, stamped_at, timestamp_request, token_record
from engine.errors import DrawError, SourceNotFoundError, UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.draws.folders import DrawFolder
from engine.store.workspaces.workspace import Workspace


def write_request(workspace: Workspace, draw_id: str, *, over: str, out: Path) -> Path:
    """Write the request for a time stamp over a record of a draw.

    Raises
    ------
    UsageError, DrawError
        ``over`` is neither commitment nor certificate, or there is no certificate yet.
    """
    out.write_bytes(timestamp_request(_digest(workspace, draw_id, over=over)))
    return out


def attach_timestamp(
    workspace: Workspace, draw_id: str, *, over: str, token: Path, actor: Actor, clock: Clock
) -> datetime:
    """Attach an authority's answer to a draw and return the time in it.

    Who the authority is, a reader judges by the root certificates it trusts; here only that the answer is about this
    record.

    Raises
    ------
    SourceNotFoundError, DrawError
        There is no such file, it is no answer of an authority, or it is about something else.
    """
    with step(workspace, "timestamp", draw_id=draw_id, actor=actor, clock=clock):
        if not token.is_file():
            raise SourceNotFoundError(path=token)
        raw, digest = token.read_bytes(), _digest(workspace, draw_id, over=over)
        response = read_token(raw)
        if not is_over(response, digest):
            raise DrawError(
                problem=Message(N_("the time stamp is over another record")),
                remedy=Message(N_("attach the answer to this draw's own request")),
            )
        record = token_record(raw, over=over)
        workspace.ledger.append(STAMPED, subject=draw_id, actor=actor, at=clock(), content=record)
    return stamped_at(response)


def _digest(workspace: Workspace, draw_id: str, *, over: str) -> str:
    if over not in SIGNED_RECORDS:
        raise UsageError(what="--over", value=over, remedy=Message(N_("choose commitment or certificate")))
    commitment = read_commitment(DrawFolder(workspace.path, draw_id=draw_id).read_commitment())
    if over != CERTIFICATE:
        return commitment.digest.hex()
    closed = workspace.ledger.entries(action=CERTIFIED, subject=draw_id)
    if not closed:
        raise DrawError(
            problem=Message(N_("draw {draw_id} has no certificate"), {"draw_id": draw_id}),
            remedy=Message(N_("check the name, or run 'xinheng draw run' first")),
        )
    return str(closed[0].particulars["certificate_digest"])
