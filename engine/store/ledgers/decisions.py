"""The decisions database: what was loaded, what ran, and the append-only ledger; SQLite by default, PostgreSQL by URL.

Rows of bulk tables live in Parquet files; a file counts once its row in ``files`` is committed, and one transaction
commits all files of a load or a run, so readers see all of it or nothing.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    inspect,
    select,
)
from sqlalchemy.exc import DatabaseError

from engine.errors import StoreError
from engine.messages import N_, Message

METADATA = MetaData()
REVISION = "0001"
"""Alembic revision this code works with; a database at another one is migrated when opened for writing."""

LOADS = Table(
    "loads",
    METADATA,
    Column("load_id", String(40), primary_key=True),
    Column("sequence", Integer, nullable=False, unique=True),
    Column("loaded_at", String(40), nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("mapping_digest", String(64), nullable=False),
    Column("is_visible", Boolean, nullable=False),
)
LOAD_TABLES = Table(
    "load_tables",
    METADATA,
    Column("load_id", ForeignKey("loads.load_id"), primary_key=True),
    Column("table_name", String(80), primary_key=True),
    Column("source_digest", String(64), nullable=False),
    Column("contract_version", String(40), nullable=False),
    Column("rows_in", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("corrections", BigInteger, nullable=False),
    Column("warnings", Text, nullable=False),
    Index("load_tables_by_source", "table_name", "source_digest"),
)
SOURCES = Table(
    "sources",
    METADATA,
    Column("load_id", ForeignKey("loads.load_id"), primary_key=True),
    Column("table_name", String(80), primary_key=True),
    Column("name", String(400), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("n_bytes", BigInteger, nullable=False),
)
FILES = Table(
    "files",
    METADATA,
    Column("path", String(400), primary_key=True),
    Column("table_name", String(80), nullable=False, index=True),
    Column("content", String(20), nullable=False),
    Column("load_id", ForeignKey("loads.load_id")),
    Column("run_id", ForeignKey("runs.run_id")),
    Column("sha256", String(64), nullable=False),
    Column("n_rows", BigInteger, nullable=False),
    Column("n_bytes", BigInteger, nullable=False),
    Column("first_known_at", Date),
    Column("last_known_at", Date),
)
RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", String(80), primary_key=True),
    Column("sequence", Integer, nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("ran_at", String(40), nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("manifest", Text, nullable=False),
)
LEDGER = Table(
    "ledger",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("entered_at", String(40), nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", String(80), nullable=False),
    Column("subject", String(200), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("idempotency_key", String(200), unique=True),
    Column("previous_digest", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)


class Decisions:
    """Access to the decisions database of one workspace.

    Parameters
    ----------
    url : str, SQLAlchemy URL.
    workspace : Path, for messages.
    """

    def __init__(self, url: str, *, workspace: Path) -> None:
        self.url = url
        self.workspace = workspace

    @cached_property
    def engine(self) -> Engine:
        """The SQLAlchemy engine; connects on first use."""
        engine = create_engine(self.url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for reading one consistent state."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose work commits as a whole at the end, or not at all."""
        with self._translated(), self.engine.connect() as connection:
            with connection.execution_options(is_writing=True).begin():
                yield connection

    def migrate(self) -> None:
        """Bring the database to :data:`REVISION`, creating its tables where there are none."""
        with self._translated(), self.engine.connect() as connection:
            current = None
            if inspect(connection).has_table("alembic_version"):
                current = connection.scalar(
                    select(Column("version_num")).select_from(Table("alembic_version", MetaData()))
                )
            connection.rollback()
            if current != REVISION:
                self._upgrade(connection)

    def _upgrade(self, connection: Connection) -> None:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
        config.attributes["connection"] = connection.execution_options(is_writing=True)
        command.upgrade(config, "head")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            raise StoreError(
                workspace=self.workspace,
                problem=Message(N_("the decisions database refuses ({detail})"), {"detail": error.orig}),
                remedy=Message(N_("check that it is reachable, not damaged and not from a newer version")),
            ) from error


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, so that a writer takes its lock at once
    cursor: sqlite3.Cursor = connection.cursor()
    for pragma in ("busy_timeout = 60000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
