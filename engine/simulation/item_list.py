"""The item list as numbers for the generator, and as the contract table with one edition per year."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import logit

from engine.simulation.assumptions import Assumptions
from engine.simulation.catalogue import ITEMS, Item
from engine.simulation.industries import CODES
from engine.simulation.layout import contract_table
from engine.simulation.organs import DEPARTMENT_CODES, DEPARTMENTS
from engine.vocabulary import JOINER

ENTITY_TYPES = ("enterprise", "individual_business", "farmer_cooperative")
_CAPS_TIGHTENED_IN = 2025
"""From this edition on the list follows 国办发〔2024〕54号 (fewer on-site checks); earlier caps were a fifth higher."""
_EARLIER_CAP_FACTOR = 1.2

DEPARTMENT_OF_ITEM = np.array([DEPARTMENT_CODES.index(item.department_code) for item in ITEMS])
IS_PUBLICITY = np.array([item.is_publicity for item in ITEMS])
IS_FOOD = np.array([item.speciality == "食品安全" for item in ITEMS])
SINCE = np.array([item.since for item in ITEMS])
YEARLY_RATIOS = np.array([item.yearly_ratio for item in ITEMS])
VIOLATIONS = tuple(wording for item in ITEMS for wording in item.violations)


def applies(item: Item, *, entity_type: str, industry_code: str) -> bool:
    """Return whether the item applies to that type and industry (sections by letter, divisions in full)."""
    in_industry = not item.industries or industry_code in item.industries or industry_code[0] in item.industries
    return entity_type in item.types and in_industry


def applicable_items() -> npt.NDArray[np.bool_]:
    """Return which items apply, shape (item, type, industry)."""
    return np.array(
        [
            [[applies(item, entity_type=kind, industry_code=code) for code in CODES] for kind in ENTITY_TYPES]
            for item in ITEMS
        ]
    )


def item_difficulties(assumptions: Assumptions) -> npt.NDArray[np.float64]:
    """Return each item's intercept on the logit scale."""
    return np.asarray(logit([item.base_rate for item in ITEMS]) + assumptions.item_logit_shift)


def _cap(item: Item, edition: int) -> float | None:
    if item.cap is None:
        return None
    return item.cap if edition >= _CAPS_TIGHTENED_IN else round(item.cap * _EARLIER_CAP_FACTOR, 4)


def items_table(*, first_year: int, last_year: int, last_day: np.datetime64) -> pa.Table:
    """Return the contract table ``items``: every edition from ``first_year`` to ``last_year`` known by ``last_day``.

    An edition takes effect on 1 January and is published in the preceding December.
    """
    bodies = {department.code: f"市、县(市、区){department.body}" for department in DEPARTMENTS}
    editions = range(first_year, last_year + 1)
    rows = [
        (item, year)
        for year in editions
        for item in ITEMS
        if item.since <= year and np.datetime64(f"{year - 1}-12-20") <= last_day
    ]
    listed = [item for item, _ in rows]
    columns: dict[str, object] = {
        "item_code": [item.code for item in listed],
        "name": [item.name for item in listed],
        "department_code": [item.department_code for item in listed],
        "item_class": [item.item_class.value for item in listed],
        "ratio_cap": pa.array([_cap(item, year) for item, year in rows], pa.float64()),
        "basis": [item.basis for item in listed],
        "body": [bodies[item.department_code] for item in listed],
        "content": [item.content for item in listed],
        "method": [item.method for item in listed],
        "edition": [str(year) for _, year in rows],
        "applies_to_types": [JOINER.join(item.types) for item in listed],
        "applies_to_industries": pa.array([JOINER.join(item.industries) or None for item in listed], pa.string()),
        "specialities": [item.speciality for item in listed],
        "expert_specialities": pa.nulls(len(listed), pa.string()),
        "ends_on": pa.nulls(len(listed), pa.date32()),
        "parent_item_code": pa.nulls(len(listed), pa.string()),
        "occurred_on": np.array([f"{year}-01-01" for _, year in rows], "datetime64[D]"),
        "known_at": np.array([f"{year - 1}-12-20" for _, year in rows], "datetime64[D]"),
    }
    return contract_table("items", columns)
