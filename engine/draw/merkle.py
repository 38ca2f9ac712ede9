"""Merkle trees of RFC 9162 §2.1 over either hash suite, with inclusion proofs and aligned subtrees.

Leaf ``Hash(0x00 || row)``, node ``Hash(0x01 || left || right)``; a tree of n leaves splits at the largest power of
two below n. Building level by level and passing an odd last node up unchanged gives that same tree. Hashes travel as
one byte string of 32-byte pieces, which for a million rows is a tenth of the memory of a list.
"""

import numpy as np

from engine.draw.encoding import DIGEST_BYTES, HashSuite

SHARD_LEVELS = 14
SHARD_ROWS = 2**SHARD_LEVELS
"""Rows of one frame shard; a power of two, so that each shard is a subtree whose root can be checked alone."""

_PAIR = 2 * DIGEST_BYTES


def leaf_hash(suite: HashSuite, row: bytes) -> bytes:
    """Return the hash of one leaf."""
    return suite.digest(b"\x00" + row)


def _level_up(suite: HashSuite, level: bytes) -> bytes:
    paired = len(level) - len(level) % _PAIR
    pairs = np.frombuffer(level, dtype=np.uint8, count=paired).reshape(-1, _PAIR)
    return suite.digest_rows(head=b"\x01", rows=pairs).tobytes() + level[paired:]


def tree_root(suite: HashSuite, leaves: bytes) -> bytes:
    """Return the root over leaf hashes (or over the roots of aligned subtrees) joined into one byte string.

    The empty tree's root is the hash of nothing. Cost: one hash per leaf.
    """
    if not leaves:
        return suite.digest(b"")
    while len(leaves) > DIGEST_BYTES:
        leaves = _level_up(suite, leaves)
    return leaves


def shard_roots(suite: HashSuite, leaves: bytes) -> list[bytes]:
    """Return the roots of consecutive shards of 2^14 leaves; their own tree root is the root of all leaves.

    All shards rise level by level together: pairs never cross a shard's edge. Cost: one hash per leaf.
    """
    for _ in range(SHARD_LEVELS):
        leaves = _level_up(suite, leaves)
    return [leaves[start : start + DIGEST_BYTES] for start in range(0, len(leaves), DIGEST_BYTES)]


def inclusion_proof(suite: HashSuite, leaves: bytes, *, index: int) -> list[bytes]:
    """Return the sibling hashes from leaf ``index`` (0-based) up to the root.

    Raises
    ------
    IndexError
        There is no such leaf.
    """
    if not 0 <= index < len(leaves) // DIGEST_BYTES:
        raise IndexError(index)
    proof = []
    while len(leaves) > DIGEST_BYTES:
        sibling = (index ^ 1) * DIGEST_BYTES
        if sibling < len(leaves):
            proof.append(leaves[sibling : sibling + DIGEST_BYTES])
        leaves = _level_up(suite, leaves)
        index //= 2
    return proof


def root_from_proof(suite: HashSuite, leaf: bytes, proof: list[bytes], *, index: int, size: int) -> bytes | None:
    """Return the root that ``proof`` leads to, or None when its length does not fit (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return None
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if position & 1 or position == last:
            found = suite.digest(b"\x01" + sibling + found)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            found = suite.digest(b"\x01" + found + sibling)
        position >>= 1
        last >>= 1
    return found if last == 0 else None
