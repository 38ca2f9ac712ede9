"""Schedule in, metrics out: how many days earlier a ranking or a plan would have found what was found.

The capacity of every day is kept as it was; the k-th highest score takes the k-th date. Tied scores share the mean of
their dates, so that the order of rows never decides. A random order is stated beside it: its gain is not 0.
Source: docs/spec/estimators.md §3; protocol of Chicago/food-inspections-evaluation (2014).
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here
from numpy.typing import ArrayLike, NDArray

from engine.errors import UndefinedEstimateError
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.intervals import CONFIDENCE, FloatArray
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class ScheduleGain:
    """What a schedule would have gained on the real one.

    Parameters
    ----------
    days_earlier : mean of real minus scheduled date over the adverse rows, days.
    random_days_earlier : the same for a random order, in expectation.
    first_half_share : share of the adverse rows scheduled in the first half, 0..1.
    actual_first_half_share : the same for the real dates.
    """

    days_earlier: float
    random_days_earlier: float
    first_half_share: float
    actual_first_half_share: float


def schedule_by_score(dates: ArrayLike, scores: ArrayLike, adverse: ArrayLike) -> ScheduleGain:
    """Return the gain of visiting the highest scores first at the real capacity per day.

    Parameters
    ----------
    dates : real date of each visit (datetime64 or date).
    scores : higher = earlier.
    adverse : bool per visit.

    Raises
    ------
    UndefinedEstimateError
        No visit is adverse.

    Notes
    -----
    The first half are the days whose running count of visits is below half of all.
    """
    real, outcome = _days(dates), np.asarray(adverse, dtype=float)
    slots = np.sort(real)
    in_first_half = _first_half(slots)
    score = np.asarray(scores, dtype=float)
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    sizes = np.diff(np.r_[starts, slots.size])
    found = np.add.reduceat(outcome[order], starts)
    scheduled = np.add.reduceat(slots, starts) / sizes
    early = np.add.reduceat(in_first_half.astype(float), starts) / sizes
    return _gain(real, outcome, scheduled_sum=float(found @ scheduled), early=float(found @ early))


def schedule_by_plan(dates: ArrayLike, planned: ArrayLike, adverse: ArrayLike) -> ScheduleGain:
    """Return the gain of ``planned`` dates (any schedule, one date per visit) over the real ones.

    Parameters and errors as for :func:`schedule_by_score`; the first half is that of the plan's own dates.
    """
    real, plan, outcome = _days(dates), _days(planned), np.asarray(adverse, dtype=float)
    order = np.argsort(plan, kind="stable")
    early = np.empty(plan.size)
    early[order] = _first_half(plan[order])
    return _gain(real, outcome, scheduled_sum=float(plan @ outcome), early=float(early @ outcome))


def days_earlier_interval(
    dates: ArrayLike,
    scores: ArrayLike,
    adverse: ArrayLike,
    *,
    clusters: ArrayLike,
    rng: Generator,
    replicates: int = 1000,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Return days earlier minus those of a random order, with a percentile interval over resampled clusters.

    Parameters and errors as for :func:`schedule_by_score`; ``clusters``, ``rng`` and ``replicates`` as for
    :func:`~engine.estimation.ranking.auc_interval`.
    """
    real, score, outcome = _days(dates), np.asarray(scores, dtype=float), np.asarray(adverse, dtype=float)
    codes, labels = pd.factorize(np.asarray(clusters))
    members = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[members], np.arange(len(labels) + 1))
    drawn = []
    for _ in range(replicates):
        picks = rng.integers(len(labels), size=len(labels))
        rows = np.concatenate([members[starts[code] : starts[code + 1]] for code in picks])
        if outcome[rows].any():
            drawn.append(_over_random(schedule_by_score(real[rows], score[rows], outcome[rows])))
    value = _over_random(schedule_by_score(real, score, outcome))
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(
        "days_earlier_over_random",
        value,
        float(low),
        float(high),
        real.size,
        math.nan,
        "cluster_bootstrap",
        Basis.DESCRIPTIVE,
    )


def _over_random(gain: ScheduleGain) -> float:
    return gain.days_earlier - gain.random_days_earlier


def _days(dates: ArrayLike) -> FloatArray:
    values = np.asarray(dates)
    return np.asarray(values if values.dtype.kind == "f" else values.astype("datetime64[D]"), dtype=float)


def _first_half(slots: FloatArray) -> NDArray[np.bool_]:
    """Whether each date of the sorted ``slots`` is one of the days whose running count is below half."""
    through = np.searchsorted(slots, slots, side="right")
    return np.asarray(through < slots.size / 2)


def _gain(real: FloatArray, outcome: FloatArray, *, scheduled_sum: float, early: float) -> ScheduleGain:
    found = float(outcome.sum())
    if found == 0:
        raise UndefinedEstimateError(measure="days_earlier", reason=Message(N_("no visit is adverse")))
    order = np.argsort(real, kind="stable")
    mean_real = float(real @ outcome) / found
    return ScheduleGain(
        days_earlier=mean_real - scheduled_sum / found,
        random_days_earlier=mean_real - float(real.mean()),
        first_half_share=early / found,
        actual_first_half_share=float(_first_half(real[order]) @ outcome[order]) / found,
    )
