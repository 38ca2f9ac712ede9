"""Merkle trees against the published vectors of RFC 6962 and 9162."""

import json
from pathlib import Path

import pytest

from engine.draw.protocol.encoding import suite_named
from engine.draw.protocol.merkle import SHARD_ROWS, inclusion_proof, leaf_hash, root_from_proof, shard_roots, tree_root

VECTORS = json.loads((Path(__file__).parents[4] / "golden" / "merkle_rfc6962.json").read_bytes())
SUITE = suite_named("sha256")
LEAVES = b"".join(leaf_hash(SUITE, bytes.fromhex(leaf)) for leaf in VECTORS["leaves_hex"])


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size):
    assert tree_root(SUITE, LEAVES[: 32 * size]).hex() == VECTORS["roots"][size]


@pytest.mark.parametrize("place", VECTORS["inclusion"])
def test_inclusion_proofs_are_the_published_ones_and_lead_to_the_root(place):
    size, index = (int(part) for part in place.split(":"))
    leaves = LEAVES[: 32 * size]

    proof = inclusion_proof(SUITE, leaves, index=index)

    assert [sibling.hex() for sibling in proof] == VECTORS["inclusion"][place]
    root = root_from_proof(SUITE, leaves[32 * index : 32 * index + 32], proof, index=index, size=size)
    assert root is not None
    assert root.hex() == VECTORS["roots"][size]


@pytest.mark.parametrize("name", ["sha256", "sm3"])
@pytest.mark.parametrize("size", [1, SHARD_ROWS - 1, SHARD_ROWS, SHARD_ROWS + 1, 2 * SHARD_ROWS + 5])
def test_shard_roots_are_subtrees_of_the_whole(name, size):
    suite = suite_named(name)
    leaves = b"".join(leaf_hash(suite, n.to_bytes(4, "big")) for n in range(size))

    assert tree_root(suite, b"".join(shard_roots(suite, leaves))) == tree_root(suite, leaves)


def test_proof_of_wrong_length_or_place_leads_nowhere():
    proof = inclusion_proof(SUITE, LEAVES, index=3)
    leaf = LEAVES[96:128]

    assert root_from_proof(SUITE, leaf, proof[:-1], index=3, size=8) is None
    assert root_from_proof(SUITE, leaf, [*proof, leaf], index=3, size=8) is None
    assert root_from_proof(SUITE, leaf, proof, index=8, size=8) is None
    assert root_from_proof(SUITE, leaf, proof, index=2, size=8) != tree_root(SUITE, LEAVES)
    with pytest.raises(IndexError):
        inclusion_proof(SUITE, LEAVES, index=8)
