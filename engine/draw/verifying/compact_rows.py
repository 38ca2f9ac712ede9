"""The rows of a large compact file, read as bytes: as JSON objects each of them takes a kilobyte.

A compact file written by :func:`engine.draw.publishing.bundle.compact_chunks` holds its rows in one stretch
``"rows":[["<handle>",{…}],…]``. That stretch is cut out and read column by column, cells that look alike once for all;
what is left is ordinary JSON. A file written in any other way is left to the ordinary reader; both give the same
frame. Source: docs/spec/draw-protocol.md §9.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.draw.committing import schema
from engine.draw.populations.frame import BlindedFrame, frame_from_rows
from engine.draw.protocol.encoding import DIGEST_BYTES, read_json, whole_rows

_APART = "read apart"
"""What stands in place of the rows once they are cut out."""
_FIRST, _NEXT, _LAST = b'"rows":[["', b'],["', b"]]"
_HANDLE_DIGITS = 2 * DIGEST_BYTES
_CELLS = re.compile(rb'",(\{[^{}\[\]]*\})')
"""What follows the handle of a row: without brackets inside, so that no text can hide an end."""
_PIECE = 2**20
"""Bytes taken apart at a time."""
_CELLS_OF_ROW = schema.mapping(schema.code, schema.code)


def read_rows_apart(raw: bytes) -> tuple[dict[str, Any], BlindedFrame] | None:
    """Return a compact file's other keys, and its rows as a frame; None where the rows are not one plain stretch.

    Parameters
    ----------
    raw : a compact file, nothing in it believed yet. Cost: 0.5 µs and 40 bytes a row besides the file itself.

    Raises
    ------
    BundleUnreadableError, NotCanonicalError
        The file is not JSON, or a row is not of its form.
    """
    start, mark = raw.find(_FIRST) + len(_FIRST), f'"{_APART}"'.encode()
    end = raw.find(_LAST, start)
    if start < len(_FIRST) or end < 0 or mark in raw:
        return None
    number_of: dict[bytes, int] = {}
    handles, numbers = [], []
    for piece in _pieces(raw, start, end):
        told = b"".join([row[:_HANDLE_DIGITS] for row in piece])
        if len(told) != _HANDLE_DIGITS * len(piece) or told.translate(None, b"0123456789abcdef"):
            return None
        handles.append(bytes.fromhex(told.decode()))
        cells = [number_of.setdefault(row[_HANDLE_DIGITS:], len(number_of)) for row in piece]
        numbers.append(np.array(cells, dtype=np.int32))
    patterns = [found[1] for one in number_of if (found := _CELLS.fullmatch(one)) is not None]
    if len(patterns) < len(number_of):
        return None
    rest = read_json(raw[: start - len(b'[["')] + mark + raw[end + len(_LAST) :])
    if not isinstance(rest, dict) or rest.pop("rows", None) != _APART:
        return None  # it was the value of some other key
    return rest, _frame(b"".join(handles), numbers=np.concatenate(numbers), patterns=patterns)


def _pieces(raw: bytes, start: int, end: int) -> Iterator[list[bytes]]:
    """Yield the rows between two places, some thousand at a time, each from its handle to its cells."""
    while start <= end:
        stop = raw.find(_NEXT, start + _PIECE, end)
        stop = end if stop < 0 else stop
        yield raw[start:stop].split(_NEXT)
        start = stop + len(_NEXT)


def _frame(handles: bytes, *, numbers: NDArray[np.int32], patterns: list[bytes]) -> BlindedFrame:
    """Return the frame of rows whose cells are those of the pattern of their number."""
    _, first = np.unique(numbers, return_index=True)
    cells = [read_json(pattern) for pattern in patterns]
    for row, one in zip(first.tolist(), cells, strict=True):
        _CELLS_OF_ROW(one, f"rows[{row}]")
    alike = frame_from_rows((bytes(DIGEST_BYTES), one) for one in cells)
    return BlindedFrame(alike.items, alike.strata, handles, whole_rows(alike.codes, numbers.astype(np.intp)))
