"""Facts of what follows a finding: orders, referrals, joint punishments, warnings, objections, as known on a day."""

from datetime import date
from typing import Any

import pandas as pd

from engine.api.figures.kpi_reading import first_days, last_days, placed, rows_known
from engine.api.grading.warnings import warnings
from engine.api.punishment.book import case_rows, listings_on
from engine.api.punishment.steps import QUERIED
from engine.api.results.objections import INSPECTIONS, objections
from engine.api.workspace import Workspace
from engine.errors import TableMissingError
from engine.outcomes.deadlines import calendar_of
from engine.outcomes.objections import CLOCK
from engine.outcomes.punishment import RELEASE_POLICY
from engine.parameters import PolicyBook

RECEIPT = "kpi.receipt_days"
FUNNEL = ("triggered", "basis_checked", "pushed", "received", "hit", "applied", "declined", "fed_back")
CLOSED = ("passed", "closed")


def orders(workspace: Workspace, district: pd.Series, *, on: date) -> pd.DataFrame:
    """Return orders to correct with their first day, their last day as extended, and the day they were closed."""
    columns = ("rectification_id", "entity_id", "department_code", "event", "due_on", "occurred_on")
    rows = rows_known(workspace, "rectifications", on=on, columns=columns)
    rows = rows.sort_values("occurred_on", kind="stable")
    begun = rows.drop_duplicates("rectification_id").rename(columns={"occurred_on": "ordered_on"})
    set_last = rows[rows["due_on"].notna()].drop_duplicates("rectification_id", keep="last")  # an extension moves it
    last = set_last[["rectification_id", "due_on"]]
    orders = begun.drop(columns=["due_on", "event"]).merge(last, on="rectification_id", how="left")
    closed = first_days(rows[rows["event"].isin(CLOSED)], "rectification_id", "closed_on")
    return placed(orders.merge(closed, on="rectification_id", how="left"), district)


def referrals(workspace: Workspace, district: pd.Series, *, book: PolicyBook, on: date) -> pd.DataFrame:
    """Return what was handed on, with the day of its receipt and the last day for it."""
    columns = ("referral_id", "entity_id", "to_department", "event", "due_on", "occurred_on")
    rows = rows_known(workspace, "referrals", on=on, columns=columns).sort_values("occurred_on", kind="stable")
    sent = rows[rows["event"] == "sent"].drop_duplicates("referral_id", keep="last")
    answered = rows[rows["event"].isin(("received", "returned"))].drop_duplicates("referral_id", keep="last")
    received = answered[["referral_id", "occurred_on"]].rename(columns={"occurred_on": "received_on"})
    found = sent.rename(columns={"occurred_on": "sent_on", "to_department": "department_code"})
    found = found.drop(columns=["event", "due_on"]).merge(received, on="referral_id", how="left")
    days, calendar = int(book.value(RECEIPT, on=on)), calendar_of(book, on=on)
    sent_on = pd.to_datetime(found["sent_on"])
    last = {day: pd.Timestamp(calendar.after(day.date(), days).on) for day in sent_on.unique()}
    until = [last[day] for day in sent_on]
    return placed(found.assign(due_on=pd.to_datetime(pd.Series(until, index=found.index))), district)


def objections_due(workspace: Workspace, district: pd.Series, *, book: PolicyBook, on: date) -> pd.DataFrame:
    """Objections with their last day, and the day they were settled: a correction once it is public."""
    rows = objections(workspace, as_of=on)
    filed = last_days(rows["filed_on"], CLOCK, book=book, on=on)
    waits = rows["state"].eq("corrected") & rows["target_table"].eq(INSPECTIONS)
    settled = rows["decided_on"].where(~waits, rows["republished_on"])
    return placed(rows, district).assign(
        department_code=rows["department"],
        due_on=pd.to_datetime(rows["due_on"]).fillna(filed),
        settled_on=pd.to_datetime(settled),
    )


def queries(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return the businesses that were asked about: how many objects, how many of them restricted."""
    rows = []
    for entry in workspace.ledger.entries(action=QUERIED):
        said, day = entry.particulars, pd.Timestamp(entry.entered_at[:10])
        if day <= pd.Timestamp(on):
            rows.append((entry.subject, said["department"], "", day, said["entities"], said["restricted"]))
    columns = ["business_no", "department_code", "district_code", "on", "n_entities", "n_met"]
    return pd.DataFrame(rows, columns=columns)


def _events(workspace: Workspace, *, on: date) -> pd.DataFrame:
    try:
        return case_rows(workspace, on=on)
    except TableMissingError:
        columns = [
            "punishment_id",
            "entity_id",
            "measure_id",
            "listing_id",
            "event",
            "to_department",
            "amount_fen",
            "occurred_on",
        ]
        return pd.DataFrame(columns=[*columns, "department_code"])


def cases(workspace: Workspace, district: pd.Series, *, book: PolicyBook, on: date) -> pd.DataFrame:
    """Return the cases of joint punishment with the days of their steps and of the release that is due."""
    events = _events(workspace, on=on)
    cases = events.drop_duplicates("punishment_id")[["punishment_id", "entity_id", "measure_id", "listing_id"]]
    for step in ("triggered", "pushed", "hit", "applied", "fed_back", "release_pushed"):
        first = first_days(events[events["event"] == step], "punishment_id", f"{step}_on")
        cases = cases.merge(first, on="punishment_id", how="left")
    ends, reasons = _ends(workspace, book=book, on=on) if len(cases) else ({}, {})
    ended_on = pd.to_datetime(cases["listing_id"].map(ends))
    due = last_days(ended_on, RELEASE_POLICY, book=book, on=on).where(cases["pushed_on"].notna())
    return placed(cases, district).assign(
        department_code=cases["punishment_id"].map(_applying(events)).fillna("").astype(str),
        is_hit=cases["hit_on"].notna(),
        is_applied=cases["applied_on"].notna(),
        is_fed_back=cases["fed_back_on"].notna(),
        release_due_on=due,
        is_ended=ended_on.notna(),
        is_repaired=cases["listing_id"].map(reasons).eq("repaired"),
    )


def _ends(workspace: Workspace, *, book: PolicyBook, on: date) -> tuple[dict[str, date], dict[str, str]]:
    """First day off the list of every listing with a case that is off it on a day, and why."""
    listings = listings_on(workspace, book=book, on=on, of_cases=True)
    over = {name: one for name, one in listings.items() if one.ends_on is not None and one.ends_on <= on}
    return (
        {name: one.ends_on for name, one in over.items() if one.ends_on is not None},
        {name: one.end_reason for name, one in over.items()},
    )


def _applying(events: pd.DataFrame) -> pd.Series:
    """The department that applies each case: the first named as receiver, else who triggered it."""
    named = events[events["to_department"].fillna("").astype(str) != ""]
    to = named.groupby("punishment_id")["to_department"].first()
    return to.combine_first(events.groupby("punishment_id")["department_code"].first())


def case_steps(workspace: Workspace, district: pd.Series, *, on: date) -> pd.DataFrame:
    """Return the steps of all cases with the days since the step before and the amount kept back."""
    events = _events(workspace, on=on)
    rows = events[events["event"].isin(FUNNEL)].drop_duplicates(["punishment_id", "event"])
    rows = rows.assign(at=pd.to_datetime(rows["occurred_on"]), place=rows["event"].map(FUNNEL.index))
    rows = rows.sort_values(["punishment_id", "place"])
    days = (rows["at"] - rows.groupby("punishment_id")["at"].shift()).dt.days
    department = rows["punishment_id"].map(_applying(events)).fillna("").astype(str)
    return placed(rows, district).assign(step=rows["event"], on=rows["at"], days=days, department_code=department)


def warnings_due(workspace: Workspace, district: pd.Series, *, on: date) -> pd.DataFrame:
    """Return the warnings with their last day and the day they were closed."""
    columns = ["warning_id", "entity_id", "due_on", "department_code"]
    try:
        rows = warnings(workspace, on=on)
    except TableMissingError:
        rows = pd.DataFrame(columns=columns)
    closed: dict[str, Any] = {}
    for entry in workspace.ledger.entries(action="warning.closed"):
        closed.setdefault(entry.subject, pd.Timestamp(entry.entered_at[:10]))
    if "entity_id" not in rows:
        rows = rows.assign(entity_id="")
    return placed(rows, district).assign(department_code="", closed_on=rows["warning_id"].map(closed))
