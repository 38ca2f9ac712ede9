"""One load: source files through mapping, contract and deduplication into immutable files, visible all at once.

Order of work: everything that can be refused is refused before the first byte is written; rows are converted and
checked into staging; duplicates and contradictions are told apart; good rows and quarantined rows are written; then
one transaction commits manifest and ledger. A process killed before that leaves files nobody counts, which the next
writer sweeps away. Memory is bounded by DuckDB's limit; cost: about three passes over the rows.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import duckdb
from sqlalchemy import Connection, func, insert, select

from engine.errors import RowsSettledError
from engine.messages import N_, Message
from engine.pipeline.ports import Progress
from engine.store.duck import quieted, settings
from engine.store.ledgers.decisions import FILES, LOAD_TABLES, LOADS, SOURCES
from engine.store.ledgers.ledger import canonical, digest_of
from engine.store.loading.plans import Author, TableLoad, TablePlan
from engine.store.loading.quarantine import settled_rows
from engine.store.loading.table_work import TableWork
from engine.store.workspaces.files import StoredFile
from engine.store.workspaces.warehouse import file_row
from engine.store.workspaces.workspace import Workspace


def load(workspace: Workspace, plans: Sequence[TablePlan], *, author: Author, progress: Progress) -> list[TableLoad]:
    """Bring the plans' rows into the workspace as one load and return what happened per table.

    Tables whose content was loaded before, under whatever file name, are not loaded again.

    Raises
    ------
    RowsSettledError
        A quarantined row that a plan settles was settled by somebody else meanwhile; nothing is written.
    """
    with workspace.writing() as staging:
        repeated, fresh = _split_repeated(workspace, plans, author)
        if not fresh:
            return repeated
        _require_still_waiting(workspace, fresh)
        load_id = _new_load_id(workspace, fresh, author)
        with quieted(duckdb.connect(":memory:", config=settings(staging))) as connection:
            work = [TableWork(workspace, plan, load_id, author, staging, connection) for plan in fresh]
            for each in work:
                each.prepare(progress)
            for each in work:
                each.write(progress)
            progress(Message(N_("Check references between tables")))
            written = {each.contract.table: each.files for each in work}
            loads = [replace(each.result, warnings=each.warnings(written)) for each in work]
        _commit(
            workspace,
            load_id,
            [(each.plan, load) for each, load in zip(work, loads, strict=True)],
            [file for each in work for file in each.files],
            author,
        )
        return [*repeated, *loads]


def _require_still_waiting(workspace: Workspace, plans: Sequence[TablePlan]) -> None:
    """Under the writer lock: no row that a plan settles was settled since the plan was made."""
    for plan in plans:
        done = settled_rows(workspace, table=plan.contract.table) if plan.takes_up else set()
        twice = sum((each.load_id, each.row) in done for each in plan.takes_up)
        if twice:
            raise RowsSettledError(table=plan.contract.table, n=twice)


def _split_repeated(
    workspace: Workspace, plans: Sequence[TablePlan], author: Author
) -> tuple[list[TableLoad], list[TablePlan]]:
    repeated, fresh = [], []
    with workspace.decisions.reading() as connection:
        for plan in plans:
            row = (
                connection.execute(
                    select(LOAD_TABLES)
                    .join(LOADS, LOADS.c.load_id == LOAD_TABLES.c.load_id)
                    .where(
                        LOAD_TABLES.c.table_name == plan.contract.table,
                        LOADS.c.is_visible,
                        LOAD_TABLES.c.source_digest == plan.digest(author.mapping_digest),
                    )
                )
                .mappings()
                .first()
            )
            if row is None:
                fresh.append(plan)
            else:
                repeated.append(
                    TableLoad(
                        plan.contract.table,
                        row["load_id"],
                        row["rows_in"],
                        0,
                        0,
                        row["rows_in"],
                        0,
                        {},
                        is_repeated=True,
                    )
                )
    return repeated, fresh


def _new_load_id(workspace: Workspace, plans: Sequence[TablePlan], author: Author) -> str:
    with workspace.decisions.reading() as connection:
        sequence = (connection.scalar(select(func.max(LOADS.c.sequence))) or 0) + 1
    content = [plan.digest(author.mapping_digest) for plan in plans]
    return f"load-{sequence:05d}-{digest_of([sequence, content])[:10]}"


def _commit(
    workspace: Workspace,
    load_id: str,
    loaded: Sequence[tuple[TablePlan, TableLoad]],
    files: Sequence[StoredFile],
    author: Author,
) -> None:
    """Make the load visible: manifest rows and ledger entry in one transaction."""
    with workspace.decisions.writing() as connection:
        sequence = (connection.scalar(select(func.max(LOADS.c.sequence))) or 0) + 1
        said = {"mapping": author.mapping, "mapping_digest": author.mapping_digest}
        when = {"sequence": sequence, "loaded_at": author.at.isoformat(), "is_visible": True}
        who = {"actor": author.actor.name, "role": author.actor.role}
        connection.execute(insert(LOADS).values(load_id=load_id, **when, **who, **said))
        for plan, result in loaded:
            _insert_table(connection, plan, result, author)
        for stored in files:
            connection.execute(insert(FILES).values(**file_row(stored), load_id=load_id))
        tables = [json.loads(canonical(asdict(result))) for _, result in loaded]
        digests = {stored.path: stored.sha256 for stored in files}
        workspace.ledger.append(
            "load.accepted",
            subject=load_id,
            content={**said, "tables": tables, "files": digests},
            actor=author.actor,
            at=author.at,
            connection=connection,
        )


_COUNTS = ("rows_in", "accepted", "quarantined", "duplicates", "corrections")


def _insert_table(connection: Connection, plan: TablePlan, result: TableLoad, author: Author) -> None:
    connection.execute(
        insert(LOAD_TABLES).values(
            load_id=result.load_id,
            table_name=result.table,
            source_digest=plan.digest(author.mapping_digest),
            contract_version=plan.contract.version,
            warnings=canonical(result.warnings),
            **{name: getattr(result, name) for name in _COUNTS},
        )
    )
    for name, file in plan.sources.items():
        row = {"name": name, "sha256": file.sha256, "n_bytes": file.n_bytes}
        connection.execute(insert(SOURCES).values(load_id=result.load_id, table_name=result.table, **row))
