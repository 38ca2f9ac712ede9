"""Tickets: the one source of chance in the draw.

``ticket = H("ticket", seed, group, handle)``, 32 bytes compared big-endian. A ticket depends on nothing but the seed,
the group and the object's own handle, so adding, removing or reordering other rows moves nobody's ticket. Items of
one ``group`` share an object's ticket (permanent random numbers): whoever is drawn for one of them is the first to be
drawn for the others, which makes the fewest visits. Source: docs/spec/draw-protocol.md §4; Rivest, consistent
sampling; Ohlsson (1995) on permanent random numbers.
"""

import hmac
from collections.abc import Iterable

from engine.draw.encoding import DIGEST_BYTES, HashSuite, field_bytes

SALT_BYTES = 16
_BLOCK = 64


def tickets(suite: HashSuite, *, seed: bytes, group: str, handles: bytes) -> bytes:
    """Return the tickets of all handles, 32 bytes each, in their order.

    The prefix up to the handle is hashed once and its state copied, about 0.4 µs a row. ``handles`` holds 32 bytes
    per row.
    """
    prefix = suite.midstate("ticket", seed, group)
    prefix.update(DIGEST_BYTES.to_bytes(4, "big"))
    return b"".join(_finish(prefix.copy, (handles[k : k + DIGEST_BYTES] for k in range(0, len(handles), DIGEST_BYTES))))


def _finish(copy, pieces: Iterable[bytes]) -> list[bytes]:  # type: ignore[no-untyped-def]
    found = []
    for piece in pieces:
        running = copy()
        running.update(piece)
        found.append(running.digest())
    return found


def salt_of(key: bytes, identifier: str) -> bytes:
    """Return the salt of one object: the first 16 bytes of HMAC-SHA256(K, "salt|" + id), in both suites."""
    return hmac.digest(key, b"salt|" + field_bytes(identifier), "sha256")[:SALT_BYTES]


def handle_of(suite: HashSuite, *, identifier: str, salt: bytes) -> bytes:
    """Return the handle ``H("handle", id, salt)`` under which an object or an officer appears in public."""
    return suite.tagged("handle", identifier, salt)


def handles_of(suite: HashSuite, *, key: bytes, identifiers: Iterable[str]) -> bytes:
    """Return the handles of many identifiers, 32 bytes each, in their order; about 2 µs each.

    Both HMAC blocks and the handle's prefix are hashed once and copied; equal to :func:`salt_of` and
    :func:`handle_of` row by row.

    Raises
    ------
    NotCanonicalError
        An identifier is not NFC.
    """
    sha256 = HashSuite("sha256")
    block = (key if len(key) <= _BLOCK else sha256.digest(key)).ljust(_BLOCK, b"\0")
    inner, outer = sha256.start(), sha256.start()
    inner.update(bytes(byte ^ 0x36 for byte in block) + b"salt|")
    outer.update(bytes(byte ^ 0x5C for byte in block))
    prefix = suite.midstate("handle")
    salt_head = SALT_BYTES.to_bytes(4, "big")
    found = []
    for identifier in identifiers:
        encoded = identifier.encode() if identifier.isascii() else field_bytes(identifier)
        first, second, last = inner.copy(), outer.copy(), prefix.copy()
        first.update(encoded)
        second.update(first.digest())
        last.update(len(encoded).to_bytes(4, "big") + encoded + salt_head + second.digest()[:SALT_BYTES])
        found.append(last.digest())
    return b"".join(found)


def key_commitment(suite: HashSuite, *, key: bytes) -> bytes:
    """Return ``H("key", K)``, which binds the blinding key without showing it."""
    return suite.tagged("key", key)
