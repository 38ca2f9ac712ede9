"""Columns of the contract tables that the city delivers, and small builders of Arrow columns.

A table inside :class:`~engine.simulation.city.City` may keep repeated texts as an Arrow dictionary, which makes a
city of a million objects fit in memory; :func:`plain` turns it into the plain contract types.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import SchemaMismatchError
from engine.simulation.workdays import FAR, Dates

_TEXT, _WHOLE, _REAL, _DAY, _TRUTH = pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.bool_()
_TYPES = {"text": _TEXT, "whole": _WHOLE, "real": _REAL, "day": _DAY, "truth": _TRUTH}
_COLUMNS: dict[str, str] = {
    "entities": "entity_id uscc reg_no name entity_type population industry_code district_code address"
    " registered_capital_fen:whole status tags",
    "departments": "department_code name role level parent_code",
    "districts": "district_code name parent_code successor_code",
    "items": "item_code name department_code item_class ratio_cap:real basis body content method edition"
    " applies_to_types applies_to_industries specialities expert_specialities ends_on:day parent_item_code",
    "inspectors": "inspector_code name department_code district_code specialities certificate_no"
    " certificate_expires_on:day yearly_cap:whole load_weight:whole is_leader_qualified:truth status",
    "recusals": "inspector_code entity_id reason",
    "inspections": "inspection_id visit_id entity_id item_code department_code selection_mode draw_id stratum"
    " design_probability:real inclusion_probability:real result_codes violations_critical:whole"
    " violations_major:whole violations_minor:whole severity_score:real inspector_code check_method",
    "penalties": "penalty_id entity_id doc_no violation_type categories severity fine_fen:whole"
    " confiscated_fen:whole content publicity_end_on:day valid_until:day organ_code",
    "listings": "listing_event_id listing_id entity_id list_type event reason organ_code",
    "repairs": "repair_id entity_id target_table target_id decision organ_code",
    "complaints": "complaint_id entity_id topic is_substantiated:truth channel",
    "licences": "licence_id entity_id doc_no doc_name licence_type certificate_name certificate_no content"
    " valid_from:day valid_until:day status organ_code",
    "annual_reports": "entity_id report_year:whole status is_truthful:truth assets_fen:whole revenue_fen:whole"
    " n_employees:whole",
    "external_grades": "external_grade_id entity_id scheme external_grade risk_position:real valid_until:day"
    " organ_code",
    "relations": "relation_id entity_id related_id relation_type holding_share:real ended_on:day",
    "plans": "line_id plan_year:whole authority_code item_codes objects ratio window_start:day window_end:day"
    " initiating_department participating_departments draw_type ratio_basis check_method is_off_site:truth"
    " draws_per_year:whole entity_types industries tags districts grades ticket_group person_days:real control_unit"
    " control_share control_ratio blind_share merged_from",
    "registry_counts": "count_id district_code entity_type statuses n_units:whole source source_ref",
}


def _schema(columns: str) -> pa.Schema:
    fields = []
    for column in f"{columns} occurred_on:day known_at:day".split():
        name, _, kind = column.partition(":")
        fields.append((name, _TYPES[kind or "text"]))
    return pa.schema(fields)


SCHEMAS: Mapping[str, pa.Schema] = {table: _schema(columns) for table, columns in _COLUMNS.items()}


def contract_table(name: str, columns: Mapping[str, object]) -> pa.Table:
    """Return the contract table ``name`` with exactly its columns, in contract order.

    Raises
    ------
    SchemaMismatchError
        A column of the contract is missing or one is not part of it.
    """
    schema = SCHEMAS[name]
    unlike = set(schema.names) ^ set(columns)
    if unlike:
        raise SchemaMismatchError(table=name, columns=", ".join(sorted(unlike)))
    return pa.table({column: columns[column] for column in schema.names})


def plain(table: pa.Table, name: str) -> pa.Table:
    """Return ``table`` with the plain types of contract ``name``: texts decoded, whole numbers 64 bits wide."""
    return table.cast(SCHEMAS[name])


def coded(indices: npt.NDArray[np.integer], words: Sequence[str] | pa.Array) -> pa.DictionaryArray:
    """Return ``words[indices]`` as a dictionary column; a negative index is null."""
    dictionary = words if isinstance(words, pa.Array) else pa.array(words, pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(indices.astype(np.int32), mask=indices < 0), dictionary)


def chosen(indices: npt.NDArray[np.integer], words: Sequence[str] | pa.Array) -> pa.Array:
    """Return ``words[indices]`` as a plain text column; a negative index is null."""
    return coded(indices, words).dictionary_decode()


def days(dates: Dates) -> pa.Array:
    """Return a date column; ``FAR`` is null."""
    return pa.array(dates.astype("datetime64[D]"), mask=dates >= FAR)


def numbers(values: npt.NDArray[np.generic], *, where: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Return a number or truth column, null outside ``where``."""
    return pa.array(values, mask=None if where is None else ~where)


def joined(*parts: pa.Array | str) -> pa.Array:
    """Return the parts joined row by row; at least one is a column, null in any part gives null."""
    return pc.binary_join_element_wise(*parts, "")


def numbered(values: npt.NDArray[np.integer], width: int = 1) -> pa.Array:
    """Return whole numbers as text, padded with zeros to ``width``."""
    return pc.utf8_lpad(pa.array(values.astype(np.int64)).cast(pa.string()), width, "0")


def rank_in_group(groups: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Return for each row how many earlier rows have the same group number."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[begins, len(ordered)])
    ranks = np.empty(len(ordered), np.int64)
    ranks[order] = np.arange(len(ordered)) - np.repeat(begins, sizes)
    return ranks
