"""The bulletin says what the tables say, in every form, and the same input gives the same bytes."""

import io
import re
import shutil
import subprocess
from datetime import date

import docx
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from engine.api.documents import bulletin as documents
from engine.api.figures.kpis import period_named, shown_values
from engine.i18n import translator
from engine.kpis.values import kpi_values, scorecard
from engine.store.documents import load_policies
from engine.store.outputs.report_files import Part, Report, report_docx, report_pdf
from tests.kpi_world import facts

BOOK, YEAR, END = load_policies(), period_named("2026"), date(2026, 12, 31)
TARGETS = {"completion": 1.0, "published_in_time": 1.0, "joint_visits": 0.5, "released_in_time": 1.0}
STEPS = pd.DataFrame({"step": ["triggered", "pushed"], "n": [3, 2], "share": [1.0, 2 / 3], "median_days": [None, 3.0]})
MEASURES = pd.DataFrame({"measure_id": ["P05"], "triggered": [3], "applied": [2]})
NOTICE = "模拟数据：本文不作依据。"


@pytest.fixture
def tables(monkeypatch):
    """The tables of a small world, in place of those of a workspace."""

    def by(name):
        return kpi_values(facts(), first=date(2026, 1, 1), last=END, by=name, targets=TARGETS)

    made = {"figures": by("all"), "by_department": by("department"), "punishment": STEPS, "measures": MEASURES}
    for name in ("department", "district"):
        cards = scorecard(by(name), points=dict.fromkeys(TARGETS, 10), policy="kpi.points")
        made[f"{name}s"] = cards.assign(name="")
    monkeypatch.setattr(documents, "bulletin_tables", lambda *_, **__: made)
    monkeypatch.setattr(documents, "department_names", lambda *_, **__: {"M": "市场监管局"})
    monkeypatch.setattr(documents, "frozen_versions", lambda *_, **__: [])
    monkeypatch.setattr(documents, "simulated", lambda *_, **__: NOTICE)
    return made


def report(language="zh_CN"):
    terms = {"book": BOOK, "period": YEAR, "as_of": END, "translate": translator(language), "language": language}
    return documents.bulletin(None, **terms)


def written(tables):
    """Every number that the documents have to show."""
    shown = shown_values(pd.concat([tables["figures"], tables["by_department"]]))
    cards = pd.concat([tables["departments"], tables["districts"].query("district_code != ''")])
    return {
        *shown["shown"], *shown["counts"], *shown["shown_target"],
        *(f"{score:.1%}" for score in cards["score"]), *(f"{points:.1f}" for points in cards["points"]),
        "66.7%", "3.0",
    } - {""}  # fmt: skip


def test_docx_shows_every_figure_of_the_tables(tables):
    document = docx.Document(io.BytesIO(report_docx(report())))
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}

    assert written(tables) <= cells
    assert "监管绩效通报" in document.paragraphs[0].text
    assert len(document.inline_shapes) == 2
    assert document.sections[0].header.paragraphs[0].text == NOTICE
    assert "P05" in cells


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing: install poppler-utils")
def test_pdf_shows_every_figure_of_the_tables_and_its_page_number(tables, tmp_path):
    path = tmp_path / "b.pdf"
    path.write_bytes(report_pdf(report()))
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout

    plain = text.replace(" ", "").replace("\n", "")
    assert {one for one in written(tables) if one.replace(" ", "") not in plain} == set()
    assert "1/2" in plain and "市场监管局（M）" in plain


def test_workbook_holds_the_numbers_themselves_one_sheet_per_department(tables):
    terms = {"book": BOOK, "period": YEAR, "as_of": END, "translate": translator("zh_CN")}
    book = CalamineWorkbook.from_filelike(io.BytesIO(documents.workbook(None, **terms)))

    rows = book.get_sheet_by_name("指标").to_python()
    head = rows[0]
    found = {row[head.index("kpi")]: row[head.index("value")] for row in rows[1:]}
    for row in tables["figures"].to_dict("records"):
        assert found[row["kpi"]] == ("" if pd.isna(row["value"]) else pytest.approx(row["value"])), row["kpi"]
    assert "市场监管局（M）" in book.sheet_names and "F" in book.sheet_names


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_same_input_same_bytes(tables, language):
    one, other = report(language), report(language)

    assert report_pdf(one) == report_pdf(other)
    assert report_docx(one) == report_docx(other)
    terms = {"book": BOOK, "period": YEAR, "as_of": END, "translate": translator(language)}
    assert documents.workbook(None, **terms) == documents.workbook(None, **terms)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing: install poppler-utils")
def test_the_page_for_the_leadership_is_one_page_with_every_figure_that_has_a_target(tables, tmp_path, monkeypatch):
    late = pd.DataFrame({"department": ["M", "F"], "clock": ["c", "c"], "n": [2, 1], "longest": [9, 4]})
    monkeypatch.setattr(documents, "lateness", lambda *_, **__: late)
    terms = {"book": BOOK, "period": YEAR, "as_of": END, "translate": translator("zh_CN"), "language": "zh_CN"}
    path = tmp_path / "one.pdf"
    path.write_bytes(report_pdf(documents.one_pager(None, **terms)))
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout

    plain = text.replace(" ", "").replace("\n", "")
    assert "1/1" in plain and "3项事务逾期" in plain and "4项有目标的指标中4项未达标" in plain
    aimed = shown_values(tables["figures"][tables["figures"]["target"].notna()])
    assert len(aimed) == len(TARGETS)
    assert all(shown.replace(" ", "") in plain for shown in aimed["shown"])


def test_no_english_word_in_the_chinese_bulletin(tables):
    held = report()
    texts = [held.title, *held.remarks, *(part.title for part in held.parts), *(part.remark for part in held.parts)]
    texts += [cell for part in held.parts for row in (part.heads, *part.rows) for cell in row]

    english = [text for text in texts if re.search("[A-Za-z]{2,}", text)]
    assert english == [held.remarks[0]]  # the profile's own name


def test_columns_of_a_word_document_are_as_wide_as_in_the_pdf_and_a_digest_keeps_its_line():
    part = Part("x", ["a", "b", "c"], [["name", "1", "f" * 64]], widths=(2.4, 0.8, 5.2))
    document = docx.Document(io.BytesIO(report_docx(Report("t", "", "f", [], [part], "en"))))
    (table,) = document.tables
    cells = table.rows[1].cells

    assert [round(cell.width.cm, 1) for cell in cells] == [5.0, 1.7, 10.8] and not table.autofit
    assert cells[2].paragraphs[0].runs[0].font.size.pt == 6 and not document.sections[0].header.paragraphs[0].text


def test_a_frozen_period_is_printed_from_its_frozen_figures_and_day(monkeypatch):
    day = date(2027, 1, 5)
    frozen = {by: kpi_values(facts(), first=YEAR.first, last=END, by=by) for by in ("all", "department", "district")}
    frozen["all"]["value"] = 0.123
    monkeypatch.setattr(documents, "frozen_versions", lambda *_, **__: ["one"])
    monkeypatch.setattr(documents, "frozen_groupings", lambda *_, **__: (day, 1, frozen))
    seen = []
    monkeypatch.setattr(documents, "_funnels", lambda _, *, book, as_of: seen.append(as_of) or (STEPS, MEASURES))
    monkeypatch.setattr(documents, "scorecards_of", lambda *_, **__: pd.DataFrame())
    made = documents.bulletin_tables(None, book=BOOK, period=YEAR, as_of=END)

    assert set(made["figures"]["value"]) == {0.123} and seen == [day]
    assert documents.records_day(None, period=YEAR, as_of=END) == day
