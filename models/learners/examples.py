"""Training rows: a label, the features on the eve of it, and a weight.

Random draws say what an ordinary firm is like, so they train alone where they exist, each row counting for the firms
it stands for (1 / probability, trimmed). Elsewhere routine visits train, every row counting once. Directed visits
(complaints, re-checks) never train unless asked for, and the choice is recorded with the model.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import MissingInclusionProbabilityError, NothingToLearnError
from engine.messages import N_
from engine.vocabulary import SelectionMode, TableShape

KEY = ("entity_id", "as_of")
LABELS = TableShape(
    "labels",
    (),
    {
        "entity_id": "text",
        "as_of": "date, the eve of the inspection",
        "label": "1 adverse, 0 not, null not assessable",
        "known_at": "day the result was on record",
    },
)
MAX_WEIGHT = 20.0
"""Largest weight of a row, in mean weights: a few rows of probability 1 in 1,000 must not carry the whole fit."""


class Basis(StrEnum):
    """Which rows a model learned from."""

    RANDOM = N_("random rows, weighted by 1/probability")
    SCHEDULED = N_("routine rows of unknown design, not design-based")
    WITH_DIRECTED = N_("all rows, directed ones by explicit choice, not design-based")


MODES = {
    Basis.RANDOM: (SelectionMode.RANDOM,),
    Basis.SCHEDULED: (SelectionMode.SCHEDULED,),
    Basis.WITH_DIRECTED: (SelectionMode.RANDOM, SelectionMode.SCHEDULED, SelectionMode.DIRECTED),
}
"""Ways of selection whose results train."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows a model is fitted on.

    Parameters
    ----------
    rows : DataFrame, one row per checked item or day, oldest ``as_of`` first; entity_id, as_of, ``adverse`` (0 or 1),
        ``known_at``, ``weight`` (> 0, mean 1) and the features.
    basis : which rows these are.
    """

    rows: pd.DataFrame
    basis: Basis

    @property
    def adverse(self) -> npt.NDArray[np.float64]:
        """The outcomes, 0 or 1."""
        return self.rows["adverse"].to_numpy(dtype=np.float64)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """The weights, mean 1."""
        return self.rows["weight"].to_numpy(dtype=np.float64)

    def part(self, mask: npt.NDArray[np.bool_]) -> "Examples":
        """Return the rows where ``mask`` is true, weights as they are."""
        return Examples(self.rows[mask], self.basis)


def assemble_examples(
    features: pd.DataFrame, labels: pd.DataFrame, *, population: str, known_by: date, basis: Basis
) -> Examples:
    """Return the training rows of one population.

    Parameters
    ----------
    features : one row per (entity_id, as_of), at least those of ``labels``.
    labels : rows of :func:`engine.features.labels.eve_rows`, one per checked item or per day; ``label``, ``known_at``
        and, for random rows, ``inclusion_probability`` (0..1]. Rows not assessable or known too late are left out.
    population : str, for messages.
    known_by : date, last day on which a result may have become known.
    basis : which rows the labels are; decides the weights.

    Raises
    ------
    MissingInclusionProbabilityError
        The basis is random and a row carries no probability.
    NothingToLearnError
        No row is left, or all have the same outcome.

    Notes
    -----
    Weights 1 / probability, trimmed at ``MAX_WEIGHT`` mean weights. Source: Potter, Survey Methodology 14 (1988).
    Cost: one join over the labels.
    """
    LABELS.check(labels)
    known = labels[labels["label"].notna() & (pd.to_datetime(labels["known_at"]) <= pd.Timestamp(known_by))]
    known = known.assign(adverse=known["label"].astype(float), weight=_weights(known, basis=basis))
    named = ["inspector_code"] if "inspector_code" in known else []
    rows = known[[*KEY, "adverse", "known_at", "weight", *named]].merge(
        features, on=list(KEY), how="inner", validate="many_to_one"
    )
    n_positive = int(rows["adverse"].sum())
    if not 0 < n_positive < len(rows):
        raise NothingToLearnError(population=population, n_rows=len(rows), n_positive=n_positive, need=1)
    rows["weight"] /= rows["weight"].mean()
    return Examples(rows.sort_values(["as_of", "entity_id", "adverse"], kind="stable", ignore_index=True), basis)


def _weights(labels: pd.DataFrame, *, basis: Basis) -> npt.NDArray[np.float64]:
    if basis is not Basis.RANDOM or labels.empty:
        return np.ones(len(labels))
    probability = np.full(len(labels), np.nan)
    if "inclusion_probability" in labels:
        probability = labels["inclusion_probability"].to_numpy(dtype=np.float64, na_value=np.nan)
    is_missing = ~(probability > 0)
    if is_missing.any():
        raise MissingInclusionProbabilityError(n_rows=int(is_missing.sum()), mode=SelectionMode.RANDOM.value)
    inverse = 1 / probability
    return np.asarray(np.minimum(inverse / inverse.mean(), MAX_WEIGHT))
