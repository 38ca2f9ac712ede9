"""Tables that people take away: a workbook with a sheet per table, CSV or JSON; no cell becomes a formula.

Text stays text, so that codes keep their zeros and ids their digits in a workbook. A CSV file has no types: there a
text that a spreadsheet would take for a formula gets an apostrophe in front (CWE-1236), in headings as well as cells,
and the file begins with the mark by which spreadsheets know UTF-8.
"""

import io
import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from numbers import Real
from typing import Any

import pandas as pd
import xlsxwriter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_CELL = 32_767
_LONG_AGO = datetime(1980, 1, 1)  # noqa: DTZ001 - a workbook knows no time zones
"""The day of every workbook's making, so that equal tables are equal bytes."""
_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return one table as CSV, UTF-8 with mark, lines ended by CR LF; numbers stay numbers, nulls are empty."""
    safe = table.map(_guarded).rename(columns=lambda name: _guarded(str(name)))
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def json_bytes(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Return tables as one JSON object, name → list of rows, UTF-8; numbers stay numbers, nulls are null."""
    said = {
        name: [
            {str(column): _plain(value) for column, value in zip(table.columns, row, strict=True)}
            for row in table.itertuples(index=False, name=None)
        ]
        for name, table in tables.items()
    }
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(value: object) -> object:
    if _is_null(value):
        return None
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, Real):
        number = float(value)
        return int(number) if number.is_integer() else number if math.isfinite(number) else str(number)
    return str(value)


def xlsx_bytes(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Return a workbook with one sheet per table in the given order; names are cut and told apart where needed.

    Parameters
    ----------
    tables : name → rows; at least one.
    """
    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, options) as workbook:
        workbook.set_properties({"created": _LONG_AGO})
        head = workbook.add_format({"bold": True, "num_format": 49, "bg_color": "#DCE6F1"})
        text = workbook.add_format({"num_format": 49})
        taken: set[str] = set()
        for name, table in tables.items():
            sheet = workbook.add_worksheet(_sheet_name(name, taken))
            sheet.freeze_panes(1, 0)
            for at, column in enumerate(table.columns):
                sheet.write_string(0, at, str(column), head)
                for line, value in enumerate(table.iloc[:, at], start=1):
                    _write(sheet, line, at, value, text)
    return held.getvalue()


def _write(sheet: Any, line: int, at: int, value: object, text: Any) -> None:
    if _is_null(value):
        return
    if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(float(value)):
        sheet.write_number(line, at, float(value))
    else:
        sheet.write_string(line, at, str(value)[:_LONGEST_CELL], text)


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name a workbook accepts; spreadsheets tell sheets apart without regard to case."""
    plain = _NOT_IN_NAMES.sub(" ", name).strip().strip("'")[:_LONGEST_NAME] or "1"
    found, number = plain, 1
    while found.lower() in taken:
        number += 1
        found = f"{plain[: _LONGEST_NAME - len(str(number)) - 1]} {number}"
    taken.add(found.lower())
    return found


def _guarded(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _is_null(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value))
