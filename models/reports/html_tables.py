"""Tables and shares as the offline pages of this folder write them."""

from collections.abc import Sequence
from html import escape


def html_table(caption: str, heads: Sequence[str], body: Sequence[Sequence[object]]) -> str:
    """Return a table with a caption; every text is escaped."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    rows = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in body)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def share(value: object) -> str:
    """Return a share 0..1 as a percentage with one decimal; a dash where there is none."""
    number = float("nan") if value is None else float(value)  # type: ignore[arg-type]
    return "–" if number != number else f"{number:.1%}"
