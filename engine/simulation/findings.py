"""What the inspectors of a new draw find: the outcome oracle of the city after its last day."""

import numpy as np
import pandas as pd

from engine.simulation.judgement import METHODS, RESULT_TEXTS, Judgement, judge
from engine.simulation.layout import SCHEMAS
from engine.simulation.stream import keyed_uniforms
from engine.simulation.truth import Truth
from engine.simulation.workdays import Dates, Workdays
from engine.vocabulary import SelectionMode, TableShape

DRAWN = TableShape(
    "drawn",
    ("draw_id", "entity_id", "item_code"),
    {
        "visit_id": "text",
        "department_code": "text",
        "stratum": "text",
        "design_probability": "0..1",
        "inclusion_probability": "0..1",
        "inspector_code": "the team leader, or null",
        "occurred_on": "day of the visit",
    },
)
_SEPARATOR = "\x1f"
_LONGEST_WAIT_DAYS = 150


def findings(
    drawn: pd.DataFrame, *, truth: Truth, seed: int, mode: SelectionMode = SelectionMode.RANDOM
) -> pd.DataFrame:
    """Return the inspection rows of a draw.

    Parameters
    ----------
    drawn : DataFrame, one row per (draw_id, entity_id, item_code), see ``DRAWN``; not changed.
    truth : of the city the draw was made in.
    seed : int >= 0; of the findings, need not be the city's.
    mode : ``random``; ``reserve`` or ``filtered_draw`` for rows drawn so.

    Returns
    -------
    DataFrame with the columns of the contract table ``inspections``, in the order of ``drawn``. ``known_at`` is the
    day on which the result is public.

    Raises
    ------
    SchemaMismatchError, ContractError
        Columns are missing or the key is not unique.
    UsageError
        An entity, item, inspector or date is not of this city.

    Notes
    -----
    Chance comes from a hash of (seed, draw, entity, item), and of (seed, draw, entity) for what a whole visit shares:
    neither the order of rows nor the rest of the draw changes a result. O(rows).
    """
    DRAWN.check(drawn)
    on = pd.to_datetime(drawn["occurred_on"]).to_numpy().astype("datetime64[D]")
    circumstances = truth.circumstances(
        drawn["entity_id"], drawn["item_code"], on=on, strictness=truth.strictness_of(drawn["inspector_code"])
    )
    visits = drawn["draw_id"].astype(str) + _SEPARATOR + drawn["entity_id"].astype(str)
    rows = visits + _SEPARATOR + drawn["item_code"].astype(str)
    judgement = judge(
        circumstances,
        row_uniforms=keyed_uniforms(seed, "finding", rows),
        visit_uniforms=keyed_uniforms(seed, "visit", visits),
        assumptions=truth.assumptions,
    )
    return _as_inspections(drawn, on, judgement, mode=mode)


def _as_inspections(drawn: pd.DataFrame, on: Dates, judgement: Judgement, *, mode: SelectionMode) -> pd.DataFrame:
    is_counted = judgement.minor >= 0
    known_at = on
    if len(on):
        workdays = Workdays.spanning(on.min(), on.max() + _LONGEST_WAIT_DAYS)
        known_at = workdays.shift(on, judgement.publicity_lag)
    is_design = mode is not SelectionMode.RESERVE
    columns = {
        "inspection_id": drawn["visit_id"].astype(str) + "-" + drawn["item_code"].astype(str),
        "selection_mode": mode.value,
        "design_probability": drawn["design_probability"] if is_design else np.nan,
        "inclusion_probability": drawn["inclusion_probability"] if is_design else np.nan,
        "result_codes": np.array(RESULT_TEXTS, dtype=object)[judgement.texts],
        "violations_critical": pd.array(judgement.critical, "Int64"),
        "violations_major": pd.array(judgement.major, "Int64"),
        "violations_minor": pd.array(judgement.minor, "Int64"),
        "severity_score": judgement.severity_score,
        "check_method": np.array(METHODS, dtype=object)[judgement.method],
        "occurred_on": on.astype("datetime64[s]"),
        "known_at": known_at.astype("datetime64[s]"),
    }
    found = drawn.assign(**columns)
    counts = ["violations_critical", "violations_major", "violations_minor"]
    found.loc[~is_counted, counts] = pd.NA
    ordered: pd.DataFrame = found[SCHEMAS["inspections"].names]
    return ordered
