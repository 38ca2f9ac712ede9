"""What the page that holds a draw shows before it acts: lines to draw from, days of grades, who signed what."""

from datetime import date

import pandas as pd

from engine.api.draws.order import SIGNED
from engine.api.plans.reading import plan_status, published_lines
from engine.store.workspaces.workspace import Workspace

LINES = ("plan_id", "line_id", "item_codes", "state", "held", "draws")
SIGNATURES = ("over", "name", "at")


def graded_days(workspace: Workspace) -> tuple[date, ...]:
    """Return the days whose grades can cut strata, the newest first."""
    graded = set(workspace.warehouse.run_ids_of("grades"))
    return tuple(sorted({run.as_of for run in workspace.warehouse.runs() if run.run_id in graded}, reverse=True))


def published(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return the published plan lines, key line_id, :data:`LINES`; ``held`` of ``draws`` draws were held."""
    rows = []
    for plan in plan_status(workspace, on=on).plans:
        names = set(published_lines(workspace, plan.book.plan_id, on=on))
        rows += [
            (each.line.plan_id, each.line.line_id, ";".join(each.line.items), each.state, len(each.draws),
             each.line.draws)
            for each in plan.lines
            if each.line.line_id in names
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(LINES))


def signatures(workspace: Workspace, draw_id: str) -> pd.DataFrame:
    """Return who signed commitment and certificate of a draw, in order, :data:`SIGNATURES`."""
    entries = workspace.ledger.entries(action=SIGNED, subject=draw_id)
    rows = [(str(each.particulars["over"]), each.actor, each.entered_at) for each in entries]
    return pd.DataFrame(rows, columns=list(SIGNATURES))
