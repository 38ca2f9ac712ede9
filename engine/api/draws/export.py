"""Taking a draw out: as one compact JSON file of any size, and for its auditor with key and names."""

from collections.abc import Iterator
from pathlib import Path

from engine.draw.committing.commitment import read_commitment
from engine.draw.protocol.encoding import canonical_json
from engine.draw.publishing.attachments import ATTACHMENTS
from engine.draw.publishing.bundle import compact_chunks
from engine.draw.publishing.certificate import Certificate
from engine.draw.verifying.published import PublishedDraw
from engine.errors import DrawError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.draws.audit_files import write_audit_folder
from engine.store.draws.bundles import read_bundle, write_compact
from engine.store.draws.folders import DrawFolder
from engine.store.workspaces.workspace import Workspace

AUDITED = "draw.audit_folder"


def export_draw(workspace: Workspace, draw_id: str, *, out: Path) -> Path:
    """Write a finished draw, or a void one, as one compact JSON file; its rows are written in pieces.

    Raises
    ------
    StoreError, DrawError
        There is no such draw, it is not finished, or the file cannot be written.
    """
    folder = DrawFolder(workspace.path, draw_id=draw_id)
    folder.read_commitment()
    return compact_file(folder.public, out=out)


def compact_file(bundle: Path, *, out: Path) -> Path:
    """Write a bundle, wherever its folder came from, as one compact JSON file.

    Raises
    ------
    SourceNotFoundError, BundleUnreadableError, StoreError
        There is no bundle, or the file cannot be written.
    """
    return write_compact(out, _chunks(read_bundle(bundle)))


def _chunks(published: PublishedDraw) -> Iterator[bytes]:
    commitment = read_commitment(published.commit)
    attached = {name: published.attached[name] for name in ATTACHMENTS if name in published.attached}
    if published.frame is None:
        yield canonical_json({**published.certificate, "commit": dict(published.commit), **attached})
        return
    certificate = Certificate({**published.certificate})
    yield from compact_chunks(
        commitment, certificate, frame=published.frame, roster=published.roster, attached=attached
    )


def write_auditors_folder(workspace: Workspace, draw_id: str, *, out: Path, actor: Actor, clock: Clock) -> Path:
    """Write the key, the rows behind the handles and the frozen grades for the auditor, and say so in the ledger.

    Raises
    ------
    StoreError
        There is no such draw, or the folder holds something.
    DrawError
        The draw's key is not there.
    """
    folder = DrawFolder(workspace.path, draw_id=draw_id)
    folder.read_commitment()
    if not folder.private.is_dir():
        raise DrawError(
            problem=Message(N_("the private part of draw {draw_id} is not here"), {"draw_id": draw_id}),
            remedy=Message(N_("ask the agency that committed it")),
        )
    written = write_audit_folder(out, folder.read_private())
    workspace.ledger.append(AUDITED, subject=draw_id, actor=actor, at=clock(), content={"folder": out.name})
    return written
