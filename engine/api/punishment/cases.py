"""Joint punishment as tidy frames: the catalogue, cases, what stalls, releases, one case explained.

Every frame is read from table ``punishments`` and the listings as known on a day; nothing is stored here.
"""

from datetime import date
from typing import Any

import pandas as pd

from engine.api.plans.book import rows_on
from engine.api.punishment.book import ACTION, cases_on, catalogue_on
from engine.api.punishment.clocks import FUNNEL, clock_of, limits_on
from engine.api.punishment.standing import plain_days, standing_cases
from engine.messages import N_, Message
from engine.outcomes.measure_law import unlawful
from engine.outcomes.punishment import FINAL, STEPS, WAITS_FOR
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace

_RELEASE = N_("its release is pushed")
CASE_COLUMNS = (
    "punishment_id", "entity_id", "listing_id", "list_type", "measure_id", "measure", "business_field", "requester",
    "department", "state", "triggered_on", "since", "n_hits", "n_applied", "n_declined", "amount_fen",
    "listing_ends_on", "end_reason", "release_due_on", "release_pushed_on", "released_on", "is_release_late",
)  # fmt: skip


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


def cases(workspace: Workspace, *, book: PolicyBook, as_of: date, department: str = "") -> pd.DataFrame:
    """Return every case as it stands on a day, key punishment_id, :data:`CASE_COLUMNS`.

    Parameters
    ----------
    department : only cases that this department applies; empty = all.

    Notes
    -----
    ``amount_fen`` is the sum over its applications (null when none was named); ``is_release_late`` is null while no
    release is due, else whether it was, or has not yet been, pushed after its last day.
    """
    found = standing_cases(workspace, book=book, on=as_of, department=department)
    measures, _ = catalogue_on(workspace, book=book, on=as_of)
    found = found.assign(
        measure=found["measure_id"].map({name: each.name for name, each in measures.items()}),
        business_field=found["measure_id"].map({name: each.business_field for name, each in measures.items()}),
        is_release_late=is_release_late(found, as_of=as_of),
    )
    days = ["triggered_on", "since", "listing_ends_on", "release_due_on", "release_pushed_on", "released_on"]
    return found.assign(**{name: plain_days(found[name]) for name in days})[list(CASE_COLUMNS)]


def stalls(workspace: Workspace, *, book: PolicyBook, as_of: date, department: str = "") -> pd.DataFrame:
    """Return the open cases in which somebody has to act; see :func:`stalls_of`."""
    found = standing_cases(workspace, book=book, on=as_of, department=department)
    return stalls_of(found, book=book, as_of=as_of)


def stalls_of(found: pd.DataFrame, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return the open cases in which somebody has to act, the longest first.

    Parameters
    ----------
    found : see :func:`engine.api.punishment.standing.standing_cases`.

    Returns
    -------
    DataFrame, key punishment_id: entity_id, measure_id, department (who has to act), state, waits_for (message), since,
    days, due_on (last day of the step it waits for, by the clocks of the funnel; null where none is set), days_late.
    Cases at rest (received, fed back) are not in it unless
    their listing ended.
    """
    state, over = found["state"], found["state"].isin(FINAL)
    is_release = found["listing_ends_on"].notna() & ~over & (state != "release_pushed")
    waits = state.map({name: words for name, (words, _) in WAITS_FOR.items()}).mask(is_release, _RELEASE)
    by_department = state.isin([name for name, (_, is_own) in WAITS_FOR.items() if is_own]) & ~is_release
    release = found["release_due_on"].where(is_release)
    since = found["listing_ends_on"].where(release.notna(), found["since"])
    due = release.where(is_release, _step_due(found, book=book, as_of=as_of))
    said = {words: Message(words) for words in waits.dropna().unique()}
    today = pd.Timestamp(as_of)
    found = found.assign(
        department=found["department"].where(by_department, found["requester"]),
        waits_for=waits.map(said),
        since=plain_days(since),
        days=(today - since).dt.days,
        due_on=plain_days(due),
        days_late=(today - due).dt.days.clip(lower=0).fillna(0).astype("int64"),
    )
    found = found[waits.notna() & ~over]
    columns = [
        "punishment_id", "entity_id", "measure_id", "department", "state", "waits_for", "since", "days", "due_on",
        "days_late",
    ]  # fmt: skip
    order = ["days_late", "days", "punishment_id"]
    return found.sort_values(order, ascending=[False, False, True], ignore_index=True)[columns]


def _step_due(found: pd.DataFrame, *, book: PolicyBook, as_of: date) -> pd.Series:
    """Last day of the step that each case waits for now; null where none waits or no limit is set."""
    limits = limits_on(book, on=as_of)
    due = pd.Series(pd.NaT, index=found.index, dtype="datetime64[ns]")
    for step in (each for each in FUNNEL if each in limits):
        clock = clock_of(found, step, book=book, on=as_of)
        due = due.fillna(clock.due.where(clock.is_open))
    return due


def overdue_releases(workspace: Workspace, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return the cases whose release is late on a day: not pushed yet, or pushed after its last day."""
    found = cases(workspace, book=book, as_of=as_of)
    return found[found["is_release_late"].fillna(value=False)].reset_index(drop=True)


def is_release_late(found: pd.DataFrame, *, as_of: date) -> pd.Series:
    """Return whether the release of each of :func:`standing_cases` is, or was, past its last day; null where none is.

    One that is not pushed yet is late from the day after its last day on.
    """
    due, pushed = found["release_due_on"], found["release_pushed_on"].fillna(pd.Timestamp(as_of))
    return (pushed > due).where(due.notna()).astype("boolean")


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
