"""Bringing records in, and looking at what came: loads, quarantine."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from sqlalchemy import select

from engine.contracts.findings import Finding, explain
from engine.contracts.mapping import SourceMapping
from engine.contracts.schema import Contract
from engine.contracts.translation import Source, direct_mapping, translated_rows
from engine.errors import SourceNotFoundError, UnknownTableError
from engine.messages import N_, Message, Translate
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.decisions import FILES, LOAD_TABLES, LOADS
from engine.store.documents import load_contracts, load_mapping
from engine.store.loads import load
from engine.store.plans import Author, Block, TableLoad, TablePlan
from engine.store.readers import SourceFile, look_at, source_files
from engine.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, one :class:`~engine.store.loads.TableLoad` per table."""

    loads: tuple[TableLoad, ...]

    def as_json(self) -> dict[str, object]:
        """Return the object of ``xinheng ingest --json``."""
        return {
            "loads": [
                {
                    "table": each.table,
                    "rows_in": each.rows_in,
                    "accepted": each.accepted,
                    "quarantined": each.quarantined,
                    "duplicates": each.duplicates,
                    "load_id": each.load_id,
                    "repeated": each.is_repeated,
                    "corrections": each.corrections,
                    "warnings": [
                        {"check": check, "rows": n, "example": value}
                        for check, (n, value) in sorted(each.warnings.items())
                    ],
                }
                for each in self.loads
            ]
        }


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """One table of one load, as the manifest keeps it."""

    load_id: str
    loaded_at: str
    actor: str
    mapping: str
    table: str
    rows_in: int
    accepted: int
    quarantined: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that broke its contract.

    Parameters
    ----------
    load_id, table, source_file : str. source_line : int, 1 = first line of the file.
    original : str, the row as delivered: JSON by column, or the raw line when it could not be split.
    reasons : what is wrong, all of it.
    """

    load_id: str
    table: str
    source_file: str
    source_line: int
    original: str
    reasons: tuple[Message, ...]


def ingest(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    mapping: str | Path | None = None,
    actor: Actor,
    clock: Clock,
    progress: Progress = silent,
) -> IngestReport:
    """Load source files into the workspace: all tables at once, or nothing.

    Parameters
    ----------
    paths : files and folders; without a mapping each file's stem names its table (``inspections.csv``,
        ``inspections-2024.csv``).
    mapping : name of a shipped mapping or path of a mapping file.
    clock : gives the time of the load.

    Raises
    ------
    SourceNotFoundError, UnknownTableError, MappingColumnError, MappingFormError, SchemaMismatchError, ContractError
        Before anything is written; the workspace stays as it was.
    """
    progress(Message(N_("Look at the source files")))
    chosen = load_mapping(mapping) if mapping is not None else None
    files = source_files([Path(path) for path in paths])
    plans = _direct_plans(files) if chosen is None else _mapped_plans(files, chosen)
    name, digest = (chosen.name, chosen.digest) if chosen else ("", "")
    for plan in plans:
        for block in plan.blocks:
            _try_out(block, plan.contract, mapping=name)
    author = Author(actor=actor, at=clock(), mapping=name, mapping_digest=digest)
    return IngestReport(loads=tuple(load(workspace, plans, author=author, progress=progress)))


def _try_out(block: Block, contract: Contract, *, mapping: str) -> None:
    """Compile a block without reading it, so that a wrong mapping is refused before anything is written."""
    lookups = tuple(Source(file.name, "", file.columns) for file in block.lookups)
    source = Source(block.source.name, "", block.source.columns)
    translated_rows(block.mapping, contract, source=source, lookups=lookups, name=mapping)


def _direct_plans(files: list[Path]) -> list[TablePlan]:
    contracts = load_contracts()
    blocks: dict[str, list[Block]] = {}
    for path in files:
        table = next((name for name in contracts if path.stem == name or path.stem.startswith(f"{name}-")), None)
        if table is None:
            raise UnknownTableError(source=path.name, table=path.stem, known=", ".join(contracts))
        source = look_at(path)
        direct = direct_mapping(contracts[table], source=Source(source.name, "", source.columns))
        blocks.setdefault(table, []).append(Block(direct, source))
    return [TablePlan(contracts[table], tuple(blocks[table])) for table in blocks]


def _mapped_plans(files: list[Path], mapping: SourceMapping) -> list[TablePlan]:
    contracts = load_contracts()
    looked: dict[Path, SourceFile] = {}

    def matching(pattern: str) -> list[SourceFile]:
        found = [path for path in files if fnmatch(path.name, pattern)]
        if not found:
            raise SourceNotFoundError(path=pattern)
        return [looked.setdefault(path, look_at(path)) for path in found]

    blocks: dict[str, list[Block]] = {}
    for each in mapping.tables:
        if each.table not in contracts:
            raise UnknownTableError(source=mapping.name, table=each.table, known=", ".join(contracts))
        lookups = tuple(_only(matching(lookup.input), lookup.input) for lookup in each.lookups)
        blocks.setdefault(each.table, []).extend(Block(each, file, lookups) for file in matching(each.input))
    return [TablePlan(contracts[table], tuple(blocks[table])) for table in blocks]


def _only(files: list[SourceFile], pattern: str) -> SourceFile:
    if len(files) != 1:
        raise SourceNotFoundError(path=f"{pattern} (one file)")
    return files[0]


def loads(workspace: Workspace) -> list[LoadRecord]:
    """Return the tables of every load in order, the latest last."""
    query = (
        select(
            LOADS.c.load_id,
            LOADS.c.loaded_at,
            LOADS.c.actor,
            LOADS.c.mapping,
            LOAD_TABLES.c.table_name.label("table"),
            LOAD_TABLES.c.rows_in,
            LOAD_TABLES.c.accepted,
            LOAD_TABLES.c.quarantined,
            LOAD_TABLES.c.duplicates,
        )
        .join(LOAD_TABLES, LOAD_TABLES.c.load_id == LOADS.c.load_id)
        .order_by(LOADS.c.sequence, LOAD_TABLES.c.table_name)
    )
    with workspace.require().decisions.reading() as connection:
        return [LoadRecord(**row) for row in connection.execute(query).mappings()]


def quarantined_rows(
    workspace: Workspace, *, table: str | None = None, limit: int | None = None
) -> list[QuarantinedRow]:
    """Return quarantined rows with every reason, by load, file and line.

    Parameters
    ----------
    table : only rows meant for this table. limit : at most so many rows.
    """
    contracts = workspace.require().warehouse.contracts
    query = (
        select(FILES.c.path, FILES.c.table_name, FILES.c.load_id)
        .join(LOADS, LOADS.c.load_id == FILES.c.load_id)
        .where(FILES.c.content == "quarantine", LOADS.c.is_visible)
        .order_by(LOADS.c.sequence, FILES.c.table_name)
    )
    with workspace.decisions.reading() as connection:
        files = [row for row in connection.execute(query) if table is None or row.table_name == table]
    rows: list[QuarantinedRow] = []
    for file in files:
        left = None if limit is None else limit - len(rows)
        if left == 0:
            break
        for found in workspace.warehouse.quarantine_rows(file.path, limit=left):
            reasons = tuple(explain(Finding(**reason), contracts[file.table_name]) for reason in found.findings)
            rows.append(
                QuarantinedRow(
                    file.load_id, file.table_name, found.source_file, found.source_line, found.original, reasons
                )
            )
    return rows


def quarantine_as_json(rows: Sequence[QuarantinedRow], *, translate: Translate) -> list[dict[str, object]]:
    """Return quarantined rows as JSON objects, reasons as sentences."""
    return [
        {
            "load_id": row.load_id,
            "table": row.table,
            "source_file": row.source_file,
            "source_line": row.source_line,
            "original": _original(row.original),
            "reasons": [reason.render(translate) for reason in row.reasons],
        }
        for row in rows
    ]


def _original(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
