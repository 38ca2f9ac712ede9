"""Bins of a feature in which the share of findings rises the way its declaration claims, and the evidence of each.

The cuts come from optbinning (optimal binning by constraint programming); the weight of evidence (WoE) of a bin is the
log of how much more often adverse rows fall into it than clean ones. A value that is not known has no bin: its evidence
is 0, neither for nor against anyone. Source: Navas-Palencia, arXiv 2001.08025 (2020); Good, Probability and the
Weighing of Evidence (1950).
"""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.features.declaration import Feature
from models.learners.admission import known_values
from models.learners.examples import Examples

FloatArray = npt.NDArray[np.float64]

PRIOR_ROWS = 10.0
"""Rows at the base rate that each bin is drawn in by: a bin without a finding is rare, not impossible."""

TRENDS = {1: "ascending", -1: "descending", 0: "auto_asc_desc"}
"""How the share of findings may move with the value, by the direction that a feature claims."""


@dataclass(frozen=True, slots=True)
class Bins:
    """The bins of one feature.

    Parameters
    ----------
    feature : column name.
    edges : rising; bin k holds edges[k-1] <= value < edges[k].
    evidence : WoE per bin, one more than edges; > 0 = adverse rows are more frequent in it than clean ones.
    information : information value, >= 0: how far the known bins tell adverse from clean.
    """

    feature: str
    edges: tuple[float, ...]
    evidence: tuple[float, ...]
    information: float

    def of(self, values: FloatArray) -> FloatArray:
        """Return the evidence of each value, 0 where it is NaN."""
        place = np.searchsorted(np.asarray(self.edges), values, side="right")
        return np.where(np.isnan(values), 0.0, np.asarray(self.evidence)[place])


def fit_bins(
    examples: Examples, *, features: Sequence[Feature], most_bins: int, least_share: float
) -> tuple[Bins, ...]:
    """Return the bins of the features that tell anything apart, in the order given.

    Parameters
    ----------
    examples : training rows, both outcomes present.
    features : what may be read.
    most_bins : largest number of bins, >= 2.
    least_share : least share of the known rows in a bin, 0..1.

    Notes
    -----
    A feature whose rows allow one bin only is left out. Cost: rows x features, and a small integer program each.
    """
    found = []
    matrix = known_values(examples.rows, names=[feature.name for feature in features])
    for place, feature in enumerate(features):
        values = matrix[:, place]
        known = ~np.isnan(values)
        adverse, weights = examples.adverse[known], examples.weights[known]
        if not 0 < adverse.sum() < len(adverse):
            continue
        edges = _edges(values[known], adverse, weights, feature=feature, most_bins=most_bins, least_share=least_share)
        if len(edges):
            found.append(_with_evidence(feature, edges, values[known], adverse, weights))
    return tuple(found)


def _edges(
    values: FloatArray,
    adverse: FloatArray,
    weights: FloatArray,
    *,
    feature: Feature,
    most_bins: int,
    least_share: float,
) -> FloatArray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy and scikit-learn deprecations inside the library
        logging.getLogger("__cvxpy__").addFilter(_silenced)
        from optbinning import OptimalBinning

        binning = OptimalBinning(
            name=feature.name,
            dtype="numerical",
            prebinning_method="cart",
            solver="cp",
            monotonic_trend=TRENDS[feature.direction],
            max_n_bins=most_bins,
            min_bin_size=least_share,
        )
        binning.fit(values, adverse.astype(np.int64), sample_weight=weights)
    return np.asarray(binning.splits, dtype=np.float64)


def _silenced(_: logging.LogRecord) -> bool:
    """No word of the solvers that cvxpy looks for on import: nothing here uses them."""
    return False


def _with_evidence(
    feature: Feature, edges: FloatArray, values: FloatArray, adverse: FloatArray, weights: FloatArray
) -> Bins:
    place = np.searchsorted(edges, values, side="right")
    mass = np.bincount(place, weights=weights, minlength=len(edges) + 1)
    hits = np.bincount(place, weights=weights * adverse, minlength=len(edges) + 1)
    base = hits.sum() / mass.sum()
    rate = (hits + PRIOR_ROWS * base) / (mass + PRIOR_ROWS)
    evidence = np.log(rate / (1 - rate)) - np.log(base / (1 - base))
    if feature.direction:
        # drawing small bins in may turn two neighbours round that the counts do not
        evidence = feature.direction * np.maximum.accumulate(feature.direction * evidence)
    share_adverse, share_clean = hits / hits.sum(), (mass - hits) / (mass - hits).sum()
    information = float(((share_adverse - share_clean) * evidence).sum())
    return Bins(feature.name, tuple(edges.tolist()), tuple(evidence.tolist()), max(information, 0.0))
