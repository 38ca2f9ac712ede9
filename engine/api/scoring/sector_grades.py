"""Grades of sectors: the records in force on a day, the table of how they were joined, and why in sentences."""

from datetime import date

import ibis
import pandas as pd
import pyarrow as pa

from engine.errors import TableMissingError
from engine.grading.sector_reasons import sector_reason
from engine.grading.sectors import JOIN_COLUMNS
from engine.messages import Message
from engine.store.workspaces.warehouse import Warehouse

TABLE = "grade_sectors"
_NUMBERS = ("sector_points", "credit_points", "points", "most_points")
SCHEMA = pa.schema(
    [(name, pa.float64() if name in _NUMBERS else pa.string()) for name in JOIN_COLUMNS] + [("as_of", pa.date32())]
)
SCHEMA = SCHEMA.set(SCHEMA.get_field_index("graded_on"), pa.field("graded_on", pa.date32()))
SCHEMA = SCHEMA.set(SCHEMA.get_field_index("is_deciding"), pa.field("is_deciding", pa.bool_()))


def sector_grades(warehouse: Warehouse, *, as_of: date) -> pd.DataFrame:
    """Return the outside grades in force on a day; of one scheme the latest last.

    Returns
    -------
    DataFrame: entity_id, scheme, external_grade_id, graded_on, external_grade, risk_position.
    """
    return sector_grades_among(warehouse.history("external_grades"), as_of=as_of)


def sector_grades_among(rows: ibis.Table, *, as_of: date) -> pd.DataFrame:
    """Return :func:`sector_grades` out of given versions of table ``external_grades``."""
    known = rows.filter(
        rows.known_at <= as_of,
        rows.superseded_at.isnull() | (rows.superseded_at > as_of),
        rows.occurred_on <= as_of,
        rows.valid_until.isnull() | (rows.valid_until >= as_of),
    )
    ordered = known.order_by(["entity_id", "scheme", "occurred_on", "external_grade_id"])
    chosen = ordered.select(
        "entity_id", "scheme", "external_grade_id", "external_grade", "risk_position", graded_on=ordered.occurred_on
    )
    return pd.DataFrame(chosen.execute())


def sector_table(joins: pd.DataFrame, *, as_of: date) -> pa.Table:
    """Return result table ``grade_sectors``: joins of :func:`engine.grading.sectors.join_sectors` with their day."""
    rows = joins.assign(as_of=as_of, graded_on=_days(joins["graded_on"]))
    return pa.Table.from_pandas(rows, schema=SCHEMA, preserve_index=False)


def sector_reasons(warehouse: Warehouse, entity_id: str, *, run_id: str) -> tuple[Message, ...]:
    """Return how the grades of an entity's sectors were joined in a run, in sentences; none where none was."""
    try:
        rows = warehouse.read(TABLE, run_id=run_id)
    except TableMissingError:
        return ()  # a run of before joins were kept
    own = pd.DataFrame(rows.filter(rows.entity_id == entity_id).order_by("code").execute())
    return tuple(sector_reason(row) for row in own.to_dict("records"))


def _days(values: pd.Series) -> pd.Series:
    """Days as dates whatever they came as; of an empty table too."""
    days = [None if pd.isna(day) else pd.Timestamp(day).date() for day in values]
    return pd.Series(days, index=values.index, dtype="object")
