"""How facts of figures are read: rows known on a day, placed in districts, with the last days that clocks set."""

from datetime import date

import pandas as pd

from engine.api.plans.book import rows_on
from engine.api.workspace import Workspace
from engine.errors import TableMissingError
from engine.outcomes.deadlines import deadline
from engine.parameters import PolicyBook


def rows_known(workspace: Workspace, table: str, *, on: date, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return columns of the rows known on a day; none where nobody filled the table."""
    try:
        return rows_on(workspace, table, on=on, columns=columns)
    except TableMissingError:
        return pd.DataFrame(columns=list(columns))


def placed(rows: pd.DataFrame, district: pd.Series) -> pd.DataFrame:
    """Rows with the district of their entity, empty where it is on no register."""
    return rows.assign(district_code=rows["entity_id"].map(district).fillna("").astype(str))


def last_days(days: pd.Series, clock: str, *, book: PolicyBook, on: date) -> pd.Series:
    """The last day that a clock sets, for each day of an event; computed once per distinct day."""
    stamps = pd.to_datetime(days)
    found = {
        stamp: pd.Timestamp(deadline(book, clock, event=stamp.date(), on=on)[0].on)
        for stamp in stamps.dropna().unique()
    }
    return pd.to_datetime(stamps.map(found))


def first_days(rows: pd.DataFrame, key: str, name: str) -> pd.DataFrame:
    """The first day of each key's rows as column ``name``; a join of it never asks what an empty column holds."""
    ordered = rows.sort_values("occurred_on", kind="stable").drop_duplicates(key)
    return ordered[[key, "occurred_on"]].rename(columns={"occurred_on": name})
