"""What every step in the life of a draw shares: attempts on record, one step at a time, and what is republished.

The ledger says what holds; the files beside a draw (signatures, substitutions, the proof from the public log) and the
log itself are made from it anew after every step, so that a process that was killed leaves nothing half said.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.api.draws.order import ATTEMPTED, CERTIFIED, COMMITTED, REFUSED, SIGNED, STARTED, SUBSTITUTED
from engine.draw.committing.signatures import Signature, signature_from_record
from engine.draw.protocol.encoding import canonical_json, read_json
from engine.draw.publishing.attachments import BEACONS, LOG_PROOF, SIGNATURES, SUBSTITUTIONS, TIMESTAMPS
from engine.draw.publishing.bundle import CERTIFICATE
from engine.draw.publishing.public_log import log_entry, log_head, prove_inclusion, public_log
from engine.draw.publishing.substitution import published_substitutions
from engine.errors import SupervisionError
from engine.pipeline.ports import Actor, Clock
from engine.store.draws.folders import PUBLIC, DrawFolder, write_whole
from engine.store.ledgers.ledger import Entry, Ledger
from engine.store.workspaces.workspace import Workspace

LOG = "log.json"
SIGNERS = "signers.json"
KEY_REGISTERED = "signer.key"
STAMPED = "draw.stamped"


@contextmanager
def step(workspace: Workspace, name: str, *, draw_id: str, actor: Actor, clock: Clock) -> Iterator[None]:
    """Record an attempt, wait for the right to act, mend what a killed process left, and republish at the end.

    Parameters
    ----------
    name : commit, sign, run, void, substitute, …
    """
    workspace.decisions.migrate()
    ledger, content = workspace.ledger, {"step": name}
    ledger.append(ATTEMPTED, subject=draw_id, actor=actor, at=clock(), content=content)
    try:
        with workspace.drawing():
            mend(workspace, draw_id)
            yield
            republish(workspace, draw_id)
    except SupervisionError as problem:
        ledger.append(REFUSED, subject=draw_id, actor=actor, at=clock(), content={**content, "code": problem.code})
        raise


def mend(workspace: Workspace, draw_id: str) -> None:
    """Finish what a process that was killed after its entry in the ledger left undone."""
    if workspace.ledger.entries(action=COMMITTED, subject=draw_id):
        DrawFolder(workspace.path, draw_id=draw_id).finish()
        republish(workspace, draw_id)


def republish(workspace: Workspace, draw_id: str) -> None:
    """Write the public log and what stands beside a draw, from the ledger."""
    folder, ledger = DrawFolder(workspace.path, draw_id=draw_id), workspace.ledger
    if not folder.is_committed:
        return
    entries = log_entries(ledger)
    write_whole(workspace.path / PUBLIC / LOG, canonical_json(public_log(entries)))
    write_whole(workspace.path / PUBLIC / SIGNERS, canonical_json(registered_keys(ledger)))
    certificate = _certificate(folder)
    for name, content in _attachments(ledger, draw_id, entries=entries, certificate=certificate).items():
        if content is not None:
            folder.attach(name, canonical_json(content))


def _attachments(
    ledger: Ledger, draw_id: str, *, entries: Sequence[Mapping[str, Any]], certificate: Mapping[str, Any] | None
) -> dict[str, Any]:
    found: dict[str, Any] = {SIGNATURES: [one.record() for one in signatures_of(ledger, draw_id)] or None}
    head = (certificate or {}).get("log")
    own = [entry["n"] for entry in entries if (entry["kind"], entry["draw"]) == ("commitment", draw_id)]
    if head is not None and own:
        found[LOG_PROOF] = prove_inclusion(entries, n=own[0], size=head["size"])
    stamped = [dict(entry.particulars) for entry in ledger.entries(action=STAMPED, subject=draw_id)]
    found[TIMESTAMPS] = stamped or None
    begun = ledger.entries(action=STARTED, subject=draw_id)
    found[BEACONS] = (begun[0].particulars.get("beacons") or None) if begun and certificate is not None else None
    substituted = substitution_entries(ledger, draw_id)
    if certificate is not None and substituted:
        found[SUBSTITUTIONS] = published_substitutions(substituted, certificate=certificate)
    return found


def _certificate(folder: DrawFolder) -> dict[str, Any] | None:
    path: Path = folder.public / CERTIFICATE
    return dict(read_json(path.read_bytes())) if path.is_file() else None


def substitution_entries(ledger: Ledger, draw_id: str) -> list[dict[str, Any]]:
    """Return the published entries of a draw's substitutions, in order."""
    return [dict(entry.particulars["entry"]) for entry in ledger.entries(action=SUBSTITUTED, subject=draw_id)]


def signatures_of(ledger: Ledger, draw_id: str, *, over: str | None = None) -> list[Signature]:
    """Return the signatures of a draw, all or those over one record."""
    found = [signature_from_record(entry.particulars) for entry in ledger.entries(action=SIGNED, subject=draw_id)]
    return [one for one in found if over is None or one.over == over]


def registered_keys(ledger: Ledger) -> dict[str, str]:
    """Return the public key of every person who registered one, the latest of each."""
    return {entry.subject: entry.particulars["public_key"] for entry in ledger.entries(action=KEY_REGISTERED)}


def log_entries(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the public log as the ledger gives it."""
    told = [(entry, *_told(entry)) for entry in ledger.entries() if entry.action in _LOGGED]
    return [
        log_entry(n, kind=kind, draw_id=entry.subject, digest=digest, at=entry.entered_at)
        for n, (entry, kind, digest) in enumerate(told)
    ]


_LOGGED = (COMMITTED, CERTIFIED, SUBSTITUTED)


def _told(entry: Entry) -> tuple[str, str]:
    said = entry.particulars
    if entry.action == COMMITTED:
        return "commitment", str(said["commit_digest"])
    if entry.action == SUBSTITUTED:
        return "substitution", str(said["entry"]["digest"])
    return str(said["kind"]), str(said["certificate_digest"])


def current_head(ledger: Ledger) -> dict[str, Any]:
    """Return the head of the public log now."""
    return log_head(log_entries(ledger))
