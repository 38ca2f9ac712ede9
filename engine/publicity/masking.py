"""What the public may see of tables: named columns only, and no personal numbers in any text.

Columns are allowed one by one, so that a new column of a table stays private until somebody lists it here. Scores,
grades, strata, probabilities, handles, visits, officers and addresses are never among them. Free text (names, reasons)
may still hold a number typed in by mistake; such numbers are covered. Source: 个人信息保护法 arts. 6, 19; 总局令45
art. 6; practice of 行政处罚文书公示.
"""

import re

import pandas as pd

COVER = "***"
ITEM_COLUMNS = (
    "item_code",
    "name",
    "department",
    "item_class",
    "ratio_cap",
    "basis",
    "body",
    "content",
    "method",
    "edition",
)

_PRIVATE = re.compile(
    r"(?<!\w)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)"  # identity number
    r"|(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"  # mobile phone
    r"|(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)"  # landline
    r"|(?<![\w])[3-6]\d{15,18}(?!\w)",  # bank card
    re.ASCII,
)


def private_numbers(text: str) -> tuple[str, ...]:
    """Return the identity, phone and bank numbers in a text; a code of the register alone is none."""
    return tuple(found.group() for found in _PRIVATE.finditer(text))


def masked(column: "pd.Series[str]") -> "pd.Series[str]":
    """Return text with identity, phone and bank numbers covered; nulls stay null."""
    return column.astype("string").str.replace(_PRIVATE, COVER, regex=True)


def public_items(items: pd.DataFrame, *, departments: pd.DataFrame) -> pd.DataFrame:
    """Return the item list as it is published.

    Parameters
    ----------
    items, departments : contract tables, current versions.

    Returns
    -------
    DataFrame, key item_code, columns :data:`ITEM_COLUMNS`, all text, sorted by item_code.
    """
    names = departments.set_index("department_code")["name"]
    listed = items.assign(department=items["department_code"].map(names).fillna(items["department_code"]))
    listed = listed.sort_values("item_code", ignore_index=True)[list(ITEM_COLUMNS)].astype("string")
    return listed.apply(masked).fillna("")
