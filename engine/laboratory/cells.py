"""Cells of a frame: one row per item, district and grade with what random draws have shown there."""

import numpy as np
import pandas as pd

from engine.errors import EstimationError
from engine.messages import N_, Message
from engine.vocabulary import TableShape

CELL_KEY = ["item_code", "district_code", "grade"]
CELLS = TableShape(
    "laboratory cells",
    tuple(CELL_KEY),
    {
        "item_class": "key or general",
        "department_code": "text",
        "n_units": "units of the frame, >= 1",
        "n_observed": "units of the frame with a result of a random draw, 0..n_units",
        "n_findings": "violations among them",
        "effort": "person-days of one check",
        "rounding": "cum or ceil",
        "lowest_tried": "least ratio among logged draws, null when none",
        "highest_tried": "greatest ratio among logged draws, null when none",
    },
)


def checked_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with a fresh index.

    Raises
    ------
    SchemaMismatchError, ContractError
        Columns are missing, or a cell occurs twice.
    EstimationError
        Counts contradict each other.
    """
    CELLS.check(cells)
    units, observed, findings = (cells[name].to_numpy() for name in ("n_units", "n_observed", "n_findings"))
    wrong = np.flatnonzero((units < 1) | (observed > units) | (findings > observed) | (findings < 0))
    if wrong.size:
        key = cells.iloc[wrong[0]][CELL_KEY].to_dict()
        raise EstimationError(
            problem=Message(
                N_("cell {cell} has more findings than results, or more results than units"), {"cell": key}
            ),
            remedy=Message(N_("count only random rows of units that are in the frame")),
        )
    return cells.reset_index(drop=True)
