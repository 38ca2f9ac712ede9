"""Scores a feature table with a stored model.

score = 500 + 50 x log-odds, held to 0..1000: 50 points multiply the odds by e, 500 means as likely as not. Being linear
in log-odds, the score is the exact sum of its reasons (:mod:`models.stored.explanation`); being strictly rising, it
keeps the model's order and its ties. ``probability`` is the calibrated chance that a check on the next day finds
something; among rows of one date it rises with the score.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from engine.errors import FeatureSetMismatchError
from models.learners.admission import known_values
from models.stored.artifact import FittedModel

FloatArray = npt.NDArray[np.float64]

CENTRE = 500.0
POINTS_PER_LOG_ODDS = 50.0
LOWEST, HIGHEST = 0.0, 1000.0


def score_points(raw: FloatArray) -> FloatArray:
    """Return scores 0..1000 for log-odds."""
    return np.clip(CENTRE + POINTS_PER_LOG_ODDS * raw, LOWEST, HIGHEST)


def model_matrix(model: FittedModel, features: pd.DataFrame) -> FloatArray:
    """Return the model's columns in its order, NaN where not known.

    Raises
    ------
    FeatureSetMismatchError
        The feature table lacks a column the model reads.
    """
    missing = [name for name in model.card.feature_names if name not in features.columns]
    if missing:
        raise FeatureSetMismatchError(columns=", ".join(missing))
    return known_values(features, names=model.card.feature_names)


@dataclass(frozen=True, slots=True)
class ModelScorer:
    """Applies one stored model; satisfies the pipeline's scorer port.

    Parameters
    ----------
    model : fitted model, read back from its files.
    threads : int >= 1; does not change the result.
    """

    model: FittedModel
    threads: int = 1

    @property
    def name(self) -> str:
        """The model's name in ``scores`` and in policy."""
        return self.model.card.name

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the table ``scores`` for every feature row.

        Parameters
        ----------
        features : key (entity_id, as_of) and every column the model reads; empty values are allowed.

        Returns
        -------
        DataFrame in the rows' order and with their index: entity_id, as_of, model, population, score (0..1000),
        coverage_ratio (share of the model's importance that rests on known values, 0..1), probability (0..1).

        Raises
        ------
        FeatureSetMismatchError
            A column the model reads is missing.

        Notes
        -----
        Cost: rows x trees, or rows x features of a points table.
        """
        matrix = model_matrix(self.model, features)
        card = self.model.card
        raw = self.model.ranker.log_odds_of(matrix, threads=self.threads)
        importance = np.array([feature.importance for feature in card.features])
        return pd.DataFrame(
            {
                "entity_id": features["entity_id"].to_numpy(),
                "as_of": features["as_of"].to_numpy(),
                "model": self.name,
                "population": card.population,
                "score": score_points(raw),
                "coverage_ratio": np.clip(~np.isnan(matrix) @ importance, 0.0, 1.0),
                "probability": expit(card.calibration.log_odds(raw) + card.level.log_odds(features["as_of"])),
            },
            index=features.index,
        )
