"""Who saw, exported or was refused what: an append-only file of chained lines beside the ledger.

Reads are far more frequent than decisions and must not change the version of the records; so they stand in a file of
their own, one canonical JSON object a line, each with the digest of the line before. Lines cut off at the end or a
chain computed anew do not show in the file itself: the ledger keeps its length and head from time to time (see
``engine.api.access_log``), and the file must still hold that line.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from engine.errors import StoreError
from engine.messages import N_, Message
from engine.store.ledgers.ledger import GENESIS, canonical, digest_of

FOLDER, FILE = "audit", "reads.jsonl"
_TAIL = 65_536


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """One line.

    Parameters
    ----------
    sequence : int, 1 for the first. at : str, ISO 8601 with offset.
    account, role, scope : who, as what, limited to which rows.
    kind : ``sign_in``, ``page``, ``export``, ``refused``.
    what : page, file or right. about : address or rows, as text; may be empty.
    previous_digest, digest : hex SHA-256.
    """

    sequence: int
    at: str
    account: str
    role: str
    scope: str
    kind: str
    what: str
    about: str
    previous_digest: str
    digest: str


class ReadLog:
    """The file of one workspace."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self.path = workspace / FOLDER / FILE

    def append(self, said: Mapping[str, str], *, at: datetime) -> ReadEntry:
        """Append one line and return it; writers wait for one another, and the line is on the disk when this returns.

        Parameters
        ----------
        said : ``account``, ``role``, ``scope``, ``kind``, ``what``, ``about``.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = self._last(file.fileno())
            body = {
                "sequence": last.sequence + 1 if last else 1,
                "at": at.isoformat(),
                **said,
                "previous_digest": last.digest if last else GENESIS,
            }
            entry = ReadEntry(**body, digest=digest_of(body))  # type: ignore[arg-type]
            file.write(canonical(asdict(entry)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return entry

    def _last(self, number: int) -> ReadEntry | None:
        size = os.fstat(number).st_size
        if size == 0:
            return None
        tail = os.pread(number, _TAIL, max(0, size - _TAIL))
        if not tail.endswith(b"\n"):
            raise self._broken()
        return self._entry(tail.rstrip(b"\n").rpartition(b"\n")[2])

    def entries(self) -> Iterator[ReadEntry]:
        """Return the lines in order; none before the first read."""
        if not self.path.is_file():
            return
        with self.path.open("rb") as file:
            for line in file:
                yield self._entry(line)

    def head(self) -> tuple[int, str]:
        """Return number and digest of the last line; (0, 64 zeros) before the first."""
        if not self.path.is_file():
            return 0, GENESIS
        with self.path.open("rb") as file:
            last = self._last(file.fileno())
        return (last.sequence, last.digest) if last else (0, GENESIS)

    def first_break(self) -> int | None:
        """Return the number of the first line that does not follow from the one before, None if all do."""
        previous, expected = GENESIS, 1
        try:
            for entry in self.entries():
                body = {name: value for name, value in asdict(entry).items() if name != "digest"}
                if (entry.previous_digest, entry.sequence, entry.digest) != (previous, expected, digest_of(body)):
                    return expected
                previous, expected = entry.digest, expected + 1
        except StoreError:
            return expected
        return None

    def _entry(self, line: bytes) -> ReadEntry:
        try:
            return ReadEntry(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise self._broken() from error

    def _broken(self) -> StoreError:
        return StoreError(
            workspace=self._workspace,
            problem=Message(N_("the log of reads has a line that cannot be read")),
            remedy=Message(N_("keep the file as evidence, restore it from a copy, and look who changed it")),
        )
