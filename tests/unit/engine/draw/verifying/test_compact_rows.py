"""Rows of a compact file read as bytes give the frame of the ordinary reader, or are left to it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.draw.populations.frame import frame_from_rows
from engine.draw.protocol.encoding import canonical_json, read_json, suite_named
from engine.draw.publishing import bundle as bundle_module
from engine.draw.verifying import compact_rows
from engine.draw.verifying.compact_rows import read_rows_apart
from engine.errors import BundleUnreadableError, NotCanonicalError

SUITE = suite_named("sha256")
HANDLES = [SUITE.tagged("row", str(n)).hex() for n in range(40)]
CODES = ["food", "消防", "😀", "a,b", 'say "x"', "back\\slash"]
ROW = [HANDLES[0], {"food": "S1"}]


def as_file(rows, **further):
    return canonical_json({"commit": {"v": 2}, "rows": rows, "roster": [], **further})


def as_columns(frame):
    return frame.items, frame.strata, frame.handles, frame.codes.tolist()


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch):
    """Pieces of a few rows, so that small files have several."""
    monkeypatch.setattr(compact_rows, "_PIECE", 150)
    monkeypatch.setattr(bundle_module, "SHARD_ROWS", 3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.dictionaries(st.sampled_from(CODES), st.sampled_from(CODES), min_size=1), min_size=1, max_size=20))
def test_both_readers_give_one_frame(cells):
    rows = [(bytes.fromhex(handle), one) for handle, one in zip(HANDLES, cells, strict=False)]
    expected = frame_from_rows(rows)

    written = b"".join(bundle_module._row_chunks(expected))
    assert written == canonical_json([[handle.hex(), one] for handle, one in rows])
    found = read_rows_apart(as_file(json.loads(written), zulu="last"))

    assert found is not None
    assert found[0] == {"commit": {"v": 2}, "roster": [], "zulu": "last"}
    assert as_columns(found[1]) == as_columns(expected)


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps({"rows": [ROW]}, indent=1).encode(),
        as_file([]),
        as_file([[HANDLES[0], {"food": "{S1}"}]]),
        as_file([ROW, [HANDLES[1].upper(), {"food": "S1"}]]),
        as_file([ROW], note="read apart"),
        canonical_json({"about": {"rows": [ROW]}, "rows": [ROW]}),
        canonical_json({'a"rows': [ROW], "rows": [ROW]}),
        canonical_json({"a": 'x"rows":[["', "rows": [[HANDLES[0], {}, {}]]}),
        as_file([ROW, ROW]).replace(b"],[", b"][", 1),
        as_file([ROW, ROW]).replace(b"],[", b"],[],[", 1),
        as_file([ROW, ROW]).replace(b'"rows":[["', b'"rows":[["abc],["', 1),
        as_file([ROW, [HANDLES[1][:-2], {"food": "S1"}]]),
        as_file([ROW, [HANDLES[1][:-2] + "  ", {"food": "S1"}]]),
        as_file([ROW, [HANDLES[1], {"food": '],["'}]]),
        as_file([ROW, [HANDLES[1], {"food": "]]"}]]),
        as_file([ROW, ROW]).replace(b"}]]", b"}],]", 1),
    ],
)
def test_what_is_no_plain_stretch_is_left_to_the_ordinary_reader(raw):
    assert read_rows_apart(raw) is None


@pytest.mark.parametrize("cells", [b'{"food":"S1","food":"S2"}', b'{"food":1}', b'{"food":""}', b"{food}"])
def test_cells_that_the_ordinary_reader_refuses_are_refused(cells):
    raw = as_file([ROW, [HANDLES[1], {"food": "S2"}]]).replace(b'{"food":"S2"}', cells)

    with pytest.raises((BundleUnreadableError, NotCanonicalError)):
        read_rows_apart(raw)


def test_a_second_list_of_rows_is_a_repeated_key():
    raw = as_file([ROW], zulu=1).replace(b'"zulu":1', b'"rows":[]')

    with pytest.raises(NotCanonicalError, match="once"):
        read_rows_apart(raw)
    with pytest.raises(NotCanonicalError, match="once"):
        read_json(raw)


def test_codes_keep_their_columns():
    """Items and strata are sorted by bytes over the whole file, not piece by piece."""
    rows = [[HANDLES[n], {"zz" if n < 5 else "aa": "S9" if n < 5 else "S0"}] for n in range(9)]

    _, frame = read_rows_apart(as_file(rows))

    assert (frame.items, frame.strata) == (("aa", "zz"), ("S0", "S9"))
    assert np.array_equal(frame.codes[:, 0] >= 0, np.arange(9) >= 5)
