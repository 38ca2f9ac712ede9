"""From logged draws to the laboratory: cells with what random rows showed, planned ratios, the question of the best."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import SelectionModeError
from engine.estimation.outcome import Outcome, classify_outcomes
from engine.laboratory.cells import CELL_KEY
from engine.laboratory.posterior import FloatArray
from engine.ratios.allocation import committed_ratios
from engine.ratios.policy import RatioPolicy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import Strata
from engine.vocabulary import SelectionMode


@dataclass(frozen=True, slots=True)
class Frame:
    """What the laboratory works on: ``cells`` and ``memberships`` as ``engine.laboratory.experiment.set_up`` asks."""

    cells: pd.DataFrame
    memberships: pd.DataFrame


def with_findings(selections: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Return frame rows with ``selection_mode`` and ``adverse`` of the drawn ones.

    Parameters
    ----------
    selections : every frame row of one draw. results : its rows of ``inspections``: entity_id, item_code,
        selection_mode, result_codes.

    Raises
    ------
    SelectionModeError
        A drawn row was checked on another ground (scheduled, directed).

    Notes
    -----
    ``adverse`` is true for a violation, false for every other result (nothing was found, also when nobody was met),
    null without a result and for rows not drawn.
    """
    rows = selections.merge(
        results[["entity_id", "item_code", "selection_mode", "result_codes"]],
        on=["entity_id", "item_code"],
        how="left",
        validate="1:1",
    )
    other = rows["is_drawn"] & rows["selection_mode"].notna() & (rows["selection_mode"] != SelectionMode.RANDOM)
    if other.any():
        raise SelectionModeError(n_rows=int(other.sum()), mode=str(rows.loc[other, "selection_mode"].iloc[0]))
    outcome = classify_outcomes(rows["result_codes"].where(rows["is_drawn"]))
    adverse = (outcome == Outcome.VIOLATION).astype("boolean").mask(outcome == Outcome.NOT_DONE)
    return rows.assign(selection_mode=SelectionMode.RANDOM.value, adverse=adverse)


def laboratory_frame(
    logged: pd.DataFrame, items: pd.DataFrame, policy: RatioPolicy, *, efforts: Mapping[str, Any]
) -> Frame:
    """Return the latest frame as cells.

    Parameters
    ----------
    logged : rows of :func:`with_findings` of every draw, the latest last; the latest is the frame.
    items : item_code, item_class, department_code. efforts : policy ``capacity.effort``.
    """
    latest = logged[logged["draw_id"] == logged["draw_id"].iloc[-1]]
    seen = logged[logged["adverse"].notna()].drop_duplicates(["entity_id", "item_code"], keep="last")
    seen = seen.merge(latest[["entity_id", "item_code"]], on=["entity_id", "item_code"])
    cells = latest.groupby(CELL_KEY, sort=True).agg(n_units=("entity_id", "size"))
    counts = seen.assign(adverse=seen["adverse"].astype("int64")).groupby(CELL_KEY)["adverse"].agg(["size", "sum"])
    tried = logged.groupby(CELL_KEY)["design_probability"].agg(["min", "max"])
    cells["n_observed"] = counts["size"].reindex(cells.index, fill_value=0).clip(upper=cells["n_units"])
    cells["n_findings"] = counts["sum"].reindex(cells.index, fill_value=0).clip(upper=cells["n_observed"])
    cells["lowest_tried"], cells["highest_tried"] = tried["min"].reindex(cells.index), tried["max"].reindex(cells.index)
    cells = cells.reset_index().merge(items[["item_code", "item_class", "department_code"]], on="item_code", how="left")
    own = {str(code): float(Fraction(str(days))) for code, days in (efforts["items"] or {}).items()}
    usual = float(Fraction(str(efforts["default"])))
    cells["effort"] = cells["item_code"].map(own).fillna(usual)
    cells["rounding"] = cells["item_class"].map({c.value: rule for c, rule in policy.rounding.items()})
    at = pd.MultiIndex.from_frame(cells[CELL_KEY]).get_indexer(pd.MultiIndex.from_frame(latest[CELL_KEY]))
    return Frame(cells, pd.DataFrame({"object": pd.factorize(latest["entity_id"])[0], "cell": at}))


def planned_ratios(
    cells: pd.DataFrame, policy: RatioPolicy, items: pd.DataFrame, *, draws_per_year: int = 1
) -> FloatArray:
    """Return the ratio of every cell in the first of the year's equal draws, caps applied as in a draw."""
    codes = [f"{at:07d}" for at in range(len(cells))]
    table = cells[[*CELL_KEY, "item_class", "n_units"]].assign(is_due=False, stratum=codes)
    found = committed_ratios(Strata(table, table), policy, items, draw=DrawOfYear(1, draws_per_year)).table
    by_stratum = dict(zip(found["stratum"], found["ratio"], strict=True))
    return np.array([float(by_stratum[code]) for code in codes])
