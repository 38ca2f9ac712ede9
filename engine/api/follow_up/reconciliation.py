"""Nothing falls through: every drawn check in one state, totals from draw to publication, and what nobody holds.

A drawn check is unstaffed, replaced by a reserve, not visited yet, visited without result, entered, submitted, returned
or published; the numbers of a draw add up to what it drew. *Fallen through* is what is not finished and in no
department's inbox, or waits for a department that does not exist.
"""

from datetime import date
from typing import Any

import pandas as pd

from engine.api.draws.order import CERTIFIED
from engine.api.follow_up.inbox import inbox
from engine.api.plans.book import rows_on
from engine.api.punishment.book import punishment_book
from engine.api.punishment.cases import stalls
from engine.api.results.drawn_checks import drawn_checks
from engine.api.results.entry import ACTIONS, result_steps
from engine.api.results.follow_up import findings_on, open_follow_ups
from engine.api.results.grounds import scanned_items
from engine.api.results.handing_on import ACTION as FOLLOW_UP
from engine.api.results.objections import ACTION, objections_on
from engine.messages import N_, Message
from engine.outcomes.entry import NOTHING_FOLLOWS
from engine.outcomes.review import State
from engine.parameters import PolicyBook
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import ADVERSE_RESULTS, JOINER

OBJECTION = f"{ACTION}."
UNSTAFFED, REPLACED, NOT_VISITED, NO_RESULT = "unstaffed", "replaced", "not_visited", "no_result"
STATES = (UNSTAFFED, REPLACED, NOT_VISITED, NO_RESULT, *(state.value for state in State))
STATE_WORDS = {
    UNSTAFFED: N_("no team could take it"),
    REPLACED: N_("a reserve stands in"),
    NOT_VISITED: N_("not visited yet"),
    NO_RESULT: N_("visited, no result yet"),
}
_PUBLIC = ("inspections", "being_corrected", "adverse", "with_disposal")
COLUMNS = ("subject", "kind", "department", "since", "why")


def check_states(workspace: Workspace, *, as_of: date) -> pd.DataFrame:
    """Return every drawn check with its state on a day: rows of :func:`drawn_checks` with ``result`` and ``state``."""
    checks = drawn_checks(workspace, on=as_of)
    keys = checks["visit_id"] + "-" + checks["item_code"] + "-" + checks["department_code"]
    standing = {key: one.state.value for key, one in result_steps(workspace, on=as_of).items()}
    visited = scanned_items(workspace, on=as_of)
    pairs = zip(checks["visit_id"], checks["item_code"], strict=True)
    visit_state = pd.Series(
        [NO_RESULT if one in visited else NOT_VISITED for one in pairs], index=checks.index, dtype=str
    )
    state = keys.map(standing).astype(object).fillna(visit_state)
    state = state.mask(checks["is_replaced"].astype(bool) & (state == NOT_VISITED), REPLACED)
    return checks.assign(result=keys, state=state.mask(~checks["is_matched"].astype(bool), UNSTAFFED))


def totals(workspace: Workspace, *, as_of: date) -> pd.DataFrame:
    """Return per draw how many checks stand where; the states add up to ``drawn`` plus ``reserves``.

    Returns
    -------
    DataFrame, key draw_id: drawn, reserves, one column per state of :data:`STATES`, inspections (published rows that
    carry the draw), being_corrected (of them, opened again and not public anew), adverse (of the others), with_disposal
    (of the adverse, by their entry), is_reconciled.
    """
    states = check_states(workspace, as_of=as_of)
    if states.empty:
        return pd.DataFrame(columns=["draw_id", "drawn", "reserves", *STATES, *_PUBLIC])
    is_reserve = states["mode"] == "reserve"
    counted = pd.crosstab(states["draw_id"], states["state"]).reindex(columns=list(STATES), fill_value=0)
    drawn = (~is_reserve).groupby(states["draw_id"]).sum()
    found = counted.assign(drawn=drawn, reserves=is_reserve.groupby(states["draw_id"]).sum())
    n_replaced = states["is_replaced"].astype(bool).groupby(states["draw_id"]).sum()
    public = _public(workspace, as_of=as_of)
    opened = set(states.loc[states["state"] != State.PUBLISHED.value, "result"])
    is_opened = public["inspection_id"].isin(opened)
    disposed = {one.key for one in findings_on(workspace, on=as_of) if one.disposal != NOTHING_FOLLOWS}
    found["inspections"] = public.groupby("draw_id").size().reindex(found.index).fillna(0).astype(int)
    found["being_corrected"] = public[is_opened].groupby("draw_id").size().reindex(found.index).fillna(0).astype(int)
    public = public[~is_opened]
    found["adverse"] = public.groupby("draw_id")["is_adverse"].sum().reindex(found.index).fillna(0).astype(int)
    held = public[public["is_adverse"] & public["inspection_id"].isin(disposed)].groupby("draw_id").size()
    found["with_disposal"] = held.reindex(found.index).fillna(0).astype(int)
    found["is_reconciled"] = (
        (found[list(STATES)].sum(axis=1) == found["drawn"] + found["reserves"])
        & (found["inspections"] == found[State.PUBLISHED.value] + found["being_corrected"])
        & (found["with_disposal"] == found["adverse"])
        & (found["reserves"] == n_replaced)
    )
    return found.reset_index()[["draw_id", "drawn", "reserves", *STATES, *_PUBLIC, "is_reconciled"]]


def fell_through(workspace: Workspace, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return what is not finished and nobody holds on a day, :data:`COLUMNS`; empty when nothing fell through."""
    departments = set(rows_on(workspace, "departments", on=as_of)["department_code"])
    waiting = inbox(workspace, book=book, as_of=as_of)
    held = {one.subject for one in waiting}
    rows: list[tuple[Any, ...]] = []
    states = check_states(workspace, as_of=as_of)
    over = (UNSTAFFED, REPLACED, State.PUBLISHED.value)
    for row in states[~states["state"].isin(over) & ~states["result"].isin(held)].to_dict("records"):
        why = Message(N_("it was drawn and is in no inbox"))
        rows.append((row["result"], "check", row["department_code"], row["drawn_on"], why))
    follow = open_follow_ups(workspace, book=book, as_of=as_of)
    for one in follow.waiting:
        if one.department not in departments:
            rows.append((one.subject, "follow_up", one.department, one.since, _nobody(one.department)))
    state = punishment_book(workspace, book=book, on=as_of)
    for case in stalls(workspace, book=book, as_of=as_of).to_dict("records"):
        if case["department"] not in departments:
            rows.append(
                (case["punishment_id"], "punishment", case["department"], case["since"], _nobody(case["department"]))
            )
    triggered = {case.listing_id for case in state.cases.values()}
    for listing in state.listings.values() if triggered else ():
        if listing.listing_id not in triggered and state.waiting(listing.listing_id, requester=""):
            why = Message(N_("a lawful measure waits and nobody triggered it"))
            rows.append((listing.listing_id, "listing", "", listing.listed_on, why))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def explain_check(workspace: Workspace, result: str, *, as_of: date) -> pd.DataFrame:
    """Return everything on record about one drawn check, in order: who did what when, with the ledger's entry.

    Parameters
    ----------
    result : VISIT-ITEM-DEPARTMENT.

    Returns
    -------
    DataFrame: on, event, actor, reason, sequence (of the ledger; null for rows of tables).
    """
    states = check_states(workspace, as_of=as_of)
    rows: list[tuple[Any, ...]] = []
    for row in states[states["result"] == result].to_dict("records"):
        for entry in workspace.ledger.entries(action=CERTIFIED, subject=row["draw_id"]):
            rows.append(_entry("drawn", entry))
        scans = scanned_items(workspace, on=as_of, visits=[row["visit_id"]])
        if scan := scans.get((row["visit_id"], row["item_code"])):
            rows.append((scan.on, "visited", JOINER.join(sorted(scan.officers)), "", None))
    for state, action in ACTIONS.items():
        for entry in workspace.ledger.entries(action=action):
            if any(key == result for key, _, _ in entry.particulars["results"]):
                rows.append(_entry(state.value, entry))
    for entry in workspace.ledger.entries():
        if entry.action.startswith(f"{FOLLOW_UP}.") and any(step[1] == result for step in entry.particulars["steps"]):
            rows.append(_entry(entry.action.partition(".")[2], entry))
    rows += _objections(workspace, result, as_of=as_of)
    found = pd.DataFrame(rows, columns=["on", "event", "actor", "reason", "sequence"])
    return found[found["on"] <= as_of].sort_values(["on", "sequence"], kind="stable", ignore_index=True)


def _objections(workspace: Workspace, result: str, *, as_of: date) -> list[tuple[Any, ...]]:
    """Steps of the objections to a result: from the ledger, and from files for those that another system keeps."""
    rows, held = [], set()
    for entry in workspace.ledger.entries():
        for number, _, target, state, _ in entry.particulars["steps"] if entry.action.startswith(OBJECTION) else ():
            if target == result:
                held.add(number)
                rows.append(_entry(f"objection {state}", entry))
    for one in objections_on(workspace, on=as_of).values():
        if one.target_id == result and one.objection_id not in held:
            rows += [(step.on, f"objection {step.event}", "", step.reason, None) for step in one.events]
    return rows


def _entry(event: str, entry: Entry) -> tuple[Any, ...]:
    return date.fromisoformat(entry.entered_at[:10]), event, entry.actor, entry.reason, entry.sequence


def _nobody(department: str) -> Message:
    return Message(N_("{department} is not on the register, so nobody acts"), {"department": department or "-"})


def _public(workspace: Workspace, *, as_of: date) -> pd.DataFrame:
    history = workspace.warehouse.history("inspections")
    holds = history.filter(
        history.known_at <= as_of,
        history.superseded_at.isnull() | (history.superseded_at > as_of),
        history.draw_id.notnull(),
    )
    rows = pd.DataFrame(holds.select("inspection_id", "draw_id", "result_codes").execute())
    adverse = [bool(set(str(codes).split(JOINER)) & ADVERSE_RESULTS) for codes in rows["result_codes"]]
    return rows.assign(is_adverse=pd.Series(adverse, index=rows.index, dtype=bool))
