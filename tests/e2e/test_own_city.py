"""The guide to mappings, followed literally: its file, its mapping, its five steps."""

import re
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from tests.e2e.demo_city import xinheng

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "mapping.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def city(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "visits.csv").write_text(block("csv"), encoding="utf-8")
    (tmp_path / "my_city.yaml").write_text(block("yaml"), encoding="utf-8")
    return tmp_path


def counts(said: dict[str, list[dict[str, object]]]) -> dict[str, tuple[object, ...]]:
    return {str(each["table"]): (each["rows_in"], each["accepted"], each["quarantined"]) for each in said["loads"]}


def _put_right(sheet: Path, wrong: str, right: str) -> None:
    """Change a cell in every page of a workbook, as a person does in a spreadsheet."""
    held = CalamineWorkbook.from_path(str(sheet))
    pages = {name: held.get_sheet_by_name(name).to_python() for name in held.sheet_names}
    with xlsxwriter.Workbook(str(sheet)) as book:
        for name, rows in pages.items():
            page = book.add_worksheet(name)
            for line, row in enumerate(rows):
                for at, cell in enumerate(row):
                    page.write_string(line, at, right if cell == wrong else str(cell))


def test_a_city_comes_in_with_the_mapping_of_the_guide_and_is_graded(city: Path) -> None:
    workspace, asked = city / "workspace", (str(city / "data"), "--mapping", str(city / "my_city.yaml"))
    loaded = xinheng(workspace, "ingest", *asked)
    assert counts(loaded) == {"entities": (5, 3, 1), "inspections": (5, 3, 2)}
    waiting = xinheng(workspace, "quarantine", "list")["rows"]
    assert [row["source_line"] for row in waiting] == [5, 5, 6]

    sheet = city / "fix.xlsx"
    xinheng(workspace, "quarantine", "export", "--out", str(sheet))
    _put_right(sheet, "99/99/2024", "2024-10-20")
    taken = xinheng(workspace, "quarantine", "retry", str(sheet))
    assert taken["corrected"] == 2

    xinheng(workspace, "reverse", str(loaded["loads"][0]["load_id"]), "--reason", "wrong mapping")
    mended = (
        (city / "my_city.yaml").read_text(encoding="utf-8").replace("Fail: pending", "Fail: pending, Unclear: pending")
    )
    (city / "my_city.yaml").write_text(mended, encoding="utf-8")
    again = xinheng(workspace, "ingest", *asked)
    assert counts(again)["inspections"][1] == 4
    run = xinheng(workspace, "run", "monthly", "--as-of", "2024-09-26")
    assert run["run_id"].startswith("monthly-20240926")
    assert run["marts"].startswith("marts-20240926")
