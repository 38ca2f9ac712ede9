"""What pages speak of: the days and populations that were measured or, before any measurement, that were graded."""

from dataclasses import replace
from datetime import date

import pandas as pd

from engine.api.marts.building import SHARES, scope_table
from engine.api.reading.measures import Place, Standing, opened, standing
from engine.store.workspaces.workspace import Workspace


def shown(place: Place) -> Standing:
    """Return as :func:`standing` does; where nothing was measured yet, the days and populations that were graded.

    Cost: where nothing was measured, one count over the newest grades.
    """
    with opened(place) as workspace:
        measured = standing(workspace)
        if measured.as_ofs:
            return measured
        graded = set(workspace.warehouse.run_ids_of("grades"))
        days = sorted({run.as_of for run in workspace.warehouse.runs() if run.run_id in graded}, reverse=True)
        sizes = {day: held for day in days if len(held := _sizes(workspace, day))}
        populations = next(iter(sizes.values()), pd.Series(dtype=int)).index
        return replace(measured, as_ofs=tuple(sizes), populations=tuple(map(str, populations)))


def _sizes(workspace: Workspace, day: date) -> "pd.Series[int]":
    """Return how many objects of each population were graded, the largest first; with limits, those of the scope."""
    if workspace.scope.is_whole:
        grades = workspace.warehouse.read("grades", as_of=day)
        counted = grades.group_by("population").agg(n_entities=grades.count()).to_pyarrow().to_pandas()
    else:
        held = scope_table(workspace, SHARES, as_of=day, source="grades")
        counted = pd.DataFrame({"population": [], "n_entities": []}) if held is None else held
    sizes: pd.Series[int] = counted.groupby("population")["n_entities"].sum()
    return sizes.sort_values(ascending=False, kind="stable")
