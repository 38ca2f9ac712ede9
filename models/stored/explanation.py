"""Why a model gave its score: signed points per feature that add up to the score exactly.

Each feature has its share of the log-odds (:meth:`models.learners.ranker.Ranker.shares`); times the points per
log-odds, base plus contributions is the score. Where a score was held at 0 or 1000, the contributions are shrunk by one
factor so that the sum still holds.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.features.declaration import Feature
from engine.features.registry import FEATURES
from engine.messages import N_
from models.stored.application import CENTRE, POINTS_PER_LOG_ODDS, model_matrix, score_points
from models.stored.artifact import FittedModel

FloatArray = npt.NDArray[np.float64]

BLOCK = 2**16
"""Rows explained at a time: contributions of all columns at once would outweigh the table they explain."""
KNOWN = N_("{title}: {value}")
UNKNOWN = N_("{title}: not known")


@dataclass(frozen=True, slots=True)
class Contributions:
    """Points of every feature for every row.

    Parameters
    ----------
    base : score of a row about which nothing is said, per row.
    points : rows x features, signed; base + sum = score.
    names : features in column order.
    """

    base: FloatArray
    points: FloatArray
    names: tuple[str, ...]

    @property
    def scores(self) -> FloatArray:
        """The scores they add up to."""
        return np.asarray(self.base + self.points.sum(axis=1))


def contributions(model: FittedModel, features: pd.DataFrame, *, threads: int = 1) -> Contributions:
    """Return the points of every feature for every row of ``features``.

    Raises
    ------
    FeatureSetMismatchError
        A column the model reads is missing.

    Notes
    -----
    Cost: rows x trees x leaves x depth; memory 8 bytes x rows x features.
    """
    model_matrix(model, features)
    shares = model.ranker.shares(features, threads=threads)
    base = np.asarray(CENTRE + POINTS_PER_LOG_ODDS * shares[:, -1])
    points = POINTS_PER_LOG_ODDS * shares[:, :-1]
    total = points.sum(axis=1)
    wanted = score_points(shares.sum(axis=1)) - base
    factor = np.divide(wanted, total, out=np.ones_like(total), where=(np.abs(wanted - total) > 1e-9) & (total != 0))
    return Contributions(base, points * factor[:, None], model.card.feature_names)


def reasons(
    model: FittedModel,
    features: pd.DataFrame,
    *,
    top: int,
    declared: Sequence[Feature] = FEATURES,
    threads: int = 1,
) -> pd.DataFrame:
    """Return the table ``reasons``: the ``top`` features of every row by size of their points.

    Parameters
    ----------
    model : fitted model.
    features : key (entity_id, as_of) and the model's columns.
    top : int >= 1, reasons per row; features with no points are left out.
    declared : give the titles; a feature without declaration is called by its name.

    Returns
    -------
    DataFrame sorted by row, then rank: entity_id, as_of, model, rank (1 = largest), feature, value (null when not
    known), points (signed, higher = riskier), template and params (JSON) of the sentence.

    Notes
    -----
    Cost: that of :func:`contributions`, ``BLOCK`` rows at a time; memory for the reasons that are kept.
    """
    titles = {feature.name: _title(feature) for feature in declared}
    heads = [titles.get(name, json.dumps(name)) for name in model.card.feature_names]
    starts = range(0, max(len(features), 1), BLOCK)
    return pd.concat(
        [_reasons_of(model, features.iloc[at : at + BLOCK], heads, top=top, threads=threads) for at in starts],
        ignore_index=True,
    )


def _reasons_of(
    model: FittedModel, features: pd.DataFrame, heads: Sequence[str], *, top: int, threads: int
) -> pd.DataFrame:
    found = contributions(model, features, threads=threads)
    order = np.argsort(-np.abs(found.points), axis=1, kind="stable")[:, :top]
    points = np.take_along_axis(found.points, order, axis=1)
    values = np.take_along_axis(model_matrix(model, features), order, axis=1)
    rows, ranks = np.nonzero(points)
    picked = order[rows, ranks]
    value = values[rows, ranks]
    return pd.DataFrame(
        {
            "entity_id": features["entity_id"].to_numpy()[rows],
            "as_of": features["as_of"].to_numpy()[rows],
            "model": model.card.name,
            "rank": ranks + 1,
            "feature": np.asarray(found.names, dtype=object)[picked],
            "value": value,
            "points": points[rows, ranks],
            "template": np.where(np.isnan(value), UNKNOWN, KNOWN),
            "params": [_params(heads[place], number) for place, number in zip(picked, value, strict=True)],
        }
    )


def _title(feature: Feature) -> str:
    """The feature's title as a nested message, JSON: written once, for it stands in millions of reasons."""
    content = {"template": feature.title.template, "params": dict(feature.title.params)}
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def _params(title: str, value: float) -> str:
    """JSON of the title and, where it is known, the value, keys in order."""
    return f'{{"title": {title}}}' if np.isnan(value) else f'{{"title": {title}, "value": {round(float(value), 4)!r}}}'
