"""The blinded frame: who can be drawn for which item in which stratum, under handles instead of names.

A row is ``lp(handle) || for each (item, stratum) sorted by item: lp(item) || lp(stratum)``; rows are sorted by handle,
strictly increasing, and hashed into a Merkle tree whose root is committed. A stratum that begins with ``!`` is an
exclusion cell (``!reason!stratum``): its rows are leaves like any other, so that the frame reconciles with the
register's own count, but they are never drawn. Held as columns: one byte string of handles and a matrix of small
codes. Source: docs/spec/draw-protocol.md §2.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.draw.protocol.encoding import DIGEST_BYTES, HashSuite, digest_matrix, field_bytes, lp, whole_rows
from engine.draw.protocol.merkle import shard_roots, tree_root
from engine.errors import BundleUnreadableError
from engine.messages import N_, Message

ABSENT = -1
EXCLUSION_MARK = "!"
CELL_SEPARATOR = "|"
_CHUNK = 2**16

Codes = NDArray[np.int32]
Cell = tuple[str, str]
"""(item, stratum)."""


def cell_name(item: str, stratum: str) -> str:
    """Return the name of a cell in records, ``item|stratum``."""
    return f"{item}{CELL_SEPARATOR}{stratum}"


def require_code(text: str, *, what: str) -> str:
    """Return an item or stratum code unchanged if it is usable: not empty, NFC, without ``|``.

    Raises
    ------
    BundleUnreadableError
        The code is empty or holds the separator.
    NotCanonicalError
        The code is not NFC.
    """
    field_bytes(text)
    if not text or CELL_SEPARATOR in text:
        raise BundleUnreadableError(
            where=what, problem=Message(N_("a code is not empty and holds no '|': {code!r}"), {"code": text})
        )
    return text


@dataclass(frozen=True, slots=True, eq=False)
class BlindedFrame:
    """The public frame, as columns.

    Parameters
    ----------
    items, strata : codes in byte order.
    handles : 32 bytes per row, rows strictly increasing.
    codes : int32 matrix (rows, items); position in ``strata``, or -1 where the row is not in that item's frame.
    """

    items: tuple[str, ...]
    strata: tuple[str, ...]
    handles: bytes
    codes: Codes

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.handles) // DIGEST_BYTES

    def handle(self, row: int) -> bytes:
        """Return the handle of a row (0-based)."""
        return self.handles[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES]

    def cells_of(self, row: int) -> dict[str, str]:
        """Return the row's stratum by item."""
        return {
            item: self.strata[code]
            for item, code in zip(self.items, self.codes[row].tolist(), strict=True)
            if code >= 0
        }

    def counts(self) -> dict[Cell, int]:
        """Return the number of rows of every cell that has any, exclusion cells included, in byte order."""
        found: dict[Cell, int] = {}
        for position, item in enumerate(self.items):
            # one place lower, those not in the item's frame are counted too and left out
            sizes = np.bincount(self.codes[:, position] - ABSENT, minlength=len(self.strata) + 1)[1:].tolist()
            found.update({(item, self.strata[code]): n for code, n in enumerate(sizes) if n})
        return found

    def published_rows(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield (handle in hex, stratum by item), in handle order: the rows of the compact form."""
        for row in range(self.size):
            yield self.handle(row).hex(), self.cells_of(row)


def is_exclusion(stratum: str) -> bool:
    """Whether the stratum holds rows that are counted but cannot be drawn."""
    return stratum.startswith(EXCLUSION_MARK)


def leaf_hashes(frame: BlindedFrame, *, suite: HashSuite) -> bytes:
    """Return the leaf hashes of all rows, 32 bytes each, in row order.

    Rows with the same strata share their tail; rows with tails of one length are hashed side by side. Cost: one hash
    a row.
    """
    patterns, pattern_of_row = _row_patterns(frame.codes, n_strata=len(frame.strata))
    tails = []
    for codes in patterns.tolist():
        cells = [(item, frame.strata[code]) for item, code in zip(frame.items, codes, strict=True) if code >= 0]
        tails.append(b"".join(lp(item.encode()) + lp(stratum.encode()) for item, stratum in cells))
    head = b"\x00" + DIGEST_BYTES.to_bytes(4, "big")
    handles, leaves = digest_matrix(frame.handles), np.empty((frame.size, DIGEST_BYTES), dtype=np.uint8)
    lengths = np.array([len(tail) for tail in tails], dtype=np.int64)
    length_of_row = lengths[pattern_of_row]
    for length in np.unique(lengths).tolist():
        same = np.flatnonzero(lengths == length)
        place = np.zeros(len(tails), dtype=np.int64)
        place[same] = np.arange(len(same))
        told = np.frombuffer(b"".join([tails[k] for k in same.tolist()]), dtype=np.uint8).reshape(len(same), length)
        alike = np.flatnonzero(length_of_row == length)
        for start in range(0, len(alike), _CHUNK):
            rows = alike[start : start + _CHUNK]
            told_here = whole_rows(told, place[pattern_of_row[rows]])
            whole = np.concatenate([whole_rows(handles, rows), told_here], axis=1)
            leaves[rows] = suite.digest_rows(head=head, rows=whole)
    return leaves.tobytes()


def _row_patterns(codes: Codes, *, n_strata: int) -> tuple[Codes, NDArray[np.intp]]:
    """Return the distinct rows of codes and the number of its pattern for every row."""
    keys, n_keys = np.zeros(len(codes), dtype=np.int64), 1
    for position in range(codes.shape[1]):
        keys = keys * (n_strata + 1) + codes[:, position] + 1
        keys, n_keys = _renumbered(keys, below=n_keys * (n_strata + 1))
    first = np.empty(n_keys if len(codes) else 0, dtype=np.intp)
    first[keys] = np.arange(len(codes))
    return codes[first], keys


def _renumbered(keys: NDArray[np.int64], *, below: int) -> tuple[NDArray[np.int64], int]:
    """Return the rank of every key among those that occur, and their number; without sorting where keys are small."""
    if below > max(_CHUNK, 4 * len(keys)):
        found, ranks = np.unique(keys, return_inverse=True)
        return ranks.astype(np.int64), len(found)
    occurs = np.zeros(below, dtype=np.bool_)
    occurs[keys] = True
    return (np.cumsum(occurs) - 1)[keys], int(occurs.sum())


@dataclass(frozen=True, slots=True, eq=False)
class HashedFrame:
    """A frame with its tree, hashed once.

    Parameters
    ----------
    rows : the frame.
    suite : hash suite of the tree.
    leaves : leaf hashes, 32 bytes each, in row order.
    shards : roots of the shards of 2^14 rows.
    root : Merkle root over all rows.
    """

    rows: BlindedFrame
    suite: HashSuite
    leaves: bytes
    shards: tuple[bytes, ...]
    root: bytes


def hash_frame(frame: BlindedFrame, *, suite: HashSuite) -> HashedFrame:
    """Return the frame with its Merkle tree; two hashes per row."""
    leaves = leaf_hashes(frame, suite=suite)
    shards = shard_roots(suite, leaves)
    return HashedFrame(frame, suite, leaves, tuple(shards), tree_root(suite, b"".join(shards)))


def rows_of(frame: BlindedFrame, handles: Sequence[bytes]) -> NDArray[np.intp]:
    """Return the row of every handle; all are in the frame. Cost: O(handles x log rows)."""
    words = np.frombuffer(frame.handles, dtype=">u8").reshape(-1, 4)[:, 0]
    return np.searchsorted(words, np.frombuffer(b"".join(handles), dtype=">u8").reshape(-1, 4)[:, 0])


def first_disorder(handles: bytes) -> int | None:
    """Return the first row whose handle does not exceed its predecessor's, or None when all do."""
    words = np.frombuffer(handles, dtype=">u8").reshape(-1, 4).astype(np.uint64)
    suspects = np.flatnonzero(words[1:, 0] <= words[:-1, 0]) + 1
    for row in suspects.tolist():
        start = row * DIGEST_BYTES
        if handles[start : start + DIGEST_BYTES] <= handles[start - DIGEST_BYTES : start]:
            return int(row)
    return None


def first_twin(handles: bytes) -> int | None:
    """Return the first row that shares its team code (the first 8 bytes) with its predecessor, or None."""
    words = np.frombuffer(handles, dtype=">u8").reshape(-1, 4)[:, 0]
    twins = np.flatnonzero(words[1:] == words[:-1])
    return int(twins[0]) + 1 if len(twins) else None


def frame_from_rows(rows: Iterable[tuple[bytes, Mapping[str, str]]]) -> BlindedFrame:
    """Return the frame of published rows, in the order given (:func:`first_disorder` judges the order).

    Parameters
    ----------
    rows : (handle, stratum by item) pairs.

    Raises
    ------
    BundleUnreadableError, NotCanonicalError
        A handle is not 32 bytes, or a code is empty, not NFC or holds ``|``.
    """
    listed = list(rows)
    items = sorted({item for _, cells in listed for item in cells}, key=str.encode)
    strata = sorted({stratum for _, cells in listed for stratum in cells.values()}, key=str.encode)
    for code in (*items, *strata):
        require_code(code, what="rows")
    item_at = {item: position for position, item in enumerate(items)}
    stratum_at = {stratum: position for position, stratum in enumerate(strata)}
    codes = np.full((len(listed), len(items)), ABSENT, dtype=np.int32)
    for row, (handle, cells) in enumerate(listed):
        if len(handle) != DIGEST_BYTES:
            raise BundleUnreadableError(where="rows", problem=Message(N_("a handle has 32 bytes")))
        for item, stratum in cells.items():
            codes[row, item_at[item]] = stratum_at[stratum]
    return BlindedFrame(tuple(items), tuple(strata), b"".join(handle for handle, _ in listed), codes)


def require_code_order(codes: tuple[str, ...], *, what: str) -> None:
    """Raise unless codes are usable and strictly increasing in byte order.

    Raises
    ------
    BundleUnreadableError
    """
    for code in codes:
        require_code(code, what=what)
    if any(earlier.encode() >= later.encode() for earlier, later in pairwise(codes)):
        raise BundleUnreadableError(where=what, problem=Message(N_("codes are unique and in byte order")))
