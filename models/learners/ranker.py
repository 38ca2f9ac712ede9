"""What every learned model is underneath: feature rows in, log-odds out, and which feature gave how much."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.features.declaration import Feature
from models.learners.challenger import Configuration
from models.learners.examples import Examples
from models.learners.grown import fit_grown
from models.learners.woe_logistic import PointsConfiguration, fit_points_table

FloatArray = npt.NDArray[np.float64]

AnyConfiguration = Configuration | PointsConfiguration


class Ranker(Protocol):
    """A fitted order of firms, before calibration."""

    @property
    def names(self) -> tuple[str, ...]:
        """Columns it reads, in its order."""

    @property
    def typical(self) -> tuple[float, ...]:
        """Mean known value of each."""

    def log_odds(self, rows: pd.DataFrame, *, threads: int = 1) -> FloatArray:
        """Return the log-odds of every row."""

    def log_odds_of(self, matrix: FloatArray, *, threads: int = 1) -> FloatArray:
        """Return the log-odds of a matrix with the columns ``names``, NaN where not known."""

    def shares(self, rows: pd.DataFrame, *, threads: int = 1) -> FloatArray:
        """Return the log-odds split over the columns, the base in a last column; rows add up to the log-odds."""


def fit_ranker(
    examples: Examples,
    *,
    features: Sequence[Feature],
    configuration: AnyConfiguration,
    seed: int,
    held: FloatArray | None = None,
    threads: int = 1,
) -> Ranker:
    """Fit what the configuration asks for: trees, or a points table (which needs no seed).

    Parameters
    ----------
    examples : training rows, both outcomes present.
    features : what it may read.
    held : log-odds per row that are held fixed and are no part of the result; None = none.
    seed, threads : as for :func:`models.learners.challenger.fit_booster`.
    """
    if isinstance(configuration, PointsConfiguration):
        return fit_points_table(examples, features=features, configuration=configuration, held=held)
    return fit_grown(examples, features=features, configuration=configuration, seed=seed, held=held, threads=threads)
