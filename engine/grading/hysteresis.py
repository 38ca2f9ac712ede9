"""A grade changes only when the score leaves its band: scores that tremble at a limit do not move a firm to and fro.

A Schmitt trigger with the run before as its memory. With limits L and the grade g held before, the score s gives the
grade clip(g, r(s), m(s)): r counts the limits that s exceeds by more than ``worse_points``, m those that it exceeds
after ``better_points`` are taken off them. Whoever has no grade from the run before, or one of another model or
population, gets the grade of the cut. Source: O. H. Schmitt, J. Sci. Instrum. 15 (1938) 24.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.grading.cutoffs import LIMIT_COLUMNS
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import RISK_GRADES, whole_population

HYSTERESIS = "grading.hysteresis"
SETTLED = "settled_grade"
_PLACES = {grade.value: place for place, grade in enumerate(RISK_GRADES)}
_NAMES = np.asarray([grade.value for grade in RISK_GRADES], dtype=object)


@dataclass(frozen=True, slots=True)
class Band:
    """Points of score beyond a limit that a change of grade takes; both >= 0.

    Parameters
    ----------
    worse_points : beyond the limit of the grade held, for a riskier grade.
    better_points : below the limit of the milder grade.
    """

    worse_points: float
    better_points: float


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """The band of every population on one day."""

    default: Band
    populations: Mapping[str, Band]

    def of(self, population: str) -> Band:
        """Return the band of ``population``; a sector without its own has that of the whole."""
        whole = self.populations.get(whole_population(population), self.default)
        return self.populations.get(population, whole)


def read_hysteresis(book: PolicyBook, *, on: date) -> Hysteresis:
    """Read policy ``grading.hysteresis``: ``{default: {worse_points, better_points}, populations: {name: …}}``.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError, PolicyInconsistentError
    """
    value = book.value(HYSTERESIS, on=on)
    return Hysteresis(_band(value["default"]), {name: _band(v) for name, v in (value["populations"] or {}).items()})


def settle_grades(
    grades: pd.DataFrame, previous: pd.DataFrame | None, *, limits: pd.DataFrame, hysteresis: Hysteresis
) -> pd.DataFrame:
    """Return the grades with those of the run before held where the score stays in their band.

    Parameters
    ----------
    grades : as :func:`engine.grading.cutoffs.assign_grades` gave them, all of one as_of.
    previous : table ``grades`` of the run before; None for the first.
    limits : result of :func:`engine.grading.cutoffs.grade_limits` for the same scores.
    hysteresis : bands of the day.

    Returns
    -------
    DataFrame like ``grades``, with ``settled_grade`` (A..D or U), which ``grade`` equals until overrides apply;
    ``score_grade`` stays what the cut alone gives.

    Notes
    -----
    Reads ``settled_grade`` of the run before, so an override leaves no trace once it ends. Cost: one join.
    """
    settled = grades["score_grade"].to_numpy(dtype=object).copy()
    held = _held_places(grades, previous)
    by_population = limits.set_index("population")[list(LIMIT_COLUMNS)]
    scores = grades["score"].to_numpy(dtype=np.float64)
    can_hold = (held >= 0) & grades["score_grade"].isin(_PLACES).to_numpy()
    for population in sorted(grades["population"].unique()):
        rows = np.flatnonzero(can_hold & (grades["population"] == population).to_numpy())
        band, cuts = hysteresis.of(str(population)), by_population.loc[population].to_numpy(dtype=np.float64)
        # scores are rounded to six decimals; so is the edge of a band, lest a float's hair decide
        riskiest_left = np.searchsorted(np.round(cuts + band.worse_points, 6), scores[rows], side="left")
        mildest_left = np.searchsorted(np.round(cuts - band.better_points, 6), scores[rows], side="left")
        settled[rows] = _NAMES[np.clip(held[rows], riskiest_left, mildest_left)]
    result = grades.copy()
    result[SETTLED] = pd.Series(settled, index=grades.index, dtype="str")
    result["grade"] = result[SETTLED]
    return result


def _held_places(grades: pd.DataFrame, previous: pd.DataFrame | None) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Place of each row's grade in the run before, 0 = A; -1 where nothing comparable stood."""
    if previous is None or previous.empty:
        return np.full(len(grades), -1, dtype=np.int64)
    # runs of before there were bands hold the grade of the cut only
    before = previous[SETTLED] if SETTLED in previous.columns else previous["score_grade"]
    known = previous[["entity_id", "population", "model"]].assign(place=before.map(_PLACES))
    joined = grades[["entity_id", "population", "model"]].merge(
        known, on=["entity_id", "population", "model"], how="left", validate="1:1"
    )
    return np.asarray(joined["place"].fillna(-1), dtype=np.int64)


def _band(value: Mapping[str, object]) -> Band:
    if set(value) != {"worse_points", "better_points"}:
        raise PolicyInconsistentError(name=HYSTERESIS, problem=Message(N_("a band needs worse_points, better_points")))
    band = Band(float(str(value["worse_points"])), float(str(value["better_points"])))
    if min(band.worse_points, band.better_points) < 0:
        raise PolicyInconsistentError(name=HYSTERESIS, problem=Message(N_("the points of a band cannot be negative")))
    return band
