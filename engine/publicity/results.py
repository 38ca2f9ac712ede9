"""Results of the public draw as they are published: one standing per firm, and counts per item.

A firm's standing says that it was checked in the public draw within the period of publication and what was found. It
names no item, department, day, draw or officer: who is drawn for more items, or more often, stands in a higher class,
so the set of items, the number of visits and even the year of the last one would tell the class, and an item set can be
joined to a public certificate. What was looked at is published per item instead, in counts rounded to tens, so that two
publications cannot be subtracted to find one firm. Source: docs/decisions/0005.
"""

import re
from collections.abc import Iterable
from datetime import date

import pandas as pd

from engine.publicity.masking import masked
from engine.vocabulary import ADVERSE_RESULTS, JOINER, ResultCode, SelectionMode

PUBLIC_MODES = (SelectionMode.RANDOM.value, SelectionMode.FILTERED_DRAW.value, SelectionMode.RESERVE.value)
"""Selection modes whose results belong to the public draw."""
STANDING_COLUMNS = ("name", "uscc", "district", "result")
TALLY_COLUMNS = ("item_code", "name", "department", "checks", "problems")
TALLY_UNIT = 10
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

_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")


def public_rows(inspections: pd.DataFrame, *, as_of: date, adverse_months: int, clean_months: int) -> pd.DataFrame:
    """Return the results of the public draw that are public on a day, with ``codes`` and ``is_adverse``.

    Parameters
    ----------
    inspections : current versions; entity_id, item_code, selection_mode, result_codes, occurred_on, known_at.
    as_of : results known later are left out.
    adverse_months, clean_months : how long a result with and without problems stays public, from the day of the visit.
    """
    day = pd.Timestamp(as_of)
    drawn = inspections["selection_mode"].isin(PUBLIC_MODES)
    rows = inspections[drawn & (pd.to_datetime(inspections["known_at"]) <= day)]
    codes = rows["result_codes"].astype("string").fillna("").str.split(JOINER)
    adverse = codes.map(lambda found: bool(ADVERSE_RESULTS.intersection(found))).astype(bool)
    occurred = pd.to_datetime(rows["occurred_on"])
    is_public = occurred >= day - pd.DateOffset(months=clean_months)
    is_public |= adverse & (occurred >= day - pd.DateOffset(months=adverse_months))
    return rows.assign(codes=codes, is_adverse=adverse, occurred_on=occurred)[is_public]


def public_standings(rows: pd.DataFrame, *, entities: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    """Return one standing per firm.

    Parameters
    ----------
    rows : from :func:`public_rows`.
    entities, districts : contract tables, current versions.

    Returns
    -------
    DataFrame with columns :data:`STANDING_COLUMNS`, all text, sorted by name and code. ``result`` holds result codes
    joined by ``;`` in the order of the official list: the problems still public, else the outcome without problems.
    ``uscc`` is empty for objects without a registered code. Cost: one group-by over the rows.
    """
    listed = rows.assign(code=rows["codes"])
    shown = listed.explode("code").drop_duplicates(["entity_id", "code"])
    shown = shown[shown["code"].isin(_ORDER) & ~_superseded(shown)]
    found = (
        shown.assign(rank=shown["code"].map(_ORDER))
        .sort_values(["entity_id", "rank"])
        .groupby("entity_id", sort=False)["code"]
        .agg(JOINER.join)
    )
    named = entities[["entity_id", "name", "uscc", "district_code"]].merge(
        found.rename("result"), left_on="entity_id", right_index=True, validate="1:1"
    )
    uscc = named["uscc"].astype("string")
    standing = pd.DataFrame(
        {
            "name": masked(named["name"]),
            "uscc": uscc.where(uscc.str.fullmatch(_CODE)),
            "district": masked(named["district_code"].map(districts.set_index("district_code")["name"])),
            "result": named["result"].astype("string"),
        }
    ).fillna("")
    return standing.sort_values(list(STANDING_COLUMNS), ignore_index=True)


_ORDER = {str(code): rank for rank, code in enumerate(ResultCode)}


def _superseded(shown: pd.DataFrame) -> "pd.Series[bool]":
    """Outcomes without problems of a firm that has problems still public: which items were clean would count items."""
    adverse = shown["code"].isin([str(code) for code in ADVERSE_RESULTS])
    has_problem = adverse.groupby(shown["entity_id"]).transform("any")
    clean = shown["code"] == ResultCode.NO_PROBLEM
    is_clean = clean.groupby(shown["entity_id"]).transform("any")
    return (has_problem & ~adverse) | (~has_problem & is_clean & ~clean)


def item_tallies(rows: pd.DataFrame, *, items: pd.DataFrame) -> pd.DataFrame:
    """Return how many checks of each item are public and how many found a problem, rounded down to tens.

    Parameters
    ----------
    rows : from :func:`public_rows`.
    items : from :func:`engine.publicity.masking.public_items`.

    Returns
    -------
    DataFrame with columns :data:`TALLY_COLUMNS`, one row per item, sorted as ``items``; counts are text.
    """
    counted = rows.groupby("item_code").agg(checks=("is_adverse", "size"), problems=("is_adverse", "sum"))
    tallied = items[["item_code", "name", "department"]].join(counted, on="item_code")
    for column in ("checks", "problems"):
        tallied[column] = _rounded(tallied[column].fillna(0).astype(int))
    return tallied[list(TALLY_COLUMNS)].astype("string")


def _rounded(counts: Iterable[int]) -> list[str]:
    return [str(int(count) // TALLY_UNIT * TALLY_UNIT) if count >= TALLY_UNIT else f"<{TALLY_UNIT}" for count in counts]


def wording(result: str) -> str:
    """Return the official Chinese wording of result codes joined by ``;``."""
    return "；".join(WORDINGS[ResultCode(code)] for code in result.split(JOINER) if code)
