import datetime

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from engine.errors import ContractError, SourceNotFoundError
from engine.store.sources.readers import look_at, rejected_lines, relation, source_files


def rows(path, tmp_path):
    source = look_at(path)
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT * FROM ({relation(source, staging=tmp_path)})").fetchall()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_each_encoding_reads_the_same(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_text('代码,名称\n1,"绍兴, 𠮷"\n2,\n', encoding=encoding)

    assert rows(path, tmp_path) == [("1", "绍兴, 𠮷", "a.csv", 2), ("2", None, "a.csv", 3)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_seen_in_the_header(tmp_path, delimiter):
    path = tmp_path / "a.csv"
    path.write_text(f"a{delimiter}b\n1{delimiter}2\n", encoding="utf-8")

    assert rows(path, tmp_path)[0][:2] == ("1", "2")


def test_codes_stay_text_in_every_format(tmp_path):
    code = "91330602MA0000015K"
    csv, parquet, book = tmp_path / "a.csv", tmp_path / "a.parquet", tmp_path / "a.xlsx"
    csv.write_text(f"code,zip,day\n{code},00123,2020-01-02\n", encoding="utf-8")
    pq.write_table(pa.table({"code": [code], "zip": ["00123"], "day": ["2020-01-02"]}), parquet)
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["code", "zip", "day"])
        sheet.write_string(1, 0, code)
        sheet.write_string(1, 1, "00123")
        sheet.write_datetime(1, 2, datetime.date(2020, 1, 2), workbook.add_format({"num_format": "yyyy-mm-dd"}))

    assert {rows(path, tmp_path)[0][:3] for path in (csv, parquet, book)} == {(code, "00123", "2020-01-02")}


def test_lines_count_from_the_top_of_the_file(tmp_path):
    book = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        for at, value in enumerate(["n", 1, 2]):
            sheet.write(at, 0, value)

    assert rows(book, tmp_path) == [("1", "a.xlsx", 2), ("2", "a.xlsx", 3)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"a,a\n1,2\n"),
        ("a.csv", b"a,\n1,2\n"),
        ("a.csv", b"a\n\xff\xff\xff\n"),
        ("a.parquet", b"PAR1 not really"),
        ("a.xlsx", b"PK not really"),
        ("a.json", b"{}"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ContractError, match=name):
        look_at(path)


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path):
    with pytest.raises(SourceNotFoundError, match="gone"):
        source_files([tmp_path / "gone.csv"])
    with pytest.raises(SourceNotFoundError, match="holds no CSV"):
        source_files([tmp_path])


def test_a_folder_gives_its_data_files_only(tmp_path):
    for name in ("b.csv", "a.parquet", "readme.txt", "truth"):
        (tmp_path / name).write_text("x") if "." in name else (tmp_path / name).mkdir()

    assert [path.name for path in source_files([tmp_path])] == ["a.parquet", "b.csv"]


def rejected(path, tmp_path):
    source = look_at(path)
    relation(source, staging=tmp_path)
    lines = rejected_lines(source, staging=tmp_path)
    with duckdb.connect() as connection:
        return connection.execute(lines).fetchall() if lines else []


def test_lines_after_a_broken_one_keep_their_number(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3,4,5\n6,7\n8\n9,10\n", encoding="utf-8")

    assert [(row[0], row[3]) for row in rows(path, tmp_path)] == [("1", 2), ("6", 4), ("9", 6)]
    assert [row[:2] for row in rejected(path, tmp_path)] == [(3, "3,4,5"), (5, "8")]


def test_a_stray_quote_swallows_no_good_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,2\n"3,4\n5,6\n7,"8\n9"\n"10,11\n12,13\n', encoding="utf-8")

    good = [(row[0], row[1]) for row in rows(path, tmp_path)]
    bad = [row[1] for row in rejected(path, tmp_path)]

    assert {("1", "2"), ("5", "6"), ("12", "13")} <= set(good)
    assert '"3,4' in bad
    assert '"10,11' in bad


@pytest.mark.parametrize("quoted", [(5,), (5, 60_000, 60_001), (100_000,)])
def test_a_quote_that_swallows_megabytes_loses_nothing(tmp_path, quoted):
    filling = "value " * 6
    lines = [f"row{n},{filling}{n}" for n in range(120_000)]
    for n in quoted:
        lines[n] = '"' + lines[n]
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "\n".join(lines) + "\n", encoding="utf-8")

    good = rows(path, tmp_path)

    assert [row[1] for row in rejected(path, tmp_path)] == [lines[n] for n in quoted]
    assert len(good) == len(lines) - len(quoted)
    assert {f"row{row[3] - 2}" == row[0] for row in good} == {True}


def test_a_file_without_broken_lines_keeps_none_apart(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")

    assert rejected(path, tmp_path) == []
