"""Quarantine with a way back: list the rows that wait, send them out as a fix sheet, take the corrected ones in."""

import json
import tempfile
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.api.records.contracts import contract_words
from engine.contracts.findings import CONTRADICTION, Finding, explain
from engine.contracts.schema import Contract
from engine.contracts.translation import Source, direct_mapping
from engine.errors import ContractError, RowsSettledError, UnknownTableError
from engine.i18n import chosen_language
from engine.messages import N_, Message, Translate
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.documents import load_contracts
from engine.store.loading.loads import load
from engine.store.loading.plans import Author, Block, TableLoad, TablePlan, TakenUp
from engine.store.loading.quarantine import WaitingRow, waiting_rows
from engine.store.outputs.workbooks import FixRow, as_shown, read_fix_sheet, write_fix_sheet, write_template
from engine.store.sources.readers import SourceFile
from engine.store.workspaces.files import sha256_of
from engine.store.workspaces.workspace import Workspace


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


@dataclass(frozen=True, slots=True)
class SheetWritten:
    """What went out on a fix sheet: rows by table."""

    path: Path
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SheetTaken:
    """What came back on a fix sheet.

    Parameters
    ----------
    loads : what became of the corrected rows, by table.
    corrected, discarded, unchanged : rows of the sheet.
    settled_before : rows of the sheet that were settled before it came back.
    """

    loads: tuple[TableLoad, ...]
    corrected: int
    discarded: int
    unchanged: int
    settled_before: int


def quarantined_rows(
    workspace: Workspace, *, table: str | None = None, limit: int | None = None
) -> list[QuarantinedRow]:
    """Return the rows that wait in quarantine with every reason, by load, file and line.

    Parameters
    ----------
    table : only rows meant for this table. limit : at most so many rows.
    """
    contracts = workspace.require().warehouse.contracts
    return [
        QuarantinedRow(
            row.load_id, row.table, row.source_file, row.source_line, row.original, _reasons(row, contracts[row.table])
        )
        for row in waiting_rows(workspace, table=table, limit=limit)
    ]


def _reasons(row: WaitingRow, contract: Contract) -> tuple[Message, ...]:
    return tuple(explain(Finding(**found), contract) for found in row.findings)


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


def template_workbook(path: Path, *, table: str | None = None) -> list[str]:
    """Write an empty workbook, one sheet per contract table or only one, and return the tables.

    Raises
    ------
    UnknownTableError
        There is no contract of that name.
    """
    contracts = load_contracts()
    if table is not None and table not in contracts:
        raise UnknownTableError(source=path.name, table=table, known=", ".join(contracts))
    chosen = list(contracts) if table is None else [table]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_template(path, [contracts[name] for name in chosen], words=contract_words(chosen_language()))
    return chosen


def export_quarantine(
    workspace: Workspace, path: Path, *, table: str | None = None, translate: Translate
) -> SheetWritten:
    """Write the waiting rows as a workbook to be put right, one sheet per table.

    Parameters
    ----------
    path : workbook to write; one that is there is replaced; not written when no row waits. table : only this table.

    Raises
    ------
    UnknownTableError
        There is no contract of that name.
    """
    contracts = workspace.require().warehouse.contracts
    if table is not None and table not in contracts:
        raise UnknownTableError(source=path.name, table=table, known=", ".join(contracts))
    sheets: dict[str, list[FixRow]] = {}
    for row in waiting_rows(workspace, table=table):
        problem = " ".join(reason.render(translate) for reason in _reasons(row, contracts[row.table]))
        source = f"{row.source_file}:{row.source_line}"
        sheets.setdefault(row.table, []).append(FixRow(row.key, row.shown, problem, source, row.original))
    if sheets:
        path.parent.mkdir(parents=True, exist_ok=True)
        listed = [(contracts[name], rows) for name, rows in sheets.items()]
        write_fix_sheet(path, listed, words=contract_words(chosen_language()))
    return SheetWritten(path, {name: len(rows) for name, rows in sheets.items()})


def retry_quarantine(
    workspace: Workspace, path: Path, *, actor: Actor, clock: Clock, progress: Progress = silent
) -> SheetTaken:
    """Take a fix sheet back: changed rows are validated again, rows with a reason to discard are left out for good.

    Unchanged rows go on waiting. All tables at once or nothing; the same sheet twice is one load. Of two sheets that
    settle the same row the first one counts, also when both come at once.

    Raises
    ------
    SourceNotFoundError, ContractError
        The sheet cannot be read, or names a row that was never in quarantine.
    """
    contracts = workspace.require().warehouse.contracts
    returned: dict[str, list[FixRow]] = {}
    for contract, row in read_fix_sheet(path, contracts):
        returned.setdefault(contract.table, []).append(row)
    author = Author(actor=actor, at=clock(), mapping=path.name)
    while True:
        try:
            return _taken_back(workspace, returned, path=path, author=author, progress=progress)
        except RowsSettledError:
            continue  # somebody else's sheet came in between: judge again by what waits now


def _taken_back(
    workspace: Workspace, returned: Mapping[str, list[FixRow]], *, path: Path, author: Author, progress: Progress
) -> SheetTaken:
    contracts = workspace.warehouse.contracts
    waiting = {(row.table, row.key): row for name in returned for row in waiting_rows(workspace, table=name)}
    digest = sha256_of(path)
    with tempfile.TemporaryDirectory() as folder:
        plans, counts = [], [0, 0, 0, 0]
        for name, rows in returned.items():
            sorted_out = _sorted_out(rows, contracts[name], waiting, sheet=path.name)
            counts = [have + more for have, more in zip(counts, map(len, sorted_out), strict=True)]
            corrected, discarded, _, _ = sorted_out
            if corrected or discarded:
                plans.append(_plan(contracts[name], corrected, discarded, path=path, digest=digest, folder=folder))
        loads = load(workspace, plans, author=author, progress=progress) if plans else []
    return SheetTaken(tuple(loads), *counts)


def _sorted_out(
    rows: Sequence[FixRow], contract: Contract, waiting: Mapping[tuple[str, str], WaitingRow], *, sheet: str
) -> tuple[list[FixRow], list[FixRow], list[FixRow], list[FixRow]]:
    """Corrected, discarded, unchanged rows, and those settled before.

    A row whose number lost its digits goes on waiting until somebody types them. An unchanged row that only
    contradicted another one counts as corrected once the sheet settles that other row: then it may stand.
    """
    corrected: list[FixRow] = []
    discarded: list[FixRow] = []
    unchanged: list[FixRow] = []
    before: list[FixRow] = []
    settled: set[tuple[str | None, ...]] = set()
    for row in rows:
        load_id, _, place = row.key.rpartition("|")
        if not load_id or not place.isdigit():
            raise ContractError(
                table=f"{sheet} · {contract.table}",
                problem=Message(N_("line {line} names no quarantined row: {key}"), {"line": row.line, "key": row.key}),
                remedy=Message(N_("leave the first column as it was exported")),
            )
        held = waiting.get((contract.table, row.key))
        if held is None:
            before.append(row)
            continue
        cells = _as_meant(row, held, contract)
        if row.discard:
            discarded.append(row)
        elif cells == {name: held.shown.get(name) or None for name in cells} or any(not cells[n] for n in held.cut):
            unchanged.append(replace(row, cells=cells))
            continue
        else:
            corrected.append(replace(row, cells=cells))
        settled.add(_version(held, contract))
    freed = {row.key for row in unchanged if _may_stand(waiting[contract.table, row.key], contract, settled)}
    corrected += [row for row in unchanged if row.key in freed]
    return corrected, discarded, [row for row in unchanged if row.key not in freed], before


def _version(row: WaitingRow, contract: Contract) -> tuple[str | None, ...]:
    known_at = row.mapped.get("known_at") or row.mapped.get(contract.known_at_rule)
    return (*(row.mapped.get(name) for name in contract.key), known_at)


def _may_stand(row: WaitingRow, contract: Contract, settled: Set[tuple[str | None, ...]]) -> bool:
    only_contradicts = all(found["check"] == CONTRADICTION for found in row.findings)
    return only_contradicts and _version(row, contract) in settled


def _as_meant(row: FixRow, held: WaitingRow, contract: Contract) -> dict[str, str | None]:
    """The row's cells; where a cell says what was exported, the stored text, which a sheet may have had to shorten."""
    cells: dict[str, str | None] = {}
    for name in contract.names:
        stored, said = held.shown.get(name) or None, row.cells.get(name) or None
        cells[name] = stored if stored is not None and said == as_shown(stored) else said
    return cells


def _plan(
    contract: Contract,
    corrected: Sequence[FixRow],
    discarded: Sequence[FixRow],
    *,
    path: Path,
    digest: str,
    folder: str,
) -> TablePlan:
    taken = []
    for row in (*corrected, *discarded):
        load_id, _, place = row.key.rpartition("|")
        taken.append(TakenUp(load_id, int(place), row.discard))
    blocks: tuple[Block, ...] = ()
    if corrected:
        rows = Path(folder) / f"{path.stem}-{contract.table}.parquet"
        columns = {name: pa.array([row.cells.get(name) for row in corrected], pa.string()) for name in contract.names}
        pq.write_table(pa.table(columns), rows)
        source = SourceFile(rows, digest, rows.stat().st_size, dict.fromkeys(contract.names, "VARCHAR"))
        blocks = (Block(direct_mapping(contract, source=Source(source.name, "", source.columns)), source),)
    return TablePlan(contract, blocks, tuple(taken), digest)
