"""Hash fields, suites and canonical JSON."""

import hashlib

import numpy as np
import pytest

from engine.draw.protocol.encoding import canonical_json, lp, plain_integer, read_json, suite_named
from engine.errors import NotCanonicalError


def test_tagged_hash_is_the_hash_of_length_prefixed_fields():
    joined = lp(b"ssdraw/1") + lp(b"seed") + lp("食".encode()) + lp(b"\xff")

    assert suite_named("sha256").tagged("seed", "食", b"\xff") == hashlib.sha256(joined).digest()
    assert suite_named("sm3").tagged("seed", "食", b"\xff") == hashlib.new("sm3", joined).digest()


def test_fields_cannot_run_into_each_other():
    suite = suite_named("sha256")

    assert suite.tagged("t", "ab", "c") != suite.tagged("t", "a", "bc")


def test_sm3_gives_the_standard_digest_of_abc():
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"

    assert suite_named("sm3").digest(b"abc").hex() == expected
    twice = np.frombuffer(b"bcbc", dtype=np.uint8).reshape(2, 2)
    assert suite_named("sm3").digest_rows(head=b"a", rows=twice).tobytes().hex() == expected * 2


@pytest.mark.parametrize("name", ["md5", "SHA256", ""])
def test_other_suites_are_refused(name):
    with pytest.raises(NotCanonicalError):
        suite_named(name)


@pytest.mark.parametrize(
    "value",
    [
        *(1.0, {"a": float("nan")}, 2**53, -(2**53), {1: 2}, "e\u0301", {"e\u0301": 1}, [b"x"], "\ud800"),
        *([2**53], [1, -(2**53)], [1, 2.5], ["a", "e\u0301"], {"a": "e\u0301"}, [["a"], [None, 2**53]]),
    ],
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(NotCanonicalError):
        canonical_json(value)


def test_canonical_json_sorts_keys_keeps_text_and_leaves_no_space():
    assert (
        canonical_json({"b": [1, True, None], "a": "绍兴", "～": 2, "😀": 3})
        == '{"a":"绍兴","b":[1,true,null],"～":2,"😀":3}'.encode()
    )


@pytest.mark.parametrize(
    "raw", [b'{"a":1,"a":2}', b"1.0", b"NaN", b"1e3", b"{", b"\xff", b"[" * 100_000, b"[" * 300 + b"]" * 300]
)
def test_ambiguous_or_broken_json_is_refused(raw):
    with pytest.raises(NotCanonicalError):
        read_json(raw)


def test_integers_beyond_a_browser_become_text():
    assert [plain_integer(n) for n in (2**53 - 1, 2**53, -(2**53))] == [2**53 - 1, str(2**53), str(-(2**53))]
