"""The draws that had an object in their frame: which item, what probability, drawn or not, and what was found."""

from collections.abc import Sequence

import pandas as pd

from engine.api.draws.order import CERTIFIED
from engine.api.reading.draws import item_names
from engine.registers.merges import same_object
from engine.store.workspaces.aliases import merge_decisions
from engine.store.workspaces.workspace import Workspace

DRAW_COLUMNS = (
    "draw_id", "as_of", "item_code", "item_name", "grade", "stratum", "selection_mode", "design_probability",
    "inclusion_probability", "is_drawn", "visit_id", "certificate_kind", "certificate_digest",
)  # fmt: skip
FOUND_COLUMNS = ("draw_id", "item_code", "occurred_on", "result_codes", "inspection_id")
_KEY = ["draw_id", "item_code"]


def object_draws(workspace: Workspace, *, entity_id: str) -> pd.DataFrame:
    """Return one row per draw and item in whose frame an object stood, the latest draw first.

    Returns
    -------
    DataFrame, key (draw_id, item_code), :data:`DRAW_COLUMNS`: ``as_of`` day of the grades it was drawn by;
    probabilities 0..1; ``visit_id`` empty where it was not drawn; ``certificate_kind`` certificate or void, with the
    digest, both empty until there is one. Cost: one filtered scan of the selections of all draws.
    """
    held = workspace.warehouse.results_of("selections", _ids(workspace, entity_id))
    if held.empty:
        return pd.DataFrame(columns=list(DRAW_COLUMNS))
    order = {run.run_id: (run.sequence, run.as_of) for run in workspace.warehouse.runs()}
    held = held.assign(
        sequence=held["run_id"].map(lambda name: order[name][0]), as_of=held["run_id"].map(lambda name: order[name][1])
    )
    # a draw that was run again has the rows of its last run
    rows = held.sort_values("sequence", kind="stable").drop_duplicates(_KEY, keep="last")
    closed = {entry.subject: entry.particulars for entry in workspace.ledger.entries(action=CERTIFIED)}
    names = item_names(workspace)
    rows = rows.assign(
        item_name=[str(names.get(code, code)) for code in rows["item_code"]],
        certificate_kind=[str(closed.get(each, {}).get("kind", "")) for each in rows["draw_id"]],
        certificate_digest=[str(closed.get(each, {}).get("certificate_digest", "")) for each in rows["draw_id"]],
        is_drawn=rows["is_drawn"].astype(bool),
        visit_id=rows["visit_id"].where(rows["is_drawn"].astype(bool)).fillna(""),
    )
    rows = rows.sort_values(["sequence", "item_code"], ascending=[False, True], kind="stable")
    return rows.reindex(columns=list(DRAW_COLUMNS)).reset_index(drop=True)


def found_in_draws(workspace: Workspace, *, entity_id: str) -> pd.DataFrame:
    """Return what the checks of drawn visits found at an object, as the records have it now.

    Returns
    -------
    DataFrame, key inspection_id, :data:`FOUND_COLUMNS`: result codes joined by ``;``. A drawn check without a row has
    no published result yet.
    """
    rows: pd.DataFrame = workspace.warehouse.rows_of("inspections", _ids(workspace, entity_id)).to_pandas()
    rows = rows[rows["superseded_at"].isna() & rows["draw_id"].notna()]
    rows = rows.assign(occurred_on=pd.to_datetime(rows["occurred_on"]).dt.date)
    return (
        rows.sort_values(["occurred_on", "inspection_id"]).reindex(columns=list(FOUND_COLUMNS)).reset_index(drop=True)
    )


def _ids(workspace: Workspace, entity_id: str) -> Sequence[str]:
    decisions = merge_decisions(workspace.decisions)
    days = [each.on for each in decisions]
    return same_object(decisions, entity_id, on=max(days))[1] if days else [entity_id]
