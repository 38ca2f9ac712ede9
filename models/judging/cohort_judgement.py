"""How grades given once did: everybody known on a date, met by the first inspection that followed.

The honest second view beside :mod:`models.judging.judgement`. It speaks of the inspected alone unless the inspections
were drawn at random.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from engine.errors import UndefinedEstimateError
from engine.estimation.estimate import Estimate
from engine.estimation.hit_rates import hit_rates
from engine.estimation.targeting import adjacent_differences, lift_over_uniform, rate_ratio, trend_test
from engine.vocabulary import RISK_GRADES, Grade
from models.judging.judgement import interval

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CohortJudgement:
    """Grades given once, met by the first inspection that followed.

    Parameters
    ----------
    name : the score's name.
    rates : table of :func:`engine.estimation.hit_rates.hit_rates`; ``share`` of A to D is of the graded entities, that
        of U (newcomers and unclassified) of all.
    base_rate : share adverse among the graded that were inspected.
    never_inspected_share : share of the graded without an outcome.
    differences : neighbouring grades, riskier minus milder.
    lift, rate_ratio : None where a grade shows too little.
    trend_p : p-value of the trend over A to D; None likewise.
    lift_gain : lift of the judged model minus this score's, on the same resamples of the entities; None for the model
        itself, and where a grade shows too little.
    note : why a figure is missing; empty if none is.
    reweighted : the same with every outcome standing for its band of the last known result
        (:mod:`engine.estimation.seen_weights`); None where who was inspected was drawn at random.
    """

    name: str
    rates: pd.DataFrame
    base_rate: float
    never_inspected_share: float
    differences: pd.DataFrame
    lift: Estimate | None
    rate_ratio: Estimate | None
    trend_p: float | None
    note: str
    lift_gain: Estimate | None = None
    reweighted: "CohortJudgement | None" = None

    @property
    def is_rising(self) -> bool:
        """Whether no grade's hit rate lies below that of a milder one."""
        graded = self.rates[self.rates["grade"] != Grade.UNCLASSIFIED]
        return bool(graded.loc[graded["n"] > 0, "hit_rate"].is_monotonic_increasing)

    @property
    def is_separated(self) -> bool:
        """Whether the lower limit of D lies above the upper limit of A."""
        low = self.rates.loc[self.rates["grade"] == Grade.D, "low"].to_numpy(dtype=np.float64)
        high = self.rates.loc[self.rates["grade"] == Grade.A, "high"].to_numpy(dtype=np.float64)
        return bool((low > high).all())

    def as_json(self) -> dict[str, object]:
        """Return the ``cohort`` object of ``demo --json``."""
        columns = ["grade", "share", "n", "hits", "hit_rate", "low", "high", "unseen_share"]
        rows = self.rates[columns].to_dict("records")
        return {
            "name": self.name,
            "grades": [{str(key): _plain(value) for key, value in row.items()} for row in rows],
            "base_rate": self.base_rate,
            "never_inspected_share": self.never_inspected_share,
            "lift": None if self.lift is None else self.lift.value,
            "lift_interval": None if self.lift is None else interval(self.lift),
            "lift_gain": None if self.lift_gain is None else interval(self.lift_gain),
            "rate_ratio_d_a": None if self.rate_ratio is None else self.rate_ratio.value,
            "trend_p": self.trend_p,
            "differences": self.differences.to_dict("records"),
            "note": self.note,
            "reweighted": None if self.reweighted is None else self.reweighted.as_json(),
        }


def _plain(value: object) -> object:
    """Numbers as JSON knows them; NaN becomes null."""
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    return value


def judge_cohort(
    graded: pd.DataFrame,
    *,
    name: str,
    ratios: Mapping[str, float],
    level: float,
    cluster: str | None = None,
    weight: str | None = None,
) -> CohortJudgement:
    """Judge grades by what the first inspection after them found.

    Parameters
    ----------
    graded : one row per entity (per entity and item where several are checked): entity_id, ``grade`` A to D or U, and
        ``adverse`` (1, 0, or null when not inspected or not assessable).
    name : the score's name.
    ratios : sampling ratio by grade whose lift over a uniform draw is asked for; only A to D are read.
    level : coverage of the intervals, 0..1.
    cluster : column whose equal values are not independent.
    weight : column of weights of the outcomes; None = equal.

    Raises
    ------
    SchemaMismatchError, ContractError
        A column is missing or a grade unknown.
    """
    is_graded = graded["grade"].isin([str(grade) for grade in RISK_GRADES])
    rates = _entity_rates(graded[is_graded], cluster=cluster, level=level, weight=weight)
    differences = adjacent_differences(rates)
    notes: list[str] = []
    risk_ratios = {grade: ratio for grade, ratio in ratios.items() if grade in set(rates["grade"])}
    lift = _estimated(lambda: lift_over_uniform(rates, ratios=risk_ratios), notes)
    ratio = _estimated(lambda: rate_ratio(rates), notes)
    trend = _estimated(lambda: trend_test(rates), notes)
    n, hits = int(rates["n"].sum()), int(rates["hits"].sum())
    if (~is_graded).any():
        new = _entity_rates(graded[~is_graded], cluster=cluster, level=level, weight=weight)
        new = new[new["grade"] == Grade.UNCLASSIFIED]
        share = graded.loc[~is_graded, "entity_id"].nunique() / graded["entity_id"].nunique()
        rates = pd.concat([rates, new.assign(share=share)], ignore_index=True)
    return CohortJudgement(
        name=name,
        rates=rates,
        base_rate=hits / n if n else math.nan,
        never_inspected_share=_never_seen(graded[is_graded]),
        differences=differences,
        lift=lift,
        rate_ratio=ratio,
        trend_p=None if trend is None else trend.p_value,
        note=" ".join(dict.fromkeys(notes)),
    )


def _entity_rates(graded: pd.DataFrame, *, cluster: str | None, level: float, weight: str | None) -> pd.DataFrame:
    """Hit rates per checked item; units and share count entities, each once, however many of its items were checked."""
    rates = hit_rates(graded, cluster=cluster, weight=weight, confidence=level)
    units = graded.groupby("grade")["entity_id"].nunique().reindex(rates["grade"], fill_value=0).to_numpy()
    unseen = [_never_seen(graded[graded["grade"] == grade]) for grade in rates["grade"]]
    return rates.assign(units=units, share=units / max(units.sum(), 1), unseen_share=unseen)


def _never_seen(graded: pd.DataFrame) -> float:
    """Share of the entities without any outcome; NaN without entities."""
    seen = graded.loc[graded["adverse"].notna(), "entity_id"].nunique()
    entities = graded["entity_id"].nunique()
    return 1 - seen / entities if entities else math.nan


def _estimated(compute: Callable[[], T], notes: list[str]) -> T | None:
    try:
        return compute()
    except UndefinedEstimateError as problem:
        notes.append(str(problem))
        return None
