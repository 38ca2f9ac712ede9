"""The guide to mappings, followed literally in both languages: its file, its mapping, its five steps."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from tests.e2e.demo_city import xinheng

GUIDES = Path(__file__).parents[2] / "docs" / "guide"


def block(kind: str, guide: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", (GUIDES / guide).read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@dataclass(frozen=True)
class Written:
    """A city written down as a guide says, with what is wrong in it on purpose and what would be right."""

    folder: Path
    wrong_date: str
    mended: tuple[str, str]


@pytest.fixture(
    params=[
        ("mapping.md", "visits.csv", "99/99/2024", ("Fail: pending", "Fail: pending, Unclear: pending")),
        ("mapping.zh-CN.md", "检查记录.csv", "2024年99月99日", ("不合格: pending", "不合格: pending, 待定: pending")),
    ],
    ids=["en", "zh"],
)
def city(request: pytest.FixtureRequest, tmp_path: Path) -> Written:
    guide, file, wrong_date, mended = request.param
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / file).write_text(block("csv", guide), encoding="utf-8")
    (tmp_path / "my_city.yaml").write_text(block("yaml", guide), encoding="utf-8")
    return Written(tmp_path, wrong_date, mended)


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


def test_a_city_comes_in_with_the_mapping_of_the_guide_and_is_graded(city: Written) -> None:
    workspace, mapping = city.folder / "workspace", city.folder / "my_city.yaml"
    asked = (str(city.folder / "data"), "--mapping", str(mapping))
    loaded = xinheng(workspace, "ingest", *asked)
    assert counts(loaded) == {"entities": (5, 3, 1), "inspections": (5, 3, 2)}
    waiting = xinheng(workspace, "quarantine", "list")["rows"]
    assert [row["source_line"] for row in waiting] == [5, 5, 6]

    sheet = city.folder / "fix.xlsx"
    xinheng(workspace, "quarantine", "export", "--out", str(sheet))
    _put_right(sheet, city.wrong_date, "2024-10-20")
    taken = xinheng(workspace, "quarantine", "retry", str(sheet))
    assert taken["corrected"] == 2

    xinheng(workspace, "reverse", str(loaded["loads"][0]["load_id"]), "--reason", "wrong mapping")
    mapping.write_text(mapping.read_text(encoding="utf-8").replace(*city.mended), encoding="utf-8")
    again = xinheng(workspace, "ingest", *asked)
    assert counts(again)["inspections"][1] == 4
    run = xinheng(workspace, "run", "monthly", "--as-of", "2024-09-26")
    assert run["run_id"].startswith("monthly-20240926")
    assert run["marts"].startswith("marts-20240926")


@pytest.mark.parametrize(("first", "second"), [("Keys of a block", "一段中的键"), ("Expressions", "表达式")])
def test_both_guides_explain_the_same_language(first: str, second: str) -> None:
    assert _words("mapping.md", first) == _words("mapping.zh-CN.md", second) != set()


def _words(guide: str, title: str) -> set[str]:
    """The words of the mapping language that a section explains."""
    section = (GUIDES / guide).read_text(encoding="utf-8").split(f"## {title}\n")[1].split("\n## ")[0]
    return set(re.findall(r"`{?([a-z_]+)[:`]", section))
