"""A synthetic city in which complaints foretell findings, far more than the points scorecard weighs them.

There a learned model of enterprises has something to learn and earns its promotion, one of individual businesses not.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from engine.api.records.simulation import simulate

CHANCES = (0.04, 0.45, 0.8)
"""Of a finding, after none, one, or more complaints in the year before."""
_ADVERSE = {"result_codes": "pending", "violations_major": 1}
_CLEAN = {"result_codes": "no_problem", "violations_critical": 0, "violations_major": 0, "violations_minor": 0}


def write_city(folder: Path, *, n_entities: int, years: int, last_day, seed: int) -> Path:
    """Write source files and return their folder: random checks of enterprises find what complaints foretold."""
    made = simulate(folder, n_entities=n_entities, years=years, seed=seed, last_day=last_day)
    paths = {file.path.stem: file.path for file in made.files}
    complaints = pd.read_csv(paths["complaints"], dtype=str)  # noqa: TID251 - a file that this test wrote
    complaints = complaints.drop_duplicates("complaint_id")[["entity_id", "occurred_on", "known_at"]]
    checks = pd.read_csv(paths["inspections"], dtype=str)  # noqa: TID251
    register = pd.read_csv(paths["entities"], dtype=str)  # noqa: TID251
    firms = set(register.loc[register["population"] == "enterprise", "entity_id"])
    ours = checks[(checks["selection_mode"] == "random") & checks["entity_id"].isin(firms)]
    pairs = ours.reset_index()[["index", "entity_id", "occurred_on"]].merge(
        complaints, on="entity_id", suffixes=("", "_complaint")
    )
    day, told = pd.to_datetime(pairs["occurred_on"]), pd.to_datetime(pairs["occurred_on_complaint"])
    counts = (told < day) & (told > day - pd.Timedelta(days=365)) & (pd.to_datetime(pairs["known_at"]) < day)
    n = pairs[counts].groupby("index").size().reindex(ours.index).fillna(0).clip(upper=2).astype(int)
    found = np.random.default_rng(seed).random(len(ours)) < np.asarray(CHANCES)[n.to_numpy()]
    for column, value in _CLEAN.items():
        checks.loc[ours.index, column] = str(value)
    for column, value in _ADVERSE.items():
        checks.loc[ours.index[found], column] = str(value)
    checks.to_csv(paths["inspections"], index=False)
    return paths["inspections"].parent
