"""XLSX sheets as text: codes keep their zeros, and a number that has lost digits is marked, never repaired."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.contracts.expressions import LOST_DIGITS
from engine.errors import ContractError, SourceNotFoundError
from engine.messages import N_, Message

_BATCH_ROWS = 10_000
_EXACT = 1e15
"""Spreadsheets keep 15 significant digits; what is longer has lost the rest."""


def unusable(path: Path, problem: Message) -> ContractError:
    """Return the error for a file that cannot be read as what it should be."""
    return ContractError(table=path.name, problem=problem, remedy=Message(N_("correct the file and load it again")))


def first_sheet(path: Path) -> Iterator[list[object]]:
    """Yield the rows of the first sheet, cells as the workbook holds them.

    Raises
    ------
    ContractError
        It is damaged or of another kind.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        yield from workbook.get_sheet_by_index(0).iter_rows()
    except CalamineError as error:
        raise unusable(path, Message(N_("it is damaged or not XLSX"))) from error


def xlsx_cells(path: Path) -> Iterator[tuple[str, Iterator[list[str | None]]]]:
    """Yield every sheet of a workbook: its name and its rows, cells as text.

    Raises
    ------
    SourceNotFoundError, ContractError
        It is not there, damaged or of another kind.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    if not path.is_file():
        raise SourceNotFoundError(path=path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).iter_rows()
            yield name, ([_cell(cell) for cell in row] for row in rows)
    except CalamineError as error:
        raise unusable(path, Message(N_("it is damaged or not XLSX"))) from error


def convert(path: Path, names: Sequence[str], *, target: Path) -> None:
    """Write the first sheet as Parquet text, in batches; whole numbers and dates lose nothing but their formatting."""
    schema = pa.schema([(name, pa.string()) for name in names])
    rows = first_sheet(path)
    next(rows)
    with pq.ParquetWriter(target, schema) as writer:
        batch: list[list[str | None]] = []
        for row in rows:
            batch.append([_cell(row[at]) if at < len(row) else None for at in range(len(names))])
            if len(batch) == _BATCH_ROWS:
                writer.write_table(_text_table(batch, schema))
                batch = []
        writer.write_table(_text_table(batch, schema))


def _text_table(rows: list[list[str | None]], schema: pa.Schema) -> pa.Table:
    columns = ([row[at] for row in rows] for at in range(len(schema)))
    return pa.table([pa.array(cells, pa.string()) for cells in columns], schema=schema)


def _cell(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _EXACT:
        return f"{LOST_DIGITS}{value:.0f}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
