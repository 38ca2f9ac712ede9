"""Templates and fix sheets in a real spreadsheet program: codes stay text, drop-downs work, formulas stay names."""

import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest

from engine.api.records.contracts import contract_words
from engine.api.records.quarantine import template_workbook
from engine.contracts.schema import LogicalType
from engine.store.documents import load_contracts
from engine.store.outputs.workbooks import FixRow, read_fix_sheet, write_fix_sheet
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import take_in

ROWS = {
    "entity_id": "reg:000330602000001",
    "uscc": None,
    "reg_no": "000330602000001234",
    "name": '=HYPERLINK("x")',
    "entity_type": "enterprise",
    "population": "enterprise",
    "industry_code": "01",
    "district_code": "330602",
    "address": "+86-0575",
    "registered_capital_fen": "1000000",
    "status": "active",
    "tags": "-1;@A1",
    "occurred_on": "2020-01-01",
    "known_at": "2020-01-02",
}


@pytest.fixture(scope="module")
def convert(tmp_path_factory):
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice Calc absent: apt-get install --no-install-recommends libreoffice-calc")
    profile = tmp_path_factory.mktemp("profile").as_uri()

    def run(path: Path, to: str) -> Path:
        out = path.parent / f"converted-{to.partition(':')[0]}"
        subprocess.run(
            [program, "--headless", f"-env:UserInstallation={profile}", "--convert-to", to, "--outdir", out, path],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        return out / path.with_suffix(f".{to.partition(':')[0]}").name

    return run


SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells_of(path):
    """Return the cells of the first sheet, row by row."""
    with zipfile.ZipFile(path) as archive:
        return [
            list(row) for row in ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml")).iter(f"{SHEET}row")
        ]


def type_in(template, path):
    """Write a second row into a template the way a program stores what is typed into text cells."""
    typed = "".join(
        f'<c r="{chr(64 + at)}2" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        for at, value in enumerate(ROWS.values(), start=1)
        if value
    )
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(path, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", f'<row r="2">{typed}</row></sheetData>'.encode())
            target.writestr(item, content)
    return path


def fix_sheet(path):
    contract = load_contracts()["entities"]
    write_fix_sheet(path, [(contract, [FixRow("load-1:0", ROWS, "p", "s", "=1+1")])], words=contract_words("zh"))
    return path


def test_codes_stay_text_and_formula_like_names_stay_text_after_a_spreadsheet_program_saved_them(tmp_path, convert):
    saved = convert(convert(fix_sheet(tmp_path / "fix.xlsx"), "ods"), "xlsx")

    ((_, row),) = read_fix_sheet(saved, load_contracts())

    assert {name: cell for name, cell in row.cells.items() if cell} == {k: v for k, v in ROWS.items() if v}
    assert {cell.get("t") for cell in cells_of(saved)[1] if len(cell)} == {"s"}, "a cell is no text any more"
    assert all(len(cell) == 0 or cell.find(f"{SHEET}f") is None for cell in cells_of(saved)[1]), "a formula"


def test_what_was_typed_into_a_template_loads_as_it_was_typed(tmp_path, convert):
    template_workbook(tmp_path / "entities.xlsx", table="entities")
    typed = type_in(tmp_path / "entities.xlsx", tmp_path / "entities-2026.xlsx")
    saved = convert(convert(typed, "ods"), "xlsx")
    workspace = Workspace(tmp_path / "ws")

    report = take_in(workspace, saved)

    (held,) = workspace.warehouse.table("entities").to_pyarrow().to_pylist()
    workspace.close()
    assert [(each.accepted, each.quarantined) for each in report.loads] == [(1, 0)]
    assert (held["reg_no"], held["name"], held["industry_code"], held["tags"]) == (
        "000330602000001234", '=HYPERLINK("x")', "01", "-1;@A1",
    )  # fmt: skip


OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def drop_downs(path):
    """Return sheet → column number → condition of the list that a spreadsheet program shows there."""
    with zipfile.ZipFile(path) as archive:
        content = ElementTree.fromstring(archive.read("content.xml"))
    shown = {
        rule.get(f"{OFFICE}name"): rule.get(f"{OFFICE}condition")
        for rule in content.iter(f"{OFFICE}content-validation")
        if rule.get(f"{OFFICE}display-list") != "none"
    }
    found = {}
    for sheet in content.iter(f"{OFFICE}table"):
        places = found.setdefault(sheet.get(f"{OFFICE}name"), {})
        for row in sheet.iter(f"{OFFICE}table-row"):
            at = 0
            for cell in row:
                if named := cell.get(f"{OFFICE}content-validation-name"):
                    places[at] = shown[named]
                at += int(cell.get(f"{OFFICE}number-columns-repeated", "1"))
    return found


STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
NUMBER = "{urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0}"


def text_columns(path):
    """Return sheet → number of columns from the left whose cells are formatted as text."""
    with zipfile.ZipFile(path) as archive:
        parts = [ElementTree.fromstring(archive.read(name)) for name in ("content.xml", "styles.xml")]
    texts = {style.get(f"{STYLE}name") for part in parts for style in part.iter(f"{NUMBER}text-style")}
    cells = {
        style.get(f"{STYLE}name")
        for part in parts
        for style in part.iter(f"{STYLE}style")
        if style.get(f"{STYLE}data-style-name") in texts
    }
    return {
        sheet.get(f"{OFFICE}name"): sum(
            int(column.get(f"{OFFICE}number-columns-repeated", "1"))
            for column in sheet.iter(f"{OFFICE}table-column")
            if column.get(f"{OFFICE}default-cell-style-name") in cells
        )
        for sheet in parts[0].iter(f"{OFFICE}table")
    }


def test_drop_downs_stand_in_the_columns_of_their_codes_and_every_cell_takes_text(tmp_path, convert):
    tables = template_workbook(tmp_path / "all.xlsx")

    converted = convert(tmp_path / "all.xlsx", "ods")
    found = drop_downs(converted)

    wanted = {}
    for table in tables:
        held = wanted.setdefault(table, {})
        for at, column in enumerate(load_contracts()[table].columns):
            codes = ("true", "false") if column.logical_type is LogicalType.BOOLEAN else column.codes
            if codes and not column.separator:
                held[at] = "of:cell-content-is-in-list(" + ";".join(f'"{code}"' for code in codes) + ")"
    assert found == wanted
    assert sum(map(len, wanted.values())) > 30
    assert text_columns(converted) == {table: len(load_contracts()[table].columns) for table in tables}
