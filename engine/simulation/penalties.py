"""Administrative penalties in the double-publicity layout: after findings, and from cases of their own."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.simulation.assumptions import Assumptions
from engine.simulation.happenings import draw_happenings, risk_rate
from engine.simulation.item_list import DEPARTMENT_OF_ITEM, IS_PUBLICITY, SINCE, VIOLATIONS, applicable_items
from engine.simulation.layout import chosen, coded, contract_table, days, joined, numbered, numbers, rank_in_group
from engine.simulation.organs import DOCUMENT_PREFIXES, ORGAN_CODES
from engine.simulation.places import DISTRICTS
from engine.simulation.population import Population
from engine.simulation.span import Span, year_of
from engine.simulation.stream import Generator, stream
from engine.simulation.visits import Visits
from engine.simulation.workdays import FAR, Dates

SEVERITIES = ("none", "minor", "ordinary", "serious")
NONE, MINOR, ORDINARY, SERIOUS = range(4)
_CATEGORIES = ("警告", "警告;罚款", "罚款", "罚款;没收违法所得", "罚款;责令停产停业", "罚款;没收违法所得;吊销许可证件")
_FINE_STEP_FEN = 10_000
_CONFISCATION_STEP_FEN = 100
_NEW_PUBLICITY_FROM = np.datetime64("2025-12-25")
_PUBLICITY_DAYS = np.array([[0, 91, 1095, 1095], [0, 91, 365, 1095]])
"""By rule and severity: 总局令45 art. 13 (3 months, else 3 years); 总局令107 from 2025-12-25 (3 months, 1, 3 years)."""


@dataclass(frozen=True, slots=True)
class Penalties:
    """Decisions in order of day.

    Parameters
    ----------
    entity, item : whom, and the item whose rules were broken (department, wording).
    on, known_at, publicity_end_on : decision, knowledge, end of publicity (``FAR`` when never public).
    severity : index into ``SEVERITIES``.
    """

    entity: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    on: Dates
    known_at: Dates
    publicity_end_on: Dates
    severity: npt.NDArray[np.int64]

    @property
    def identifiers(self) -> pa.Array:
        """Text keys, numbered within the year."""
        years = year_of(self.on)
        return joined("CF", numbered(years), "-", numbered(rank_in_group(years) + 1, 6))

    def organs(self, population: Population) -> npt.NDArray[np.int64]:
        """Return the index of the district organ that decided each."""
        district = population.traits.district[self.entity].astype(np.int64)
        return np.asarray(DEPARTMENT_OF_ITEM[self.item] * len(DISTRICTS) + district)


def draw_penalties(
    population: Population, span: Span, visits: Visits, *, seed: int, assumptions: Assumptions
) -> Penalties:
    """Return the decisions taken by the last day, whether or not they are known by then."""
    generator = stream(seed, "penalties")
    found = visits.judgement
    gravest = np.where(found.critical > 0, 2, np.where(found.major > 0, 1, 0))
    is_punished = found.is_violation & (generator.random(len(gravest)) < np.array(assumptions.penalty_shares)[gravest])
    followed = np.flatnonzero(is_punished)
    after = visits.on[followed] + generator.integers(15, 90, len(followed))
    cases = draw_happenings(
        population,
        span,
        risk_rate(assumptions.case_rate, assumptions.case_risk_slope, highest=assumptions.highest_rate),
        generator,
    )
    entity = np.concatenate([visits.entity[followed], cases.entity])
    item = np.concatenate([visits.item[followed], _case_items(population, cases.entity, generator)])
    level = np.concatenate([gravest[followed], generator.choice(3, size=len(cases), p=(0.45, 0.45, 0.10))])
    decided = np.concatenate([after, cases.on])
    on = span.workdays.shift(decided, np.zeros(len(decided), np.int64))
    kept = np.flatnonzero(on <= span.last_day)
    kept = kept[np.lexsort((item[kept], entity[kept], on[kept]))]
    entity, item, level, on = entity[kept], item[kept], level[kept], on[kept]
    steps = np.cumsum(assumptions.severity_mix, axis=1)[level, :-1]
    severity = (generator.random(len(on))[:, None] >= steps).sum(axis=1)
    severity = np.where(IS_PUBLICITY[item], np.minimum(severity, ORDINARY), severity)
    public_days = _PUBLICITY_DAYS[(on >= _NEW_PUBLICITY_FROM).astype(int), severity]
    lag = np.minimum(np.floor(generator.exponential(6.0, len(on))).astype(np.int64), 20)
    return Penalties(
        entity=entity,
        item=item,
        on=on,
        known_at=span.workdays.shift(on, lag),
        publicity_end_on=np.where(public_days > 0, on + public_days, FAR),
        severity=severity,
    )


def _case_items(
    population: Population,
    entity: npt.NDArray[np.int64],
    generator: Generator,
) -> npt.NDArray[np.int64]:
    """Return an item that applies to each entity, at random."""
    lists = applicable_items()[np.flatnonzero(SINCE == 0)].transpose(1, 2, 0)
    in_order = np.argsort(~lists, axis=2, kind="stable")
    kind, industry = population.traits.kind[entity], population.traits.industry[entity]
    place = np.floor(generator.random(len(entity)) * lists.sum(axis=2)[kind, industry]).astype(np.int64)
    return np.asarray(np.flatnonzero(SINCE == 0)[in_order[kind, industry, place]])


def penalties_table(
    penalties: Penalties, population: Population, span: Span, *, seed: int, assumptions: Assumptions
) -> pa.Table:
    """Return the contract table ``penalties``, as known on the last day."""
    generator = stream(seed, "penalty records")
    severity, n = penalties.severity, len(penalties.entity)
    fine, confiscated = _amounts(severity, generator, assumptions=assumptions)
    category = np.select(
        [severity == NONE, severity == MINOR, severity == SERIOUS],
        [0, generator.integers(1, 3, n), generator.integers(4, 6, n)],
        2,
    )
    category = np.where((category == 2) & (confiscated > 0), 3, category)
    confiscated = np.where((category == 3) | (category == 5), np.maximum(confiscated, 5_000), 0)
    organ = penalties.organs(population)
    years = year_of(penalties.on)
    doc_no = joined(
        chosen(organ, DOCUMENT_PREFIXES), "〔", numbered(years), "〕",
        numbered(rank_in_group(organ * 10_000 + years) + 1), "号",
    )  # fmt: skip
    table = contract_table(
        "penalties",
        {
            "penalty_id": penalties.identifiers,
            "entity_id": coded(penalties.entity, population.entity_ids),
            "doc_no": doc_no,
            "violation_type": coded(penalties.item * 2 + generator.integers(0, 2, n), VIOLATIONS),
            "categories": coded(category, _CATEGORIES),
            "severity": coded(severity, SEVERITIES),
            "fine_fen": numbers(fine, where=fine > 0),
            "confiscated_fen": numbers(confiscated, where=confiscated > 0),
            "content": _contents(category, fine, confiscated),
            "publicity_end_on": days(penalties.publicity_end_on),
            "valid_until": days(np.full(n, np.datetime64("2099-12-31"))),
            "organ_code": coded(organ, ORGAN_CODES),
            "occurred_on": days(penalties.on),
            "known_at": days(penalties.known_at),
        },
    )
    return table.filter(pa.array(penalties.known_at <= span.last_day))


def _amounts(
    severity: npt.NDArray[np.int64],
    generator: Generator,
    *,
    assumptions: Assumptions,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return fine and confiscated amount in fen: lognormal by level, rounded to 100 yuan and to 1 yuan."""
    n = len(severity)
    medians = np.r_[1.0, np.array(assumptions.fine_medians_cny)]
    cny = medians[severity] * np.exp(assumptions.fine_log_sd * generator.standard_normal(n))
    steps = np.maximum(np.round(cny * 100 / _FINE_STEP_FEN), 1).astype(np.int64)
    taken = np.maximum(np.round(cny * generator.uniform(0.02, 0.6, n)), 1).astype(np.int64) * _CONFISCATION_STEP_FEN
    takes = generator.random(n) < assumptions.confiscation_share
    return np.where(severity == NONE, 0, steps * _FINE_STEP_FEN), np.where(takes, taken, 0)


def _contents(
    category: npt.NDArray[np.int64], fine: npt.NDArray[np.int64], confiscated: npt.NDArray[np.int64]
) -> pa.Array:
    """Return the wording of each decision, amounts in yuan."""
    warning = np.isin(category, (0, 1))
    ends = chosen(np.select([category == 4, category == 5], [1, 2], 0), ("", "，责令停产停业", "，吊销许可证件"))
    fined = pc.if_else(pa.array(fine > 0), joined("处罚款人民币", numbered(fine // 100), "元"), "")
    warned = chosen(np.where(warning, np.where(fine > 0, 1, 0), 2), ("给予警告", "给予警告，", ""))
    taken = pc.if_else(
        pa.array(confiscated > 0), joined("，没收违法所得人民币", numbered(confiscated // 100), "元"), ""
    )
    return joined(warned, fined, taken, ends)
