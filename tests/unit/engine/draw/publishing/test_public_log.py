"""The public log: what is in it can be proved, and that it only grew can be proved."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.draw.protocol.encoding import suite_named
from engine.draw.protocol.merkle import consistency_proof, is_consistent, leaf_hash, tree_root
from engine.draw.publishing.public_log import (
    is_continued,
    is_included,
    log_entry,
    log_head,
    prove_consistency,
    prove_inclusion,
    public_log,
    read_log,
)
from engine.errors import BundleUnreadableError

SUITE = suite_named("sha256")
LEAVES = b"".join(leaf_hash(SUITE, bytes([n])) for n in range(7))
ENTRIES = [
    log_entry(n, kind="commitment", draw_id=f"2026-{n:03d}", digest=f"{n:064x}", at="2026-03-01T09:00:00+08:00")
    for n in range(21)
]


def part(first, last):
    return tree_root(SUITE, LEAVES[32 * first : 32 * last])


def test_the_worked_example_of_rfc_9162():
    """Section 2.1.5: the proofs from 3, 4 and 6 entries to 7 are [c, d, g, l], [l] and [i, j, k]."""
    c, d, g, l = part(2, 3), part(3, 4), part(0, 2), part(4, 7)  # noqa: E741 - the names of the RFC
    i, j, k = part(4, 6), part(6, 7), part(0, 4)

    assert consistency_proof(SUITE, LEAVES, old=3) == [c, d, g, l]
    assert consistency_proof(SUITE, LEAVES, old=4) == [l]
    assert consistency_proof(SUITE, LEAVES, old=6) == [i, j, k]
    assert consistency_proof(SUITE, LEAVES, old=7) == []


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 21), st.integers(1, 21), st.integers(0, 20))
def test_every_growth_is_proved_and_no_other(first, second, changed):
    old, new = sorted((first, second))
    claim = prove_consistency(ENTRIES, old=old, new=new)
    assert is_continued(claim)

    other = [{**entry, "draw": "forged"} if entry["n"] == changed else entry for entry in ENTRIES]
    assert is_continued({**claim, "old": log_head(other[:old])}) is (changed >= old)
    assert is_continued({**claim, "new": log_head(other[:new])}) is (changed >= new)
    if claim["proof"]:
        assert not is_continued({**claim, "proof": claim["proof"][:-1]})


@given(st.integers(0, 20), st.integers(1, 21))
def test_every_entry_is_proved_and_no_other(n, size):
    if n >= size:
        with pytest.raises(IndexError):
            prove_inclusion(ENTRIES, n=n, size=size)
        return
    claim = prove_inclusion(ENTRIES, n=n, size=size)
    assert is_included(claim)
    assert not is_included({**claim, "entry": {**claim["entry"], "kind": "void"}})


def test_sizes_that_cannot_be_are_refused():
    root = bytes(32)
    assert not is_consistent(SUITE, [], old=0, old_root=root, new=3, new_root=root)
    assert not is_consistent(SUITE, [], old=3, old_root=root, new=2, new_root=root)
    assert not is_consistent(SUITE, [], old=3, old_root=root, new=5, new_root=root)
    with pytest.raises(IndexError):
        consistency_proof(SUITE, LEAVES, old=8)


def test_a_published_log_gives_its_root_or_is_refused():
    log = public_log(ENTRIES)

    assert read_log(log)["size"] == 21
    for change in ({"root": "0" * 64}, {"entries": log["entries"][1:]}, {"size": 20}):
        with pytest.raises(BundleUnreadableError):
            read_log({**log, **change})
