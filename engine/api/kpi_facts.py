"""The facts that figures are counted from, read from the tables of a workspace as known on a day."""

from datetime import date
from typing import Any

import pandas as pd

from engine.api.plan_book import rows_on
from engine.api.punishment_book import case_rows, listings_on
from engine.api.reconciliation import REPLACED, UNSTAFFED, check_states
from engine.api.result_follow_up import findings_on
from engine.api.warnings import warnings
from engine.api.workspace import Workspace
from engine.errors import TableMissingError
from engine.estimation.outcome import classify_outcomes
from engine.kpis.declaration import Facts
from engine.outcomes.deadlines import calendar_of, deadline
from engine.outcomes.entry import NOTHING_FOLLOWS
from engine.outcomes.punishment import RELEASE_POLICY
from engine.outcomes.review import State
from engine.parameters import PolicyBook
from engine.vocabulary import JOINER

PUBLISH = "deadlines.publish_result"
RECEIPT = "kpi.receipt_days"
FUNNEL = ("triggered", "basis_checked", "pushed", "received", "hit", "applied", "declined", "fed_back")
CLOSED = ("passed", "closed")
ON_SITE = ("scan", "licence_code", "manual")


def read_facts(workspace: Workspace, *, book: PolicyBook, as_of: date) -> Facts:
    """Return the facts of a workspace on a day; tables that nobody filled are empty.

    Notes
    -----
    Cost: one pass over results, scan-ins, orders, referrals, punishments and drawn checks, and one join of each with
    the register of entities.
    """
    entities = _rows(workspace, "entities", on=as_of, columns=("entity_id", "district_code"))
    district = entities.drop_duplicates("entity_id", keep="last").set_index("entity_id")["district_code"]
    checks = _placed(check_states(workspace, as_of=as_of), district)
    visits = _visits(workspace, district, on=as_of)
    return Facts(
        as_of=pd.Timestamp(as_of),
        checks=checks,
        results=_results(workspace, district, book=book, on=as_of),
        pending=_pending(checks, visits, book=book, on=as_of),
        visits=visits,
        orders=_orders(workspace, district, on=as_of),
        referrals=_referrals(workspace, district, book=book, on=as_of),
        cases=_cases(workspace, district, book=book, on=as_of),
        steps=_steps(workspace, district, on=as_of),
        warnings=_warnings(workspace, district, on=as_of),
        items=_items(workspace, checks, on=as_of),
    )


def _rows(workspace: Workspace, table: str, *, on: date, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        return rows_on(workspace, table, on=on)[list(columns)]
    except TableMissingError:
        return pd.DataFrame(columns=list(columns))


def _placed(rows: pd.DataFrame, district: pd.Series) -> pd.DataFrame:
    """Rows with the district of their entity, empty where it is on no register."""
    return rows.assign(district_code=rows["entity_id"].map(district).fillna("").astype(str))


def _last_days(days: pd.Series, clock: str, *, book: PolicyBook, on: date) -> pd.Series:
    """The last day that a clock sets, for each day of an event; computed once per distinct day."""
    stamps = pd.to_datetime(days)
    found = {
        stamp: pd.Timestamp(deadline(book, clock, event=stamp.date(), on=on)[0].on)
        for stamp in stamps.dropna().unique()
    }
    return pd.to_datetime(stamps.map(found))


def _results(workspace: Workspace, district: pd.Series, *, book: PolicyBook, on: date) -> pd.DataFrame:
    columns = (
        "inspection_id", "visit_id", "entity_id", "item_code", "department_code", "draw_id", "selection_mode",
        "result_codes", "occurred_on", "known_at",
    )  # fmt: skip
    rows = _rows(workspace, "inspections", on=on, columns=columns).rename(columns={"known_at": "published_on"})
    disposed = {one.key for one in findings_on(workspace, on=on) if one.disposal != NOTHING_FOLLOWS}
    return _placed(rows, district).assign(
        outcome=classify_outcomes(rows["result_codes"]),
        due_on=_last_days(rows["occurred_on"], PUBLISH, book=book, on=on),
        has_disposal=rows["inspection_id"].isin(disposed),
    )


def _visits(workspace: Workspace, district: pd.Series, *, on: date) -> pd.DataFrame:
    columns = ("visit_id", "entity_id", "department_codes", "item_codes", "channel", "occurred_on")
    rows = _rows(workspace, "visits", on=on, columns=columns)
    departments = rows["department_codes"].fillna("").astype(str)
    return _placed(rows, district).assign(
        department_code=departments.str.partition(JOINER)[0] if len(rows) else departments,
        n_departments=departments.str.count(JOINER) + 1,
        n_items=rows["item_codes"].fillna("").astype(str).str.count(JOINER) + 1,
        is_on_site=rows["channel"].isin(ON_SITE),
    )


def _pending(checks: pd.DataFrame, visits: pd.DataFrame, *, book: PolicyBook, on: date) -> pd.DataFrame:
    """Visited checks whose result is not public."""
    waiting = checks[~checks["state"].isin((State.PUBLISHED.value, UNSTAFFED, REPLACED))]
    met = waiting.merge(visits[["visit_id", "occurred_on"]], on="visit_id", how="inner")
    return met.assign(due_on=_last_days(met["occurred_on"], PUBLISH, book=book, on=on))


def _days_of(keys: pd.Series, days: pd.Series) -> pd.Series:
    """Return the day of each key, null where there is none; unlike ``map`` also when there is no day at all."""
    return pd.Series(pd.to_datetime(days).reindex(keys.to_numpy()).to_numpy(), index=keys.index)


def _orders(workspace: Workspace, district: pd.Series, *, on: date) -> pd.DataFrame:
    columns = ("rectification_id", "entity_id", "department_code", "event", "due_on", "occurred_on")
    rows = _rows(workspace, "rectifications", on=on, columns=columns)
    rows = rows.sort_values("occurred_on", kind="stable")
    begun = rows.drop_duplicates("rectification_id").rename(columns={"occurred_on": "ordered_on"})
    set_last = rows[rows["due_on"].notna()].drop_duplicates("rectification_id", keep="last")  # an extension moves it
    last = set_last[["rectification_id", "due_on"]]
    orders = begun.drop(columns=["due_on", "event"]).merge(last, on="rectification_id", how="left")
    closed = _first_days(rows[rows["event"].isin(CLOSED)], "rectification_id", "closed_on")
    return _placed(orders.merge(closed, on="rectification_id", how="left"), district)


def _first_days(rows: pd.DataFrame, key: str, name: str) -> pd.DataFrame:
    """The first day of each key's rows as column ``name``; a join of it never asks what an empty column holds."""
    ordered = rows.sort_values("occurred_on", kind="stable").drop_duplicates(key)
    return ordered[[key, "occurred_on"]].rename(columns={"occurred_on": name})


def _referrals(workspace: Workspace, district: pd.Series, *, book: PolicyBook, on: date) -> pd.DataFrame:
    columns = ("referral_id", "entity_id", "to_department", "event", "due_on", "occurred_on")
    rows = _rows(workspace, "referrals", on=on, columns=columns).sort_values("occurred_on", kind="stable")
    sent = rows[rows["event"] == "sent"].drop_duplicates("referral_id", keep="last")
    answered = rows[rows["event"].isin(("received", "returned"))].drop_duplicates("referral_id", keep="last")
    received = answered[["referral_id", "occurred_on"]].rename(columns={"occurred_on": "received_on"})
    found = sent.rename(columns={"occurred_on": "sent_on", "to_department": "department_code"})
    found = found.drop(columns=["event", "due_on"]).merge(received, on="referral_id", how="left")
    days, calendar = int(book.value(RECEIPT, on=on)), calendar_of(book, on=on)
    sent_on = pd.to_datetime(found["sent_on"])
    last = {day: pd.Timestamp(calendar.after(day.date(), days).on) for day in sent_on.unique()}
    until = [last[day] for day in sent_on]
    return _placed(found.assign(due_on=pd.to_datetime(pd.Series(until, index=found.index))), district)


def _events(workspace: Workspace, *, on: date) -> pd.DataFrame:
    try:
        return case_rows(workspace, on=on)
    except TableMissingError:
        columns = ["punishment_id", "entity_id", "measure_id", "listing_id", "event", "to_department", "occurred_on"]
        return pd.DataFrame(columns=[*columns, "department_code"])


def _cases(workspace: Workspace, district: pd.Series, *, book: PolicyBook, on: date) -> pd.DataFrame:
    events = _events(workspace, on=on)
    cases = events.drop_duplicates("punishment_id")[["punishment_id", "entity_id", "measure_id", "listing_id"]]
    for step in ("triggered", "pushed", "hit", "applied", "fed_back", "release_pushed"):
        first = _first_days(events[events["event"] == step], "punishment_id", f"{step}_on")
        cases = cases.merge(first, on="punishment_id", how="left")
    ends, reasons = _ends(workspace, book=book, on=on) if len(cases) else ({}, {})
    ended_on = pd.to_datetime(cases["listing_id"].map(ends))
    due = _last_days(ended_on, RELEASE_POLICY, book=book, on=on).where(cases["pushed_on"].notna())
    return _placed(cases, district).assign(
        department_code=cases["punishment_id"].map(_applying(events)).fillna("").astype(str),
        is_hit=cases["hit_on"].notna(),
        is_applied=cases["applied_on"].notna(),
        is_fed_back=cases["fed_back_on"].notna(),
        release_due_on=due,
        is_ended=ended_on.notna(),
        is_repaired=cases["listing_id"].map(reasons).eq("repaired"),
    )


def _ends(workspace: Workspace, *, book: PolicyBook, on: date) -> tuple[dict[str, date], dict[str, str]]:
    """First day off the list of every listing that is off it on a day, and why."""
    listings = listings_on(workspace, book=book, on=on)
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


def _steps(workspace: Workspace, district: pd.Series, *, on: date) -> pd.DataFrame:
    events = _events(workspace, on=on)
    rows = events[events["event"].isin(FUNNEL)].drop_duplicates(["punishment_id", "event"])
    rows = rows.assign(at=pd.to_datetime(rows["occurred_on"]), place=rows["event"].map(FUNNEL.index))
    rows = rows.sort_values(["punishment_id", "place"])
    days = (rows["at"] - rows.groupby("punishment_id")["at"].shift()).dt.days
    department = rows["punishment_id"].map(_applying(events)).fillna("").astype(str)
    return _placed(rows, district).assign(step=rows["event"], on=rows["at"], days=days, department_code=department)


def _warnings(workspace: Workspace, district: pd.Series, *, on: date) -> pd.DataFrame:
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
    return _placed(rows, district).assign(department_code="", closed_on=rows["warning_id"].map(closed))


def _items(workspace: Workspace, checks: pd.DataFrame, *, on: date) -> pd.DataFrame:
    rows = _rows(workspace, "items", on=on, columns=("item_code", "department_code", "ends_on"))
    listed = rows[rows["ends_on"].isna() | (pd.to_datetime(rows["ends_on"]) >= pd.Timestamp(on))]
    this_year = checks[pd.to_datetime(checks["drawn_on"]).dt.year == on.year]
    return listed.assign(is_drawn=listed["item_code"].isin(this_year["item_code"]))
