"""What one way of grading lifts beyond another, on the same entities and the same findings.

Lift as in :func:`engine.estimation.targeting.lift_over_uniform`; both gradings are recomputed on the same resamples of
the entities, so that what the cohort happened to hold does not count for either. Source: docs/spec/estimators.md §2.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here

from engine.estimation.estimate import Estimate
from engine.estimation.intervals import CONFIDENCE, FloatArray
from engine.estimation.ranking import REPLICATES, percentile_estimate
from engine.vocabulary import RISK_GRADES

_GRADES = tuple(str(grade) for grade in RISK_GRADES)
_BATCH_CELLS = 20_000_000


def lift_gains(
    graded: Mapping[str, pd.DataFrame],
    *,
    reference: str,
    ratios: Mapping[str, float],
    rng: Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
    weight: str | None = None,
) -> dict[str, Estimate]:
    """Return the lift of ``reference`` minus that of every other grading, with percentile intervals.

    Parameters
    ----------
    graded : by name of the score, one row per entity (per entity and item where several are checked): entity_id,
        ``grade``, ``adverse`` (1, 0, or null when nothing was seen); the same rows under every name. Grades beside
        A to D take no part.
    reference : name of the grading that the others are compared with.
    ratios : sampling ratio by grade, 0..1; grades not named take part in neither draw.
    rng : resamples the entities.
    replicates, confidence : of the bootstrap.
    weight : column of weights >= 0 of the outcomes (:mod:`engine.estimation.seen_weights`), held fixed over the
        resamples; null = equal.

    Returns
    -------
    Estimate by name of the other grading; without those where a grade that has units shows no outcome, and empty where
    that holds for the reference.

    Notes
    -----
    Cost: replicates x entities x gradings.
    """
    names = list(graded)
    first = graded[names[0]]
    entities = pd.Index(first["entity_id"].unique())
    columns = [_sums(graded[name], entities, weight=weight) for name in names]
    sums = np.concatenate(columns, axis=1)
    wanted = np.array([ratios.get(grade, 0.0) for grade in _GRADES])
    named = np.array([grade in ratios for grade in _GRADES])
    own = _lifts(np.ones((1, len(entities))) @ sums, wanted=wanted, named=named)[0]
    drawn = []
    batch = max(1, _BATCH_CELLS // max(len(entities), 1))
    for start in range(0, replicates, batch):
        size = min(batch, replicates - start)
        picks = rng.integers(len(entities), size=(size, len(entities)))
        times = np.stack([np.bincount(row, minlength=len(entities)) for row in picks]).astype(np.float64)
        drawn.append(_lifts(times @ sums, wanted=wanted, named=named))
    resampled = np.concatenate(drawn)
    place = names.index(reference)
    found = {}
    for other, name in enumerate(names):
        if name == reference:
            continue
        value = float(own[place] - own[other])
        if np.isnan(value):
            continue
        found[name] = percentile_estimate(
            "lift_gain", value, resampled[:, place] - resampled[:, other], n=len(entities), confidence=confidence
        )
    return found


def _sums(graded: pd.DataFrame, entities: pd.Index, *, weight: str | None) -> FloatArray:
    """Per entity and risk grade: 1 if it has the grade, outcomes seen, findings, both weighted; entities x 12."""
    times = 1.0 if weight is None else graded[weight].astype(float)
    adverse = graded["adverse"].astype(float)
    rows = graded.assign(seen=adverse.notna() * times, hits=adverse.fillna(0.0) * times)
    by = rows.groupby("entity_id").agg(grade=("grade", "first"), seen=("seen", "sum"), hits=("hits", "sum"))
    by = by.reindex(entities)
    has = np.column_stack([(by["grade"] == grade).to_numpy(dtype=np.float64) for grade in _GRADES])
    seen, hits = (by[name].to_numpy(dtype=np.float64)[:, None] for name in ("seen", "hits"))
    return np.concatenate([has, has * seen, has * hits], axis=1)


def _lifts(totals: FloatArray, *, wanted: FloatArray, named: FloatArray) -> FloatArray:
    """Lift per row of totals and grading; NaN where a named grade with units shows no outcome, or nothing was found."""
    units, seen, hits = np.moveaxis(totals.reshape(len(totals), -1, 3, len(_GRADES)), 2, 0)
    units = units * named
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(units > 0, hits / seen, 0.0)
        visits = units * wanted
        return np.asarray(
            ((visits * rate).sum(axis=-1) / visits.sum(axis=-1)) / ((units * rate).sum(axis=-1) / units.sum(axis=-1))
        )
