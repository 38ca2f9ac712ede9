"""What is known of joint punishment on a day: the catalogue, listings with their ends, cases with their events."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.plan_book import rows_on
from engine.errors import ParameterNotInForceError
from engine.outcomes.deadlines import deadline
from engine.outcomes.measure_law import MEASURES, Measure, MeasureLaw, measures_of, measures_of_rows
from engine.outcomes.punishment import RELEASE_POLICY, Case, CaseEvent, Listing, Terms, lawful_cases
from engine.parameters import PolicyBook
from engine.store.workspace import Workspace
from engine.validity.publicity import PublicityRules
from engine.validity.records import event_relations
from engine.windows import is_known

ACTION = "punishment"
_NOTHING: dict[str, Any] = {"measures": {}, "editions": {}, "no_basis": []}


@dataclass(frozen=True, slots=True)
class PunishmentBook:
    """Joint punishment as it stands on a day.

    Parameters
    ----------
    measures : the catalogue by number; what the policy states counts before rows of table ``measures``.
    listings : every list decision known, by number. cases : by number, with events in order.
    departments : on the register; a measure is pushed to nobody else.
    """

    on: date
    policies: PolicyBook
    measures: dict[str, Measure]
    law: MeasureLaw
    listings: dict[str, Listing]
    cases: dict[str, Case]
    departments: frozenset[str] = frozenset()

    def waiting(self, listing_id: str, *, requester: str) -> list[Case]:
        """Return the lawful cases of a listing that are not on record, for departments of the register."""
        found = lawful_cases(
            self.listings[listing_id], list(self.measures.values()), law=self.law, held=self.cases,
            requester=requester, on=self.on,
        )  # fmt: skip
        return [case for case in found if case.department in self.departments]

    def terms(self, case: Case) -> Terms:
        """Return what a step of a case is judged by."""
        listing = self.listings[case.listing_id]
        return Terms(self.measures.get(case.measure_id), listing, self.law, self.release_due(listing))

    def release_due(self, listing: Listing) -> date | None:
        """Return the last day on which the release is pushed in time, None while the listing stands."""
        if listing.ends_on is None or listing.ends_on > self.on:
            return None
        return deadline(self.policies, RELEASE_POLICY, event=listing.ends_on, on=self.on)[0].on


def punishment_book(workspace: Workspace, *, book: PolicyBook, on: date) -> PunishmentBook:
    """Return joint punishment as a workspace has it on a day."""
    measures, law = catalogue_on(workspace, book=book, on=on)
    departments = frozenset(map(str, rows_on(workspace, "departments", on=on)["department_code"]))
    listings, cases = listings_on(workspace, book=book, on=on), cases_on(workspace, on=on)
    return PunishmentBook(on, book, measures, law, listings, cases, departments)


def catalogue_on(workspace: Workspace, *, book: PolicyBook, on: date) -> tuple[dict[str, Measure], MeasureLaw]:
    """Return the catalogue of a day and the editions that stand; before the first dated value there is none."""
    try:
        value = book.value(MEASURES, on=on)
    except ParameterNotInForceError:
        value = _NOTHING
    stated, law = measures_of(value)
    return measures_of_rows(rows_on(workspace, "measures", on=on).to_dict("records")) | stated, law


def listings_on(workspace: Workspace, *, book: PolicyBook, on: date) -> dict[str, Listing]:
    """Return every list decision known on a day, with the first day off the list and why, as far as known then."""
    histories = {name: workspace.warehouse.history(name) for name in ("listings", "repairs")}
    spans = event_relations(histories, rules=PublicityRules.from_policies(book))["listings"]
    wanted = (
        "listing_id",
        "entity_id",
        "list_type",
        "occurred_on",
        "ended_on",
        "in_force_until",
        "out_of_force_reason",
    )
    rows = spans.filter(is_known(spans, on=on)).select(*wanted).execute()
    return {row["listing_id"]: _listing(row) for row in rows.to_dict("records")}


def case_rows(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return the events of all cases known on a day, those of one case in order."""
    rows = rows_on(workspace, "punishments", on=on)
    return rows.sort_values(["punishment_id", "occurred_on", "known_at", "punishment_event_id"], ignore_index=True)


def cases_on(workspace: Workspace, *, on: date) -> dict[str, Case]:
    """Return the cases known on a day by number."""
    actors: dict[tuple[str, str], str] = {}
    for entry in workspace.ledger.entries(action=f"{ACTION}.triggered"):
        for identifier in entry.particulars["cases"]:
            actors[identifier, "triggered"] = entry.actor
    found: dict[str, list[dict[Any, Any]]] = {}
    for row in case_rows(workspace, on=on).to_dict("records"):
        found.setdefault(row["punishment_id"], []).append(row)
    return {name: _case(name, rows, actors) for name, rows in found.items()}


def _case(name: str, rows: list[dict[Any, Any]], actors: dict[tuple[str, str], str]) -> Case:
    first = rows[0]
    events = tuple(
        CaseEvent(
            row["event"], row["department_code"], _day(row["occurred_on"]), actors.get((name, row["event"]), ""),
            _text(row["reason"]), _text(row["business_no"]),
            None if pd.isna(row["amount_fen"]) else int(row["amount_fen"]),
        )
        for row in rows
    )  # fmt: skip
    applies = next((_text(row["to_department"]) for row in rows if _text(row["to_department"])), "")
    return Case(
        name, first["listing_id"], first["entity_id"], first["measure_id"], first["department_code"],
        applies or first["department_code"], events,
    )  # fmt: skip


def _listing(row: dict[Any, Any]) -> Listing:
    removed, over = _maybe(row["ended_on"]), _maybe(row["in_force_until"])
    ends = min((day for day in (removed, over) if day), default=None)
    reason = "" if ends is None else "removed" if ends == removed else _text(row["out_of_force_reason"])
    return Listing(
        row["listing_id"], row["entity_id"], row["list_type"], _day(row["occurred_on"]), ends, reason
    )  # fmt: skip


def _day(value: Any) -> date:
    day: date = pd.Timestamp(value).date()
    return day


def _maybe(value: Any) -> date | None:
    return None if pd.isna(value) else _day(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
