"""Merkle trees of RFC 9162 §2.1 over either hash suite, with inclusion and consistency proofs and aligned subtrees.

Leaf ``Hash(0x00 || row)``, node ``Hash(0x01 || left || right)``; a tree of n leaves splits at the largest power of
two below n. Building level by level and passing an odd last node up unchanged gives that same tree. Hashes travel as
one byte string of 32-byte pieces, which for a million rows is a tenth of the memory of a list.
"""

import numpy as np

from engine.draw.protocol.encoding import DIGEST_BYTES, HashSuite

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


def consistency_proof(suite: HashSuite, leaves: bytes, *, old: int) -> list[bytes]:
    """Return the hashes that show the tree over ``leaves`` to continue the one over its first ``old`` leaves.

    Raises
    ------
    IndexError
        ``old`` is not between 1 and the number of leaves.
    """
    size = len(leaves) // DIGEST_BYTES
    if not 0 < old <= size:
        raise IndexError(old)

    def part(first: int, last: int) -> bytes:
        return tree_root(suite, leaves[first * DIGEST_BYTES : last * DIGEST_BYTES])

    proof: list[bytes] = []
    first, last, target, is_whole = 0, size, old, True
    while target != last - first:
        split = 1 << (last - first - 1).bit_length() - 1
        if target <= split:
            proof.append(part(first + split, last))
            last = first + split
        else:
            proof.append(part(first, first + split))
            first, target, is_whole = first + split, target - split, False
    if not is_whole:
        proof.append(part(first, last))
    return proof[::-1]


def is_consistent(
    suite: HashSuite, proof: list[bytes], *, old: int, old_root: bytes, new: int, new_root: bytes
) -> bool:
    """Return whether ``proof`` shows that the tree of ``new`` leaves continues that of ``old`` (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            older = suite.digest(b"\x01" + sibling + older)
            newer = suite.digest(b"\x01" + sibling + newer)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            newer = suite.digest(b"\x01" + newer + sibling)
        position >>= 1
        last >>= 1
    return last == 0 and (older, newer) == (old_root, new_root)
