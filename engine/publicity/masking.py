"""What the public may see of tables: named columns only, and no personal numbers in any text.

Columns are allowed one by one, so that a new column of a table stays private until somebody lists it here. Scores,
grades, strata, probabilities, handles, visits, officers and addresses are never among them. Free text (names, reasons)
may still hold a number typed in by mistake; such numbers are covered. Source: 个人信息保护法 arts. 6, 19; 总局令45
art. 6; practice of 行政处罚文书公示.
"""

import re
from datetime import date

import pandas as pd

from engine.vocabulary import ADVERSE_RESULTS, ResultCode, SelectionMode

PUBLIC_MODES = (SelectionMode.RANDOM.value, SelectionMode.FILTERED_DRAW.value, SelectionMode.RESERVE.value)
"""Selection modes whose results belong to the public draw."""
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
RESULT_COLUMNS = ("name", "uscc", "district", "item", "department", "inspected_on", "result")
WORDINGS = {
    ResultCode.NO_PROBLEM: "未发现问题",
    ResultCode.PENDING: "发现问题待后续处理",
    ResultCode.NOT_PUBLICISED: "未按规定公示应当公示的信息",
    ResultCode.FALSE_PUBLICITY: "公示信息隐瞒真实情况、弄虚作假",
    ResultCode.UNREACHABLE: "通过登记的住所（经营场所）无法联系",
    ResultCode.CORRECTED: "发现问题已责令改正",
    ResultCode.REFUSED: "不配合检查情节严重",
    ResultCode.NO_ACTIVITY: "未发现开展本次抽查涉及的经营活动",
    ResultCode.OTHER_LAW: "违反其他规定",
    ResultCode.EXITED: "已关闭停业、注销、被吊销、被撤销或迁出",
}
"""Official wording of each result (GS 52, 国市监信〔2019〕38号)."""

_PRIVATE = re.compile(
    r"(?<!\w)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)"  # identity number
    r"|(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"  # mobile phone
    r"|(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)"  # landline
    r"|(?<![\w])[3-6]\d{15,18}(?!\w)",  # bank card
    re.ASCII,
)
_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")


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


def public_results(
    inspections: pd.DataFrame,
    *,
    entities: pd.DataFrame,
    items: pd.DataFrame,
    departments: pd.DataFrame,
    districts: pd.DataFrame,
    as_of: date,
    adverse_months: int,
) -> pd.DataFrame:
    """Return results per firm as they are published on a day.

    Parameters
    ----------
    inspections : contract table, current versions.
    entities, items, departments, districts : contract tables, current versions.
    as_of : results known later are left out, adverse ones older than ``adverse_months`` too.
    adverse_months : how long an adverse result stays public.

    Returns
    -------
    DataFrame with columns :data:`RESULT_COLUMNS`, all text, one row per result of the public draw; sorted by name,
    firm and day. ``uscc`` is empty for objects without a registered code. No draw, visit or stratum stands in it, and
    rows of one visit are not marked as such.
    """
    codes = inspections["result_codes"].astype("string").fillna("").str.split(";")
    adverse = codes.map(lambda found: bool(ADVERSE_RESULTS.intersection(found)))
    day = pd.Timestamp(as_of)
    occurred, known = pd.to_datetime(inspections["occurred_on"]), pd.to_datetime(inspections["known_at"])
    oldest = day - pd.DateOffset(months=adverse_months)
    shown = inspections["selection_mode"].isin(PUBLIC_MODES) & (known <= day) & (~adverse | (occurred >= oldest))
    rows = inspections[shown].assign(
        result=codes[shown].map(_wording), inspected_on=occurred[shown].dt.strftime("%Y-%m-%d")
    )
    named = entities[["entity_id", "name", "uscc", "district_code"]]
    rows = rows.merge(named, on="entity_id", validate="m:1")
    rows = rows.assign(
        item=rows["item_code"].map(items.set_index("item_code")["name"]).fillna(rows["item_code"]),
        department=rows["department_code"].map(departments.set_index("department_code")["name"]),
        district=rows["district_code"].map(districts.set_index("district_code")["name"]),
    )
    rows = rows.sort_values(["name", "entity_id", "inspected_on", "item_code"], ignore_index=True)
    published = rows[list(RESULT_COLUMNS)].astype("string")
    uscc = published["uscc"].where(published["uscc"].str.fullmatch(_CODE))
    text = [column for column in RESULT_COLUMNS if column not in ("uscc", "inspected_on", "result")]
    return published.assign(uscc=uscc, **{column: masked(published[column]) for column in text}).fillna("")


def _wording(codes: list[str]) -> str:
    return "；".join(WORDINGS.get(ResultCode(code), code) for code in codes if code)
