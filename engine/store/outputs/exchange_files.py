"""Exchange workbooks for departments without an account: cases that wait for them, to be answered in the sheet.

One sheet, one row per case; every cell is text. The first columns say what is asked and must stay as they are, the last
ones are the department's answer. The batch number names the content, so an answer to another batch is seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from engine.errors import ContractError
from engine.messages import N_, Message
from engine.store.outputs.workbooks import as_shown
from engine.store.sources.spreadsheets import xlsx_cells

SHEET = "联合惩戒 exchange"
ASKED = (
    "批次号 batch", "案件号 case", "请求 request", "主体标识 entity", "主体名称 name", "措施 measure", "法律依据 basis",
    "实施领域 field", "送达日期 sent on",
)  # fmt: skip
ANSWER = (
    "是否签收 received", "业务编号 business", "是否采取 applied", "理由 reason", "金额（元） amount",
    "是否解除 released",
)  # fmt: skip
YES, NO = "是", "否"
_CHOICES = {ANSWER[0]: (YES,), ANSWER[2]: (YES, NO), ANSWER[5]: (YES,)}


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """One row of an exchange workbook.

    Parameters
    ----------
    asked : cells of :data:`ASKED`. answer : cells of :data:`ANSWER`, empty texts where nothing was filled in.
    line : line of the sheet it was read from, 0 when written.
    """

    asked: tuple[str, ...]
    answer: tuple[str, ...] = ("",) * len(ANSWER)
    line: int = 0


def write_exchange(path: Path, rows: Sequence[ExchangeRow]) -> None:
    """Write an exchange workbook; cells are text, so that codes keep their zeros and no name becomes a formula."""
    partial = path.with_name(f"{path.name}.partial")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(partial), options) as workbook:
        text = workbook.add_format({"num_format": 49})
        fixed = workbook.add_format({"num_format": 49, "font_color": "#7F7F7F"})
        head = workbook.add_format({"bold": True, "num_format": 49, "bg_color": "#DCE6F1"})
        sheet = workbook.add_worksheet(SHEET)
        sheet.freeze_panes(1, 2)
        for at, title in enumerate((*ASKED, *ANSWER)):
            sheet.write_string(0, at, title, head)
            sheet.set_column(at, at, 22, fixed if at < len(ASKED) else text)
            if title in _CHOICES and rows:
                choices = {"validate": "list", "source": list(_CHOICES[title]), "ignore_blank": True}
                sheet.data_validation(1, at, len(rows), at, choices)
        for line, row in enumerate(rows, start=1):
            for at, cell in enumerate((*row.asked, *row.answer)):
                sheet.write_string(line, at, as_shown(cell), fixed if at < len(ASKED) else text)
    partial.replace(path)


def read_exchange(path: Path) -> list[ExchangeRow]:
    """Return the rows of an exchange workbook that came back.

    Raises
    ------
    SourceNotFoundError, ContractError
        It cannot be read, or its first line is not that of an exchange workbook.
    """
    for name, rows in xlsx_cells(path):
        header = [cell or "" for cell in next(rows, [])]
        if name != SHEET or tuple(header[: len(ASKED) + len(ANSWER)]) != (*ASKED, *ANSWER):
            break
        found = []
        for line, row in enumerate(rows, start=2):
            cells = [(cell or "").strip() for cell in [*row, *[None] * (len(header) - len(row))]]
            if any(cells):
                end = len(ASKED) + len(ANSWER)
                found.append(ExchangeRow(tuple(cells[: len(ASKED)]), tuple(cells[len(ASKED) : end]), line))
        return found
    raise ContractError(
        table=path.name,
        problem=Message(N_("this is not a workbook of 'xinheng punishment export'")),
        remedy=Message(N_("keep the sheet's name and its first line as they were")),
    )
