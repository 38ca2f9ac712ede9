"""The grades of one entity over all monthly runs: what it had, why it moved, what was corrected, what is disputed."""

from datetime import date

import pandas as pd

from engine.api.grading.disputes import disputed_grades
from engine.api.grading.monthly_records import FINISHED, rescores_of
from engine.store.workspaces.workspace import Workspace

COLUMNS = (
    "run_id", "as_of", "grade", "settled_grade", "score_grade", "score", "model", "override_code",
    "override_reference", "override_until", "from_grade", "cause", "corrected_to", "is_disputed",
)  # fmt: skip


def grade_history(workspace: Workspace, entity_id: str, *, on: date) -> pd.DataFrame:
    """Return the grades of an entity in the finished monthly runs, oldest first.

    Parameters
    ----------
    on : day as of which objections are read.

    Returns
    -------
    DataFrame, key run_id, :data:`COLUMNS`: ``grade`` as the run gave it; ``from_grade`` and ``cause`` of its move since
    the run before, null where it did not move; ``corrected_to`` the grade after an upheld objection, null without one;
    ``is_disputed`` while an objection is not decided. Empty for an entity that no run graded.
    """
    runs = {entry.particulars["runs"]["grade"]: entry.subject for entry in workspace.ledger.entries(action=FINISHED)}
    held = workspace.warehouse.results_of("grades", [entity_id])
    if held.empty or not (own := held[held["run_id"].isin(list(runs))]).size:
        return pd.DataFrame(columns=list(COLUMNS))
    moved = workspace.warehouse.results_of("grade_moves", [entity_id])
    causes = (
        moved[["run_id", "from_grade", "cause"]]
        if len(moved)
        else pd.DataFrame(columns=["run_id", "from_grade", "cause"])
    )
    table = own.merge(causes, on="run_id", how="left").assign(run_id=lambda rows: rows["run_id"].map(runs))
    corrected = {
        said["monthly"]: said["after"]["grade"] for _, said in rescores_of(workspace) if said["entity_id"] == entity_id
    }
    disputed = {run_id for run_id, entity in disputed_grades(workspace, on=on) if entity == entity_id}
    table = table.assign(
        corrected_to=table["run_id"].map(corrected).astype("object"), is_disputed=table["run_id"].isin(disputed)
    )
    table["as_of"] = pd.to_datetime(table["as_of"]).dt.date
    return table.sort_values(["as_of", "run_id"], ignore_index=True).reindex(columns=list(COLUMNS))
