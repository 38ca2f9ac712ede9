"""All inspections of the history: the random ones of past draws and the directed ones that leads brought about."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.simulation.assumptions import Assumptions
from engine.simulation.catalogue import ITEM_CODES
from engine.simulation.grievances import Grievances
from engine.simulation.happenings import draw_happenings, risk_on, risk_rate
from engine.simulation.item_list import DEPARTMENT_OF_ITEM, SINCE, applicable_items, item_difficulties
from engine.simulation.judgement import METHODS, RESULT_TEXTS, Circumstances, Judgement, judge
from engine.simulation.layout import chosen, coded, contract_table, days, joined, numbered, numbers, rank_in_group
from engine.simulation.leaders import assign_leaders
from engine.simulation.officers import Officers, Recusals
from engine.simulation.organs import DEPARTMENT_CODES
from engine.simulation.past_draws import PastDraws
from engine.simulation.places import DISTRICTS
from engine.simulation.population import Population
from engine.simulation.span import Span, year_of
from engine.simulation.stream import stream
from engine.simulation.workdays import Dates
from engine.vocabulary import SelectionMode

_NOT_DRAWN = -1


@dataclass(frozen=True, slots=True)
class Visits:
    """One element per (visit, entity, item), in order of day and visit.

    Parameters
    ----------
    visit, entity, item, leader : indices; rows of one visit share day, entity and leader.
    quarter : index of the draw, -1 for directed checks.
    on, known_at : day of the visit, day on which the result is public.
    design_probability, inclusion_probability : of the draw; NaN for directed checks.
    judgement : what was found.
    """

    visit: npt.NDArray[np.int64]
    entity: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    leader: npt.NDArray[np.int64]
    quarter: npt.NDArray[np.int64]
    on: Dates
    known_at: Dates
    design_probability: npt.NDArray[np.float64]
    inclusion_probability: npt.NDArray[np.float64]
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class _Tasks:
    """Rows before anyone went: ``lead`` shifts the chance of a problem on the logit scale."""

    visit: npt.NDArray[np.int64]
    entity: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    on: Dates
    quarter: npt.NDArray[np.int64]
    design: npt.NDArray[np.float64]
    inclusion: npt.NDArray[np.float64]
    lead: npt.NDArray[np.float64]

    def take(self, rows: npt.NDArray[np.int64]) -> "_Tasks":
        return _Tasks(
            self.visit[rows], self.entity[rows], self.item[rows], self.on[rows], self.quarter[rows],
            self.design[rows], self.inclusion[rows], self.lead[rows],
        )  # fmt: skip


def make_visits(
    population: Population,
    span: Span,
    officers: Officers,
    recusals: Recusals,
    *,
    draws: PastDraws,
    grievances: Grievances,
    seed: int,
    assumptions: Assumptions,
) -> Visits:
    """Return every inspection row with a visit by the last day, judged."""
    tasks = _all_tasks(population, span, draws, grievances, seed=seed, assumptions=assumptions)
    generator = stream(seed, "visits")
    is_first = np.r_[True, tasks.visit[1:] != tasks.visit[:-1]]
    heads = np.flatnonzero(is_first)
    ordinal = np.cumsum(is_first) - 1
    leader = assign_leaders(
        officers,
        recusals,
        span,
        department=DEPARTMENT_OF_ITEM[tasks.item[heads]],
        district=population.traits.district[tasks.entity[heads]].astype(np.int64),
        entity=tasks.entity[heads],
        on=tasks.on[heads],
        uniforms=generator.random(len(heads)),
        n_entities=len(population),
    )[ordinal]
    risk = risk_on(population, span, tasks.entity, tasks.on)
    circumstances = Circumstances(
        item=tasks.item,
        risk=risk,
        propensity=item_difficulties(assumptions)[tasks.item] + risk + officers.strictness[leader] + tasks.lead,
        is_gone=population.gone_on[tasks.entity] <= tasks.on,
    )
    judgement = judge(
        circumstances,
        row_uniforms=generator.random((len(tasks.item), 8)),
        visit_uniforms=generator.random((len(heads), 3))[ordinal],
        assumptions=assumptions,
    )
    return Visits(
        visit=ordinal, entity=tasks.entity, item=tasks.item, leader=leader, quarter=tasks.quarter, on=tasks.on,
        known_at=span.workdays.shift(tasks.on, judgement.publicity_lag),
        design_probability=tasks.design, inclusion_probability=tasks.inclusion, judgement=judgement,
    )  # fmt: skip


def _all_tasks(
    population: Population,
    span: Span,
    draws: PastDraws,
    grievances: Grievances,
    *,
    seed: int,
    assumptions: Assumptions,
) -> _Tasks:
    random = _random_tasks(draws, n_entities=len(population))
    directed = _directed_tasks(population, span, grievances, seed=seed, assumptions=assumptions)
    n_random = int(random.visit.max(initial=-1)) + 1
    both = _Tasks(
        visit=np.concatenate([random.visit, directed.visit + n_random]),
        entity=np.concatenate([random.entity, directed.entity]),
        item=np.concatenate([random.item, directed.item]),
        on=np.concatenate([random.on, directed.on]),
        quarter=np.concatenate([random.quarter, directed.quarter]),
        design=np.concatenate([random.design, directed.design]),
        inclusion=np.concatenate([random.inclusion, directed.inclusion]),
        lead=np.concatenate([random.lead, directed.lead]),
    )
    held = np.flatnonzero(both.on <= span.last_day)
    return both.take(held[np.lexsort((both.item[held], both.visit[held], both.on[held]))])


def _random_tasks(draws: PastDraws, *, n_entities: int) -> _Tasks:
    _, visit = np.unique(draws.quarter * n_entities + draws.entity, return_inverse=True)
    return _Tasks(
        visit, draws.entity, draws.item, draws.on, draws.quarter, draws.design_probability,
        draws.inclusion_probability, np.zeros(len(visit)),
    )  # fmt: skip


def _directed_tasks(
    population: Population, span: Span, grievances: Grievances, *, seed: int, assumptions: Assumptions
) -> _Tasks:
    """Return the checks after complaints and referrals: one or two items that apply to the entity."""
    generator = stream(seed, "directed")
    referrals = draw_happenings(
        population,
        span,
        risk_rate(assumptions.referral_rate, assumptions.referral_risk_slope, highest=assumptions.highest_rate),
        generator,
    )
    complained = np.flatnonzero(grievances.visit_on <= span.last_day)
    entity = np.concatenate([grievances.entity[complained], referrals.entity])
    n = len(entity)
    referred_on = span.workdays.shift(referrals.on, np.zeros(len(referrals), np.int64))
    on = np.concatenate([grievances.visit_on[complained], referred_on])
    founded = np.concatenate([grievances.is_substantiated[complained], np.ones(len(referrals), bool)])
    lead = np.where(founded, assumptions.directed_shift, assumptions.unfounded_shift)
    lists = applicable_items()[np.flatnonzero(SINCE == 0)].transpose(1, 2, 0)
    n_items = lists.sum(axis=2)
    in_order = np.argsort(~lists, axis=2, kind="stable")
    kind, industry = population.traits.kind[entity], population.traits.industry[entity]
    available = n_items[kind, industry]
    first = np.floor(generator.random(n) * available).astype(np.int64)
    has_second = (generator.random(n) < assumptions.directed_second_item_share) & (available > 1)
    visit = np.concatenate([np.arange(n), np.flatnonzero(has_second)])
    place = np.concatenate([first, ((first + 1) % available)[has_second]])
    item = np.flatnonzero(SINCE == 0)[in_order[kind[visit], industry[visit], place]]
    nothing = np.full(len(visit), np.nan)
    return _Tasks(visit, entity[visit], item, on[visit], np.full(len(visit), _NOT_DRAWN), nothing, nothing, lead[visit])


def visit_identifiers(visits: Visits, draws: PastDraws) -> pa.Array:
    """Return the visit id of each row: draw and number, or year and number for directed checks."""
    heads = np.flatnonzero(np.r_[True, visits.visit[1:] != visits.visit[:-1]])
    quarter, years = visits.quarter[heads], year_of(visits.on[heads])
    is_drawn = quarter > _NOT_DRAWN
    group = np.where(is_drawn, quarter, 100_000 + years)
    named = joined(coded(quarter, draws.names).dictionary_decode().fill_null(""), "-")
    directed = joined("GA", numbered(years), "-")
    begins = pc.if_else(pa.array(is_drawn), named, directed)
    return joined(begins, numbered(rank_in_group(group) + 1, 6)).take(visits.visit)


def inspections_table(
    visits: Visits, draws: PastDraws, population: Population, officers: Officers, span: Span
) -> pa.Table:
    """Return the contract table ``inspections``, as known on the last day."""
    visit_ids = visit_identifiers(visits, draws)
    item_codes = coded(visits.item, ITEM_CODES)
    is_drawn = visits.quarter > _NOT_DRAWN
    found = visits.judgement
    is_counted = found.minor >= 0
    district = population.traits.district[visits.entity].astype(np.int64)
    table = contract_table(
        "inspections",
        {
            "inspection_id": joined(visit_ids, "-", chosen(visits.item, ITEM_CODES)),
            "visit_id": visit_ids,
            "entity_id": coded(visits.entity, population.entity_ids),
            "item_code": item_codes,
            "department_code": coded(DEPARTMENT_OF_ITEM[visits.item], DEPARTMENT_CODES),
            "selection_mode": coded(np.where(is_drawn, 0, 1), (SelectionMode.RANDOM, SelectionMode.DIRECTED)),
            "draw_id": coded(visits.quarter, draws.names),
            "stratum": coded(np.where(is_drawn, district, -1), [place.code for place in DISTRICTS]),
            "design_probability": numbers(visits.design_probability, where=is_drawn),
            "inclusion_probability": numbers(visits.inclusion_probability, where=is_drawn),
            "result_codes": coded(found.texts, RESULT_TEXTS),
            "violations_critical": numbers(found.critical, where=is_counted),
            "violations_major": numbers(found.major, where=is_counted),
            "violations_minor": numbers(found.minor, where=is_counted),
            "severity_score": numbers(found.severity_score, where=~np.isnan(found.severity_score)),
            "inspector_code": coded(visits.leader, officers.codes),
            "check_method": coded(found.method, METHODS),
            "occurred_on": days(visits.on),
            "known_at": days(visits.known_at),
        },
    )
    return table.filter(pa.array(visits.known_at <= span.last_day))
