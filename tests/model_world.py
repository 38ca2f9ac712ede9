"""Feature rows and outcomes whose true risk is known, for tests of the models."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from engine.features.registry import FEATURES
from models.fitting.population import train_population
from models.learners.challenger import Configuration
from models.learners.examples import Basis, Examples, assemble_examples
from models.stored.artifact import FittedModel

BY_NAME = {feature.name: feature for feature in FEATURES}
SEVERITY, RATE, PENALTIES, DISTRICT = (
    "inspections_severity_last",
    "inspections_adverse_share_36m",
    "penalties_count_12m",
    "peers_district_adverse_rate_36m",
)
READ = tuple(BY_NAME[name] for name in (SEVERITY, RATE, DISTRICT))
SMALL = Configuration("small", trees=30, leaves=4, depth=2, learning_rate=0.1)
FIRST, LAST = date(2018, 1, 1), date(2023, 12, 31)


def feature_rows(n: int, *, seed: int, unknown_share: float = 0.2) -> pd.DataFrame:
    """Return ``n`` rows, one per entity, with dates spread over six years and some values not known."""
    rng = np.random.default_rng(seed)
    days = rng.integers((LAST - FIRST).days, size=n)
    severity = rng.gamma(2.0, 5.0, size=n)
    rows = pd.DataFrame(
        {
            "entity_id": [f"reg:{place:06d}" for place in range(n)],
            "as_of": [FIRST + timedelta(days=int(day)) for day in days],
            SEVERITY: severity,
            RATE: np.clip(rng.normal(severity / 40, 0.1), 0, 1),
            DISTRICT: rng.uniform(0.05, 0.2, size=n),
        }
    )
    rows.loc[rng.random(n) < unknown_share, [SEVERITY, RATE]] = np.nan
    return rows


def true_log_odds(rows: pd.DataFrame) -> np.ndarray:
    """Return the risk the outcomes are drawn from: it rises with severity, half as fast where that is not known."""
    return -3.0 + 0.12 * rows[SEVERITY].fillna(10.0).to_numpy() + 4.0 * rows[DISTRICT].to_numpy()


def label_rows(rows: pd.DataFrame, *, seed: int, lag_days: int = 10) -> pd.DataFrame:
    """Return one outcome per row, known ``lag_days`` after the inspection."""
    rng = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-true_log_odds(rows)))
    return pd.DataFrame(
        {
            "entity_id": rows["entity_id"],
            "as_of": rows["as_of"],
            "label": (rng.random(len(rows)) < chance).astype(float),
            "known_at": [day + timedelta(days=1 + lag_days) for day in rows["as_of"]],
        }
    )


def examples(n: int = 3000, *, seed: int = 1) -> Examples:
    """Return training rows of that world, all known."""
    rows = feature_rows(n, seed=seed)
    labels = label_rows(rows, seed=seed + 1)
    return assemble_examples(rows, labels, population="p", known_by=date(2030, 1, 1), basis=Basis.SCHEDULED)


def fitted(n: int = 3000, *, seed: int = 1, **changes: object) -> FittedModel:
    """Return a model of that world, fitted the way ``xinheng train`` does it."""
    rows = feature_rows(n, seed=seed)
    settings: dict[str, Any] = {
        "population": "p",
        "known_by": date(2030, 1, 1),
        "basis": Basis.SCHEDULED,
        "seed": 7,
        "declared": READ,
        "candidates": (SMALL,),
        "inputs": {"policies": "abc"},
    }
    return train_population(rows, label_rows(rows, seed=seed + 1), **(settings | changes))
