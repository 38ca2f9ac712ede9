"""A report as Markdown: headings, remarks and tables of the same written cells as its PDF and DOCX."""

from collections.abc import Sequence

from engine.store.outputs.report_files import Report


def report_markdown(report: Report) -> bytes:
    """Return the report as Markdown in UTF-8; the same report gives the same bytes."""
    lines = [f"# {report.title}", "", report.subtitle, ""]
    if report.notice:
        lines += [f"**{report.notice}**", ""]
    lines += [line for said in report.remarks for line in (said, "")]
    for part in report.parts:
        lines += [f"## {part.title}", ""]
        if part.remark:
            lines += [part.remark, ""]
        if part.rows:
            lines += [_row(part.heads), _row(["---"] * len(part.heads)), *map(_row, part.rows), ""]
    return ("\n".join([*lines, report.footer]) + "\n").encode()


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
