"""Files that people take away: equal to what was shown, and no cell of them runs."""

import csv
import io

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from engine.api.table_export import csv_bytes, xlsx_bytes

EVIL = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
SHOWN = pd.DataFrame({"代码": ["0033", "91330600123456789X"], "n": [7, 12], "rate": [0.25, None]})


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_workbook_equals_what_was_shown_and_ids_keep_their_digits():
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_bytes({"命中率": SHOWN, "命中率?": SHOWN})))

    assert book.sheet_names == ["命中率", "命中率 2"]
    assert book.get_sheet_by_index(0).to_python() == [
        ["代码", "n", "rate"],
        ["0033", 7.0, 0.25],
        ["91330600123456789X", 12.0, ""],
    ]


def test_csv_equals_what_was_shown_and_spreadsheets_know_its_encoding():
    content = csv_bytes(SHOWN)

    assert content.startswith(b"\xef\xbb\xbf")
    assert read_csv(content) == [["代码", "n", "rate"], ["0033", "7", "0.25"], ["91330600123456789X", "12", ""]]


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_a_formula_in_cells_or_headings(text):
    table = pd.DataFrame({text: [text, "plain"], "n": [-1, 2]})

    rows = read_csv(csv_bytes(table))
    book = xlsx_bytes({"=1": table})

    assert rows[0][0] == rows[1][0] == f"'{text}"
    assert rows[1][1] == "-1"
    import zipfile

    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
