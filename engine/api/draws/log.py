"""The public log of draws: writing it, proving from it, and checking such proofs without a workspace."""

from pathlib import Path
from typing import Any

from engine.api.draws.life import LOG, log_entries
from engine.draw.protocol.encoding import canonical_json
from engine.draw.publishing.public_log import (
    CONSISTENCY,
    INCLUSION,
    is_continued,
    is_included,
    prove_consistency,
    prove_inclusion,
    public_log,
    read_log,
)
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.store.draws.bundles import read_json_file
from engine.store.draws.folders import PUBLIC, write_whole
from engine.store.workspaces.workspace import Workspace


def write_log(workspace: Workspace) -> dict[str, Any]:
    """Write the public log of a workspace as its ledger gives it, and return it."""
    log = public_log(log_entries(workspace.ledger))
    folder = workspace.path / PUBLIC
    folder.mkdir(exist_ok=True)
    write_whole(folder / LOG, canonical_json(log))
    return log


def log_proof(workspace: Workspace, *, digest: str | None = None, old_size: int | None = None) -> dict[str, Any]:
    """Return the proof that a digest stands in the log, or that the log continues that of ``old_size`` entries.

    Raises
    ------
    UsageError
        The log holds no such digest, or was never of that size.
    """
    entries = log_entries(workspace.ledger)
    if old_size is not None:
        if not 0 < old_size <= len(entries):
            raise UsageError(
                what="--since",
                value=old_size,
                remedy=Message(N_("give a size from 1 to {n}"), {"n": len(entries)}),
            )
        return prove_consistency(entries, old=old_size, new=len(entries))
    found = [entry["n"] for entry in entries if entry["digest"] == digest]
    if not found:
        raise UsageError(what="--prove", value=digest or "-", remedy=Message(N_("the log holds no such digest")))
    return prove_inclusion(entries, n=found[0], size=len(entries))


def check_log(path: Path, *, earlier: Path | None = None) -> dict[str, Any]:
    """Return what a published log, or a proof from one, holds when it is recomputed.

    Parameters
    ----------
    path : a log, an inclusion proof or a consistency proof.
    earlier : a log kept from an earlier day; the later one must continue it entry by entry.

    Returns
    -------
    dict; ``kind`` (log, inclusion, consistency), ``ok``, ``size``, ``root``.

    Raises
    ------
    BundleUnreadableError
        A file is none of these, or a log's entries do not give its root.
    """
    found = read_json_file(path)
    if isinstance(found, dict) and "entries" in found:
        log = read_log(found)
        ok = True
        if earlier is not None:
            before = read_log(read_json_file(earlier))
            ok = log["entries"][: before["size"]] == before["entries"]
        return {"kind": "log", "ok": ok, "size": log["size"], "root": log["root"]}
    if isinstance(found, dict) and "entry" in found:
        INCLUSION(found, path.name)
        return {"kind": "inclusion", "ok": is_included(found), "size": found["size"], "root": found["root"]}
    CONSISTENCY(found, path.name)
    return {"kind": "consistency", "ok": is_continued(found), **found["new"]}
