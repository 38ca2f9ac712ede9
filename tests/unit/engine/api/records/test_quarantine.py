import threading
import zipfile
from datetime import UTC, datetime

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from engine.api.records.intake import loads
from engine.api.records.quarantine import export_quarantine, quarantined_rows, retry_quarantine
from engine.contracts.pages import Words
from engine.errors import ContractError, SourceNotFoundError
from engine.store.documents import load_contracts
from engine.store.outputs.workbooks import write_template
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, COMPLAINT_HEADER, ENTITY_HEADER, complaint, entity, rows, take_in, write_lines

LATER = datetime(2026, 7, 2, 9, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    source = write_lines(
        tmp_path / "entities.csv", ENTITY_HEADER,
        entity(1), entity(2, status="aktiv"), entity(3, name=""), entity(4, name="=1+1", status="x"),
        entity(5, name="a,b"),
    )  # fmt: skip
    take_in(workspace, source)
    yield workspace
    workspace.close()


def exported(workspace, path):
    return exported_table(workspace, path, "entities")


def exported_table(workspace, path, table):
    export_quarantine(workspace, path, translate=lambda text: text)
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(table).to_python()


def filled(path, sheet, changes, *, name="entities"):
    """Write the sheet again with changed cells, {(line, title start): text}, all as text."""
    with xlsxwriter.Workbook(str(path)) as workbook:
        page = workbook.add_worksheet(name)
        for line, row in enumerate(sheet):
            for at, cell in enumerate(row):
                title = next((t for (n, t) in changes if n == line and str(sheet[0][at]).startswith(t)), None)
                page.write_string(line, at, str(cell if title is None else changes[(line, title)]))
    return path


def retry(workspace, path):
    return retry_quarantine(workspace, path, actor=ACTOR, clock=lambda: LATER)


def test_a_fix_sheet_shows_the_row_its_problem_and_its_origin(tmp_path, workspace):
    header, first, *rest = exported(workspace, tmp_path / "fix.xlsx")

    assert len(rest) == 3
    assert first[3] == "entities.csv:3"
    assert "aktiv" in first[2]
    assert first[header.index("entity_id（检查对象标识）")] == "reg:2"
    assert rest[-1][-1] == entity(5, name="a,b")


def test_nothing_is_left_after_the_round_trip(tmp_path, workspace):
    sheet = exported(workspace, tmp_path / "fix.xlsx")
    fixed = {
        (1, "status"): "active", (2, "name（"): "丙", (3, "status"): "active", (4, "不采用"): "doubled line",
    }  # fmt: skip

    taken = retry(workspace, filled(tmp_path / "back.xlsx", sheet, fixed))

    assert (taken.corrected, taken.discarded, taken.unchanged) == (3, 1, 0)
    assert [(each.rows_in, each.accepted, each.quarantined) for each in taken.loads] == [(3, 3, 0)]
    assert quarantined_rows(workspace) == []
    assert [row["name"] for row in rows(workspace, "entities")] == ["甲", "甲", "丙", "=1+1"]


def test_only_changed_rows_are_validated_again(tmp_path, workspace):
    sheet = exported(workspace, tmp_path / "fix.xlsx")

    taken = retry(workspace, filled(tmp_path / "back.xlsx", sheet, {(1, "status"): "still wrong"}))

    assert (taken.corrected, taken.unchanged) == (1, 3)
    assert (taken.loads[0].accepted, taken.loads[0].quarantined) == (0, 1)
    waiting = quarantined_rows(workspace)
    assert [row.source_file for row in waiting] == ["entities.csv"] * 3 + ["back-entities.parquet"]


def test_a_text_longer_than_a_cell_comes_back_whole(tmp_path, workspace):
    long = "乙" * 40_000
    header = f"{ENTITY_HEADER},address"
    source = write_lines(tmp_path / "entities-b.csv", header, f"{entity(9, status='x')},{long}")
    take_in(workspace, source)
    sheet = exported(workspace, tmp_path / "fix.xlsx")
    line = next(n for n, row in enumerate(sheet) if "reg:9" in row)

    untouched = retry(workspace, filled(tmp_path / "same.xlsx", sheet, {}))
    taken = retry(workspace, filled(tmp_path / "back.xlsx", sheet, {(line, "status"): "active"}))

    assert (untouched.corrected, untouched.unchanged) == (0, 5)
    assert taken.loads[0].accepted == 1
    assert next(row for row in rows(workspace, "entities") if row["entity_id"] == "reg:9")["address"] == long


def test_nothing_is_written_when_no_row_waits(tmp_path, workspace):
    written = export_quarantine(workspace, tmp_path / "none.xlsx", table="items", translate=lambda text: text)

    assert (written.rows, (tmp_path / "none.xlsx").exists()) == ({}, False)


def test_the_same_sheet_twice_changes_nothing(tmp_path, workspace):
    sheet = exported(workspace, tmp_path / "fix.xlsx")
    back = filled(tmp_path / "back.xlsx", sheet, {(1, "status"): "active"})
    retry(workspace, back)
    before = len(loads(workspace))

    again = retry(workspace, back)

    assert (again.corrected, again.settled_before, again.unchanged) == (0, 1, 3)
    assert len(loads(workspace)) == before


def test_a_sheet_of_another_form_is_refused_and_nothing_changes(tmp_path, workspace):
    sheet = exported(workspace, tmp_path / "fix.xlsx")
    sheet[0][0] = "row"
    with pytest.raises(ContractError, match="quarantine export"):
        retry(workspace, filled(tmp_path / "back.xlsx", sheet, {}))
    sheet = exported(workspace, tmp_path / "fix.xlsx")
    sheet[1][0] = "somewhere"
    with pytest.raises(ContractError, match="names no quarantined row"):
        retry(workspace, filled(tmp_path / "back.xlsx", sheet, {}))
    with pytest.raises(SourceNotFoundError):
        retry(workspace, tmp_path / "nowhere.xlsx")

    assert len(quarantined_rows(workspace)) == 4


def test_a_template_keeps_codes_as_text_and_offers_them(tmp_path):
    contracts = load_contracts()
    write_template(tmp_path / "t.xlsx", [contracts["entities"], contracts["items"]], words=Words({}, {}))

    with zipfile.ZipFile(tmp_path / "t.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()

    assert "active,closed,revoked,cancelled,moved_out" in sheet
    assert 'numFmtId="49"' in styles


def test_a_filled_template_loads_by_its_chinese_titles(tmp_path, workspace):
    contract = load_contracts()["districts"]
    with xlsxwriter.Workbook(str(tmp_path / "districts.xlsx")) as workbook:
        page = workbook.add_worksheet("districts")
        for at, title in enumerate(("区划代码", "name（名称）", "occurred_on", "known_at")):
            page.write_string(0, at, contract.column("district_code").business_name if at == 0 else title)
        label = contract.column("name").label
        page.write_string(0, 1, label)
        for at, cell in enumerate(("330602", "越城区", "2020-01-01", "2020-01-01")):
            page.write_string(1, at, cell)

    report = take_in(workspace, tmp_path / "districts.xlsx")

    assert (report.loads[0].accepted, report.loads[0].quarantined) == (1, 0)


def test_a_number_that_lost_its_last_digits_waits_for_a_person(tmp_path, workspace):
    with xlsxwriter.Workbook(str(tmp_path / "districts.xlsx")) as workbook:
        page = workbook.add_worksheet()
        page.write_row(0, 0, ["district_code", "name", "occurred_on"])
        page.write_row(1, 0, [330602000000000001, "甲", "2020-01-01"])
        page.write_row(2, 0, [330602, "乙", "2020-01-01"])

    report = take_in(workspace, tmp_path / "districts.xlsx")

    assert (report.loads[0].accepted, report.loads[0].quarantined) == (1, 1)
    assert "more than 15 digits" in quarantined_rows(workspace, table="districts")[0].reasons[0].render()

    sheet = exported_table(workspace, tmp_path / "fix.xlsx", "districts")
    assert sheet[1][4] == ""  # empty: whoever types the same digits has confirmed them
    untouched = retry(workspace, filled(tmp_path / "same.xlsx", sheet, {(1, "name（"): "丙"}, name="districts"))
    assert (untouched.corrected, untouched.unchanged) == (0, 1)
    typed = {(1, "district_code"): "330602000000000000"}
    assert retry(workspace, filled(tmp_path / "back.xlsx", sheet, typed, name="districts")).loads[0].accepted == 1


def test_settling_a_row_of_one_table_leaves_the_same_place_of_another(tmp_path, workspace):
    mixed = tmp_path / "mixed"
    write_lines(mixed / "entities.csv", ENTITY_HEADER, entity(21, status="x"), entity(22))
    write_lines(mixed / "complaints.csv", COMPLAINT_HEADER, complaint(1, true="?"), complaint(2))
    take_in(workspace, mixed)
    sheet = exported(workspace, tmp_path / "fix.xlsx")
    line = next(n for n, row in enumerate(sheet) if "reg:21" in row)

    retry(workspace, filled(tmp_path / "back.xlsx", sheet, {(line, "status"): "active"}))

    assert [row.table for row in quarantined_rows(workspace)].count("complaints") == 1


def test_two_rows_that_contradict_both_leave_once_one_is_settled(tmp_path, workspace):
    take_in(
        workspace,
        write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, entity(31, name="甲"), entity(31, name="乙")),
    )
    sheet = exported(workspace, tmp_path / "fix.xlsx")
    first, second = (n for n, row in enumerate(sheet) if "reg:31" in row)

    taken = retry(workspace, filled(tmp_path / "back.xlsx", sheet, {(second, "不采用"): "甲 is right"}))

    assert (taken.corrected, taken.discarded) == (1, 1)
    assert [row["name"] for row in rows(workspace, "entities") if row["entity_id"] == "reg:31"] == ["甲"]
    assert not [row for row in quarantined_rows(workspace) if "reg:31" in row.original]


def test_of_two_people_on_one_row_the_first_sheet_counts_also_at_once(tmp_path, workspace):
    sheet = exported(workspace, tmp_path / "fix.xlsx")
    sheets = [
        filled(tmp_path / f"back{n}.xlsx", sheet, {(1, "status"): "active", (1, "name（"): f"第{n}人"})
        for n in range(2)
    ]
    others = [Workspace(workspace.path) for _ in sheets]
    both_read = threading.Barrier(2, timeout=30)
    taken = []

    def at_once(opened, path):
        real, waited = opened.warehouse.files, []

        def files(content, **asked):
            found = real(content, **asked)
            if content == "quarantine" and not waited:
                waited.append(True)
                both_read.wait()
            return found

        opened.warehouse.files = files
        taken.append(retry(opened, path))

    threads = [threading.Thread(target=at_once, args=pair) for pair in zip(others, sheets, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted((each.corrected, each.settled_before) for each in taken) == [(0, 1), (1, 0)]
    held = [row["name"] for row in rows(workspace, "entities") if row["entity_id"] == "reg:2"]
    assert held in (["第0人"], ["第1人"])
    for each in others:
        each.close()
