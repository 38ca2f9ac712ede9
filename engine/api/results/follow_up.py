"""The ageing report: every result with a disposal, and what its orders and referrals wait for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from engine.api.plans.book import rows_on
from engine.api.results.entry import entered_cells, result_steps
from engine.outcomes.entry import NOTHING_FOLLOWS
from engine.outcomes.follow_up import Event, Finding, FollowUp, follow_up
from engine.outcomes.handing_on import ORDERED
from engine.outcomes.review import State
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace


def open_follow_ups(workspace: Workspace, *, book: PolicyBook, as_of: date) -> FollowUp:
    """Return what the findings of a workspace wait for on a day; a returned result is no finding until entered anew."""
    return follow_up(findings_on(workspace, on=as_of), events_on(workspace, as_of=as_of), book=book, as_of=as_of)


def events_on(workspace: Workspace, *, as_of: date, findings: Sequence[str] | None = None) -> list[Event]:
    """Return the events of orders, then of referrals, known on a day; those of one matter in order.

    Parameters
    ----------
    findings : results whose events are wanted, None = all; the others are not read row by row.
    """
    orders, referrals = (
        rows if findings is None else rows[rows["inspection_id"].isin(findings)]
        for rows in (rows_on(workspace, table, on=as_of) for table in ("rectifications", "referrals"))
    )
    return [_order(row) for row in _in_order(orders, "rectification_event_id")] + [
        _referral(row) for row in _in_order(referrals, "referral_event_id")
    ]


def event_rows(event: Event, *, n: int, reason: str) -> tuple[str, dict[str, Any]]:
    """Return the table of an event and its row there, the ``n``-th of its matter; known on the day it occurred."""
    shared = {
        "entity_id": event.entity_id,
        "inspection_id": event.finding or None,
        "event": event.event,
        "due_on": event.due_on,
        "occurred_on": event.on,
        "known_at": event.on,
    }
    identifier = f"{event.matter}-{n:03d}"
    if event.kind == ORDERED:
        own = {"rectification_event_id": identifier, "rectification_id": event.matter}
        return "rectifications", own | shared | {"department_code": event.owner, "reason": reason or None}
    own = {"referral_event_id": identifier, "referral_id": event.matter, "referral_type": event.kind}
    departments = {"from_department": event.owner, "to_department": event.other}
    return "referrals", own | shared | departments | {"annexes": event.annexes or None, "content": reason or None}


def findings_on(workspace: Workspace, *, on: date) -> list[Finding]:
    """Return every result on record that asks for something; a returned one is none until it is entered anew."""
    cells = entered_cells(workspace, on=on)
    found = []
    for standing in result_steps(workspace, on=on).values():
        row = cells.get(standing.result_id, {})
        if standing.state is State.RETURNED or row.get("disposal", NOTHING_FOLLOWS) == NOTHING_FOLLOWS:
            continue
        by = date.fromisoformat(row["rectify_by"]) if "rectify_by" in row else None
        day = date.fromisoformat(row["occurred_on"])
        found.append(Finding(standing.key, row["entity_id"], standing.department, day, row["disposal"], by))
    return found


def _in_order(rows: pd.DataFrame, key: str) -> list[dict[Any, Any]]:
    return rows.sort_values(["occurred_on", "known_at", key]).to_dict("records")


def _order(row: dict[Any, Any]) -> Event:
    return Event(
        row["rectification_id"], str(row["inspection_id"]), row["entity_id"], ORDERED, row["event"],
        _day(row["occurred_on"]), row["department_code"], due_on=_due(row["due_on"]),
    )  # fmt: skip


def _referral(row: dict[Any, Any]) -> Event:
    return Event(
        row["referral_id"], _text(row["inspection_id"]), row["entity_id"], row["referral_type"], row["event"],
        _day(row["occurred_on"]), row["from_department"], row["to_department"], _due(row["due_on"]),
        _text(row["annexes"]),
    )  # fmt: skip


def _day(value: Any) -> date:
    day: date = pd.Timestamp(value).date()
    return day


def _due(value: Any) -> date | None:
    return None if pd.isna(value) else _day(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
