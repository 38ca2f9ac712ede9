"""The work of one table inside one load: stage and check, tell new rows from known ones, write good and bad rows."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import duckdb
import pyarrow as pa

from engine.contracts.findings import CONTRADICTION, MALFORMED, Finding, explain
from engine.contracts.schema import CheckKind, Severity
from engine.contracts.sql import identifier, literal
from engine.contracts.translation import LINE, distinct_rows, unmapped_columns
from engine.contracts.validation import (
    PROVENANCE,
    checked_rows,
    unmarked,
    unpreceded_rows,
    unreferenced_rows,
    warned_rows,
)
from engine.contracts.versions import (
    CONTRADICTORY,
    DUPLICATE,
    FOLDED,
    NEW,
    corrected_keys,
    judged_rows,
    repeated,
    rows_among,
    version_columns,
)
from engine.errors import LoadRefusedError
from engine.messages import N_, Message
from engine.pipeline.ports import Progress
from engine.store.duck import watched
from engine.store.loading.plans import Author, Block, TableLoad, TablePlan, planned_sql
from engine.store.sources.readers import rejected_lines, relation
from engine.store.workspaces.files import PARTIAL, StoredFile, n_rows, settle
from engine.store.workspaces.workspace import Workspace

TAKEN_UP = pa.schema([("load_id", pa.string()), ("row", pa.int64()), ("reason", pa.string())])
_BLOCK_SHIFT = 40  # row_id = block number * 2^40 + row number in the block


class TableWork:
    """The work of one table inside one load: staged blocks, verdicts, files written."""

    def __init__(
        self,
        workspace: Workspace,
        plan: TablePlan,
        load_id: str,
        author: Author,
        staging: Path,
        connection: duckdb.DuckDBPyConnection,
    ) -> None:
        self.plan, self.contract = plan, plan.contract
        self.files: list[StoredFile] = []
        self._workspace, self._load_id, self._author = workspace, load_id, author
        self._staging, self._connection = staging, connection
        self._staged: list[Path] = []
        self._broken: list[Path] = []
        self._excluded = identifier(f"excluded_{plan.contract.table}")
        self._duplicates = self._corrections = 0

    def prepare(self, progress: Progress) -> None:
        """Stage and judge the rows; nothing is written into the workspace yet.

        Raises
        ------
        LoadRefusedError
            More rows break the contract than the plan allows.
        """
        for at, block in enumerate(self.plan.blocks):
            self._stage(at, block, progress)
        if self._staged:
            self._require_mostly_good()
            progress(Message(N_("Tell new rows of {table} from known ones"), {"table": self.contract.table}))
            self._duplicates, self._corrections = self._judge()

    def _require_mostly_good(self) -> None:
        limits = self.plan.limits
        if limits is None:
            return
        held = [rejected_lines(block.source, staging=self._staging) for block in self.plan.blocks]
        bad = sum(self._count(f"SELECT count(*) FROM ({lines})") for lines in (self._bad(), *held) if lines)
        n_all = bad + sum(map(n_rows, self._staged))
        if n_all < limits.from_rows or bad <= limits.share * n_all:
            return
        frequent = self._most_frequent() or Finding(MALFORMED)
        raise LoadRefusedError(
            table=self.contract.table,
            bad=bad,
            rows=n_all,
            limit=f"{float(limits.share):.0%}",
            reference=limits.reference,
            reason=explain(frequent, self.contract),
        )

    def _most_frequent(self) -> Finding | None:
        if not (bad := self._bad()):
            return None
        row = self._connection.execute(
            f"SELECT f.check, f.column, min(f.value) FROM (SELECT unnest(findings) AS f FROM ({bad})) "
            f"GROUP BY ALL ORDER BY count(*) DESC, 1, 2 LIMIT 1"
        ).fetchone()
        return Finding(*row) if row else None

    def write(self, progress: Progress) -> None:
        """Write good, bad and settled rows; leaves ``files`` and ``result``."""
        if self.plan.takes_up:
            self._write_taken_up()
        if not self._staged:
            self.result = TableLoad(self.contract.table, self._load_id, 0, 0, 0, 0, 0, {})
            return
        duplicates, corrections = self._duplicates, self._corrections
        progress(Message(N_("Write {table}"), {"table": self.contract.table}))
        quarantined = self._write_bad()
        self._write_duplicates()
        accepted = self._write_good()  # last: it may take the staged file as it is
        rows_in = accepted + quarantined + duplicates
        self.result = TableLoad(
            self.contract.table, self._load_id, rows_in, accepted, quarantined, duplicates, corrections, {}
        )

    def _stage(self, at: int, block: Block, progress: Progress) -> None:
        """Write the good rows of a block aside, and of the bad ones line and findings.

        Where every source row is a contract row, equal counts show that none is bad, and one pass is enough.
        """
        rows = planned_sql(block, self.contract, mapping=self._author.mapping, staging=self._staging, progress=progress)
        checked = checked_rows(
            self.contract,
            rows=rows,
            unmapped=unmapped_columns(block.mapping),
            from_spreadsheet=block.source.is_spreadsheet,
        )
        message = Message(N_("Read and check {table}"), {"table": self.contract.table})
        good = f"SELECT {self._columns()} FROM ({checked}) WHERE findings IS NULL"
        self._staged.append(self._staging / f"{self.contract.table}-{at}.parquet")
        watched(self._connection, _copied(good, self._staged[at]), progress, message)
        bad = f"SELECT {', '.join(PROVENANCE)}, findings FROM ({checked}) WHERE findings IS NOT NULL"
        self._broken.append(self._staging / f"{self.contract.table}-{at}.broken.parquet")
        if not self._is_row_by_row(block) or n_rows(self._staged[at]) < self._source_rows(block):
            watched(self._connection, _copied(bad, self._broken[at]), progress, message)

    @staticmethod
    def _is_row_by_row(block: Block) -> bool:
        return block.mapping.filter is None and block.mapping.aggregate is None

    def _source_rows(self, block: Block) -> int:
        return self._count(f"SELECT count(*) FROM ({relation(block.source, staging=self._staging)})")

    def _columns(self, table: str = "") -> str:
        before = f"{table}." if table else ""
        return ", ".join(f"{before}{identifier(name)}" for name in (*self.contract.names, *PROVENANCE))

    def _good(self, *, block: int | None = None) -> str:
        """The SELECT of the rows that keep the contract, with ``row_id`` in source order."""
        return " UNION ALL ".join(
            f"SELECT {self._columns()}, {at << _BLOCK_SHIFT} + file_row_number AS row_id "
            f"FROM read_parquet({literal(str(path))}, file_row_number=true)"
            for at, path in enumerate(self._staged)
            if block in (None, at)
        )

    def _bad(self) -> str:
        """The SELECT of the rows that break it: ``block``, provenance, ``findings``; empty when there are none."""
        return " UNION ALL ".join(
            f"SELECT {at} AS block, {', '.join(PROVENANCE)}, findings FROM read_parquet({literal(str(path))})"
            for at, path in enumerate(self._broken)
            if path.exists() and n_rows(path)
        )

    def _judge(self) -> tuple[int, int]:
        """Fill the table of excluded rows (row_id, verdict) and return duplicates and keys with several versions."""
        execute = self._connection.execute
        execute(f"CREATE OR REPLACE TEMP TABLE {self._excluded} (row_id BIGINT, verdict VARCHAR)")
        for at, block in enumerate(self.plan.blocks):
            if block.mapping.distinct_by is not None:
                folded = distinct_rows(block.mapping, self.contract, rows=self._good(block=at))
                execute(f"INSERT INTO {self._excluded} SELECT row_id, '{FOLDED}' FROM ({folded})")
        good = f"SELECT * FROM ({self._good()}) g ANTI JOIN {self._excluded} e ON g.row_id = e.row_id"
        stored = self._workspace.warehouse.stored_sql(self.contract)
        corrections = self._judge_versions(good=good, stored=stored)
        return self._count(
            f"SELECT count(*) FROM {self._excluded} WHERE verdict IN ('{DUPLICATE}', '{FOLDED}')"
        ), corrections

    def _judge_versions(self, *, good: str, stored: str) -> int:
        """Exclude duplicates and contradictions among ``good`` and against ``stored``; return keys with versions."""
        key, version = self.contract.key, version_columns(self.contract)
        if not self._made("dubious", repeated(key, rows=good, stored=stored)):
            return 0
        narrow = ", ".join(identifier(name) for name in version)
        dubious = "SELECT * FROM dubious"
        self._made("suspects", f"SELECT row_id, {narrow} FROM ({rows_among(key, rows=good, chosen=dubious)})")
        self._made("held", f"SELECT {narrow} FROM ({rows_among(key, rows=stored, chosen=dubious)})")
        if self._made("twice", repeated(version, rows="SELECT * FROM suspects", stored="SELECT * FROM held")):
            twice = "SELECT * FROM twice"
            rows = rows_among(version, rows=good, chosen=twice)
            judged = judged_rows(self.contract, rows=rows, stored=rows_among(version, rows=stored, chosen=twice))
            self._connection.execute(f"INSERT INTO {self._excluded} SELECT * FROM ({judged}) WHERE verdict <> '{NEW}'")
        kept = f"SELECT {narrow} FROM suspects s ANTI JOIN {self._excluded} e ON s.row_id = e.row_id"
        return self._count(corrected_keys(self.contract, rows=f"{kept} UNION ALL SELECT {narrow} FROM held"))

    def _made(self, name: str, sql: str) -> int:
        """Make a temporary table and return its number of rows."""
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
        return self._count(f"SELECT count(*) FROM {name}")

    def _count(self, sql: str) -> int:
        row = self._connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def _write_good(self) -> int:
        if len(self._staged) == 1 and not self._count(f"SELECT count(*) FROM {self._excluded}"):
            self._staged[0].replace(self._partial(self._workspace.tables))
            return self._settled(self._partial(self._workspace.tables), content="records")
        kept = f"g ANTI JOIN {self._excluded} e ON g.row_id = e.row_id"
        return self._settle(
            f"SELECT {self._columns()} FROM ({self._good()}) {kept}", folder=self._workspace.tables, content="records"
        )

    def _write_duplicates(self) -> None:
        """Keep rows that say what is held already: they count if the load that holds them is reversed."""
        twin = f"e ON g.row_id = e.row_id WHERE e.verdict = '{DUPLICATE}'"
        if not self._count(f"SELECT count(*) FROM {self._excluded} WHERE verdict = '{DUPLICATE}'"):
            return
        rows = f"SELECT {self._columns('g')} FROM ({self._good()}) g JOIN {self._excluded} {twin}"
        name = f"{self._load_id}.duplicates.parquet{PARTIAL}"
        self._settle(rows, folder=self._workspace.tables, content="duplicates", name=name)

    def _write_bad(self) -> int:
        """Write quarantined rows with their original text; return how many."""
        contradiction = f"[{{'check': '{CONTRADICTION}', 'column': '', 'value': CAST(NULL AS VARCHAR)}}]"
        contradicting = (
            f"SELECT g.row_id >> {_BLOCK_SHIFT} AS block, source_file, source_line, {contradiction} AS findings "
            f"FROM ({self._good()}) g JOIN {self._excluded} e ON g.row_id = e.row_id "
            f"WHERE e.verdict = '{CONTRADICTORY}'"
        )
        both = " UNION ALL ".join(sql for sql in (self._bad(), contradicting) if sql)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE bad AS {both}")
        parts = [self._bad_rows(at, block) for at, block in enumerate(self.plan.blocks)]
        sql = " UNION ALL ".join(part for part in parts if part)
        if not sql or not self._count(f"SELECT count(*) FROM ({sql})"):
            return 0
        return self._settle(sql, folder=self._workspace.quarantine, content="quarantine")

    def _bad_rows(self, at: int, block: Block) -> str:
        """Return the SELECT of one block's quarantined rows: read again, so that only bad rows cost their text.

        ``original`` is the source row, ``mapped`` what the mapping makes of it: the row that a fix sheet shows.
        """
        parts = []
        if self._count(f"SELECT count(*) FROM bad WHERE block = {at}"):
            raw = relation(block.source, staging=self._staging)
            cells = ", ".join(f"{literal(name)}: r.{identifier(name)}" for name in block.source.columns)
            only = f"SELECT source_line FROM bad WHERE block = {at}"
            planned = planned_sql(block, self.contract, mapping=self._author.mapping, staging=self._staging, only=only)
            texts = ", ".join(f"{literal(name)}: {unmarked(identifier(name))}" for name in self.contract.names)
            parts.append(
                f"SELECT b.source_file, b.source_line, CAST(to_json({{{cells}}}) AS VARCHAR) AS original, "
                f"m.mapped, b.findings FROM ({raw}) r JOIN bad b ON b.source_line = r.{identifier(LINE)} "
                f"LEFT JOIN (SELECT source_line, CAST(to_json({{{texts}}}) AS VARCHAR) AS mapped FROM ({planned})) m "
                f"ON m.source_line = b.source_line WHERE b.block = {at}"
            )
        if lines := rejected_lines(block.source, staging=self._staging):
            parts.append(
                f"SELECT {literal(block.source.name)}, line, text, '{{}}', "
                f"[{{'check': '{MALFORMED}', 'column': '', 'value': problem}}] FROM ({lines})"
            )
        return " UNION ALL ".join(parts)

    def _write_taken_up(self) -> None:
        """Write which quarantined rows this load settles."""
        rows = [asdict(each) for each in self.plan.takes_up]
        self._connection.register("taken", pa.Table.from_pylist(rows, schema=TAKEN_UP))
        partial = f"{self._load_id}.settled.parquet{PARTIAL}"
        self._settle("SELECT * FROM taken", folder=self._workspace.quarantine, content="settled", name=partial)

    def _partial(self, folder: Path, name: str = "") -> Path:
        partial = folder / self.contract.table / (name or f"{self._load_id}.parquet{PARTIAL}")
        partial.parent.mkdir(parents=True, exist_ok=True)
        return partial

    def _settle(self, sql: str, *, folder: Path, content: str, name: str = "") -> int:
        partial = self._partial(folder, name)
        self._connection.execute(_copied(sql, partial))
        return self._settled(partial, content=content)

    def _settled(self, partial: Path, *, content: str) -> int:
        file = settle(partial, workspace=self._workspace.path, table=self.contract.table, content=content)
        self.files.append(file)
        return file.n_rows

    def warnings(self, written: Mapping[str, list[StoredFile]]) -> dict[str, tuple[int, str | None]]:
        """Return check id → (rows, example) of the warnings this table's accepted rows raise."""
        found: dict[str, tuple[int, str | None]] = {}
        own = self._written(self.contract.table, written)
        if not own:
            return found
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


def _copied(sql: str, path: Path) -> str:
    return f"COPY ({sql}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
