"""The append-only ledger: every decision with who, when and why, chained by digest.

The digest of an entry is the SHA-256 of its canonical JSON (sorted keys, no blanks, UTF-8), which holds the digest of
the entry before; the first entry's predecessor is 64 zeros. A chain shows edits, not a cut-off tail: its head belongs
into every public certificate.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from engine.errors import StoreError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor
from engine.store.ledgers.decisions import LEDGER, Decisions

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision.

    Parameters
    ----------
    sequence : int, 1 for the first.
    entered_at : str, ISO 8601 with offset.
    actor, role : str, who.
    action : str, dotted verb, e.g. ``load.accepted``, ``draw.run``.
    subject : str, what it is about, e.g. a load, run or draw id.
    reason : str, why; may be empty.
    content : str, canonical JSON of the particulars.
    idempotency_key : str or None, unique.
    previous_digest, digest : str, hex SHA-256.
    """

    sequence: int
    entered_at: str
    actor: str
    role: str
    action: str
    subject: str
    reason: str
    content: str
    idempotency_key: str | None
    previous_digest: str
    digest: str

    @property
    def particulars(self) -> dict[str, Any]:
        """What the entry records beside who, when and why."""
        return dict(json.loads(self.content))


def canonical(content: object) -> str:
    """Return JSON with sorted keys and no blanks; dates and paths as text."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def digest_of(content: object) -> str:
    """Return the hex SHA-256 of canonical JSON."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


class Ledger:
    """Reads and appends entries of one workspace."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    def append(
        self,
        action: str,
        *,
        subject: str,
        content: Mapping[str, object],
        actor: Actor,
        at: datetime,
        reason: str = "",
        idempotency_key: str | None = None,
        connection: Connection | None = None,
    ) -> Entry:
        """Append one entry and return it; the same key with the same content returns the entry already there.

        Parameters
        ----------
        at : aware datetime of the caller's clock.
        connection : a write transaction to join, None for one of its own.

        Raises
        ------
        StoreError
            The idempotency key was used for something else.
        """
        said = {
            "action": action,
            "subject": subject,
            "reason": reason,
            "content": canonical(content),
            "actor": actor.name,
            "role": actor.role,
            "idempotency_key": idempotency_key,
        }
        if connection is not None:
            return self._append(connection, said, at)
        with self._decisions.writing() as own:
            return self._append(own, said, at)

    def _append(self, connection: Connection, said: dict[str, str | None], at: datetime) -> Entry:
        if connection.dialect.name == "postgresql":  # two writers must not read the same last entry
            connection.exec_driver_sql("LOCK TABLE ledger IN SHARE ROW EXCLUSIVE MODE")
        if said["idempotency_key"] is not None:
            query = select(LEDGER).where(LEDGER.c.idempotency_key == said["idempotency_key"])
            if row := connection.execute(query).mappings().first():
                return self._same_entry(Entry(**row), said)
        last = connection.execute(
            select(LEDGER.c.sequence, LEDGER.c.digest).order_by(LEDGER.c.sequence.desc()).limit(1)
        ).first()
        body = {
            "sequence": last.sequence + 1 if last else 1,
            "entered_at": at.isoformat(),
            **said,
            "previous_digest": last.digest if last else GENESIS,
        }
        entry = Entry(**body, digest=digest_of(body))  # type: ignore[arg-type]
        connection.execute(insert(LEDGER).values(**asdict(entry)))
        return entry

    def _same_entry(self, entry: Entry, said: dict[str, str | None]) -> Entry:
        if any(getattr(entry, name) != value for name, value in said.items()):
            raise StoreError(
                workspace=self._decisions.workspace,
                problem=Message(
                    N_("idempotency key {key} was used for another decision (entry {sequence})"),
                    {"key": entry.idempotency_key, "sequence": entry.sequence},
                ),
                remedy=Message(N_("use a new key for a new decision")),
            )
        return entry

    def entries(self, *, action: str | None = None, subject: str | None = None) -> list[Entry]:
        """Return entries in order, all or those of an action or a subject."""
        query = select(LEDGER).order_by(LEDGER.c.sequence)
        if action is not None:
            query = query.where(LEDGER.c.action == action)
        if subject is not None:
            query = query.where(LEDGER.c.subject == subject)
        with self._decisions.reading() as connection:
            return [Entry(**row) for row in connection.execute(query).mappings()]

    def kept(self, idempotency_key: str | None) -> Entry | None:
        """Return the entry that an idempotency key was used for, None if it was not or none is given."""
        if idempotency_key is None:
            return None
        query = select(LEDGER).where(LEDGER.c.idempotency_key == idempotency_key)
        with self._decisions.reading() as connection:
            row = connection.execute(query).mappings().first()
        return Entry(**row) if row else None

    def head(self, *, without: Sequence[str] = ()) -> str:
        """Return the digest of the last entry, or 64 zeros.

        Parameters
        ----------
        without : beginnings of actions that do not count.
        """
        query = select(LEDGER.c.digest).order_by(LEDGER.c.sequence.desc()).limit(1)
        for beginning in without:
            query = query.where(LEDGER.c.action.not_like(f"{beginning}%"))
        with self._decisions.reading() as connection:
            return connection.scalar(query) or GENESIS

    def first_break(self) -> int | None:
        """Return the sequence of the first entry that does not follow from the one before, None if all do."""
        previous, expected = GENESIS, 1
        for entry in self.entries():
            body = {name: value for name, value in asdict(entry).items() if name != "digest"}
            if (entry.previous_digest, entry.sequence, entry.digest) != (previous, expected, digest_of(body)):
                return entry.sequence
            previous, expected = entry.digest, expected + 1
        return None
