"""What a run read, named so that it can be read again: record files by digest, and the ledger's length.

Record files are immutable and stay when a load is taken back, so the same list of files gives the same rows for ever,
whatever was loaded, reversed or merged since; only an erasure that law orders ends that.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from engine.errors import StoreError
from engine.messages import N_, Message
from engine.registers.merges import MergeDecision
from engine.store.ledgers.decisions import FILES, LEDGER, LOAD_TABLES, LOADS
from engine.store.workspaces.aliases import merge_decisions
from engine.store.workspaces.warehouse import VisibleFile, Warehouse
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class InputFile:
    """One record file: path below the workspace, its table, load, SHA-256 and rows."""

    path: str
    table: str
    load_id: str
    sha256: str
    n_rows: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The records of a workspace at one moment.

    Parameters
    ----------
    files : in the order they are read.
    ledger_sequence : last ledger entry whose merges of objects count.
    """

    files: tuple[InputFile, ...]
    ledger_sequence: int

    def as_json(self) -> dict[str, Any]:
        """Return it as a manifest holds it."""
        names = ("path", "table", "load_id", "sha256", "n_rows")
        rows = [{name: getattr(file, name) for name in names} for file in self.files]
        return {"files": rows, "ledger_sequence": self.ledger_sequence}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Snapshot":
        """Return what :meth:`as_json` wrote."""
        return cls(tuple(InputFile(**row) for row in said["files"]), int(said["ledger_sequence"]))


def snapshot(workspace: Workspace) -> Snapshot:
    """Return the records that are visible now. Cost: the manifest's rows."""
    query = (
        select(FILES.c.path, FILES.c.table_name, FILES.c.load_id, FILES.c.sha256, FILES.c.n_rows)
        .join(LOADS, LOADS.c.load_id == FILES.c.load_id)
        .where(FILES.c.content == "records", LOADS.c.is_visible)
        .order_by(LOADS.c.sequence, FILES.c.table_name, FILES.c.path)
    )
    with workspace.decisions.reading() as connection:
        files = tuple(InputFile(*row) for row in connection.execute(query))
        last = connection.scalar(select(func.max(LEDGER.c.sequence))) or 0
    return Snapshot(files, int(last))


def require_intact(workspace: Workspace, taken: Snapshot) -> None:
    """Raise unless every file of a snapshot is there with its digest. Cost: one pass over the bytes.

    Raises
    ------
    StoreError
    """
    for file in taken.files:
        path = workspace.path / file.path
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        if found != file.sha256:
            raise StoreError(
                workspace=workspace.path,
                problem=Message(N_("input file {path} is missing or changed"), {"path": file.path}),
                remedy=Message(N_("restore it from a backup to reproduce the run")),
            )


class PastWarehouse(Warehouse):
    """The warehouse as a snapshot has it; for reading.

    Parameters
    ----------
    workspace : whose files it reads.
    taken : which of them, and up to which merge.
    """

    def __init__(self, workspace: Workspace, taken: Snapshot) -> None:
        super().__init__(workspace.path, workspace.decisions, writing=workspace.writing)
        self._taken = taken

    def _files(self, content: str, *, table: str | None = None) -> list[VisibleFile]:
        if content != "records":
            return []
        return [
            VisibleFile(self._absolute(file.path), file.table, file.load_id)
            for file in self._taken.files
            if table in (None, file.table)
        ]

    def _n_corrections(self, name: str) -> int:
        loads = {file.load_id for file in self._taken.files}
        query = select(LOAD_TABLES.c.load_id, LOAD_TABLES.c.corrections).where(LOAD_TABLES.c.table_name == name)
        with self._decisions.reading() as connection:
            return sum(int(row.corrections) for row in connection.execute(query) if row.load_id in loads)

    def _merges(self) -> tuple[MergeDecision, ...]:
        return merge_decisions(self._decisions, until=self._taken.ledger_sequence)
