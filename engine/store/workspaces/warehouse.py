"""The bulk tables of a workspace as ibis expressions over the visible Parquet files.

What is visible is read from the manifest each time a table is asked for; the expression then stays on the files it
was made from, so a load that commits later does not change it.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import func, insert, select

from engine.contracts.schema import Contract
from engine.contracts.sql import identifier, literal, literals
from engine.contracts.validation import empty_rows, filled_rows
from engine.contracts.versions import history
from engine.errors import TableMissingError, table_missing
from engine.pipeline.ports import Actor
from engine.registers.merges import MergeDecision, alias_spans
from engine.store.documents import load_contracts
from engine.store.duck import quieted, settings
from engine.store.ledgers.decisions import FILES, LOAD_TABLES, LOADS, RUNS, Decisions
from engine.store.ledgers.ledger import Ledger, canonical, digest_of
from engine.store.workspaces.aliases import merge_decisions, merged_rows
from engine.store.workspaces.files import PARTIAL, StoredFile, settle
from engine.store.workspaces.manifest import Bounds, Run, VisibleFile

__all__ = ["CONDUCT_TABLES", "PROVENANCE", "Bounds", "ResultTable", "Run", "VisibleFile", "Warehouse", "file_row"]

CONDUCT_TABLES = ("inspections", "penalties", "listings", "complaints")
PROVENANCE = ("source_file", "source_line")
ResultTable: TypeAlias = "pd.DataFrame | pa.Table | ibis.Table"


class Warehouse:
    """Reads record tables, reads and writes result tables.

    Parameters
    ----------
    folder : Path, the workspace.
    decisions : its manifest.
    writing : gives the staging folder under the writer lock.
    """

    def __init__(
        self, folder: Path, decisions: Decisions, *, writing: Callable[[], AbstractContextManager[Path]]
    ) -> None:
        self._folder = folder
        self._decisions = decisions
        self._writing = writing

    @cached_property
    def connection(self) -> Any:
        """The ibis connection; DuckDB in memory, bounded, with a spill folder of its own (made only when needed)."""
        connection = ibis.duckdb.connect(":memory:", **settings(self._folder / f".spill-{uuid.uuid4().hex}"))
        quieted(connection.con)
        return connection

    @cached_property
    def contracts(self) -> Mapping[str, Contract]:
        """The contracts of the record tables, by table."""
        return load_contracts()

    def table(self, name: str) -> ibis.Table:
        """Return every visible version of a record table with the contract's columns; no rows if none was loaded."""
        contract = self._contract(name)
        return self._view(f"records_{name}", self._stored_sql(contract))

    def hold(self, name: str, rows: ResultTable) -> ibis.Table:
        """Keep rows in memory (or spilled) under ``name`` for this connection and return them as a table.

        Expressions over held tables compile to the same text whatever they hold.
        """
        if isinstance(rows, pa.Table):
            self.connection.con.register("held_rows", rows)
            self.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS SELECT * FROM held_rows")
            self.connection.con.unregister("held_rows")
            return self.connection.table(name)
        source = rows if isinstance(rows, ibis.Table) else ibis.memtable(rows)
        sql = self.connection.compile(source)
        if not isinstance(rows, ibis.Table):
            self.connection._run_pre_execute_hooks(source)
        self.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {sql}")
        return self.connection.table(name)

    def execute_sql(self, sql: str) -> pd.DataFrame:
        """Return the rows of a compiled expression over held tables."""
        return pd.DataFrame(self.connection.con.execute(sql).df())

    def execute_arrow(self, sql: str) -> pa.Table:
        """Return the rows of a compiled expression over held tables, in Arrow's columns."""
        return self.connection.con.execute(sql).to_arrow_table()

    def provenance(self, name: str) -> ibis.Table:
        """Return a record table with ``load_id``, ``source_file`` and ``source_line`` beside the contract's columns."""
        contract = self._contract(name)
        extra = ", ".join(
            f"CAST(NULL AS {kind}) AS {column}"
            for column, kind in (("source_file", "VARCHAR"), ("source_line", "BIGINT"), ("load_id", "VARCHAR"))
        )
        columns = ", ".join(identifier(column) for column in (*contract.names, *PROVENANCE, "load_id"))
        parts = [
            filled_rows(
                contract, rows=f"SELECT *, {literal(file.load_id)} AS load_id FROM read_parquet([{literal(file.path)}])"
            )
            for file in self._files("records", table=name)
        ] or [f"SELECT *, {extra} FROM ({empty_rows(contract)})"]
        return self._view(
            f"provenance_{name}", " UNION ALL BY NAME ".join(f"SELECT {columns} FROM ({p})" for p in parts)
        )

    def history(self, name: str) -> ibis.Table:
        """Return every visible version with ``superseded_at``: ``known_at`` of the key's next version, or null.

        Records of merged objects carry the identifier that stands for them, from the day of the merge on. Costs a sort
        by key only when some key has more than one version.
        """
        return self._view(f"history_{name}", self._history_sql(self._contract(name)))

    def _history_sql(self, contract: Contract) -> str:
        corrected = self._n_corrections(contract.table) > 0
        sql = history(contract, stored=self._stored_sql(contract), has_corrections=corrected)
        if "entity_id" in contract.names and (spans := alias_spans(self._merges())):
            sql = merged_rows(contract, history=sql, spans=spans)
        return sql

    def rows_of(self, name: str, entity_ids: Sequence[str]) -> pa.Table:
        """Return every visible version of the records that ever named one of the identifiers, as they were loaded.

        Parameters
        ----------
        entity_ids : identifiers, merged or not: merges are not followed here.

        Returns
        -------
        Arrow table: the contract's columns, ``superseded_at``, provenance, ``load_id``. Cost: one filtered scan, two
        where records were corrected.
        """
        contract, files = self._contract(name), self._files("records", table=name)
        columns = ", ".join(identifier(column) for column in (*contract.names, *PROVENANCE))
        if not files:
            extra = "CAST(NULL AS VARCHAR) AS source_file, CAST(NULL AS BIGINT) AS source_line"
            held = f"SELECT *, {extra}, CAST(NULL AS VARCHAR) AS filename FROM ({empty_rows(contract)})"
        else:
            paths = ", ".join(literal(file.path) for file in files)
            read = f"SELECT * FROM read_parquet([{paths}], union_by_name=true, filename=true)"
            held = f"SELECT {columns}, filename FROM ({filled_rows(contract, rows=read)})"
        named = f"SELECT * FROM ({held}) WHERE entity_id IN {literals(list(entity_ids))}"
        corrected = bool(files) and self._n_corrections(name) > 0
        if corrected:
            keys = ", ".join(identifier(key) for key in contract.key)
            same = " AND ".join(f"h.{identifier(key)} = k.{identifier(key)}" for key in contract.key)
            named = f"SELECT h.* FROM ({held}) h SEMI JOIN (SELECT {keys} FROM ({named})) k ON {same}"
        rows = self.execute_arrow(history(contract, stored=named, has_corrections=corrected))
        load_of = {file.path: file.load_id for file in files}
        loads = pa.array([load_of[path] for path in rows["filename"].to_pylist()], pa.string())
        rows = rows.drop_columns("filename").append_column("load_id", loads)
        return rows.filter(pc.is_in(rows["entity_id"], pa.array(list(entity_ids), pa.string())))

    def results_of(self, name: str, entity_ids: Sequence[str]) -> pd.DataFrame:
        """Return the rows of all runs of a result table about the identifiers, with ``run_id``; one filtered scan."""
        query = select(FILES.c.path).where(FILES.c.table_name == name, FILES.c.content == "results")
        with self._decisions.reading() as connection:
            paths = [self._absolute(path) for path in connection.scalars(query)]
        if not paths:
            return pd.DataFrame()
        listed = ", ".join(map(literal, paths))
        return self.execute_sql(
            f"SELECT * FROM read_parquet([{listed}], union_by_name=true) "
            f"WHERE entity_id IN {literals(list(entity_ids))}"
        )

    def stored_sql(self, contract: Contract) -> str:
        """Return the SQL of every visible version of a record table, contract columns only."""
        return self._stored_sql(contract)

    def _stored_sql(self, contract: Contract) -> str:
        paths = [file.path for file in self._files("records", table=contract.table)]
        if not paths:
            return empty_rows(contract)
        columns = ", ".join(identifier(column) for column in contract.names)
        read = f"SELECT * FROM read_parquet([{', '.join(map(literal, paths))}], union_by_name=true)"
        return f"SELECT {columns} FROM ({filled_rows(contract, rows=read)})"

    def _n_corrections(self, name: str) -> int:
        """Keys of a record table with more than one version, as its loads counted them."""
        query = (
            select(func.sum(LOAD_TABLES.c.corrections))
            .join(LOADS, LOADS.c.load_id == LOAD_TABLES.c.load_id)
            .where(LOAD_TABLES.c.table_name == name, LOADS.c.is_visible)
        )
        with self._decisions.reading() as connection:
            return int(connection.scalar(query) or 0)

    def bounds(self, *tables: str) -> Bounds:
        """Return the first and last ``known_at`` over ``tables``; without any, over the tables of conduct.

        Reads the manifest only.

        Raises
        ------
        TableMissingError
            None of the tables holds a row.
        """
        names = tables or CONDUCT_TABLES
        query = (
            select(func.min(FILES.c.first_known_at), func.max(FILES.c.last_known_at))
            .outerjoin(LOADS, LOADS.c.load_id == FILES.c.load_id)
            .where(FILES.c.table_name.in_(names), FILES.c.content == "records", LOADS.c.is_visible)
        )
        with self._decisions.reading() as connection:
            first, last = connection.execute(query).one()
        if first is None:
            raise self._missing(", ".join(names))
        return Bounds(first=first, last=last)

    def write_run(
        self,
        tables: Mapping[str, ResultTable],
        *,
        kind: str,
        as_of: date,
        manifest: Mapping[str, object],
        actor: Actor,
        at: datetime,
    ) -> str:
        """Write the result tables of one run, visible all at once, and return its ``run_id``.

        Parameters
        ----------
        tables : mapping of table name to rows without ``run_id`` (added here); none may be empty of columns.
        kind : str, what ran, e.g. ``score``.
        manifest : what went in: versions, options, digests; kept as canonical JSON.
        at : aware datetime of the caller's clock.
        """
        with self._writing() as staging:
            with self._decisions.reading() as connection:
                sequence = (connection.scalar(select(func.max(RUNS.c.sequence))) or 0) + 1
            said = {"kind": kind, "as_of": as_of, "manifest": manifest, "sequence": sequence}
            run_id = f"{kind}-{as_of:%Y%m%d}-{digest_of(said)[:10]}"
            files = [self._write(name, rows, run_id=run_id, staging=staging) for name, rows in tables.items()]
            run = Run(run_id, sequence, kind, as_of, at.isoformat(), actor.name, actor.role, canonical(manifest))
            with self._decisions.writing() as connection:
                connection.execute(insert(RUNS).values(**asdict(run)))
                for file in files:
                    connection.execute(insert(FILES).values(**file_row(file), run_id=run_id))
                Ledger(self._decisions).append(
                    f"run.{kind}",
                    subject=run_id,
                    actor=actor,
                    at=at,
                    connection=connection,
                    content={"as_of": as_of, "files": {file.path: file.sha256 for file in files}},
                )
        return run_id

    def read(self, name: str, *, run_id: str | None = None, as_of: date | None = None) -> ibis.Table:
        """Return a result table of one run: the given one, or the latest that wrote it (as of a date, if given).

        Raises
        ------
        TableMissingError
            No run wrote it yet.
        """
        query = (
            select(FILES.c.path)
            .join(RUNS, RUNS.c.run_id == FILES.c.run_id)
            .where(FILES.c.table_name == name, FILES.c.content == "results")
            .order_by(RUNS.c.sequence.desc())
            .limit(1)
        )
        if run_id is not None:
            query = query.where(RUNS.c.run_id == run_id)
        if as_of is not None:
            query = query.where(RUNS.c.as_of == as_of)
        with self._decisions.reading() as connection:
            path = connection.scalar(query)
        if path is None:
            raise self._missing(name)
        return self._view(f"results_{name}", f"SELECT * FROM read_parquet({literal(self._absolute(path))})")

    def read_runs(self, name: str, run_ids: Sequence[str]) -> ibis.Table:
        """Return a result table of several runs at once, with ``run_id``; runs that did not write it have no rows.

        Raises
        ------
        TableMissingError
            None of them wrote it.
        """
        query = (
            select(FILES.c.path)
            .where(FILES.c.table_name == name, FILES.c.content == "results", FILES.c.run_id.in_(list(run_ids)))
            .order_by(FILES.c.path)
        )
        with self._decisions.reading() as connection:
            paths = [self._absolute(path) for path in connection.scalars(query)]
        if not paths:
            raise self._missing(name)
        read = f"read_parquet([{', '.join(map(literal, paths))}], union_by_name=true)"
        return self._view(f"results_{name}", f"SELECT * FROM {read}")

    def runs(self, *, kind: str | None = None) -> list[Run]:
        """Return the runs in order of commit, the latest last."""
        query = select(RUNS).order_by(RUNS.c.sequence)
        with self._decisions.reading() as connection:
            rows = connection.execute(query if kind is None else query.where(RUNS.c.kind == kind)).mappings().all()
        return [Run(**row) for row in rows]

    def run_ids_of(self, table: str) -> list[str]:
        """Return the ids of the runs that wrote a result table, in order of commit."""
        query = (
            select(FILES.c.run_id)
            .join(RUNS, RUNS.c.run_id == FILES.c.run_id)
            .where(FILES.c.table_name == table, FILES.c.content == "results")
            .order_by(RUNS.c.sequence)
        )
        with self._decisions.reading() as connection:
            return [str(run_id) for run_id in connection.scalars(query)]

    def _merges(self) -> tuple[MergeDecision, ...]:
        return merge_decisions(self._decisions)

    def _contract(self, name: str) -> Contract:
        if name not in self.contracts:
            raise self._missing(name)
        return self.contracts[name]

    def _missing(self, name: str) -> TableMissingError:
        return table_missing(name)

    def files(self, content: str, *, table: str | None = None) -> list[VisibleFile]:
        """Return the files of loads that stand, in order of load and table; ``content`` as in :class:`StoredFile`."""
        return self._files(content, table=table)

    def _files(self, content: str, *, table: str | None = None) -> list[VisibleFile]:
        query = (
            select(FILES.c.path, FILES.c.table_name, FILES.c.load_id)
            .join(LOADS, LOADS.c.load_id == FILES.c.load_id)
            .where(FILES.c.content == content, LOADS.c.is_visible)
            .order_by(LOADS.c.sequence, FILES.c.table_name, FILES.c.path)
        )
        with self._decisions.reading() as connection:
            rows = connection.execute(query if table is None else query.where(FILES.c.table_name == table)).all()
        return [VisibleFile(self._absolute(row.path), row.table_name, row.load_id) for row in rows]

    def version_of(self, name: str) -> str:
        """Return the digest of what a record table is read from: its visible files and, of objects, the merges."""
        paths = [file.path.removeprefix(str(self._folder)) for file in self._files("records", table=name)]
        merges = self._merges() if "entity_id" in self._contract(name).names else ()
        return digest_of({"files": paths, "merges": [str(each) for each in merges]})

    def read_file(self, path: Path) -> ibis.Table:
        """Return a Parquet file of the workspace that the manifest does not list, e.g. a private frame."""
        return self._view(f"file_{path.stem}", f"SELECT * FROM read_parquet({literal(str(path))})")

    def _absolute(self, path: str) -> str:
        return str(self._folder / path)

    def _view(self, stem: str, sql: str) -> ibis.Table:
        name = f"{stem}_{hashlib.sha256(sql.encode()).hexdigest()[:12]}"
        self.connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS {sql}")
        return self.connection.table(name)

    def _write(self, name: str, rows: ResultTable, *, run_id: str, staging: Path) -> StoredFile:
        partial = self._folder / "tables" / name / f"{run_id}.parquet{PARTIAL}"
        partial.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(rows, ibis.Table):
            self.connection.to_parquet(rows.mutate(run_id=ibis.literal(run_id)), partial)
        else:
            table = pa.Table.from_pandas(rows, preserve_index=False) if isinstance(rows, pd.DataFrame) else rows
            table = table.append_column("run_id", pa.array([run_id] * table.num_rows, pa.string()).dictionary_encode())
            pq.write_table(table, partial)
        return settle(partial, workspace=self._folder, table=name, content="results")


def file_row(file: StoredFile) -> dict[str, object]:
    """Return a manifest row of ``files`` for one stored file."""
    row = asdict(file)
    return {"table_name": row.pop("table"), **row}
