"""Hashing side by side gives what hashlib gives, whatever the lengths; large draws take that way, small ones do not."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.draw.populations.frame import BlindedFrame, hash_frame
from engine.draw.protocol import encoding
from engine.draw.protocol.encoding import suite_named
from engine.draw.protocol.lanes import LANES, hash_in_lanes
from engine.draw.protocol.merkle import leaf_hash, tree_root
from engine.draw.protocol.tickets import handle_of, handles_of, salt_of, tickets


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.sampled_from(["sha256", "sm3"]),
    st.binary(max_size=140),
    st.binary(max_size=70),
    st.integers(1, 70),
    st.sampled_from([1, LANES - 1, LANES, 2 * LANES + 3]),
)
def test_side_by_side_equals_one_by_one(suite, head, tail, width, n):
    rows = np.random.default_rng(n * width).integers(0, 256, size=(n, width), dtype=np.uint8)

    found = hash_in_lanes(suite, head=head, rows=rows, tail=tail)

    assert found.tobytes() == b"".join(hashlib.new(suite, head + row.tobytes() + tail).digest() for row in rows)


@pytest.mark.parametrize("name", ["sha256", "sm3"])
def test_large_draws_have_the_bytes_of_small_ones(name, monkeypatch):
    """Handles, leaves, tree and tickets by the fast way are those of the definitions, row by row."""
    suite, key = suite_named(name), bytes(range(32))
    identifiers = [f"uscc:{n:0{width}d}" for width, n in zip([5, 18, 9, 18] * 60, range(240), strict=True)] + [
        "reg:甲乙"
    ]
    monkeypatch.setattr(encoding, "LANES_FROM", 2)

    handles = handles_of(suite, key=key, identifiers=identifiers)
    expected = [handle_of(suite, identifier=one, salt=salt_of(key, one)) for one in identifiers]
    assert handles == b"".join(expected)

    dealt = tickets(suite, seed=bytes(32), group="联合", handles=handles)
    assert dealt == b"".join(suite.tagged("ticket", bytes(32), "联合", handle) for handle in expected)

    codes = np.array([[n % 3 - 1, n % 4 - 1] for n in range(len(expected))], dtype=np.int32)
    frame = BlindedFrame(("消防", "食品"), ("a", "long stratum", "东"), b"".join(sorted(expected)), codes)
    rows = []
    for row in range(frame.size):
        fields = [field.encode() for cell in frame.cells_of(row).items() for field in cell]
        rows.append(b"".join(len(one).to_bytes(4, "big") + one for one in [frame.handle(row), *fields]))
    hashed = hash_frame(frame, suite=suite)
    assert hashed.leaves == b"".join(leaf_hash(suite, row) for row in rows)
    for threshold in ("LANES_FROM", "LANES_ONCE_LOADED"):
        monkeypatch.setattr(encoding, threshold, 2**60)
    assert hashed.root == tree_root(suite, hashed.leaves)


@pytest.mark.parametrize("n", [0, 1, 300])
def test_one_way_to_hash_is_as_good_as_the_other(n, monkeypatch):
    """A draw whose program loaded the lanes before another one takes them earlier, with the same bytes."""
    suite, rows = suite_named("sm3"), np.arange(n * 5, dtype=np.uint32).astype(np.uint8).reshape(n, 5)
    expected = b"".join(suite.digest(b"head" + row.tobytes() + b"tail") for row in rows)

    assert suite.digest_rows(head=b"head", rows=rows, tail=b"tail").tobytes() == expected
    monkeypatch.setattr(encoding, "LANES_ONCE_LOADED", 2**60)
    assert suite.digest_rows(head=b"head", rows=rows, tail=b"tail").tobytes() == expected
