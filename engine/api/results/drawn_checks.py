"""Every check that a certified draw asks for, with its owner, its team's fate, its stand-in and its window."""

from datetime import date, datetime

import pandas as pd

from engine.api.draws.logged import latest_runs
from engine.api.draws.order import CERTIFIED, COMMITTED
from engine.api.draws.substitution import reserve_rows
from engine.api.plans.book import plan_books, rows_on
from engine.errors import TableMissingError
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SelectionMode

COLUMNS = (
    "draw_id", "visit_id", "entity_id", "item_code", "department_code", "mode", "is_matched", "is_replaced", "drawn_on",
    "window_end",
)  # fmt: skip


def drawn_checks(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return one row per (draw, object, item) drawn by a day, and per reserve that stands in.

    Returns
    -------
    DataFrame, key (draw_id, entity_id, item_code): visit_id, department_code (owner of the item), mode (``random``,
    ``reserve`` …), is_matched (a team could take the visit), is_replaced (a reserve stands in), drawn_on, window_end
    (last day of the plan lines; null outside the plan).
    """
    held = {
        entry.subject: datetime.fromisoformat(entry.entered_at).date()
        for entry in workspace.ledger.entries(action=CERTIFIED)
        if not entry.reason
    }
    held = {draw: day for draw, day in held.items() if day <= on}
    try:
        runs = {draw: run for draw, run in latest_runs(workspace.warehouse).items() if draw in held}
    except TableMissingError:
        runs = {}
    owners = rows_on(workspace, "items", on=on).set_index("item_code")["department_code"]
    windows = inspection_windows(workspace, on=on)
    parts = [_of_draw(workspace, draw, run) for draw, run in runs.items()]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    found = pd.concat(parts, ignore_index=True)
    return found.assign(
        department_code=found["item_code"].map(owners).fillna(""),
        drawn_on=found["draw_id"].map(held),
        window_end=found["draw_id"].map(windows),
    )[list(COLUMNS)]


def _of_draw(workspace: Workspace, draw: str, run: str) -> pd.DataFrame:
    warehouse = workspace.warehouse
    table = warehouse.read("selections", run_id=run)
    rows = table.filter(table.is_drawn, table.draw_id == draw).execute()
    visits = warehouse.read("visits", run_id=run).filter(lambda t: t.draw_id == draw).execute()
    staffed = set(visits.loc[visits["is_matched"].astype(bool), "visit_id"])
    mode = rows["selection_mode"] if "selection_mode" in rows else pd.Series(None, index=rows.index, dtype=object)
    drawn = rows[["draw_id", "visit_id", "entity_id", "item_code"]].assign(
        mode=mode.astype(object).fillna(SelectionMode.RANDOM.value), is_matched=rows["visit_id"].isin(staffed)
    )
    reserves = reserve_rows(workspace, draw)
    if len(reserves):
        stand_in = reserves[["draw_id", "visit_id", "entity_id", "item_code"]]
        drawn = pd.concat(
            [drawn, stand_in.assign(mode=SelectionMode.RESERVE.value, is_matched=True)], ignore_index=True
        )
    replaced = pd.MultiIndex.from_frame(reserves[["replaced_entity_id", "item_code"]])
    own = pd.MultiIndex.from_frame(drawn[["entity_id", "item_code"]])
    return pd.DataFrame(drawn).assign(is_replaced=own.isin(replaced))


def inspection_windows(workspace: Workspace, *, on: date) -> dict[str, date]:
    """Return by draw the last day of the inspection windows of its plan lines; draws outside the plan have none."""
    ends = {
        name: line.window_end
        for book in plan_books(workspace, on=on).values()
        if book.published is not None
        for name, line in book.published.lines.items()
    }
    found = {}
    for entry in workspace.ledger.entries(action=COMMITTED):
        own = [ends[name] for name in entry.particulars.get("lines", []) if name in ends]
        if own:
            found[entry.subject] = max(own)
    return found
