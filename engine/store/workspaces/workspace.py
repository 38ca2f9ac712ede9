"""A workspace: one folder with the decisions database and the immutable tables, and the way to each."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from sqlalchemy import select

from engine.access.scope import Scope
from engine.errors import WorkspaceMissingError
from engine.store.ledgers.decisions import FILES, Decisions
from engine.store.ledgers.ledger import Ledger
from engine.store.ledgers.locks import DRAWS_LOCK, LOCK_NAME, draws_lock, writer_lock
from engine.store.workspaces.files import sweep
from engine.store.workspaces.warehouse import Warehouse

DATABASE_NAME = "decisions.db"
STAGING = "staging"


class Workspace:
    """One folder of tables, decisions, models and draws.

    Parameters
    ----------
    path : Path, the folder; created at the first write.
    database_url : str or None; None means SQLite inside the folder.

    Attributes
    ----------
    scope : the rows that are in sight; all, unless it is a view of ``engine.store.workspaces.scoped``.
    """

    def __init__(self, path: Path, *, database_url: str | None = None) -> None:
        self.path = path.resolve()
        self._database_url = database_url
        self.scope = Scope()

    @property
    def tables(self) -> Path:
        """Folder of record and result tables."""
        return self.path / "tables"

    @property
    def quarantine(self) -> Path:
        """Folder of rows that broke their contract."""
        return self.path / "quarantine"

    @property
    def exists(self) -> bool:
        """Whether anything was ever committed here."""
        return (self.path / DATABASE_NAME).is_file() or (self._database_url is not None and self.path.is_dir())

    @cached_property
    def decisions(self) -> Decisions:
        """The decisions database."""
        url = self._database_url or f"sqlite:///{self.path / DATABASE_NAME}"
        return Decisions(url, workspace=self.path)

    @cached_property
    def ledger(self) -> Ledger:
        """The append-only ledger."""
        return Ledger(self.decisions)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The bulk tables."""
        return Warehouse(self.path, self.decisions, writing=self.writing)

    def require(self) -> "Workspace":
        """Return the workspace.

        Raises
        ------
        WorkspaceMissingError
            Nothing was ever committed here.
        """
        if not self.exists:
            raise WorkspaceMissingError(workspace=self.path)
        return self

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Hold the writer lock and give an empty staging folder; a failed first write leaves no folder behind."""
        is_new = not self.path.exists()
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with writer_lock(self.path, self.decisions):
                self.decisions.migrate()
                self._clear()
                staging = self.path / STAGING / str(os.getpid())
                staging.mkdir(parents=True)
                try:
                    yield staging
                finally:
                    shutil.rmtree(self.path / STAGING, ignore_errors=True)
        except BaseException:
            if is_new and not self._holds_anything():
                self.decisions.close()
                shutil.rmtree(self.path, ignore_errors=True)
            raise

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Hold the right to take a step in the life of a draw: one operator at a time."""
        with draws_lock(self.path, self.decisions):
            yield

    def _clear(self) -> None:
        """Remove what a killed writer left: its staging folder and files the manifest does not name."""
        shutil.rmtree(self.path / STAGING, ignore_errors=True)
        with self.decisions.reading() as connection:
            known = set(connection.scalars(select(FILES.c.path)))
        sweep((self.tables, self.quarantine), workspace=self.path, known=known)

    def _holds_anything(self) -> bool:
        """Whether the folder of a failed first write holds more than the empty database it made."""
        made = {
            DATABASE_NAME,
            f"{DATABASE_NAME}-wal",
            f"{DATABASE_NAME}-shm",
            LOCK_NAME,
            DRAWS_LOCK,
            STAGING,
            "tables",
            "quarantine",
        }
        if any(path.name not in made for path in self.path.iterdir()):
            return True
        with self.decisions.reading() as connection:
            return bool(connection.scalars(select(FILES.c.path).limit(1)).first()) or bool(self.ledger.entries())

    def close(self) -> None:
        """Let go of database connections."""
        self.decisions.close()
