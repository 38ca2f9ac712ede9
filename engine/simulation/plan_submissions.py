"""The plan lines that the city's departments hand in for a year, and the registration authority's own count.

Each department submits its items in as few lines as share class and cap, in the last days of December. One
department names another's item as well (health: catering), so that there is something to merge, as every real January
has. Ratios are the caps of general items; windows are the first half of the year.
"""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.simulation.catalogue import ITEMS, Item
from engine.simulation.layout import contract_table
from engine.simulation.organs import DEPARTMENTS
from engine.simulation.places import CITY_CODE
from engine.vocabulary import JOINER

KEY_RATIO = "3/10"
"""Planned ratio of key items: the highest graded ratio of general items, taken as the most for the year."""
SHARED_ITEM, SHARED_BY = "SCJG05", "WJW"
"""The item that a second department names too."""
_METHODS = {
    "书面检查": "document_review",
    "网络监测": "online_monitoring",
    "实地核查": "onsite_check",
    "检验检测": "testing",
}
_FIRST_SUBMISSION, _SUBMISSION_DAYS = 22, 10
_COUNTED = "active"


def plan_year(last_day: date) -> int:
    """Return the latest year whose lines were handed in by ``last_day``."""
    return last_day.year + 1 if (last_day.month, last_day.day) == (12, 31) else last_day.year


def plans_table(year: int) -> pa.Table:
    """Return the contract table ``plans`` with every department's lines for a year."""
    rows = [row for place, department in enumerate(DEPARTMENTS) for row in _lines(department.code, year, place=place)]
    table = pd.DataFrame(rows)
    columns: dict[str, object] = {
        name: pa.array(table[name], kind)
        for name, kind in (
            ("line_id", pa.string()), ("item_codes", pa.string()), ("objects", pa.string()), ("ratio", pa.string()),
            ("initiating_department", pa.string()), ("participating_departments", pa.string()),
            ("check_method", pa.string()), ("is_off_site", pa.bool_()), ("occurred_on", pa.date32()),
        )
    }  # fmt: skip
    n = len(table)
    columns |= {
        "plan_year": pa.array([year] * n, pa.int64()),
        "authority_code": pa.array([CITY_CODE] * n, pa.string()),
        "window_start": pa.array([date(year, 3, 1)] * n, pa.date32()),
        "window_end": pa.array([date(year, 6, 30)] * n, pa.date32()),
        "draw_type": pa.array(["open"] * n, pa.string()),
        "ratio_basis": pa.array(["graded"] * n, pa.string()),
        "draws_per_year": pa.array([1] * n, pa.int64()),
        "person_days": pa.nulls(n, pa.float64()),
        "known_at": columns["occurred_on"],
    }
    empty = (
        "entity_types",
        "industries",
        "tags",
        "districts",
        "grades",
        "ticket_group",
        "control_unit",
        "control_share",
    )
    columns |= {name: pa.nulls(n, pa.string()) for name in (*empty, "control_ratio", "blind_share", "merged_from")}
    return contract_table("plans", columns)


def _lines(department: str, year: int, *, place: int) -> list[dict[str, object]]:
    groups: dict[tuple[str, bool], list[Item]] = {}
    for item in ITEMS:
        own = item.department_code == department or (department == SHARED_BY and item.code == SHARED_ITEM)
        if own and item.since <= year:
            ratio = KEY_RATIO if item.cap is None else str(item.cap)
            groups.setdefault((ratio, "实地核查" not in item.method), []).append(item)
    return [
        _row(
            f"{year}-{department}-{number}",
            items,
            department=department,
            ratio=ratio,
            is_off_site=off,
            year=year,
            place=place,
        )
        for number, ((ratio, off), items) in enumerate(sorted(groups.items()), start=1)
    ]


def _row(
    line_id: str, items: list[Item], *, department: str, ratio: str, is_off_site: bool, year: int, place: int
) -> dict[str, object]:
    parts = sorted({department, *(item.department_code for item in items)})
    methods = sorted({_METHODS[word] for item in items for word in item.method.split(JOINER)})
    return {
        "line_id": line_id,
        "item_codes": JOINER.join(sorted(item.code for item in items)),
        "objects": "、".join(item.name.removesuffix("检查") for item in items) + "涉及的市场主体",
        "ratio": ratio,
        "initiating_department": department,
        "participating_departments": JOINER.join(parts),
        "check_method": JOINER.join(methods),
        "is_off_site": is_off_site,
        "occurred_on": date(year - 1, 12, _FIRST_SUBMISSION + place % _SUBMISSION_DAYS),
    }


def registry_counts_table(entities: pa.Table, *, last_day: date) -> pa.Table:
    """Return the contract table ``registry_counts``: active objects per district and type on the last day.

    Parameters
    ----------
    entities : table ``entities`` of the city, every version sorted by entity and day.
    """
    columns = ["entity_id", "district_code", "entity_type", "status"]
    versions = pd.DataFrame({name: _plain(entities[name]) for name in columns})
    latest = versions[~versions["entity_id"].duplicated(keep="last")]
    counted = latest[latest["status"] == _COUNTED].groupby(["district_code", "entity_type"], observed=True).size()
    found = counted.rename("n_units").reset_index()
    n, day = len(found), np.datetime64(last_day)
    names = [
        f"{last_day.isoformat()}/{d}/{t}" for d, t in zip(found["district_code"], found["entity_type"], strict=True)
    ]
    return contract_table(
        "registry_counts",
        {
            "count_id": pa.array(names, pa.string()),
            "district_code": pa.array(found["district_code"].astype(str), pa.string()),
            "entity_type": pa.array(found["entity_type"].astype(str), pa.string()),
            "statuses": pa.array([_COUNTED] * n, pa.string()),
            "n_units": pa.array(found["n_units"], pa.int64()),
            "source": pa.array(["模拟登记机关"] * n, pa.string()),
            "source_ref": pa.nulls(n, pa.string()),
            "occurred_on": pa.array(np.full(n, day), pa.date32()),
            "known_at": pa.array(np.full(n, day), pa.date32()),
        },
    )


def _plain(column: pa.ChunkedArray) -> pd.Series:
    return column.to_pandas() if isinstance(column, pa.ChunkedArray) else pd.Series(column.to_pandas())
