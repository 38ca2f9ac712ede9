"""Complaints and reports: filed more often against the risky, checked later, sometimes on the spot."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import expit

from engine.simulation.assumptions import Assumptions
from engine.simulation.happenings import draw_happenings, risk_on, risk_rate
from engine.simulation.industries import CODES, COMPLAINT_FACTORS
from engine.simulation.layout import coded, contract_table, days, joined, numbered, numbers, rank_in_group
from engine.simulation.population import Population
from engine.simulation.span import Span, year_of
from engine.simulation.stream import stream
from engine.simulation.workdays import FAR, Dates

_TOPICS = (
    "产品质量",
    "食品安全",
    "售后服务",
    "价格",
    "广告宣传",
    "合同履约",
    "预付卡退费",
    "劳动权益",
    "环境污染",
    "安全隐患",
)
_TOPIC_SHARES = {
    "H": (0.02, 0.55, 0.12, 0.12, 0.05, 0.03, 0.04, 0.03, 0.03, 0.01),
    "F": (0.34, 0.18, 0.22, 0.09, 0.09, 0.05, 0.01, 0.01, 0.00, 0.01),
    "C": (0.30, 0.05, 0.06, 0.01, 0.03, 0.10, 0.00, 0.25, 0.14, 0.06),
    "O": (0.08, 0.00, 0.26, 0.10, 0.08, 0.12, 0.30, 0.03, 0.02, 0.01),
    "P": (0.01, 0.02, 0.15, 0.12, 0.15, 0.15, 0.35, 0.04, 0.00, 0.01),
}
_OTHER_TOPIC_SHARES = (0.12, 0.02, 0.25, 0.08, 0.08, 0.25, 0.03, 0.11, 0.03, 0.03)
_CHANNELS = ("12315平台", "12345热线", "现场来访", "信函", "上级转办")
_CHANNEL_SHARES = (0.58, 0.30, 0.06, 0.02, 0.04)


@dataclass(frozen=True, slots=True)
class Grievances:
    """Complaints in order of day; dates are ``FAR`` when they never come.

    Parameters
    ----------
    entity, on : against whom, filed when.
    known_at, checked_known : days on which the complaint and its outcome are known.
    is_substantiated : outcome once checked.
    visit_on : day of the on-site check it led to.
    """

    entity: npt.NDArray[np.int64]
    on: Dates
    known_at: Dates
    checked_known: Dates
    is_substantiated: npt.NDArray[np.bool_]
    visit_on: Dates


def draw_grievances(population: Population, span: Span, *, seed: int, assumptions: Assumptions) -> Grievances:
    """Return the complaints filed within the span."""
    generator = stream(seed, "complaints")
    level = assumptions.complaint_rate * COMPLAINT_FACTORS[population.traits.industry]
    happenings = draw_happenings(
        population,
        span,
        risk_rate(level, assumptions.complaint_risk_slope, highest=assumptions.highest_rate),
        generator,
    )
    order = np.lexsort((happenings.entity, happenings.on))
    entity, on = happenings.entity[order], happenings.on[order]
    n = len(entity)
    risk = risk_on(population, span, entity, on)
    is_substantiated = generator.random(n) < expit(
        assumptions.substantiated_logit + assumptions.substantiated_risk_slope * risk
    )
    is_checked = generator.random(n) < assumptions.complaint_checked_share
    is_visited = is_checked & (generator.random(n) < assumptions.complaint_visit_share)
    visit_on = np.where(is_visited, span.workdays.shift(on, generator.integers(2, 15, n)), FAR)
    checked_on = span.workdays.shift(on, generator.integers(5, 31, n))
    checked_on = np.where(is_visited, np.maximum(checked_on, visit_on + 3), checked_on)
    return Grievances(
        entity=entity,
        on=on,
        known_at=span.workdays.shift(on, generator.integers(0, 3, n)),
        checked_known=np.where(is_checked, span.workdays.shift(checked_on, np.zeros(n, np.int64)), FAR),
        is_substantiated=is_substantiated,
        visit_on=visit_on,
    )


def _topics(population: Population, entity: npt.NDArray[np.int64], uniforms: npt.NDArray[np.float64]) -> pa.Array:
    shares = np.array([_TOPIC_SHARES.get(code[0], _OTHER_TOPIC_SHARES) for code in CODES])
    steps = shares.cumsum(axis=1)[population.traits.industry[entity], :-1]
    return coded((uniforms[:, None] >= steps).sum(axis=1), _TOPICS)


def complaints_table(grievances: Grievances, population: Population, span: Span, *, seed: int) -> pa.Table:
    """Return the contract table ``complaints``: a version when filed and one when checked, as known on the last day."""
    generator = stream(seed, "complaint records")
    n = len(grievances.entity)
    topics = _topics(population, grievances.entity, generator.random(n))
    channels = coded(generator.choice(len(_CHANNELS), size=n, p=_CHANNEL_SHARES), _CHANNELS)
    years = year_of(grievances.on)
    identifiers = joined("TS", numbered(years), "-", numbered(rank_in_group(years) + 1, 7))
    which = np.concatenate([np.arange(n), np.flatnonzero(grievances.checked_known < FAR)])
    is_outcome = np.arange(len(which)) >= n
    known_at = np.where(is_outcome, grievances.checked_known[which], grievances.known_at[which])
    kept = np.flatnonzero(known_at <= span.last_day)
    kept = kept[np.lexsort((is_outcome[kept], which[kept]))]
    which, is_outcome, known_at = which[kept], is_outcome[kept], known_at[kept]
    return contract_table(
        "complaints",
        {
            "complaint_id": identifiers.take(which),
            "entity_id": coded(grievances.entity[which], population.entity_ids),
            "topic": topics.take(which),
            "is_substantiated": numbers(grievances.is_substantiated[which], where=is_outcome),
            "channel": channels.take(which),
            "occurred_on": days(grievances.on[which]),
            "known_at": days(known_at),
        },
    )
