"""What a policy would have found in the draws that were run."""

from datetime import date
from typing import Any

import pandas as pd

from engine.api.laboratory import Bench
from engine.estimation.logged import logged_frame
from engine.estimation.policy_result import Estimator, EvaluationLimits, PolicyValue
from engine.estimation.policy_value import policy_contrast, policy_value
from engine.laboratory.cells import CELL_KEY
from engine.pipeline.laboratory import planned_ratios


def evaluate_policy(bench: Bench, *, as_of: date, estimator: Estimator) -> tuple[PolicyValue, PolicyValue]:
    """Return what the bench's policy would have found in the logged draws, and the difference from what was drawn."""
    parts = []
    for _, part in bench.logged.groupby("draw_id", sort=True):
        cells = part.merge(bench.items[["item_code", "item_class"]], on="item_code", how="left")
        table = cells.groupby([*CELL_KEY, "item_class"], sort=True).agg(n_units=("entity_id", "size")).reset_index()
        table["alternative_probability"] = planned_ratios(table, bench.policy, bench.items)
        parts.append(part.merge(table[[*CELL_KEY, "alternative_probability"]], on=CELL_KEY, how="left"))
    logged = logged_frame(pd.concat(parts, ignore_index=True))
    limits = EvaluationLimits(**bench.book.value("estimation.evaluation_limits", on=as_of))
    level: Any = {"confidence": float(bench.book.value("estimation.interval_level", on=as_of))}
    return (
        policy_value(logged, estimator=estimator, limits=limits, **level),
        policy_contrast(logged, estimator=estimator, limits=limits, **level),
    )
