"""How tables and links look on a screen as narrow as a phone; wide screens see nothing of it.

A table that does not fit is stacked there: each row a block, each cell a line with its column's name before it. The
rules for narrow screens read variables that only such a table sets, as its own style cannot ask for the screen's width.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards.theme import QUIET, RULE

WIDEST = 640
"""Pixels of the screen up to which it counts as narrow."""
ROOM = 350
"""Pixels a table has on a phone."""
LETTER, MARGIN = 6.8, 13.0
"""Pixels of a Latin letter, a Chinese one has two; of the margins of a cell."""

_LOOKS = f"""<style>
@media (max-width: {WIDEST}px) {{
  [data-testid="stMain"] h1 {{ font-size: 2rem; }}
  [data-testid="stPageLink"] p {{ white-space: normal; overflow: visible; }}
  [data-testid="stMain"] .stMarkdownBadge {{ white-space: normal !important; }}
  [data-testid="stTable"] :is(table, tbody, tr) {{ display: var(--stacked, revert); }}
  [data-testid="stTable"] thead {{ display: var(--stacked-head, revert); }}
  [data-testid="stTable"] tr {{ border-bottom: var(--stacked-line, none); padding: var(--stacked-space, 0); }}
  [data-testid="stTable"] td {{
    display: var(--stacked-cell, revert); justify-content: space-between; gap: 1rem;
    border-bottom-width: var(--stacked-border, 1px); padding: var(--stacked-margin, 0.25rem 0.375rem);
  }}
  [data-testid="stTable"] td::before {{
    content: var(--stacked-name, none); display: block; color: {QUIET}; font-size: 0.875rem;
  }}
}}
</style>"""
_STACKED = [
    ("--stacked", "block"),
    ("--stacked-head", "none"),
    ("--stacked-line", f"1px solid {RULE}"),
    ("--stacked-space", "0.4rem 0"),
    ("--stacked-border", "0"),
    ("--stacked-margin", "0.05rem 0.375rem"),
]


def put_looks() -> None:
    """Hand the rules to the browser, once per page."""
    st.html(_LOOKS)


def stacking(heads: Sequence[str], widths: Sequence[int], *, one_line: int) -> list[dict[str, Any]]:
    """Return the rules by which a table is stacked on a narrow screen; none when it fits there.

    Parameters
    ----------
    heads : names of the columns. widths : Latin letters of the widest head or cell of each.
    one_line : letters that a cell holds in one line; more stand below the column's name, not beside it.
    """
    taken = sum(min(width, one_line) * LETTER + MARGIN for width in widths)
    if taken <= ROOM:
        return []
    rules: list[dict[str, Any]] = [{"selector": "", "props": _STACKED}]
    for at, (head, width) in enumerate(zip(heads, widths, strict=True)):
        place = "flex" if width <= one_line else "block"
        quoted = head.replace("\\", "\\\\").replace('"', '\\"')
        rules.append(
            {"selector": f"td.col{at}", "props": [("--stacked-cell", place), ("--stacked-name", f'"{quoted}"')]}
        )
    return rules
