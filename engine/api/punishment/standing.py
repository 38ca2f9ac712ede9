"""How every case of joint punishment stands on a day, all at once: one row per case, out of the rows of its events.

The states are those that :mod:`engine.outcomes.punishment` walks through step by step; a test holds the two together.
"""

from datetime import date

import pandas as pd

from engine.api.plans.book import table_on
from engine.api.punishment.book import listing_rows, release_due
from engine.outcomes.punishment import STEPS
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace

_BEGINS = STEPS[0]
_COUNTED = ("hit", "applied", "declined")


def standing_cases(workspace: Workspace, *, book: PolicyBook, on: date, department: str = "") -> pd.DataFrame:
    """Return every case with its state, the end of its listing and the release that is due.

    Parameters
    ----------
    department : only cases that this department applies; empty = all.

    Returns
    -------
    DataFrame, key punishment_id, sorted: entity_id, listing_id, list_type, listed_on (both null where the listing is
    not known), measure_id, requester, department, state, triggered_on (its first event), since (its last), STEP_on of
    every other step (the first time; null if never), n_hits, n_applied, n_declined, amount_fen, listing_ends_on and
    end_reason (null and empty while the listing stands), release_due_on (null unless it was pushed and the listing
    ended). Days are timestamps.
    """
    stood = _stood(workspace, on=on)
    if department:
        stood = stood[stood["department"] == department]
    found = stood.merge(_listings(workspace, book=book, on=on), on="listing_id", how="left")
    ended = found["ends_on"] <= pd.Timestamp(on)
    ends_on = found["ends_on"].where(ended)
    days = {day: pd.Timestamp(release_due(book, day.date(), on=on)) for day in ends_on.dropna().unique()}
    due = pd.to_datetime(ends_on.map(days))
    return found.drop(columns="ends_on").assign(
        listing_ends_on=ends_on,
        end_reason=found["end_reason"].where(ended, ""),
        release_due_on=due.where(found["pushed_on"].notna()),
    )


def plain_days(days: pd.Series) -> pd.Series:
    """Return timestamps as dates, None where there is none."""
    return pd.Series(days.dt.date, dtype="object").where(days.notna(), None)


def _listings(workspace: Workspace, *, book: PolicyBook, on: date) -> pd.DataFrame:
    rows = listing_rows(workspace, book=book, on=on, of_cases=True)
    return rows[["listing_id", "list_type", "listed_on", "ends_on", "end_reason"]]


def _stood(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """One row per case out of its events."""
    rows = table_on(workspace, "punishments", on=on)
    order = [rows.occurred_on, rows.known_at, rows.punishment_event_id]
    firsts = {name: rows[name].first(order_by=order) for name in ("entity_id", "listing_id", "measure_id")}
    days = {f"{step}_on": rows.occurred_on.min(where=rows.event == step) for step in STEPS if step != _BEGINS}
    counts = {f"n_{step}": (rows.event == step).sum() for step in _COUNTED}
    found = pd.DataFrame(
        rows.group_by("punishment_id")
        .aggregate(
            **firsts,
            requester=rows.department_code.first(order_by=order),
            named=rows.to_department.first(order_by=order, where=rows.to_department != ""),
            state=rows.event.last(order_by=order),
            triggered_on=rows.occurred_on.min(),
            since=rows.occurred_on.max(),
            **days,
            **counts,
            amount_fen=rows.amount_fen.sum(),
        )
        .order_by("punishment_id")
        .execute()
    )
    found["department"] = found["named"].fillna(found["requester"])
    return found.drop(columns="named").rename(columns={"n_hit": "n_hits"}).astype({"amount_fen": "Int64"})
