"""What is known of joint punishment on a day: the catalogue, listings with their ends, cases with their events."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.plans.book import rows_on, table_on
from engine.errors import ParameterNotInForceError
from engine.outcomes.deadlines import deadline
from engine.outcomes.measure_law import MEASURES, Measure, MeasureLaw, measures_of, measures_of_rows
from engine.outcomes.punishment import RELEASE_POLICY, Case, CaseEvent, Listing, Terms, lawful_cases
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace
from engine.validity.publicity import PublicityRules
from engine.validity.records import PUBLICITY_OVER
from engine.windows import add_months

ACTION = "punishment"
_LISTING = ("listing_id", "entity_id", "list_type", "event", "occurred_on", "known_at")
_REPAIR = ("target_id", "decision", "occurred_on", "known_at")
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
        return release_due(self.policies, listing.ends_on, on=self.on)


def release_due(book: PolicyBook, ends_on: date, *, on: date) -> date:
    """Return the last day on which the release of measures is pushed in time after a listing ended."""
    return deadline(book, RELEASE_POLICY, event=ends_on, on=on)[0].on


def punishment_book(workspace: Workspace, *, book: PolicyBook, on: date) -> PunishmentBook:
    """Return joint punishment as a workspace has it on a day, case by case, for whoever takes a step."""
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


def listings_on(workspace: Workspace, *, book: PolicyBook, on: date, of_cases: bool = False) -> dict[str, Listing]:
    """Return :func:`listing_rows` by number, one object each."""
    rows = listing_rows(workspace, book=book, on=on, of_cases=of_cases)
    return {row["listing_id"]: _listing(row) for row in rows.to_dict("records")}


def _listing(row: dict[Any, Any]) -> Listing:
    ends_on = None if pd.isna(row["ends_on"]) else row["ends_on"].date()
    listed_on = row["listed_on"].date()
    return Listing(row["listing_id"], row["entity_id"], row["list_type"], listed_on, ends_on, row["end_reason"])


def listing_rows(workspace: Workspace, *, book: PolicyBook, on: date, of_cases: bool = False) -> pd.DataFrame:
    """Return every list decision known on a day, with the first day off the list and why, as far as known then.

    Parameters
    ----------
    of_cases : only those that some case of joint punishment rests on.

    Returns
    -------
    DataFrame, key listing_id: entity_id, list_type, listed_on, ends_on (null while nothing ends it), end_reason (empty
    then).

    Notes
    -----
    The rules of :mod:`engine.validity.records` for lists (removal, repair, end of publicity) without an expression over
    every record: a step of one case must not wait for it to be compiled. A test holds the two against each other.
    """
    listed, mended = table_on(workspace, "listings", on=on), table_on(workspace, "repairs", on=on)
    mended = mended.filter(mended.target_table == "listings")
    if of_cases:
        named = workspace.warehouse.history("punishments").select("listing_id").distinct()
        listed, mended = listed.semi_join(named, "listing_id"), mended.semi_join(named, [("target_id", "listing_id")])
    rows, repairs = (pd.DataFrame(each.execute()) for each in (listed.select(*_LISTING), mended.select(*_REPAIR)))
    found = rows[rows["event"] == "listed"].drop_duplicates("listing_id", keep="last")
    found = found.rename(columns={"occurred_on": "listed_on"})[["listing_id", "entity_id", "list_type", "listed_on"]]
    removed, repairs = rows[rows["event"] == "removed"], repairs.rename(columns={"target_id": "listing_id"})
    own = [
        _end(removed["listing_id"], _effect(removed), "removed"),
        _end(repairs["listing_id"], _effect(repairs), repairs["decision"]),
        _end(found["listing_id"], _publicity_over(found, book), PUBLICITY_OVER),
    ]
    ends = pd.concat([each for each in own if len(each)] or own).dropna(subset="ends_on")
    ends = ends.sort_values(["ends_on", "end_reason"]).drop_duplicates("listing_id")
    joined = found.merge(ends, on="listing_id", how="left")
    return joined.assign(end_reason=joined["end_reason"].fillna(""))


def _end(listing_id: pd.Series, ends_on: pd.Series, reason: pd.Series | str) -> pd.DataFrame:
    return pd.DataFrame({"listing_id": listing_id, "ends_on": pd.to_datetime(ends_on), "end_reason": reason})


def _effect(rows: pd.DataFrame) -> pd.Series:
    """A decision ends a listing on its day, or when it became known if that is later."""
    days: pd.Series = rows[["occurred_on", "known_at"]].apply(pd.to_datetime).max(axis=1)
    return days


def _publicity_over(found: pd.DataFrame, book: PolicyBook) -> pd.Series:
    """First day on which a listing is public no more by the rule of the day it began; null where none ends it."""
    months = PublicityRules.from_policies(book).months
    begun = sorted(months, reverse=True)

    def over(listed_on: pd.Timestamp, list_type: str) -> date | None:
        public = next((months[first] for first in begun if first <= listed_on.date()), {})
        longest = public.get("listings", {}).get(list_type)
        return None if longest is None else add_months(listed_on.date(), longest)

    pairs = found[["listed_on", "list_type"]]
    known = {pair: over(*pair) for pair in pairs.drop_duplicates().itertuples(index=False, name=None)}
    return pd.Series([known[pair] for pair in pairs.itertuples(index=False, name=None)], index=found.index)


def case_rows(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return the events of all cases known on a day, those of one case in order."""
    rows = table_on(workspace, "punishments", on=on)
    return pd.DataFrame(rows.order_by("punishment_id", "occurred_on", "known_at", "punishment_event_id").execute())


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


def _day(value: Any) -> date:
    day: date = pd.Timestamp(value).date()
    return day


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
