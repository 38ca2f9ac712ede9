"""Anchor and trees together: what turns feature rows into log-odds, and says which feature gave how much."""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.features.declaration import Feature
from models.learners.admission import known_values, typical_values, with_typical
from models.learners.anchor import Anchor, fit_anchor
from models.learners.challenger import Configuration, fit_booster
from models.learners.examples import Examples

FloatArray = npt.NDArray[np.float64]

BATCH_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class GrownRanker:
    """Anchor and trees; satisfies :class:`models.learners.ranker.Ranker`.

    Parameters
    ----------
    names : columns it reads, in the order of the trees.
    typical : value of each where it is not known.
    anchor : the line the trees start from; None = the base rate.
    trees : LightGBM text.
    """

    names: tuple[str, ...]
    typical: tuple[float, ...]
    anchor: Anchor | None
    trees: str

    def matrix(self, rows: pd.DataFrame) -> FloatArray:
        """Return the columns of feature rows, typical values where not known."""
        return with_typical(known_values(rows, names=self.names), typical=self.typical)

    def log_odds(self, rows: pd.DataFrame, *, threads: int = 1) -> FloatArray:
        """Return the log-odds of every row. Cost: rows x trees."""
        return self.log_odds_of(self.matrix(rows), threads=threads)

    def log_odds_of(self, matrix: FloatArray, *, threads: int = 1) -> FloatArray:
        """Return the log-odds of a matrix with the columns ``names``; NaN stands for the typical value."""
        if not len(matrix):
            return np.zeros(0)
        matrix = with_typical(matrix, typical=self.typical)
        booster = lightgbm.Booster(model_str=self.trees)
        grown = np.asarray(booster.predict(matrix, raw_score=True, num_threads=threads), dtype=np.float64)
        return grown if self.anchor is None else grown + self.anchor.log_odds(matrix, names=self.names)

    def shares(self, rows: pd.DataFrame, *, threads: int = 1) -> FloatArray:
        """Return the log-odds split over the columns, the base in a last column; rows add up to :meth:`log_odds`.

        Notes
        -----
        Trees: TreeSHAP; the anchor adds what its column differs from the typical value. Source: Lundberg et al.,
        Nature Machine Intelligence 2 (2020). Cost: rows x trees x leaves x depth; memory 8 bytes x rows x features.
        """
        matrix = self.matrix(rows)
        booster = lightgbm.Booster(model_str=self.trees)
        parts = [
            np.asarray(booster.predict(matrix[first : first + BATCH_ROWS], pred_contrib=True, num_threads=threads))
            for first in range(0, len(matrix), BATCH_ROWS)
        ]
        split = np.concatenate(parts) if parts else np.zeros((0, matrix.shape[1] + 1))
        if self.anchor is not None:
            place = self.names.index(self.anchor.feature)
            typical = self.typical[place]
            split[:, place] += self.anchor.slope * (matrix[:, place] - typical)
            split[:, -1] += self.anchor.intercept + self.anchor.slope * typical
        return split


def fit_grown(
    examples: Examples,
    *,
    features: Sequence[Feature],
    configuration: Configuration,
    seed: int,
    held: FloatArray | None = None,
    threads: int = 1,
) -> GrownRanker:
    """Fit anchor and trees; parameters as for :func:`models.learners.challenger.fit_booster`."""
    names = tuple(feature.name for feature in features)
    typical = typical_values(examples.rows, names=names)
    anchor = fit_anchor(examples, features=features, typical=typical) if configuration.is_anchored else None
    trees = fit_booster(
        examples,
        features=features,
        typical=typical,
        configuration=configuration,
        anchor=anchor,
        held=held,
        seed=seed,
        threads=threads,
    )
    return GrownRanker(names, typical, anchor, trees)
