"""The public log: every commitment, certificate, void and substitution of an agency in one growing Merkle tree.

A leaf is the canonical JSON of an entry; the tree is that of RFC 9162 over SHA-256, whatever suite a draw uses. The
head (size, root) stands in every certificate, so that a reader who keeps any certificate can later ask for a proof
that nothing before it was changed or taken out. Source: docs/spec/draw-protocol.md §9; RFC 9162 §2.1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.draw.committing.schema import LOG_HEAD, code, digest, integer, listing, one_of, record, time
from engine.draw.protocol.encoding import HashSuite, canonical_json
from engine.draw.protocol.merkle import (
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    root_from_proof,
    tree_root,
)
from engine.errors import BundleUnreadableError
from engine.messages import N_, Message

LOG_SUITE = HashSuite("sha256")
KINDS = ("commitment", "certificate", "void", "substitution")
ENTRY = record({"n": integer, "kind": one_of(*KINDS), "draw": code, "digest": digest, "at": time})
LOG = record({"v": one_of(1), "size": integer, "root": digest, "entries": listing(ENTRY)})
INCLUSION = record({"entry": ENTRY, "size": integer, "root": digest, "proof": listing(digest)})
CONSISTENCY = record({"old": LOG_HEAD, "new": LOG_HEAD, "proof": listing(digest)})

Entry = Mapping[str, Any]


def log_entry(n: int, *, kind: str, draw_id: str, digest: str, at: str) -> dict[str, Any]:
    """Return the ``n``-th entry (0-based) of the log."""
    return {"n": n, "kind": kind, "draw": draw_id, "digest": digest, "at": at}


def _leaves(entries: Sequence[Entry]) -> bytes:
    return b"".join(leaf_hash(LOG_SUITE, canonical_json(entry)) for entry in entries)


def log_head(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return size and root of the tree over the entries."""
    return {"size": len(entries), "root": tree_root(LOG_SUITE, _leaves(entries)).hex()}


def public_log(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the log as published."""
    return {"v": 1, **log_head(entries), "entries": [dict(entry) for entry in entries]}


def read_log(found: Any) -> dict[str, Any]:
    """Return a published log after checking its form, the numbers of its entries and its root.

    Raises
    ------
    BundleUnreadableError
        It is not a log, or its entries do not give its root.
    """
    LOG(found, "log")
    entries = found["entries"]
    if [entry["n"] for entry in entries] != list(range(len(entries))):
        raise BundleUnreadableError(where="log", problem=Message(N_("its entries are not numbered from 0 on")))
    if log_head(entries) != {"size": found["size"], "root": found["root"]}:
        raise BundleUnreadableError(where="log", problem=Message(N_("its entries do not give its root")))
    return dict(found)


def prove_inclusion(entries: Sequence[Entry], *, n: int, size: int) -> dict[str, Any]:
    """Return the proof that entry ``n`` stands in the log of the first ``size`` entries.

    Raises
    ------
    IndexError
        There is no such entry among them.
    """
    leaves = _leaves(entries[:size])
    proof = inclusion_proof(LOG_SUITE, leaves, index=n)
    return {"entry": dict(entries[n]), **log_head(entries[:size]), "proof": [sibling.hex() for sibling in proof]}


def is_included(claim: Mapping[str, Any]) -> bool:
    """Whether a proof of :func:`prove_inclusion` leads from its entry to its root."""
    leaf = leaf_hash(LOG_SUITE, canonical_json(claim["entry"]))
    path = [bytes.fromhex(sibling) for sibling in claim["proof"]]
    found = root_from_proof(LOG_SUITE, leaf, path, index=claim["entry"]["n"], size=claim["size"])
    return found is not None and found.hex() == claim["root"]


def prove_consistency(entries: Sequence[Entry], *, old: int, new: int) -> dict[str, Any]:
    """Return the proof that the log of ``new`` entries continues that of ``old``.

    Raises
    ------
    IndexError
        ``old`` is not between 1 and ``new``, or there are fewer entries than ``new``.
    """
    if new > len(entries):
        raise IndexError(new)
    proof = consistency_proof(LOG_SUITE, _leaves(entries[:new]), old=old)
    ends = {"old": log_head(entries[:old]), "new": log_head(entries[:new])}
    return {**ends, "proof": [sibling.hex() for sibling in proof]}


def is_continued(claim: Mapping[str, Any]) -> bool:
    """Whether a proof of :func:`prove_consistency` holds between its two heads."""
    old, new = claim["old"], claim["new"]
    return is_consistent(
        LOG_SUITE,
        [bytes.fromhex(sibling) for sibling in claim["proof"]],
        old=old["size"],
        old_root=bytes.fromhex(old["root"]),
        new=new["size"],
        new_root=bytes.fromhex(new["root"]),
    )
