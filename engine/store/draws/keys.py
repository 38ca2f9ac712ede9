"""Key files of people who sign, and the blinding key an auditor was given: readable by their owner only."""

import os
import secrets
import stat
from pathlib import Path

from engine.errors import SourceNotFoundError, UsageError
from engine.messages import N_, Message

KEY_BYTES = 32


def write_key(path: Path) -> bytes:
    """Write a new secret key of 32 random bytes, in hex, readable by the owner only, and return it.

    Raises
    ------
    UsageError
        There is a file already; a key is never overwritten.
    """
    key = secrets.token_bytes(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(
            what=Message(N_("key file")),
            value=str(path),
            remedy=Message(N_("a key is never overwritten; name a new file")),
        ) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as sink:
        sink.write(key.hex() + "\n")
    return key


def read_key(path: Path) -> bytes:
    """Return the 32 bytes of a key file, hex or raw.

    Raises
    ------
    SourceNotFoundError
        There is no such file.
    UsageError
        Others may read it, or it does not hold 32 bytes.
    """
    if not path.is_file():
        raise SourceNotFoundError(path=path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(
            what=Message(N_("key file")),
            value=str(path),
            remedy=Message(N_("others may read it; allow its owner only (chmod 600)")),
        )
    return key_of(path.read_bytes(), name=str(path))


def key_of(raw: bytes, *, name: str) -> bytes:
    """Return the 32 bytes of a key as a file holds them, hex or raw.

    Parameters
    ----------
    name : what people call the file, for the error.

    Raises
    ------
    UsageError
        It does not hold 32 bytes.
    """
    if len(raw) == KEY_BYTES:
        return raw
    try:
        key = bytes.fromhex(raw.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UsageError(
            what=Message(N_("key file")), value=name, remedy=Message(N_("it must hold 32 bytes or 64 hex digits"))
        )
    return key
