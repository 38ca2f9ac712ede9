"""Duplicates in the object library: pairs of identifiers that carry the same official number, for a person to judge.

Two rules, the stronger first: the same unified social credit code; the same older registration number, unless both
sides carry different credit codes (then the law sees two bodies, and one of the numbers is wrong). Nothing is merged
by the rule alone.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import ibis
import pandas as pd

RULES = ("uscc", "reg_no")
COLUMNS = (
    "match_id", "rule", "value", "kept_id", "merged_id", "kept_name", "merged_name", "is_same_name", "is_same_address",
)  # fmt: skip
_READ = ("entity_id", "uscc", "reg_no", "name", "address", "entity_type", "status", "occurred_on")


def shared_numbers(register: ibis.Table) -> ibis.Table:
    """Return the register rows whose credit code or registration number another identifier carries too.

    Parameters
    ----------
    register : rows that stand on a day, key ``entity_id``. Cost: one aggregate and one join per rule.
    """
    rows = register.select(*_READ, **{f"{rule}_key": register[rule].strip().upper() for rule in RULES})
    named = []
    for rule in RULES:
        key = f"{rule}_key"
        held = rows.filter((rows[key].length() > 0).fill_null(False))
        shared = held.group_by(key).having(held.entity_id.nunique() > 1).agg(n=held.entity_id.nunique())
        named.append(held.semi_join(shared, key))
    return ibis.union(*named, distinct=True)


def proposals(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs to be judged, one per merged identifier.

    Parameters
    ----------
    rows : result of :func:`shared_numbers`.

    Returns
    -------
    DataFrame of :data:`COLUMNS`, sorted by rule and value. Kept is the identifier of scheme ``uscc``, else one with a
    credit code, else the oldest, else the first in text order.
    """
    ordered = rows.assign(
        rank=[_rank(str(row.entity_id), row.uscc_key) for row in rows.itertuples()],
        established=pd.to_datetime(rows["occurred_on"]),
    ).sort_values(["rank", "established", "entity_id"], na_position="last")
    records = ordered.to_dict("records")
    found: dict[str, dict[str, object]] = {}
    for rule in RULES:
        first: dict[str, Mapping[Any, Any]] = {}
        for row in records:
            value = row[f"{rule}_key"]
            if not isinstance(value, str) or not value:
                continue
            kept = first.setdefault(value, row)
            if kept is not row and row["entity_id"] not in found and not _are_two_bodies(kept, row):
                found[row["entity_id"]] = _pair(rule, value, kept, row)
    pairs = pd.DataFrame(list(found.values()), columns=[*COLUMNS])
    return pairs.sort_values(["rule", "value", "merged_id"], ignore_index=True, key=_by_rule)


def _by_rule(values: pd.Series) -> pd.Series:
    return values.map(RULES.index) if values.name == "rule" else values


def _rank(entity_id: str, uscc: object) -> int:
    return 0 if entity_id.startswith("uscc:") else 1 if isinstance(uscc, str) and uscc else 2


def _are_two_bodies(kept: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    codes = {row["uscc_key"] for row in (kept, other) if isinstance(row["uscc_key"], str) and row["uscc_key"]}
    return len(codes) > 1


def _pair(rule: str, value: str, kept: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[str, object]:
    return {
        "match_id": match_id(str(kept["entity_id"]), str(other["entity_id"])),
        "rule": rule,
        "value": value,
        "kept_id": kept["entity_id"],
        "merged_id": other["entity_id"],
        "kept_name": kept["name"],
        "merged_name": other["name"],
        "is_same_name": kept["name"] == other["name"],
        "is_same_address": bool(kept["address"]) and kept["address"] == other["address"],
    }


def match_id(kept_id: str, merged_id: str) -> str:
    """Return the name of a pair: the same for the same two identifiers in the same roles."""
    return "m-" + hashlib.sha256(f"{kept_id}\n{merged_id}".encode()).hexdigest()[:12]
