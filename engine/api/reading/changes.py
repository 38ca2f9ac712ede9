"""What changed since the last monthly run and since the one before: grades with causes, restated records, policies.

Everything comes from small stored tables and the ledger. What was entered after the newest run began is in none of its
grades yet, and is told apart.
"""

from dataclasses import dataclass

import pandas as pd

from engine.api.grading.monthly_records import started_entries
from engine.api.grading.months import CAUSE_NAMES, MOVED, GradeMonth, direction, grade_months, month_migration
from engine.api.policies.amendment import policy_history
from engine.store.workspaces.workspace import Workspace

LOADED, REVERSED = "load.accepted", "load.reversed"
MOVES = ("cause", "riskier", "milder")
RESTATEMENTS = ("table", "restated", "reversed", "is_after")
POLICIES = ("draft_id", "parameters", "valid_from", "approved_by", "approved_at", "reason", "is_after")


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed.

    Parameters
    ----------
    month : the newest finished run; None when there is none.
    moves : key cause, :data:`MOVES`: objects whose grade became riskier or milder between the two runs.
    restated : key (table, is_after), :data:`RESTATEMENTS`: keys that got another version of what was known before, and
        loads taken back; ``is_after`` when that happened after the newest run began.
    policies : key draft_id, :data:`POLICIES`: changes that a second person approved.
    """

    month: GradeMonth | None
    moves: pd.DataFrame
    restated: pd.DataFrame
    policies: pd.DataFrame


def changes(workspace: Workspace) -> Changes:
    """Return what changed between the two newest finished runs, and after the newer one began.

    With one run only, everything before it belongs to it; without any, everything is still to come.
    """
    months = grade_months(workspace)
    month = months[0] if months else None
    begun = {entry.subject: entry.sequence for entry in started_entries(workspace)}
    newest = begun[month.run_id] if month else 0
    before = begun.get(month.previous, 0) if month else 0
    return Changes(
        month,
        _moves(workspace, month),
        _restated(workspace, since=before, newest=newest),
        _policies(workspace, since=before, newest=newest),
    )


def _moves(workspace: Workspace, month: GradeMonth | None) -> pd.DataFrame:
    if month is None or not month.previous:
        return pd.DataFrame(columns=list(MOVES))
    matrix = month_migration(workspace, run_id=month.run_id)
    moved = matrix[matrix["cause"].isin(MOVED)]
    ways = [direction(*ends) for ends in zip(moved["from_grade"], moved["to_grade"], strict=True)]
    counted = moved.assign(way=ways).pivot_table(index="cause", columns="way", values="n", aggfunc="sum", fill_value=0)
    counted = counted.reindex(columns=["riskier", "milder"], fill_value=0).astype("int64")
    counted = counted[counted.sum(axis=1) > 0]
    order = {name: place for place, name in enumerate(CAUSE_NAMES)}
    return counted.reset_index().sort_values("cause", key=lambda held: held.map(order), ignore_index=True)[list(MOVES)]


def _restated(workspace: Workspace, *, since: int, newest: int) -> pd.DataFrame:
    rows = []
    for entry in workspace.ledger.entries(action=LOADED):
        if entry.sequence > since:
            rows += [
                (str(each["table"]), int(each["corrections"]), 0, entry.sequence > newest)
                for each in entry.particulars["tables"]
                if each["corrections"]
            ]
    for entry in workspace.ledger.entries(action=REVERSED):
        if entry.sequence > since:
            rows += [(str(name), 0, 1, entry.sequence > newest) for name in entry.particulars["rows"]]
    table = pd.DataFrame(rows, columns=list(RESTATEMENTS))
    return table.groupby(["is_after", "table"], as_index=False).sum()[list(RESTATEMENTS)]


def _policies(workspace: Workspace, *, since: int, newest: int) -> pd.DataFrame:
    held = policy_history(workspace)
    held = held[(held["event"] == "approved") & (held["sequence"] > since)]
    return pd.DataFrame(
        {
            "draft_id": held["draft_id"],
            "parameters": held["parameters"],
            "valid_from": held["valid_from"],
            "approved_by": held["actor"],
            "approved_at": held["entered_at"],
            "reason": held["reason"],
            "is_after": held["sequence"] > newest,
        }
    ).reset_index(drop=True)[list(POLICIES)]
