"""Workbooks that people fill in: templates of contract tables and fix sheets; every cell is text, codes drop down.

Cells are written as text and formatted as text, so that codes keep their zeros, ids their digits, and a name that
looks like a formula stays a name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from engine.contracts.pages import Words
from engine.contracts.schema import Column, Contract, LogicalType
from engine.errors import ContractError
from engine.messages import N_, Message
from engine.store.sources.spreadsheets import xlsx_cells

LAST_ROW = 1_048_575
_LONGEST_LIST = 255
"""Characters a spreadsheet accepts in the list of one drop-down."""
_LONGEST_CELL = 32_767
_KEY, _DISCARD, _PROBLEM, _SOURCE = "行号（勿改） row", "不采用的理由 discard because", "问题 problem", "来源 source"
_ORIGINAL = "原文 original"
LEADING = (_KEY, _DISCARD, _PROBLEM, _SOURCE)


@dataclass(frozen=True, slots=True)
class FixRow:
    """One row of a fix sheet.

    Parameters
    ----------
    key : names the quarantined row. problem, source, original : for the reader.
    cells : contract column → text.
    discard : reason why the row is left out for good; empty = not.
    line : line of the sheet it was read from, 0 when written.
    """

    key: str
    cells: Mapping[str, str | None]
    problem: str = ""
    source: str = ""
    original: str = ""
    discard: str = ""
    line: int = 0


def write_template(path: Path, contracts: Sequence[Contract], *, words: Words) -> None:
    """Write an empty workbook with one sheet per contract: labels, notes in the language of ``words``, drop-downs."""
    _write(path, [(contract, ()) for contract in contracts], is_fix_sheet=False, words=words)


def write_fix_sheet(path: Path, sheets: Sequence[tuple[Contract, Sequence[FixRow]]], *, words: Words) -> None:
    """Write a workbook with one sheet per contract that holds rows to be put right."""
    _write(path, sheets, is_fix_sheet=True, words=words)


def _write(
    path: Path, sheets: Sequence[tuple[Contract, Sequence[FixRow]]], *, is_fix_sheet: bool, words: Words
) -> None:
    partial = path.with_name(f"{path.name}.partial")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(partial), options) as workbook:
        styles = {
            "text": workbook.add_format({"num_format": 49}),
            "head": workbook.add_format({"bold": True, "num_format": 49, "bg_color": "#DCE6F1"}),
            "must": workbook.add_format({"bold": True, "num_format": 49, "bg_color": "#F8CBAD"}),
            "fixed": workbook.add_format({"num_format": 49, "font_color": "#7F7F7F"}),
        }
        for contract, rows in sheets:
            sheet = workbook.add_worksheet(contract.table)
            _sheet(sheet, contract, rows, styles, is_fix_sheet=is_fix_sheet, words=words)
    partial.replace(path)


def _sheet(
    sheet: Any,
    contract: Contract,
    rows: Sequence[FixRow],
    styles: Mapping[str, Any],
    *,
    is_fix_sheet: bool,
    words: Words,
) -> None:
    sheet.freeze_panes(1, 1)
    first = len(LEADING) if is_fix_sheet else 0
    if is_fix_sheet:
        for at, title in enumerate(LEADING):
            sheet.write_string(0, at, title, styles["head"])
        sheet.set_column(0, 3, 24, styles["fixed"])
        sheet.set_column(1, 1, 24, styles["text"])
        sheet.write_string(0, first + len(contract.columns), _ORIGINAL, styles["head"])
    for at, column in enumerate(contract.columns, start=first):
        sheet.write_string(0, at, column.label, styles["must" if column.is_required else "head"])
        sheet.write_comment(0, at, _note(column, words))
        sheet.set_column(at, at, 20, styles["text"])
        _drop_down(sheet, at, column)
    for line, row in enumerate(rows, start=1):
        said = (row.key, row.discard, row.problem, row.source)
        cells = [row.cells.get(column.name) for column in contract.columns]
        for at, value in enumerate((*said, *cells, row.original)):
            if value:
                sheet.write_string(line, at, as_shown(str(value)), styles["text"])


def as_shown(text: str) -> str:
    """Return a text as a cell can hold it: at most 32,767 characters, one kind of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")[:_LONGEST_CELL]


def _note(column: Column, words: Words) -> str:
    said = (words.text(text) for text in (column.description, column.unit, column.null_meaning))
    meanings = (f"{code} {words.code(column.name, code)}".strip() for code in column.codes)
    return "\n".join(part for part in (*said, column.separator, *meanings) if part)


def _drop_down(sheet: Any, at: int, column: Column) -> None:
    codes = ("true", "false") if column.logical_type is LogicalType.BOOLEAN else column.codes
    if codes and not column.separator and len(",".join(codes)) <= _LONGEST_LIST:
        sheet.data_validation(1, at, LAST_ROW, at, {"validate": "list", "source": list(codes), "ignore_blank": True})


def read_fix_sheet(path: Path, contracts: Mapping[str, Contract]) -> Iterator[tuple[Contract, FixRow]]:
    """Yield the rows of a fix sheet, sheet by sheet.

    Raises
    ------
    SourceNotFoundError, ContractError
        The workbook cannot be read, or a sheet is not one that the export wrote.
    """
    for name, rows in xlsx_cells(path):
        header = [cell or "" for cell in next(rows, [])]
        contract = contracts.get(name)
        labels = {column.label: column.name for column in contract.columns} if contract else {}
        if contract is None or tuple(header[: len(LEADING)]) != LEADING or not set(labels) <= set(header):
            raise ContractError(
                table=f"{path.name} · {name}",
                problem=Message(N_("this is not a sheet of 'xinheng quarantine export'")),
                remedy=Message(N_("keep the sheet's name and its first line as they were")),
            )
        places = {labels[title]: at for at, title in enumerate(header) if title in labels}
        for line, row in enumerate(rows, start=2):
            full = [*row, *[None] * (len(header) - len(row))]
            if full[0]:
                cells = {column: full[at] for column, at in places.items()}
                yield contract, FixRow(full[0], cells, discard=(full[1] or "").strip(), line=line)
