"""Bytes of the protocol: length prefixes, tagged hashes in two suites, canonical JSON.

Every hash of the draw is ``Hash(lp("ssdraw/1") || lp(tag) || lp(f1) || … || lp(fk))`` with
``lp(b) = u32be(len(b)) || b``, so that no two lists of fields share their bytes. Text is UTF-8 in NFC; text in
another form is refused rather than converted, because a silent conversion would make two readers hash different
bytes. Source: docs/spec/draw-protocol.md §1.
"""

import hashlib
import json
import sys
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import NotCanonicalError
from engine.messages import N_, Message

PROTOCOL = "ssdraw/1"
DIGEST_BYTES = 32
ZERO_DIGEST = "0" * 64
DEEPEST_JSON = 200
LANES_FROM = 2**16
"""Messages from which hashing them side by side is worth loading the compiled program for it."""
LANES_ONCE_LOADED = 2**7
"""Messages from which it is worth it where the program is loaded already."""
_CHUNK = 2**16
LARGEST_PLAIN_INTEGER = 2**53 - 1
"""Larger integers are written as strings, since a browser's numbers cannot hold them."""


Octets = NDArray[np.uint8]
Number = TypeVar("Number", bound=np.generic)


class RunningHash(Protocol):
    """What this module needs of a ``hashlib`` object."""

    def update(self, message: bytes, /) -> None: ...  # noqa: D102
    def copy(self) -> "RunningHash": ...  # noqa: D102
    def digest(self) -> bytes: ...  # noqa: D102


def lp(field: bytes) -> bytes:
    """Return ``field`` behind its length as four big-endian bytes."""
    return len(field).to_bytes(4, "big") + field


def require_nfc(text: str, *, what: str) -> str:
    """Return ``text`` unchanged if it is well-formed Unicode in NFC.

    Raises
    ------
    NotCanonicalError
        The text is in another normal form or holds lone surrogates.
    """
    if text.isascii():
        return text
    if any("\ud800" <= mark <= "\udfff" for mark in text) or not unicodedata.is_normalized("NFC", text):
        raise NotCanonicalError(what=what, value=ascii(text), rule=Message(N_("text must be Unicode NFC")))
    return text


def field_bytes(field: str | bytes) -> bytes:
    """Return the bytes of one hash field: raw bytes as they are, text as UTF-8 in NFC.

    Raises
    ------
    NotCanonicalError
        The text is not NFC.
    """
    if isinstance(field, bytes):
        return field
    return require_nfc(field, what="text").encode()


def tagged_head(tag: str, *fields: str | bytes) -> bytes:
    """Return the bytes that a tagged hash begins with: protocol, tag and leading fields.

    Raises
    ------
    NotCanonicalError
        A text field is not NFC.
    """
    return b"".join(lp(field_bytes(field)) for field in (PROTOCOL, tag, *fields))


def digest_matrix(joined: bytes) -> Octets:
    """Return digests joined into one byte string as a matrix (n, 32), without copying."""
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def whole_rows(matrix: NDArray[Number], at: NDArray[np.intp]) -> NDArray[Number]:
    """Return ``matrix[at]``, each row moved in one piece, which is several times faster for short rows."""
    if matrix.shape[1] == 0:
        return matrix[at]
    pieces = np.ascontiguousarray(matrix).view(np.dtype((np.void, matrix.dtype.itemsize * matrix.shape[1])))
    return pieces[:, 0].take(at).view(matrix.dtype).reshape(-1, matrix.shape[1])


def _is_worth_lanes(n: int) -> bool:
    """Whether this many messages are hashed side by side; the bytes are the same either way."""
    return n >= LANES_FROM or (n >= LANES_ONCE_LOADED and "engine.draw.protocol.lanes" in sys.modules)


def _pieces(rows: Octets) -> list[bytes]:
    joined, width = rows.tobytes(), rows.shape[1]
    return [joined[start : start + width] for start in range(0, len(joined), width)]


@dataclass(frozen=True, slots=True)
class HashSuite:
    """One of the two hash functions of the protocol.

    Parameters
    ----------
    name : str, ``sha256`` or ``sm3`` (GB/T 32905); part of the commitment. Both give 32 bytes.
    """

    name: str

    def start(self) -> RunningHash:
        """Return a fresh running hash."""
        return hashlib.sha256() if self.name == "sha256" else hashlib.new(self.name)

    def digest(self, message: bytes) -> bytes:
        """Return the plain hash of ``message``."""
        if self.name == "sha256":
            return hashlib.sha256(message).digest()
        return hashlib.new(self.name, message).digest()

    def digest_rows(self, *, head: bytes, rows: Octets, tail: bytes = b"") -> Octets:
        """Return the plain hashes of ``head || row || tail`` for many rows of one length; the fast path of the draw.

        Parameters
        ----------
        rows : uint8, shape (n, width).

        Returns
        -------
        uint8, shape (n, 32). Cost: 0.03 µs a row and block from 65,536 rows on, 0.6 µs below; 32 bytes a row.
        """
        if not _is_worth_lanes(len(rows)):
            return digest_matrix(b"".join(self._one_by_one(head, _pieces(rows), tail)))
        from engine.draw.protocol.lanes import hash_in_lanes  # noqa: PLC0415 - compiled; small draws never need it

        out = np.empty((len(rows), DIGEST_BYTES), dtype=np.uint8)
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            out[start : start + _CHUNK] = hash_in_lanes(self.name, head=head, rows=part, tail=tail)
        return out

    def _one_by_one(self, head: bytes, rows: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
        begun = self.start()
        begun.update(head)
        for row in rows:
            running = begun.copy()
            running.update(row + tail)
            yield running.digest()

    def midstate(self, tag: str, *fields: str | bytes) -> RunningHash:
        """Return the running hash after protocol, tag and leading fields; ``copy()`` it once per row."""
        running = self.start()
        running.update(tagged_head(tag, *fields))
        return running

    def tagged(self, tag: str, *fields: str | bytes) -> bytes:
        """Return ``H(tag, f1..fk)``, 32 bytes.

        Raises
        ------
        NotCanonicalError
            A text field is not NFC.
        """
        return self.midstate(tag, *fields).digest()


def suite_named(name: str) -> HashSuite:
    """Return the suite of that name.

    Raises
    ------
    NotCanonicalError
        The protocol has no such suite, or this Python's OpenSSL was built without it.
    """
    if name not in ("sha256", "sm3"):
        raise NotCanonicalError(what="hash suite", value=name, rule=Message(N_("choose sha256 or sm3")))
    if name not in hashlib.algorithms_available:
        raise NotCanonicalError(
            what="hash suite", value=name, rule=Message(N_("this Python's OpenSSL lacks it; use a full OpenSSL 3"))
        )
    return HashSuite(name)


def canonical_json(value: object) -> bytes:
    """Return ``value`` as canonical JSON: sorted keys, no spaces, UTF-8 kept, no floats, integers below 2^53.

    Raises
    ------
    NotCanonicalError
        The value holds a float, a large integer, text that is not NFC or a type that JSON lacks.
    """
    _require_plain(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _require_plain(value: object) -> None:
    if isinstance(value, str):
        require_nfc(value, what="JSON text")
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > LARGEST_PLAIN_INTEGER:
            raise NotCanonicalError(what="JSON", value=value, rule=Message(N_("integers of 2^53 or more are strings")))
    elif isinstance(value, Mapping):
        if not _are_ascii(value.keys()):
            _require_keys(value)
        _require_each_plain(value.values())
    elif isinstance(value, list | tuple):
        _require_each_plain(value)
    else:
        raise NotCanonicalError(what="JSON", value=value, rule=Message(N_("no floats or other types")))


def _require_each_plain(values: Collection[Any]) -> None:
    """Refuse what is not plain; long lists of codes or of numbers are judged at once."""
    largest = LARGEST_PLAIN_INTEGER
    if _are_ascii(values) or (set(map(type, values)) == {int} and -largest <= min(values) <= max(values) <= largest):
        return
    for inner in values:
        _require_plain(inner)


def _require_keys(value: Mapping[Any, object]) -> None:
    for key in value:
        if not isinstance(key, str):
            raise NotCanonicalError(what="JSON key", value=key, rule=Message(N_("keys are text")))
        require_nfc(key, what="JSON key")


def _are_ascii(values: Collection[Any]) -> bool:
    """Whether all are text of ASCII alone, which has one form only."""
    return set(map(type, values)) <= {str} and "".join(values).isascii()


def plain_integer(value: int) -> int | str:
    """Return ``value``, as decimal text when a browser's numbers could not hold it."""
    return value if abs(value) <= LARGEST_PLAIN_INTEGER else str(value)


def read_json(raw: bytes) -> Any:
    """Return the JSON value in ``raw``; repeated keys, floats, non-finite numbers and deep nesting are refused.

    Raises
    ------
    NotCanonicalError
        The bytes are not UTF-8 JSON of that kind.
    """
    if _nesting(raw) > DEEPEST_JSON:
        raise NotCanonicalError(what="JSON", value="[[[…", rule=Message(N_("the file is nested too deeply")))
    try:
        return json.loads(
            raw.decode(), object_pairs_hook=_unique_keys, parse_float=_refuse_number, parse_constant=_refuse_number
        )
    except (UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise NotCanonicalError(
            what="JSON", value=str(problem), rule=Message(N_("the file must be UTF-8 JSON"))
        ) from None


def _nesting(raw: bytes) -> int:
    """Return an upper bound of the nesting of brackets; parsers overflow their stack on hostile files."""
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST_JSON:
        return 0
    marks = np.frombuffer(raw, dtype=np.uint8)
    marks = marks[np.isin(marks, np.frombuffer(b"[]{}", dtype=np.uint8))]
    steps = np.where((marks == ord("[")) | (marks == ord("{")), 1, -1).astype(np.int32)
    return int(np.cumsum(steps).max(initial=0))


def _unique_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotCanonicalError(what="JSON key", value=twice, rule=Message(N_("a key occurs once")))
    return found


def _refuse_number(text: str) -> NoReturn:
    raise NotCanonicalError(what="JSON", value=text, rule=Message(N_("no floats or other types")))
