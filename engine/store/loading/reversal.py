"""Taking a load back: its rows are no longer read; what later loads brought again comes to count with them."""

from datetime import datetime

import duckdb
from sqlalchemy import Connection, insert, select, update

from engine.contracts.sql import identifier, literal
from engine.contracts.validation import filled_rows
from engine.contracts.versions import unheld_rows
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor
from engine.store.duck import quieted, settings
from engine.store.ledgers.decisions import FILES, LOAD_TABLES, LOADS
from engine.store.workspaces.files import PARTIAL, StoredFile, settle
from engine.store.workspaces.warehouse import file_row
from engine.store.workspaces.workspace import Workspace


def reverse_load(
    workspace: Workspace, load_id: str, *, reason: str, actor: Actor, at: datetime
) -> dict[str, tuple[int, int]]:
    """Take one load back, all its tables at once; its files stay, but nothing reads them any more.

    Rows of later loads that were duplicates of this load's rows become records of those later loads.

    Returns
    -------
    Table → (rows taken back, rows that later loads hold in their place).

    Raises
    ------
    UsageError
        There is no such load, it was reversed before, or no reason is given.
    """
    if not reason.strip():
        raise UsageError(what="--reason", value=reason, remedy=Message(N_("say why the load is taken back")))
    with workspace.require().writing() as staging:
        taken = _records_of(workspace, load_id)
        with quieted(duckdb.connect(":memory:", config=settings(staging))) as connection:
            restored = [part for table in taken for part in _restored(workspace, connection, table, load_id)]
        held = {table: sum(f.n_rows for _, f in restored if f.table == table) for table in taken}
        with workspace.decisions.writing() as transaction:
            transaction.execute(update(LOADS).where(LOADS.c.load_id == load_id).values(is_visible=False))
            for heir, file in restored:
                _hand_over(transaction, heir, file)
            workspace.ledger.append(
                "load.reversed",
                subject=load_id,
                reason=reason,
                content={"rows": taken, "held_by_later_loads": held},
                actor=actor,
                at=at,
                connection=transaction,
            )
    return {table: (n, held[table]) for table, n in taken.items()}


def _records_of(workspace: Workspace, load_id: str) -> dict[str, int]:
    """Table → accepted rows of a visible load."""
    query = (
        select(LOAD_TABLES.c.table_name, LOAD_TABLES.c.accepted)
        .join(LOADS, LOADS.c.load_id == LOAD_TABLES.c.load_id)
        .where(LOADS.c.load_id == load_id, LOADS.c.is_visible)
        .order_by(LOAD_TABLES.c.table_name)
    )
    with workspace.decisions.reading() as connection:
        found = {row.table_name: int(row.accepted) for row in connection.execute(query)}
    if not found:
        remedy = Message(N_("see 'xinheng loads' for the loads that stand"))
        raise UsageError(what=Message(N_("load")), value=load_id, remedy=remedy)
    return found


def _restored(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, table: str, load_id: str
) -> list[tuple[str, StoredFile]]:
    """Write what each later load held as a duplicate and nobody else holds now: (load, file)."""
    contract = workspace.warehouse.contracts[table]
    columns = ", ".join(identifier(name) for name in contract.names)
    files = workspace.warehouse.files
    standing = [file.path for file in files("records", table=table) if file.load_id != load_id]
    found = []
    for twin in files("duplicates", table=table):
        if twin.load_id == load_id:
            continue
        rows = f"SELECT * FROM read_parquet({literal(twin.path)})"
        held = f"{rows} WHERE FALSE"
        if standing:
            paths = ", ".join(map(literal, standing))
            read = f"SELECT * FROM read_parquet([{paths}], union_by_name=true)"
            held = f"SELECT {columns} FROM ({filled_rows(contract, rows=read)})"
        sql = unheld_rows(contract, rows=rows, stored=held)
        count = connection.execute(f"SELECT count(*) FROM ({sql})").fetchone()
        if not count or not count[0]:
            continue
        partial = workspace.tables / table / f"{twin.load_id}.for-{load_id}.parquet{PARTIAL}"
        connection.execute(f"COPY ({sql}) TO {literal(str(partial))} (FORMAT parquet, COMPRESSION zstd)")
        file = settle(partial, workspace=workspace.path, table=table, content="records")
        found.append((twin.load_id, file))
        standing.append(str(workspace.path / file.path))
    return found


def _hand_over(connection: Connection, heir: str, file: StoredFile) -> None:
    """Make a restored file a file of the later load; its counts move from duplicates to accepted.

    ``corrections`` stays: a load counts every key of its rows that has several versions, its duplicates among them.
    """
    connection.execute(insert(FILES).values(**file_row(file), load_id=heir))
    own = (LOAD_TABLES.c.load_id == heir) & (LOAD_TABLES.c.table_name == file.table)
    connection.execute(
        update(LOAD_TABLES)
        .where(own)
        .values(
            accepted=LOAD_TABLES.c.accepted + file.n_rows,
            duplicates=LOAD_TABLES.c.duplicates - file.n_rows,
        )
    )
