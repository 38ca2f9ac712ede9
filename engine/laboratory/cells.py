"""Cells of a frame: one row per item, district and grade with what random draws have shown there.

A cell that law makes due, or that a grade-blind control arm holds, stands apart from the rest of its item, district and
grade; all share one rate.
"""

import numpy as np
import pandas as pd

from engine.errors import EstimationError
from engine.messages import N_, Message
from engine.vocabulary import TableShape

CELL_KEY = ["item_code", "district_code", "grade"]
CELLS = TableShape(
    "laboratory cells",
    (*CELL_KEY, "is_due", "is_control"),
    {
        "item_class": "key or general",
        "department_code": "text",
        "n_units": "units of the frame, >= 1",
        "n_observed": "units of the frame whose result of a random draw still stands, 0..n_units",
        "n_findings": "violations among them",
        "n_evidence": "results of random draws that the rate is learned from",
        "n_evidence_findings": "violations among them",
        "stratum": "code; cells of one stratum are drawn together at one ratio",
        "effort": "person-days of one check",
        "rounding": "cum or ceil",
        "ticket_group": "code; items of one group share an object's ticket",
        "lowest_tried": "least ratio among logged draws, null when none",
        "highest_tried": "greatest ratio among logged draws, null when none",
    },
)


def checked_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with a fresh index; columns that say nothing new may be left out.

    Without ``is_due`` nobody is due, without ``is_control`` no arm is set apart, without ``stratum`` every cell is one,
    without ``ticket_group`` all items share a ticket, without ``n_evidence`` the rate is learned from the units of the
    frame.

    Raises
    ------
    SchemaMismatchError, ContractError
        Columns are missing, or a cell occurs twice.
    EstimationError
        Counts contradict each other.
    """
    table = cells.reset_index(drop=True)
    for name, usual in (("is_due", False), ("is_control", False), ("ticket_group", "")):
        if name not in table.columns:
            table[name] = usual
    if "stratum" not in table.columns:
        table["stratum"] = np.arange(len(table))
    if "n_evidence" not in table.columns and {"n_observed", "n_findings"} <= set(table.columns):
        table = table.assign(n_evidence=table["n_observed"], n_evidence_findings=table["n_findings"])
    CELLS.check(table)
    units, observed, findings, evidence, shown = (
        table[name].to_numpy() for name in ("n_units", "n_observed", "n_findings", "n_evidence", "n_evidence_findings")
    )
    impossible = (units < 1) | (observed > units) | (findings > observed) | (findings < 0)
    wrong = np.flatnonzero(impossible | (shown > evidence) | (shown < 0))
    if wrong.size:
        key = table.iloc[wrong[0]][CELL_KEY].to_dict()
        raise EstimationError(
            problem=Message(
                N_("cell {cell} has more findings than results, or more results than units"), {"cell": key}
            ),
            remedy=Message(N_("count only random rows of units that are in the frame")),
        )
    return table
