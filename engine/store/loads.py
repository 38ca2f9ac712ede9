"""One load: source files through mapping, contract and deduplication into immutable files, visible all at once.

Order of work: everything that can be refused is refused before the first byte is written; rows are converted and
checked into staging; duplicates and contradictions are told apart; good rows and quarantined rows are written; then
one transaction commits manifest and ledger. A process killed before that leaves files nobody counts, which the next
writer sweeps away. Memory is bounded by DuckDB's limit; cost: about three passes over the rows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
from sqlalchemy import func, insert, select

from engine.contracts.findings import CONTRADICTION, MALFORMED
from engine.contracts.mapping import TableMapping
from engine.contracts.schema import CheckKind, Contract, Severity
from engine.contracts.sql import identifier, literal
from engine.contracts.translation import LINE, Source, distinct_rows, translated_rows, unmapped_columns
from engine.contracts.validation import PROVENANCE, checked_rows, unpreceded_rows, unreferenced_rows, warned_rows
from engine.contracts.versions import CONTRADICTORY, DUPLICATE, corrected_keys, dubious_keys, judged_rows, rows_of_keys
from engine.messages import Message, N_
from engine.pipeline.ports import Actor, Progress
from engine.store.decisions import FILES, LOAD_TABLES, LOADS, SOURCES
from engine.store.duck import settings
from engine.store.files import PARTIAL, StoredFile, settle
from engine.store.ledger import canonical, digest_of
from engine.store.readers import SourceFile, relation
from engine.store.warehouse import file_row
from engine.store.workspace import Workspace

_BLOCK_SHIFT = 40  # row_id = block number * 2^40 + row number in the block


@dataclass(frozen=True, slots=True)
class Block:
    """One input of one table, ready to be read.

    Parameters
    ----------
    mapping : how its rows become contract rows.
    source : the input. lookups : files of the mapping's lookups, in order.
    """

    mapping: TableMapping
    source: SourceFile
    lookups: tuple[SourceFile, ...] = ()


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Everything one load brings into one table.

    Parameters
    ----------
    contract : Contract. blocks : in the order of mapping and file names.
    """

    contract: Contract
    blocks: tuple[Block, ...]

    @property
    def sources(self) -> dict[str, SourceFile]:
        """The files read, by name and digest."""
        files = [file for block in self.blocks for file in (block.source, *block.lookups)]
        return {f"{file.name}@{file.sha256[:8]}": file for file in files}

    def digest(self, mapping_digest: str) -> str:
        """Return the digest of the content: same bytes, mapping and contract, whatever the files are called."""
        content = sorted({file.sha256 for file in self.sources.values()})
        return digest_of([self.contract.table, self.contract.version, mapping_digest, content])


@dataclass(frozen=True, slots=True)
class TableLoad:
    """What a load did to one table; ``rows_in = accepted + quarantined + duplicates``.

    Parameters
    ----------
    table, load_id : str.
    rows_in, accepted, quarantined, duplicates : int, rows.
    corrections : int, keys that have more than one version now because of this load.
    warnings : mapping of check id to (rows, an example value).
    is_repeated : bool, the same content had been loaded before under ``load_id``; nothing was written.
    """

    table: str
    load_id: str
    rows_in: int
    accepted: int
    quarantined: int
    duplicates: int
    corrections: int
    warnings: Mapping[str, tuple[int, str | None]]
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Author:
    """Who loads, when, by which mapping.

    Parameters
    ----------
    actor : Actor. at : aware datetime. mapping, mapping_digest : str, empty without a mapping.
    """

    actor: Actor
    at: datetime
    mapping: str = ""
    mapping_digest: str = ""


def planned_sql(block: Block, contract: Contract, *, mapping: str, staging: Path, rejects: str | None = None) -> str:
    """Return the SELECT of a block's rows as contract text.

    Raises
    ------
    MappingColumnError, MappingFormError, SchemaMismatchError
        The block cannot be read as its mapping says; raised before anything is written.
    """
    source = _source(block.source, staging=staging, rejects=rejects)
    lookups = tuple(_source(file, staging=staging, rejects=None) for file in block.lookups)
    return translated_rows(block.mapping, contract, source=source, lookups=lookups, name=mapping)


def _source(file: SourceFile, *, staging: Path, rejects: str | None) -> Source:
    return Source(file.name, relation(file, staging=staging, rejects=rejects), file.columns)


def load(workspace: Workspace, plans: Sequence[TablePlan], *, author: Author, progress: Progress) -> list[TableLoad]:
    """Bring the plans' rows into the workspace as one load and return what happened per table.

    Tables whose content was loaded before, under whatever file name, are not loaded again.
    """
    with workspace.writing() as staging:
        repeated, fresh = _split_repeated(workspace, plans, author)
        if not fresh:
            return repeated
        load_id = _new_load_id(workspace, fresh, author)
        with duckdb.connect(":memory:", config=settings(staging)) as connection:
            work = [_TableWork(workspace, plan, load_id, author, staging, connection) for plan in fresh]
            for each in work:
                each.run(progress)
            progress(Message(N_("Check references between tables")))
            written = {each.contract.table: each.files for each in work}
            loads = [replace(each.result, warnings=each.warnings(written)) for each in work]
        _commit(workspace, load_id, [(each.plan, load) for each, load in zip(work, loads, strict=True)],
                [file for each in work for file in each.files], author)
        return [*repeated, *loads]


def _split_repeated(
    workspace: Workspace, plans: Sequence[TablePlan], author: Author
) -> tuple[list[TableLoad], list[TablePlan]]:
    repeated, fresh = [], []
    with workspace.decisions.reading() as connection:
        for plan in plans:
            row = connection.execute(
                select(LOAD_TABLES).join(LOADS, LOADS.c.load_id == LOAD_TABLES.c.load_id).where(
                    LOAD_TABLES.c.table_name == plan.contract.table, LOADS.c.is_visible,
                    LOAD_TABLES.c.source_digest == plan.digest(author.mapping_digest),
                )
            ).mappings().first()
            if row is None:
                fresh.append(plan)
            else:
                repeated.append(TableLoad(plan.contract.table, row["load_id"], row["rows_in"], 0, 0, row["rows_in"], 0,
                                          {}, is_repeated=True))
    return repeated, fresh


def _new_load_id(workspace: Workspace, plans: Sequence[TablePlan], author: Author) -> str:
    with workspace.decisions.reading() as connection:
        sequence = (connection.scalar(select(func.max(LOADS.c.sequence))) or 0) + 1
    content = [plan.digest(author.mapping_digest) for plan in plans]
    return f"load-{sequence:05d}-{digest_of([sequence, content])[:10]}"


class _TableWork:
    """The work of one table inside one load: staged blocks, verdicts, files written."""

    def __init__(
        self, workspace: Workspace, plan: TablePlan, load_id: str, author: Author, staging: Path,
        connection: duckdb.DuckDBPyConnection,
    ) -> None:
        self.plan, self.contract = plan, plan.contract
        self.files: list[StoredFile] = []
        self._workspace, self._load_id, self._author = workspace, load_id, author
        self._staging, self._connection = staging, connection
        self._staged: list[Path] = []

    def run(self, progress: Progress) -> None:
        """Stage, judge and write; leaves ``files`` and ``result``."""
        for at, block in enumerate(self.plan.blocks):
            progress(Message(N_("Read and check {table}"), {"table": self.contract.table}), at / len(self.plan.blocks))
            self._stage(at, block)
        progress(Message(N_("Tell new rows of {table} from known ones"), {"table": self.contract.table}))
        duplicates, contradictory, corrections = self._judge()
        progress(Message(N_("Write {table}"), {"table": self.contract.table}))
        accepted = self._write_good()
        quarantined = self._write_bad()
        rows_in = accepted + quarantined + duplicates
        self.result = TableLoad(
            self.contract.table, self._load_id, rows_in, accepted, quarantined, duplicates, corrections, {}
        )

    def _stage(self, at: int, block: Block) -> None:
        rows = planned_sql(block, self.contract, mapping=self._author.mapping, staging=self._staging,
                           rejects=self._rejects(at))
        checked = checked_rows(self.contract, rows=rows, unmapped=unmapped_columns(block.mapping))
        path = self._staging / f"{self.contract.table}-{at}.parquet"
        self._copy(checked, path)
        self._staged.append(path)

    def _rejects(self, at: int) -> str:
        return f"rejects_{self.contract.table}_{at}"

    def _copy(self, sql: str, path: Path) -> None:
        self._connection.execute(f"COPY ({sql}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")

    def _rows(self, where: str, *, block: int | None = None) -> str:
        columns = ", ".join(identifier(name) for name in (*self.contract.names, *PROVENANCE, "findings"))
        return " UNION ALL ".join(
            f"SELECT {columns}, {at << _BLOCK_SHIFT} + file_row_number AS row_id "
            f"FROM read_parquet({literal(str(path))}, file_row_number=true) WHERE {where}"
            for at, path in enumerate(self._staged)
            if block in (None, at)
        )

    def _judge(self) -> tuple[int, int, int]:
        """Fill the tables ``excluded`` (row_id, verdict) and return duplicates, contradictory rows, corrected keys."""
        execute = self._connection.execute
        execute("CREATE OR REPLACE TEMP TABLE excluded (row_id BIGINT, verdict VARCHAR)")
        for at, block in enumerate(self.plan.blocks):
            folded = distinct_rows(block.mapping, self.contract, rows=self._rows("findings IS NULL", block=at))
            execute(f"INSERT INTO excluded SELECT row_id, '{DUPLICATE}' FROM ({folded})")
        good = f"SELECT * FROM ({self._rows('findings IS NULL')}) g ANTI JOIN excluded e ON g.row_id = e.row_id"
        stored = self._workspace.warehouse.stored_sql(self.contract)
        execute(f"CREATE OR REPLACE TEMP TABLE dubious AS {dubious_keys(self.contract, rows=good, stored=stored)}")
        corrections = 0
        if self._count("SELECT count(*) FROM dubious"):
            rows = rows_of_keys(self.contract, rows=good, keys="SELECT * FROM dubious")
            held = rows_of_keys(self.contract, rows=stored, keys="SELECT * FROM dubious")
            execute(f"CREATE OR REPLACE TEMP TABLE held AS {held}")
            execute(f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT * EXCLUDE (findings) FROM ({rows})")
            judged = judged_rows(self.contract, rows="SELECT * FROM suspects", stored="SELECT * FROM held")
            execute(f"INSERT INTO excluded SELECT row_id, verdict FROM ({judged}) WHERE verdict <> 'new'")
            names = ", ".join(identifier(name) for name in self.contract.names)
            both = (f"SELECT {names} FROM suspects s ANTI JOIN excluded e ON s.row_id = e.row_id "
                    f"UNION ALL SELECT {names} FROM held")
            corrections = self._count(corrected_keys(self.contract, rows=both))
        duplicates = self._count(f"SELECT count(*) FROM excluded WHERE verdict = '{DUPLICATE}'")
        contradictory = self._count(f"SELECT count(*) FROM excluded WHERE verdict = '{CONTRADICTORY}'")
        return duplicates, contradictory, corrections

    def _count(self, sql: str) -> int:
        row = self._connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def _write_good(self) -> int:
        columns = ", ".join(identifier(name) for name in (*self.contract.names, *PROVENANCE))
        kept = "g ANTI JOIN excluded e ON g.row_id = e.row_id" if self._count("SELECT count(*) FROM excluded") else "g"
        return self._settle(f"SELECT {columns} FROM ({self._rows('findings IS NULL')}) {kept}",
                            folder=self._workspace.tables, content="records")

    def _write_bad(self) -> int:
        """Write quarantined rows with their original text; return how many."""
        contradiction = f"[{{'check': '{CONTRADICTION}', 'column': '', 'value': CAST(NULL AS VARCHAR)}}]"
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE bad AS "
            f"SELECT row_id >> {_BLOCK_SHIFT} AS block, source_file, source_line, findings "
            f"FROM ({self._rows('findings IS NOT NULL')}) UNION ALL "
            f"SELECT g.row_id >> {_BLOCK_SHIFT}, source_file, source_line, {contradiction} "
            f"FROM ({self._rows('findings IS NULL')}) g JOIN excluded e ON g.row_id = e.row_id "
            f"WHERE e.verdict = '{CONTRADICTORY}'"
        )
        parts = [self._bad_rows(at, block) for at, block in enumerate(self.plan.blocks)]
        sql = " UNION ALL ".join(part for part in parts if part)
        if not sql or not self._count(f"SELECT count(*) FROM ({sql})"):
            return 0
        return self._settle(sql, folder=self._workspace.quarantine, content="quarantine")

    def _bad_rows(self, at: int, block: Block) -> str:
        """Return the SELECT of one block's quarantined rows: read again, so that only bad rows cost their text."""
        raw = relation(block.source, staging=self._staging)
        cells = ", ".join(f"{literal(name)}: r.{identifier(name)}" for name in block.source.columns)
        parts = [
            f"SELECT b.source_file, b.source_line, CAST(to_json({{{cells}}}) AS VARCHAR) AS original, b.findings "
            f"FROM ({raw}) r JOIN bad b ON b.source_line = r.{identifier(LINE)} WHERE b.block = {at}"
        ] if self._count(f"SELECT count(*) FROM bad WHERE block = {at}") else []
        if self._held(self._rejects(at)):
            parts.append(
                f"SELECT {literal(block.source.name)}, line, coalesce(csv_line, ''), "
                f"[{{'check': '{MALFORMED}', 'column': '', 'value': error_message}}] FROM ("
                f"SELECT CAST(line AS BIGINT) AS line, min(csv_line) AS csv_line, min(error_message) AS error_message "
                f"FROM {identifier(self._rejects(at))} GROUP BY line)"
            )
        return " UNION ALL ".join(parts)

    def _held(self, table: str) -> bool:
        query = f"SELECT count(*) FROM duckdb_tables() WHERE table_name = {literal(table)}"
        return bool(self._count(query)) and bool(self._count(f"SELECT count(*) FROM {identifier(table)}"))

    def _settle(self, sql: str, *, folder: Path, content: str) -> int:
        partial = folder / self.contract.table / f"{self._load_id}.parquet{PARTIAL}"
        partial.parent.mkdir(parents=True, exist_ok=True)
        self._copy(sql, partial)
        file = settle(partial, workspace=self._workspace.path, table=self.contract.table, content=content)
        self.files.append(file)
        return file.n_rows

    def warnings(self, written: Mapping[str, list[StoredFile]]) -> dict[str, tuple[int, str | None]]:
        """Return check id → (rows, example) of the warnings this table's accepted rows raise."""
        found = {}
        own = self._written(self.contract.table, written)
        for check in (c for c in self.contract.checks if c.severity is Severity.WARNING):
            if check.kind is CheckKind.REFERS_TO:
                target = self._everything(str(check.arguments["table"]), written)
                sql = unreferenced_rows(check, rows=own, target=target)
            elif check.kind is CheckKind.FOLLOWS:
                sql = unpreceded_rows(check, rows=own, history=self._everything(self.contract.table, written))
            else:
                sql = warned_rows(check, self.contract, rows=own)
            n, example = self._connection.execute(f"SELECT count(*), min(value) FROM ({sql})").fetchone() or (0, None)
            if n:
                found[check.id] = (int(n), example)
        return found

    def _written(self, table: str, written: Mapping[str, list[StoredFile]]) -> str:
        paths = [str(self._workspace.path / f.path) for f in written.get(table, ()) if f.content == "records"]
        columns = ", ".join(identifier(name) for name in self._workspace.warehouse.contracts[table].names)
        return f"SELECT {columns} FROM read_parquet([{', '.join(map(literal, paths))}])" if paths else ""

    def _everything(self, table: str, written: Mapping[str, list[StoredFile]]) -> str:
        stored = self._workspace.warehouse.stored_sql(self._workspace.warehouse.contracts[table])
        new = self._written(table, written)
        return f"{stored} UNION ALL {new}" if new else stored


def _commit(
    workspace: Workspace, load_id: str, loaded: list[tuple[TablePlan, TableLoad]], files: list[StoredFile],
    author: Author,
) -> None:
    """Make the load visible: manifest rows and ledger entry in one transaction."""
    with workspace.decisions.writing() as connection:
        sequence = (connection.scalar(select(func.max(LOADS.c.sequence))) or 0) + 1
        connection.execute(insert(LOADS).values(
            load_id=load_id, sequence=sequence, loaded_at=author.at.isoformat(), actor=author.actor.name,
            role=author.actor.role, mapping=author.mapping, mapping_digest=author.mapping_digest, is_visible=True,
        ))
        for plan, result in loaded:
            counts = {name: getattr(result, name)
                      for name in ("rows_in", "accepted", "quarantined", "duplicates", "corrections")}
            connection.execute(insert(LOAD_TABLES).values(
                load_id=load_id, table_name=result.table, source_digest=plan.digest(author.mapping_digest),
                contract_version=plan.contract.version, warnings=canonical(result.warnings), **counts,
            ))
            for name, file in plan.sources.items():
                connection.execute(insert(SOURCES).values(
                    load_id=load_id, table_name=result.table, name=name, sha256=file.sha256, n_bytes=file.n_bytes))
        for stored in files:
            connection.execute(insert(FILES).values(**file_row(stored), load_id=load_id))
        workspace.ledger.append(
            "load.accepted", subject=load_id, actor=author.actor, at=author.at, connection=connection,
            content={
                "mapping": author.mapping, "mapping_digest": author.mapping_digest,
                "tables": [json.loads(canonical(asdict(result))) for _, result in loaded],
                "files": {stored.path: stored.sha256 for stored in files},
            },
        )
