"""Departments by measures: the share of a step taken in time, out of those whose last day tells."""

from datetime import date

import pandas as pd

from engine.api.punishment.book import catalogue_on
from engine.api.punishment.clocks import clock_of
from engine.api.punishment.funnel import LEVEL
from engine.api.punishment.standing import standing_cases
from engine.estimation.intervals import clopper_pearson
from engine.outcomes.measure_law import Measure, MeasureLaw, unlawful
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace

LEAST = "estimation.least_units"
STEPS = ("acted", "received", "fed_back", "released")
"""Steps that the applying department takes and that have a limit."""
COLUMNS = (
    "department", "measure_id", "measure", "is_lawful", "n", "n_in_time", "share", "low", "high", "n_waiting",
    "is_small",
)  # fmt: skip


def board(
    workspace: Workspace, *, book: PolicyBook, as_of: date, step: str = STEPS[0], department: str = ""
) -> pd.DataFrame:
    """Return the board of the cases known on a day, those of one applying department or all; see :func:`board_of`."""
    found = standing_cases(workspace, book=book, on=as_of, department=department)
    measures, law = catalogue_on(workspace, book=book, on=as_of)
    return board_of(found, measures, law, book=book, as_of=as_of, step=step)


def board_of(
    found: pd.DataFrame, measures: dict[str, Measure], law: MeasureLaw, *, book: PolicyBook, as_of: date, step: str
) -> pd.DataFrame:
    """Return for each department and measure how many cases had a step taken by its last day.

    Parameters
    ----------
    found : see :func:`engine.api.punishment.standing.standing_cases`. step : one of :data:`STEPS`.

    Returns
    -------
    DataFrame, key (department, measure_id), sorted, :data:`COLUMNS`: n cases in which the step was taken or its last
    day is over, share of them in time with its exact interval, n_waiting whose last day is still to come, is_small (n
    below policy ``estimation.least_units``). Where n is 0 the share is null. A department and measure
    without any case whose clock began is not in it.
    """
    today = pd.Timestamp(as_of)
    clock = clock_of(found, step, book=book, on=as_of)
    is_late, is_done = clock.is_late(today), clock.done.notna() & clock.due.notna()
    cases = found[["department", "measure_id"]].assign(
        n=is_done | is_late, n_in_time=is_done & ~is_late, n_waiting=clock.is_open & ~is_late
    )
    own = cases[cases[["n", "n_waiting"]].any(axis=1)]
    cells = own.groupby(["department", "measure_id"], as_index=False)[["n", "n_in_time", "n_waiting"]].sum()
    limits = clopper_pearson(cells["n_in_time"], cells["n"], confidence=float(book.value(LEVEL, on=as_of)))
    may = {name: unlawful(one, law=law, on=as_of) is None for name, one in measures.items()}
    named = {name: one.name for name, one in measures.items()}
    has = cells["n"] > 0
    return cells.assign(
        measure=[named.get(name, name) for name in cells["measure_id"]],
        is_lawful=[may.get(name, False) for name in cells["measure_id"]],
        share=(cells["n_in_time"] / cells["n"].where(has)).astype("float64"),
        low=pd.Series(limits.low, index=cells.index).where(has),
        high=pd.Series(limits.high, index=cells.index).where(has),
        is_small=cells["n"] < int(book.value(LEAST, on=as_of)),
    )[list(COLUMNS)]
