"""What a new user gets wrong, in Chinese: one sentence that names the place, a stable code, nothing written."""

import errno
import json
import re
import sqlite3
from pathlib import Path
from unittest.mock import Mock

import pytest
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from engine.cli import main

HEADER = "district_code,name,parent_code,successor_code,occurred_on,known_at"
ROW = "330602,越城区,330600,,2020-01-01,2020-01-01"
MAPPING = """
name: mine
tables:
  districts:
    input: areas.csv
    columns: {district_code: code, name: title, occurred_on: since}
"""
CRUMB = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")
"""Three English words in a row: no name of a file, column or option looks like that."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what a new user may have lying about."""
    monkeypatch.delenv("XINHENG_LANG", raising=False)
    monkeypatch.delenv("XINHENG_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    for folder in ("nothing", "mine"):
        (tmp_path / folder).mkdir()
    (tmp_path / "mine" / "areas.csv").write_text("code,title,since\n330602,越城区,2020-01-01\n", encoding="utf-8")
    (tmp_path / "areas.csv").write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    for name, text in {
        "good": MAPPING,
        "typo": MAPPING.replace("name: title", "nom: title"),
        "column": MAPPING.replace("name: title", "name: titel"),
        "file": MAPPING.replace("areas.csv", "places.csv"),
        "order": MAPPING.replace(
            "input: areas.csv", "input: areas.csv\n    distinct_by: {columns: [name], keep: {last: [name]}}"
        ),
        "measure": MAPPING.replace(
            "input: areas.csv", "input: areas.csv\n    aggregate: {by: [code], measures: {n: {mean: x}}}"
        ),
        "both": MAPPING.replace("input: areas.csv", "input: areas.csv\n    known_at: since\n    version_by: since"),
        "indent": MAPPING.replace("    columns", "   columns"),
        "twice": MAPPING.replace("name: title", "name: title, name: code"),
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "latin.yaml").write_bytes(MAPPING.replace("mine", "café").encode("latin-1"))
    return tmp_path


def districts(folder: Path, content: bytes) -> None:
    (folder / "districts.csv").write_bytes(content)


def said_of(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(words)
    lines = capsys.readouterr().err.splitlines()
    return int(str(left.value.code)), lines[-1]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("ingest nothing", 2, "文件夹 nothing 中没有 CSV、XLSX 或 Parquet 文件"),
        ("ingest notes.txt", 10, "notes.txt：只能读取 CSV、XLSX 和 Parquet 文件"),
        ("ingest areas.csv", 10, "没有名为 'areas' 的契约表"),
        ("ingest mine --mapping our_city", 2, "没有映射 our_city：请给出映射文件的路径，或内置映射的名称（chic"),
        ("ingest mine --mapping typo.yaml", 10, "契约表 districts 没有列 nom；该表的列为 district_code, name"),
        ("ingest mine --mapping column.yaml", 10, "districts 所需的列 'titel' 不在 areas.csv 中（现有列：code, title"),
        ("ingest mine --mapping file.yaml", 2, "映射 mine 读取 places.csv：所给文件中有 0 个相符（现有：areas.csv）"),
        ("ingest mine --mapping order.yaml", 10, "表 districts：缺少 'last'，或该处不能这样写"),
        ("ingest mine --mapping measure.yaml", 10, "没有汇总方式 mean，可用 count, sum, min, max, any"),
        ("ingest mine --mapping both.yaml", 10, "version_by 与 known_at 不能同时使用"),
        ("ingest mine --mapping indent.yaml", 2, "第 6 行或其上一行不符合 YAML 格式"),
        ("ingest mine --mapping twice.yaml", 2, "键 'name' 出现了两次"),
        ("ingest mine --mapping latin.yaml", 2, "文件 latin.yaml 无法读取：编码不是 UTF-8"),
        ("ingest", 2, "缺少 PATHS（要载入的文件和文件夹）"),
        ("ingest mine --maping good.yaml", 2, "没有选项 --maping，要找的也许是 --mapping"),
        ("loads today", 2, "多出了 today"),
        ("simulate --out x --entities 10", 2, "--entities 须为不小于 200 的数，不能是 10"),
        ("simulate --out x --years 30", 2, "--years 须为 1 至 20 的数，不能是 30"),
        ("dashboard --local --port first", 2, "--port 须为整数，不能是 first"),
        ("dashboard", 2, "xinheng dashboard：请说明谁可以查看"),
        ("--lang fr loads", 2, "语言：'fr' 不可用"),
        ("loads", 20, "处没有工作区"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_in_chinese(desk, capsys, words, status, said):
    found = said_of(words.split(), capsys)

    assert found[0] == status
    assert said in found[1]
    assert not CRUMB.search(found[1])
    assert not (desk / "workspace").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "文件或其首行为空"),
        (f"2025年区划表,,,,,\n{HEADER}\n{ROW}\n".encode(), "首行为“2025年区划表”，其中第 2 列没有列名"),
        (f"{HEADER},name\n{ROW},x\n".encode(), "首行的列名“name”出现了两次"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "编码既不是 UTF-8 也不是 GB18030"),
        (f"{HEADER.replace('name,', '')}\n{ROW}\n".encode(), "缺少列 name"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(desk, capsys, content, said):
    districts(desk, content)

    found = said_of(["ingest", "districts.csv"], capsys)

    assert found[0] == 10
    assert said in found[1]
    assert not CRUMB.search(found[1])
    assert not (desk / "workspace").exists()


def test_two_title_rows_of_a_workbook_are_named(desk, capsys):
    with xlsxwriter.Workbook(str(desk / "districts.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["行政区划", "", "日期"])
        sheet.write_row(1, 0, HEADER.split(","))

    assert "首行为“行政区划”，其中第 2 列没有列名" in said_of(["ingest", "districts.xlsx"], capsys)[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("ingest nothing", "usage.no_data_file"),
        ("ingest mine --mapping our_city", "usage.mapping_not_found"),
        ("ingest mine --mapping file.yaml", "usage.input_missing"),
        ("ingest mine --mapping indent.yaml", "usage.document_unreadable"),
        ("ingest mine --mapping typo.yaml", "contract.mapping_form"),
    ],
)
def test_programs_read_a_stable_code(desk, capsys, words, code):
    with pytest.raises(SystemExit):
        main([*words.split(), "--json"])

    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


def test_a_load_that_is_mostly_bad_is_refused_in_chinese_only(desk, capsys):
    rows = "\n".join(ROW.replace("2020-01-01", "01.01.2020").replace("330602", str(330602 + n)) for n in range(30))
    districts(desk, f"{HEADER}\n{rows}\n".encode())

    status, said = said_of(["ingest", "districts.csv"], capsys)

    assert status == 10
    assert "设计取值：超过此值说明文件或映射有误" in said
    assert not CRUMB.search(said)


def test_rows_that_wait_and_files_without_rows_are_said(desk, capsys):
    districts(desk, f"{HEADER}\n{ROW}\n{ROW.replace('330602', '330603').replace('2020-01-01', '2020.1.1')}\n".encode())
    main_ok(["ingest", "districts.csv"])
    assert "有 1 行在隔离区待处理，原因见：" in capsys.readouterr().out

    districts(desk, f"{HEADER}\n".encode())
    main_ok(["ingest", "districts.csv"])
    assert "districts：文件中没有数据行" in capsys.readouterr().out


def test_an_unknown_object_is_not_called_a_missing_table(desk, capsys):
    districts(desk, f"{HEADER}\n{ROW}\n".encode())
    main_ok(["ingest", "districts.csv"])

    status, said = said_of(["record", "uscc:123", "--as-of", "2020-06-30"], capsys)

    assert status == 20
    assert said.startswith("uscc:123：截至 2020-06-30 没有任何记录")


def main_ok(words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 0


@pytest.mark.parametrize(
    "words", ["--help", "ingest --help", "run --help", "policy simulate --help", "draw commit --help"]
)
def test_help_is_chinese_to_the_last_word(desk, capsys, words):
    with pytest.raises(SystemExit):
        main(words.split())

    printed = capsys.readouterr().out
    assert "用法：" in printed
    assert "…" not in printed  # a sentence cut off
    assert not re.search(r"Usage|OPTIONS|ARGS|required|default:|env var|<str>|<bool>", printed)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (OSError(errno.ENOSPC, "x", "w/tables"), "w/tables：已没有剩余空间；请检查该文件夹、其权限和剩余空间。"),
        (OSError(errno.EROFS, "x", "w"), "w：只能读取；"),
        (PermissionError(errno.EACCES, "x", "w"), "w：当前用户无权读写；"),
        (FileCreateError(OSError(errno.EROFS, "x", "t.xlsx")), "t.xlsx：只能读取；"),
        (sqlite3.OperationalError("database or disk is full"), "decisions.db：已没有剩余空间；"),
    ],
)
def test_what_the_machine_refuses_is_said_without_a_traceback(desk, capsys, monkeypatch, raised, said):
    monkeypatch.setattr("engine.cli.app._call", Mock(side_effect=raised))

    status, found = said_of(["loads"], capsys)

    assert status == 20
    assert found.startswith(said)


def test_a_bug_keeps_its_traceback(desk, monkeypatch):
    monkeypatch.setattr("engine.cli.app._call", Mock(side_effect=ValueError("a bug")))

    with pytest.raises(ValueError, match="a bug"):
        main(["loads"])


def test_a_workspace_below_a_file_is_refused(desk, capsys):
    districts(desk, f"{HEADER}\n{ROW}\n".encode())

    status, said = said_of(["ingest", "districts.csv", "--workspace", "notes.txt"], capsys)

    assert status == 20
    assert said == f"{desk / 'notes.txt'}：该处需要文件夹，却已有同名文件；请检查该文件夹、其权限和剩余空间。"
