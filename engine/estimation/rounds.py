"""Scores compared over several test windows: mean AUC, precision and days earlier, and what one gains over another.

One window says little (the days earlier of a two-month test have a standard deviation of more than one). So every
score is judged in each window, the windows count alike, and differences are taken on the same resamples of whole
entities or whole days. Days are those of :mod:`engine.estimation.schedule` less those of a random order, which is not
0 when the date order itself tells something. Source: docs/spec/estimators.md §3.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here
from numpy.typing import ArrayLike, NDArray

from engine.errors import UndefinedEstimateError
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.gains import visits_at
from engine.estimation.intervals import CONFIDENCE, FloatArray
from engine.estimation.ranking import REPLICATES, Ranking, ranking_of
from engine.messages import N_, Message


class Measure(StrEnum):
    """What is averaged over the windows."""

    AUC = "auc"
    DAYS = "days_earlier_over_random"
    PRECISION = "precision_at_10"
    """Share adverse among the tenth of a window's visits with the highest scores."""


TOP_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Timetable:
    """The visits of one window by date and by score, so that any weighting of them costs no sort.

    Parameters
    ----------
    dates : day of each visit, as float.
    by_date, by_score : rows in ascending order of date, in descending order of score.
    starts : place in ``by_score`` where each group of equal scores begins.
    outcome : 0 or 1 by row.
    """

    dates: FloatArray
    by_date: NDArray[np.int64]
    by_score: NDArray[np.int64]
    starts: NDArray[np.int64]
    outcome: FloatArray

    def days_over_random(self, weights: FloatArray) -> float:
        """Return the mean date of all visits minus the mean scheduled date of the adverse ones, in days.

        Parameters
        ----------
        weights : >= 0 by row, how often each visit counts.

        Notes
        -----
        The real dates, each as often as its visits count, are the places; the highest scores take the first, a group of
        equal scores the mean of its places. NaN where no adverse visit counts.
        """
        found = float(weights @ self.outcome)
        if found <= 0:
            return math.nan
        places = np.r_[0.0, np.cumsum(weights[self.by_date])]
        dates = np.r_[0.0, np.cumsum((weights * self.dates)[self.by_date])]
        size = np.add.reduceat(weights[self.by_score], self.starts)
        adverse = np.add.reduceat((weights * self.outcome)[self.by_score], self.starts)
        ends = np.r_[0.0, np.cumsum(size)]
        taken = np.diff(np.interp(ends, places, dates))
        is_held = size > 0
        scheduled = float(adverse[is_held] @ (taken[is_held] / size[is_held]))
        return float(dates[-1] / places[-1]) - scheduled / found

    def precisions(self, weights: FloatArray) -> FloatArray:
        """Return per row of weights the share adverse among the highest scores, ties at the cut in expectation.

        Parameters
        ----------
        weights : whole numbers >= 0, replicates x visits. As many visits are taken as
            :func:`engine.estimation.gains.visits_at` says of their sum for :data:`TOP_SHARE`.
        """
        ranked = weights[:, self.by_score]
        size = np.add.reduceat(ranked, self.starts, axis=1)
        found = np.add.reduceat(ranked * self.outcome[self.by_score], self.starts, axis=1)
        ends, founds = np.cumsum(size, axis=1), np.cumsum(found, axis=1)
        places = np.array([visits_at(int(total), share=TOP_SHARE) for total in ends[:, -1]], dtype=np.float64)
        cut = np.minimum((ends < places[:, None]).sum(axis=1), size.shape[1] - 1)
        each = np.arange(len(ends))
        before = np.where(cut > 0, ends[each, cut - 1], 0.0)
        sure = np.where(cut > 0, founds[each, cut - 1], 0.0)
        tied = np.maximum(size[each, cut], 1.0)
        return np.asarray((sure + (places - before) * found[each, cut] / tied) / places)


def timetable(dates: ArrayLike, scores: ArrayLike, adverse: ArrayLike) -> Timetable:
    """Return the visits of one window ranked by date and by score (higher = earlier)."""
    days = np.asarray(dates).astype("datetime64[D]").astype(float)
    score, outcome = np.asarray(scores, dtype=float), np.asarray(adverse, dtype=float)
    by_score = np.argsort(-score, kind="stable")
    ranked = score[by_score]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    return Timetable(days - days.min(), np.argsort(days, kind="stable"), by_score, starts, outcome)


@dataclass(frozen=True, slots=True)
class Rounds:
    """Means over the windows of every score, with the same resamples behind all of them.

    Parameters
    ----------
    windows : names of the windows.
    by_window : DataFrame, index window, columns (score, measure).
    resampled : mean over the windows per replicate, by (score, measure).
    n : rows over all windows.
    cluster : what was resampled.
    """

    windows: tuple[str, ...]
    by_window: pd.DataFrame
    resampled: Mapping[tuple[str, Measure], FloatArray]
    n: int
    cluster: str

    @property
    def scores(self) -> tuple[str, ...]:
        """The scores, in the order given."""
        return tuple(dict.fromkeys(name for name, _ in self.resampled))

    def mean(self, score: str, measure: Measure, *, confidence: float = CONFIDENCE) -> Estimate:
        """Return a score's mean over the windows with a percentile interval."""
        value = float(self.by_window[score, measure].mean())
        return self._estimate(f"mean_{measure}", value, self.resampled[score, measure], confidence)

    def gain(self, score: str, *, over: str, measure: Measure, confidence: float = CONFIDENCE) -> Estimate:
        """Return the mean of ``score`` minus that of ``over``, on the same resamples."""
        value = float((self.by_window[score, measure] - self.by_window[over, measure]).mean())
        drawn = self.resampled[score, measure] - self.resampled[over, measure]
        return self._estimate(f"gain_{measure}", value, drawn, confidence)

    def best(self, among: Sequence[str], measure: Measure) -> str:
        """Return the score of ``among`` with the highest mean; the first of equals."""
        return max(among, key=lambda score: float(self.by_window[score, measure].mean()))

    def _estimate(self, name: str, value: float, drawn: FloatArray, confidence: float) -> Estimate:
        kept = drawn[~np.isnan(drawn)]
        if kept.size == 0:
            raise UndefinedEstimateError(
                measure=name, reason=Message(N_("no resample held both outcomes in every window"))
            )
        tail = (1 - confidence) / 2
        low, high = (float(limit) for limit in np.quantile(kept, [tail, 1 - tail]))
        return Estimate(name, value, low, high, self.n, math.nan, f"bootstrap_by_{self.cluster}", Basis.DESCRIPTIVE)


def judge_rounds(
    scored: pd.DataFrame,
    *,
    names: Sequence[str],
    cluster: str,
    rng: Generator,
    replicates: int = REPLICATES,
    measures: Sequence[Measure] = tuple(Measure),
) -> Rounds:
    """Judge scores over windows on resamples of whole clusters.

    Parameters
    ----------
    scored : one row per visit: ``window`` (label), ``occurred_on`` (date), ``adverse`` (0 or 1), the column
        ``cluster`` and one column per score, higher = riskier, no nulls.
    names : score columns.
    cluster : column whose equal values are resampled together, over all windows: ``entity_id`` or ``occurred_on``.
    rng : seeded numpy Generator.
    measures : what is averaged; ``occurred_on`` is read for days only.
    replicates : resamples, > 0. Cost: one sort per score and window, then replicates x rows x scores.

    Raises
    ------
    UndefinedEstimateError
        A window holds one outcome only.
    """
    windows = tuple(str(label) for label in scored["window"].drop_duplicates().sort_values())
    parts = {label: scored[scored["window"].astype(str) == label] for label in windows}
    ranked = {(w, n): ranking_of(part[n], part["adverse"]) for w, part in parts.items() for n in names}
    tables = {
        (w, n): timetable(part["occurred_on"], part[n], part["adverse"])
        for w, part in parts.items()
        for n in names
        if {Measure.DAYS, Measure.PRECISION} & set(measures)
    }
    rows = {label: np.flatnonzero(scored["window"].astype(str) == label) for label in windows}
    ones = {label: np.ones((1, len(part))) for label, part in parts.items()}
    values = {
        (name, measure): [float(_values(measure, ranked[w, name], tables.get((w, name)), ones[w])[0]) for w in windows]
        for name in names
        for measure in measures
    }
    codes, labels = pd.factorize(scored[cluster].to_numpy())
    resampled = {key: np.empty(replicates) for key in values}
    batch = max(1, 1_000_000 // max(len(scored), 1))
    for first in range(0, replicates, batch):
        size = min(batch, replicates - first)
        picks = rng.integers(len(labels), size=(size, len(labels)))
        times = np.stack([np.bincount(row, minlength=len(labels)) for row in picks]).astype(float)[:, codes]
        for name, measure in values:
            each = [_values(measure, ranked[w, name], tables.get((w, name)), times[:, rows[w]]) for w in windows]
            resampled[name, measure][first : first + size] = np.mean(each, axis=0)
    return Rounds(windows, pd.DataFrame(values, index=list(windows)), resampled, len(scored), cluster)


def _values(measure: Measure, ranking: Ranking, table: Timetable | None, weights: FloatArray) -> FloatArray:
    """One value per row of weights; a timetable is there unless the area is asked for."""
    if table is None or measure is Measure.AUC:
        return ranking.areas(weights)
    if measure is Measure.PRECISION:
        return table.precisions(weights)
    return np.array([table.days_over_random(row) for row in weights])
