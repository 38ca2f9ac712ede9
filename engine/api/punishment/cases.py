"""Joint punishment as tidy frames: the catalogue, cases, the funnel by step, what stalls, releases, one case explained.

Every frame is read from table ``punishments`` and the listings as known on a day; nothing is stored here.
"""

from datetime import date
from typing import Any

import pandas as pd

from engine.api.plans.book import rows_on
from engine.api.punishment.book import ACTION, case_rows, cases_on, catalogue_on, punishment_book
from engine.messages import N_, Message
from engine.outcomes.measure_law import unlawful
from engine.outcomes.punishment import STEPS, WAITS_FOR, Case
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace

_RELEASE = N_("its release is pushed")
CASE_COLUMNS = (
    "punishment_id", "entity_id", "listing_id", "list_type", "measure_id", "measure", "business_field", "requester",
    "department", "state", "triggered_on", "since", "n_hits", "n_applied", "n_declined", "amount_fen",
    "listing_ends_on", "end_reason", "release_due_on", "release_pushed_on", "released_on", "is_release_late",
)  # fmt: skip
FUNNEL = (
    "triggered",
    "basis_checked",
    "pushed",
    "received",
    "hit",
    "applied",
    "fed_back",
    "release_pushed",
    "released",
)
"""Steps of the funnel; a declined case leaves it at ``applied`` and comes back at ``fed_back``."""


def catalogue(workspace: Workspace, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return every measure with why it may not be taken on a day.

    Returns
    -------
    DataFrame, key measure_id: name, measure_class, status, legal_basis, list_edition, trigger_lists, departments,
    business_field, is_lawful, refused_because (message or None), reference, not_on_register (departments it cannot be
    pushed to).
    """
    measures, law = catalogue_on(workspace, book=book, on=as_of)
    known = set(rows_on(workspace, "departments", on=as_of)["department_code"])
    rows = []
    for one in sorted(measures.values(), key=lambda each: each.measure_id):
        broken = unlawful(one, law=law, on=as_of)
        rows.append(
            {
                "measure_id": one.measure_id, "name": one.name, "measure_class": one.measure_class,
                "status": one.status, "legal_basis": one.legal_basis, "list_edition": one.list_edition,
                "trigger_lists": one.trigger_lists, "departments": one.departments,
                "business_field": one.business_field, "is_lawful": broken is None,
                "refused_because": broken.sentence if broken else None, "reference": broken.reference if broken else "",
                "not_on_register": tuple(code for code in one.departments if code not in known),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def cases(workspace: Workspace, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return every case as it stands on a day, key punishment_id, :data:`CASE_COLUMNS`.

    ``amount_fen`` is the sum over its applications (null when none was named); ``is_release_late`` is null while no
    release is due, else whether it was, or has not yet been, pushed after its last day.
    """
    state = punishment_book(workspace, book=book, on=as_of, of_cases=True)
    rows = []
    for case in sorted(state.cases.values(), key=lambda each: each.punishment_id):
        listing, measure = state.listings.get(case.listing_id), state.measures.get(case.measure_id)
        due = state.release_due(listing) if listing and not _never_pushed(case) else None
        pushed, released = _first(case, "release_pushed"), _first(case, "released")
        amounts = [event.amount_fen for event in case.events if event.amount_fen is not None]
        ended = listing is not None and listing.ends_on is not None and listing.ends_on <= as_of
        rows.append(
            (
                case.punishment_id, case.entity_id, case.listing_id, listing.list_type if listing else None,
                case.measure_id, measure.name if measure else None, measure.business_field if measure else None,
                case.requester, case.department, case.state, case.events[0].on, case.events[-1].on,
                _count(case, "hit"), _count(case, "applied"), _count(case, "declined"),
                sum(amounts) if amounts else None, listing.ends_on if listing and ended else None,
                listing.end_reason if listing and ended else "", due, pushed, released,
                None if due is None else (pushed or as_of) > due,
            )
        )  # fmt: skip
    found = pd.DataFrame(rows, columns=list(CASE_COLUMNS))
    return found.astype({"amount_fen": "Int64", "is_release_late": "boolean"})


def funnel(workspace: Workspace, *, as_of: date, by: str | None = None) -> pd.DataFrame:
    """Return how many cases reached each step and how long the step took.

    Parameters
    ----------
    by : ``measure_id`` or ``to_department``: a funnel each; None = one over all.

    Returns
    -------
    DataFrame, key (by, step), in the order of the steps: n cases that reached it, share of those triggered,
    median_days from the step before that the case reached (null for the first step and where nobody came so far).
    """
    rows = case_rows(workspace, on=as_of)
    rows = rows[rows["event"].isin(FUNNEL)].drop_duplicates(["punishment_id", "event"])
    rows = rows.assign(on=pd.to_datetime(rows["occurred_on"]), step=pd.Categorical(rows["event"], FUNNEL, ordered=True))
    rows = rows.sort_values(["punishment_id", "step"])
    rows["days"] = (rows["on"] - rows.groupby("punishment_id")["on"].shift()).dt.days
    keys = [by] if by else []
    counted = rows.groupby([*keys, "step"], observed=not keys).agg(n=("on", "size"), median_days=("days", "median"))
    found = counted.reset_index()
    if not keys:
        found = found.set_index("step").reindex(list(FUNNEL)).reset_index().fillna({"n": 0})
    triggered = found[found["step"] == "triggered"].set_index(keys)["n"] if keys else None
    whole = float(found.loc[found["step"] == "triggered", "n"].sum())
    total = whole if triggered is None else found[by].map(triggered).astype("float64")
    share = found["n"] / total
    return found.assign(n=found["n"].astype("int64"), share=share)[[*keys, "step", "n", "share", "median_days"]]


def stalls(workspace: Workspace, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return the open cases in which somebody has to act, the longest first.

    Returns
    -------
    DataFrame, key punishment_id: entity_id, measure_id, department (who has to act), state, waits_for (message), since,
    days, due_on (last day of a release, else null), days_late. Cases at rest (received, fed back) are not in it unless
    their listing ended.
    """
    state = punishment_book(workspace, book=book, on=as_of, of_cases=True)
    rows = []
    for case in state.cases.values():
        listing = state.listings.get(case.listing_id)
        ended = listing is not None and listing.ends_on is not None and listing.ends_on <= as_of
        waits, by_department = WAITS_FOR.get(case.state, (None, False))
        due = None
        if ended and listing and not case.is_over and case.state != "release_pushed":
            waits, by_department, due = _RELEASE, False, None if _never_pushed(case) else state.release_due(listing)
        if waits is None or case.is_over:
            continue
        since = listing.ends_on if due and listing and listing.ends_on else case.events[-1].on
        late = max(0, (as_of - due).days) if due else 0
        actor = case.department if by_department else case.requester
        rows.append(
            (case.punishment_id, case.entity_id, case.measure_id, actor, case.state, Message(waits), since,
             (as_of - since).days, due, late)
        )  # fmt: skip
    columns = [
        "punishment_id", "entity_id", "measure_id", "department", "state", "waits_for", "since", "days", "due_on",
        "days_late",
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["days_late", "days", "punishment_id"], ascending=[False, False, True], ignore_index=True)


def overdue_releases(workspace: Workspace, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return the cases whose release is late on a day: not pushed yet, or pushed after its last day."""
    return late_of(cases(workspace, book=book, as_of=as_of))


def late_of(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of :func:`cases` whose release is late."""
    return found[found["is_release_late"].fillna(value=False)].reset_index(drop=True)


def explain(workspace: Workspace, punishment_id: str, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return the events of a case in order, with the person and the ledger entry of each.

    Returns
    -------
    DataFrame: event, on, department, actor, reason, business_no, amount_fen, sequence (of the ledger; null for events
    that came in as a file).
    """
    who: dict[str, list[Any]] = {}
    for step in STEPS:
        for entry in workspace.ledger.entries(action=f"{ACTION}.{step}"):
            if punishment_id in entry.particulars["cases"]:
                who.setdefault(step, []).append(entry)
    case = cases_on(workspace, on=as_of).get(punishment_id)
    rows = []
    for event in case.events if case else ():
        held = who[event.event].pop(0) if who.get(event.event) else None
        rows.append(
            (event.event, event.on, event.department, held.actor if held else "", event.reason, event.business_no,
             event.amount_fen, held.sequence if held else None)
        )  # fmt: skip
    columns = ["event", "on", "department", "actor", "reason", "business_no", "amount_fen", "sequence"]
    return pd.DataFrame(rows, columns=columns)


def _never_pushed(case: Case) -> bool:
    return all(event.event != "pushed" for event in case.events)


def _first(case: Case, event: str) -> date | None:
    return next((one.on for one in case.events if one.event == event), None)


def _count(case: Case, event: str) -> int:
    return sum(one.event == event for one in case.events)
