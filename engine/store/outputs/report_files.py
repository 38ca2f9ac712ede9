"""Reports as files: PDF by typst and DOCX from the same texts, workbooks from the same tables; same input, same bytes.

The shipped font sets the PDF and the charts; system fonts are not looked at. A DOCX file names the font and leaves it
to the reader's program, which has one for Chinese.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file
from typing import Any

from engine.messages import N_
from engine.store.outputs.typesetting import FONTS, page_pdf

CHART_FONT = "Noto Sans CJK SC"
WORD_FONT = "Noto Sans CJK SC"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_CHART_SCALE = 3.0
_CHART_WIDTH_CM = 17.0
_TEXT_WIDTH_CM = 17.4
_DIGEST_LENGTH = 64
_RED = (0xB0, 0x1E, 0x1E)


@dataclass(frozen=True, slots=True)
class Part:
    """One section: a title, a remark (may be empty), a chart (Vega-Lite, may be None) and a table of written cells."""

    title: str
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    remark: str = ""
    chart: Mapping[str, object] | None = None
    widths: Sequence[float] = ()
    """Relative widths of columns of text, set to the left; empty = a label and numbers."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says, in one language, every number already written.

    Parameters
    ----------
    title, subtitle, footer : texts; the footer stands on every page beside its number.
    remarks : sentences under the title.
    parts : sections in order.
    language : ``zh_CN`` or ``en``.
    notice : what stands over every page and behind its text, such as that the draws are simulated; may be empty.
    """

    title: str
    subtitle: str
    footer: str
    remarks: Sequence[str]
    parts: Sequence[Part]
    language: str
    notice: str = ""


def report_pdf(report: Report) -> bytes:
    """Return the report as PDF.

    Raises
    ------
    StoreError
        The page cannot be set.
    """
    content = {
        "title": report.title,
        "subtitle": report.subtitle,
        "footer": report.footer,
        "remarks": list(report.remarks),
        "language": report.language,
        "notice": report.notice,
        "watermark": report.notice.partition("：")[0].partition(":")[0],
        "parts": [
            {
                "title": part.title,
                "remark": part.remark,
                "heads": list(part.heads),
                "rows": [list(row) for row in part.rows],
                "widths": [float(width) for width in part.widths],
                "chart": "" if part.chart is None else _svg(part.chart),
            }
            for part in report.parts
        ],
    }
    return page_pdf("report.typ", "report", content, refused=N_("the report cannot be set ({reason})"))


def report_docx(report: Report) -> bytes:
    """Return the report as DOCX: headings, tables with repeated head rows, charts as pictures, page numbers."""
    import docx  # noqa: PLC0415
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.shared import Cm, Pt  # noqa: PLC0415

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.8)
    _fonts(document)
    core = document.core_properties
    core.title, core.author, core.created, core.modified = (
        report.title,
        "xinheng",
        *[datetime(1980, 1, 1, tzinfo=UTC)] * 2,
    )
    head = document.add_heading(report.title, level=0)
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    under = document.add_paragraph(report.subtitle)
    under.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for said in report.remarks:
        document.add_paragraph(said).runs[0].font.size = Pt(9)
    for part in report.parts:
        document.add_heading(part.title, level=1)
        if part.remark:
            document.add_paragraph(part.remark).runs[0].font.size = Pt(8.5)
        if part.chart is not None:
            document.add_picture(io.BytesIO(_png(part.chart)), width=Cm(_CHART_WIDTH_CM))
        if part.rows:
            _table(document, part)
    _footer(section, report.footer)
    _notice(section, report.notice)
    held = io.BytesIO()
    document.save(held)
    return _without_times(held.getvalue())


def _fonts(document: object) -> None:
    from docx.oxml.ns import qn  # noqa: PLC0415

    for style in document.styles:  # type: ignore[attr-defined]
        properties = getattr(style.element, "rPr", None)
        if style.type == 1 and properties is not None or style.name == "Normal":
            style.font.name = WORD_FONT
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
                fonts.set(qn(name), WORD_FONT)
            for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
                fonts.attrib.pop(qn(name), None)


def _table(document: object, part: Part) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.oxml.ns import qn  # noqa: PLC0415
    from docx.shared import Pt  # noqa: PLC0415

    table = document.add_table(rows=1 + len(part.rows), cols=len(part.heads))  # type: ignore[attr-defined]
    table.style = "Light Grid Accent 1"
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)  # noqa: SLF001 - the library has no word for it
    for line, cells in enumerate((part.heads, *part.rows)):
        row = table.rows[line].cells
        for at, text in enumerate(cells):
            paragraph = row[at].paragraphs[0]
            run = paragraph.add_run(text)
            run.font.size = Pt(9)
            run.bold = line == 0
            if len(text) == _DIGEST_LENGTH:
                run.font.size = Pt(6)
            if at and not part.widths:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _column_widths(table, part)


def _column_widths(table: Any, part: Part) -> None:
    """Fixed widths, as in the PDF: a digest of 64 characters keeps its line."""
    from docx.shared import Cm  # noqa: PLC0415

    shares = part.widths or (1.5, 1.45, *[0.75] * (len(part.heads) - 2))
    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        width = Cm(_TEXT_WIDTH_CM * share / sum(shares))
        column.width = width
        for cell in column.cells:
            cell.width = width


def _notice(section: Any, text: str) -> None:
    """The notice over every page, in red."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.shared import Pt, RGBColor  # noqa: PLC0415

    if not text:
        return
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(text)
    run.bold, run.font.size, run.font.color.rgb = True, Pt(9), RGBColor(*_RED)


def _footer(section: object, text: str) -> None:
    """The footer's text and the page's number, which the reader's program fills in."""
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.oxml.ns import qn  # noqa: PLC0415

    paragraph = section.footer.paragraphs[0]  # type: ignore[attr-defined]
    paragraph.add_run(f"{text}    ")
    for field in ("PAGE", "/", "NUMPAGES"):
        run = paragraph.add_run(" / " if field == "/" else "")
        if field != "/":
            simple = OxmlElement("w:fldSimple")
            simple.set(qn("w:instr"), field)
            inner = OxmlElement("w:r")
            shown = OxmlElement("w:t")
            shown.text = "1"
            inner.append(shown)
            simple.append(inner)
            run._r.addnext(simple)  # noqa: SLF001


def _without_times(content: bytes) -> bytes:
    """The same archive with the same time on every file, so that equal reports are equal bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(given.namelist()):
            info = zipfile.ZipInfo(name, date_time=_LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, given.read(name))
    return held.getvalue()


def _svg(chart: Mapping[str, object]) -> str:
    import vl_convert  # noqa: PLC0415

    with as_file(FONTS) as fonts:
        vl_convert.register_font_directory(str(fonts))
        return str(vl_convert.vegalite_to_svg(dict(chart)))


def _png(chart: Mapping[str, object]) -> bytes:
    import vl_convert  # noqa: PLC0415

    with as_file(FONTS) as fonts:
        vl_convert.register_font_directory(str(fonts))
        return bytes(vl_convert.vegalite_to_png(dict(chart), scale=_CHART_SCALE))
