"""How well scores did on later inspections, each scored on its eve.

It flatters, since agencies return sooner to firms they worry about; the second view, never mixed with this one, is
:mod:`models.judging.cohort_judgement`. Both speak of the inspected alone unless the inspections were drawn at random.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here

from engine.estimation.estimate import Estimate
from engine.estimation.gains import Precision, found_share, precision_at_k, visits_at
from engine.estimation.ranking import auc_difference, auc_interval
from engine.estimation.reliability import CalibrationLine, brier, calibration_line

TOP_SHARES = (0.01, 0.05, 0.1, 0.2)
"""Shares of the visits for which precision is stated."""


@dataclass(frozen=True, slots=True)
class InspectionJudgement:
    """One score on later inspections.

    Parameters
    ----------
    name : the score's name.
    n, base_rate : rows, and share adverse.
    auc : with an interval from a bootstrap over entities.
    precision : share of the visits to precision there.
    first_half_share : share of all findings in the better half of the order, ties in expectation.
    difference : AUC minus that of the reference score on the same resamples; None for the reference itself.
    brier : of the probability; None for scores that are no probabilities.
    calibration : line of the probability; None likewise.
    observed_to_expected : findings over the sum of probabilities; None likewise.
    """

    name: str
    n: int
    base_rate: float
    auc: Estimate
    precision: Mapping[float, Precision]
    first_half_share: float
    difference: Estimate | None = None
    brier: float | None = None
    calibration: CalibrationLine | None = None
    observed_to_expected: float | None = None

    def as_json(self) -> dict[str, object]:
        """Return the object that ``demo --json`` and ``backtest --json`` show."""
        return {
            "name": self.name,
            "n": self.n,
            "base_rate": self.base_rate,
            "auc": interval(self.auc),
            "auc_difference": None if self.difference is None else interval(self.difference),
            "precision_at": {f"{share:g}": found.expected for share, found in self.precision.items()},
            "precision_at_ties": {
                f"{share:g}": {"worst": found.worst, "best": found.best} for share, found in self.precision.items()
            },
            "first_half_share": self.first_half_share,
            "brier": self.brier,
            "calibration_slope": None if self.calibration is None else self.calibration.slope,
            "observed_to_expected": self.observed_to_expected,
        }


def interval(found: Estimate) -> dict[str, float]:
    """Return value and limits as the JSON of commands shows them."""
    return {"value": found.value, "low": found.low, "high": found.high}


def judge_inspection_level(
    scored: pd.DataFrame,
    *,
    names: Sequence[str],
    reference: str | None = None,
    probability: Mapping[str, str] | None = None,
    rng: Generator,
    shares: Sequence[float] = TOP_SHARES,
) -> tuple[InspectionJudgement, ...]:
    """Judge scores on inspections that came after the training.

    Parameters
    ----------
    scored : one row per inspection; ``entity_id``, ``adverse`` (0 or 1) and one column per score, higher = riskier,
        no nulls.
    names : score columns to judge.
    reference : score that the others are compared with, in pairs; None compares none.
    probability : score to the column of its probabilities.
    rng : resamples the entities.
    shares : shares of visits for which precision is stated.

    Raises
    ------
    UndefinedEstimateError
        All rows have the same outcome.

    Notes
    -----
    Cost: two bootstraps over the entities per score.
    """
    adverse = scored["adverse"].to_numpy(dtype=np.float64)
    clusters = scored["entity_id"].to_numpy()
    judged = []
    for name in names:
        score = scored[name].to_numpy(dtype=np.float64)
        difference = None
        if reference is not None and name != reference:
            other = scored[reference].to_numpy(dtype=np.float64)
            difference = auc_difference(score, other, adverse, clusters=clusters, rng=rng)
        chance = None
        if probability and name in probability:
            chance = scored[probability[name]].to_numpy(dtype=np.float64)
        judged.append(
            InspectionJudgement(
                name=name,
                n=len(scored),
                base_rate=float(adverse.mean()),
                auc=auc_interval(score, adverse, clusters=clusters, rng=rng),
                precision={s: precision_at_k(score, adverse, k=visits_at(len(scored), share=s)) for s in shares},
                first_half_share=found_share(score, adverse),
                difference=difference,
                brier=None if chance is None else brier(chance, adverse),
                calibration=None if chance is None else calibration_line(chance, adverse),
                observed_to_expected=None if chance is None else float(adverse.sum() / chance.sum()),
            )
        )
    return tuple(judged)
