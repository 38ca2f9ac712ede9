"""Erasure that law requires: every stored row of an object goes, a tombstone with digests stays.

The tombstone is a ledger entry: legal reference, who, when, how many rows of which table and their salted digest, never
the rows or the identifier. Files are written anew without the rows; the manifest changes in one transaction, then the
old files are deleted. A process killed in between leaves either the old state or the new one with old files that the
next writer sweeps away; the same call again finishes what it left. Cost: one scan of every stored file.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from sqlalchemy import delete, insert, select

from engine.contracts.sql import identifier, literal, literals
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor
from engine.store.draws.folders import PRIVATE
from engine.store.duck import quieted, settings
from engine.store.ledgers.decisions import FILES
from engine.store.ledgers.ledger import Ledger
from engine.store.sources.written import SOURCES
from engine.store.workspaces.files import PARTIAL, StoredFile, settle
from engine.store.workspaces.warehouse import file_row
from engine.store.workspaces.workspace import Workspace

ERASED = "entity.erased"
_NAMING = ("entity_id", "object_id", "related_id")


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What stays of an erased object.

    Parameters
    ----------
    sequence : of the ledger entry. day : of the erasure. reference : the law. actor, reason : who and why.
    rows : table → rows erased. draws : whose private frame held it.
    first_known_at : earliest ``known_at`` of an erased record, None if there was none.
    runs : whose stored results named it.
    """

    sequence: int
    day: date
    reference: str
    actor: str
    reason: str
    rows: Mapping[str, int]
    draws: tuple[str, ...]
    first_known_at: date | None
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: its tombstone, and files inside the workspace that may still name the object."""

    tombstone: Tombstone
    left_to_hand: tuple[str, ...]


def erase(
    workspace: Workspace, entity_ids: Sequence[str], *, reference: str, reason: str, actor: Actor, at: datetime
) -> Erased:
    """Erase every stored row of one object.

    Parameters
    ----------
    entity_ids : all identifiers of the object.

    Raises
    ------
    UsageError
        No legal reference or reason is given, or nothing is stored under these identifiers.
    """
    for what, text in (("--reference", reference), ("--reason", reason)):
        if not text.strip():
            raise UsageError(what=what, value=text, remedy=Message(N_("an erasure needs its legal basis and a reason")))
    salt = secrets.token_hex(16)
    with workspace.require().writing() as staging:
        with quieted(duckdb.connect(":memory:", config=settings(staging))) as connection:
            work = _Erasure(workspace, connection, entity_ids, salt=salt)
            replaced = work.stored()
            private = work.private()
        if not replaced and not private:
            remedy = Message(N_("nothing is stored under this identifier"))
            raise UsageError(what=Message(N_("entity")), value=entity_ids[0], remedy=remedy)
        with workspace.decisions.writing() as transaction:
            for old, new in replaced:
                row = transaction.execute(select(FILES).where(FILES.c.path == old)).mappings().one()
                transaction.execute(delete(FILES).where(FILES.c.path == old))
                owner = {"load_id": row["load_id"], "run_id": row["run_id"]}
                transaction.execute(insert(FILES).values(**file_row(new), **owner))
            entry = workspace.ledger.append(
                ERASED,
                subject=f"tombstone-{salt[:12]}",
                reason=reason,
                content={
                    "reference": reference,
                    "salt": salt,
                    "entities": [_digest(salt, entity_id) for entity_id in entity_ids],
                    "tables": work.tables,
                    "draws": sorted(work.draws),
                    "runs": sorted(work.runs),
                    "first_known_at": work.first_known_at,
                    "files": {new.path: {"was": old, "sha256": new.sha256} for old, new in replaced},
                },
                actor=actor,
                at=at,
                connection=transaction,
            )
        for path, partial in private:
            partial.replace(path)
        for old, _ in replaced:
            (workspace.path / old).unlink(missing_ok=True)
    return Erased(_tombstone(entry), tuple(_left(workspace.path, entity_ids)))


class _Erasure:
    """The files of one erasure: written anew beside the old ones, with counts and digests of what left."""

    def __init__(self, workspace: Workspace, connection: Any, entity_ids: Sequence[str], *, salt: str) -> None:
        self._workspace, self._connection, self._salt = workspace, connection, salt
        self._ids = list(entity_ids)
        self.tables: dict[str, dict[str, object]] = {}
        self.draws: set[str] = set()
        self.runs: set[str] = set()
        self.first_known_at: date | None = None

    def stored(self) -> list[tuple[str, StoredFile]]:
        """Write every manifest file that names the object anew; return (old path, new file)."""
        with self._workspace.decisions.reading() as reading:
            rows = reading.execute(select(FILES).order_by(FILES.c.path)).mappings().all()
        found = []
        for row in rows:
            path = self._workspace.path / row["path"]
            names = self._names(path)
            where = self._quarantined() if row["content"] == "quarantine" else _naming(names, self._ids)
            if not where or not self._take(path, where, table=row["table_name"]):
                continue
            if row["content"] == "records" and "known_at" in names:
                self._note_first(path, where)
            if row["run_id"] is not None:
                self.runs.add(str(row["run_id"]))
            partial = path.with_name(f"{path.name.split('.erased-')[0]}.erased-{self._salt[:8]}.parquet{PARTIAL}")
            self._connection.execute(
                f"COPY (SELECT * FROM read_parquet({literal(str(path))}) WHERE NOT coalesce({where}, FALSE)) "
                f"TO {literal(str(partial))} (FORMAT parquet, COMPRESSION zstd)"
            )
            new = settle(partial, workspace=self._workspace.path, table=row["table_name"], content=row["content"])
            found.append((row["path"], new))
        return found

    def private(self) -> list[tuple[Path, Path]]:
        """Write private draw files and own source files that name the object anew; return (path, its replacement)."""
        root, found = self._workspace.path, []
        for path in sorted([*(root / PRIVATE).glob("*/*.parquet"), *(root / SOURCES).glob("entered/*.parquet")]):
            where = _naming(self._names(path), self._ids)
            is_draw = path.parent.parent.name == PRIVATE
            if not where or not self._take(path, where, table=f"{PRIVATE}.{path.stem}" if is_draw else SOURCES):
                continue
            if is_draw:
                self.draws.add(path.parent.name)
            partial = path.with_name(path.name + PARTIAL)
            kept = f"SELECT * FROM read_parquet({literal(str(path))}) WHERE NOT coalesce({where}, FALSE)"
            self._connection.execute(f"COPY ({kept}) TO {literal(str(partial))} (FORMAT parquet)")
            found.append((path, partial))
        return found

    def _names(self, path: Path) -> list[str]:
        return list(pq.read_schema(path).names)

    def _quarantined(self) -> str:
        """Quarantined rows: the mapped row names the object, or the original text holds an identifier or its value."""
        words = [f'"{text}"' for each in self._ids for text in (each, each.partition(":")[2])]
        held = " OR ".join(f"contains(original, {literal(word)})" for word in words)
        listed = literals(self._ids)
        return f"(coalesce(json_extract_string(mapped, '$.entity_id') IN {listed}, FALSE) OR {held})"

    def _take(self, path: Path, where: str, *, table: str) -> int:
        """Count and digest the rows to be erased from one file."""
        rows = self._connection.execute(
            f"SELECT CAST(to_json(t) AS VARCHAR) FROM (SELECT * FROM read_parquet({literal(str(path))}) "
            f"WHERE {where}) t ORDER BY 1"
        ).fetchall()
        if rows:
            held = self.tables.setdefault(table, {"rows": 0, "digests": []})
            held["rows"] = int(str(held["rows"])) + len(rows)
            digests = held["digests"]
            if isinstance(digests, list):
                digests.append(_digest(self._salt, *(str(row[0]) for row in rows)))
        return len(rows)

    def _note_first(self, path: Path, where: str) -> None:
        query = f"SELECT min(known_at) FROM read_parquet({literal(str(path))}) WHERE {where}"
        (first,) = self._connection.execute(query).fetchone()
        if first is not None:
            self.first_known_at = min(self.first_known_at or first, first)


def _naming(names: Sequence[str], entity_ids: Sequence[str]) -> str:
    listed = literals(list(entity_ids))
    return " OR ".join(f"{identifier(name)} IN {listed}" for name in _NAMING if name in names)


def _digest(salt: str, *texts: str) -> str:
    return hashlib.sha256("\n".join((salt, *texts)).encode()).hexdigest()


def _left(root: Path, entity_ids: Sequence[str]) -> Iterator[str]:
    """Yield files inside the workspace that were brought by hand and still hold the value of an identifier."""
    values = [entity_id.partition(":")[2].encode() for entity_id in entity_ids]
    for path in sorted((root / SOURCES).rglob("*")):
        if path.is_file() and path.suffix in (".csv", ".json", ".txt"):
            content = path.read_bytes()
            if any(value in content for value in values if len(value) >= 8):
                yield path.relative_to(root).as_posix()


def tombstones(ledger: Ledger) -> list[Tombstone]:
    """Return every tombstone, the oldest first."""
    return [_tombstone(entry) for entry in ledger.entries(action=ERASED)]


def tombstone_of(ledger: Ledger, entity_id: str) -> Tombstone | None:
    """Return the last tombstone of an identifier, None if it was never erased."""
    found = None
    for entry in ledger.entries(action=ERASED):
        told = entry.particulars
        if _digest(str(told["salt"]), entity_id) in told["entities"]:
            found = _tombstone(entry)
    return found


def _tombstone(entry: Any) -> Tombstone:
    told = entry.particulars
    first = told["first_known_at"]
    return Tombstone(
        sequence=entry.sequence,
        day=datetime.fromisoformat(entry.entered_at).date(),
        reference=str(told["reference"]),
        actor=entry.actor,
        reason=entry.reason,
        rows={table: int(held["rows"]) for table, held in told["tables"].items()},
        draws=tuple(told["draws"]),
        first_known_at=None if first is None else date.fromisoformat(first),
        runs=tuple(told["runs"]),
    )
