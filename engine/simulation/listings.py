"""In and out of the three lists; a spell never begins before the last one of the same list and entity has ended."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import expit

from engine.simulation.assumptions import Assumptions
from engine.simulation.happenings import draw_happenings, risk_rate
from engine.simulation.judgement import RESULTS
from engine.simulation.layout import coded, contract_table, days, joined, numbered, rank_in_group
from engine.simulation.organs import ORGAN_CODES
from engine.simulation.penalties import SERIOUS, Penalties
from engine.simulation.population import Population
from engine.simulation.span import Span, year_of
from engine.simulation.stream import Generator, stream
from engine.simulation.visits import Visits
from engine.simulation.workdays import FAR, Dates

LIST_TYPES = ("abnormal", "serious_violation", "judgment_defaulter")
ABNORMAL, SERIOUS_LIST, DEFAULTER = range(3)
_REASONS = (
    "未在规定期限公示年度报告", "通过登记的住所(经营场所)无法联系", "未在责令期限内公示有关企业信息",
    "公示企业信息隐瞒真实情况、弄虚作假", "受到较重行政处罚", "有履行能力而拒不履行生效法律文书确定义务",
)  # fmt: skip
_NO_REPORT, _UNREACHABLE, _NOT_PUBLICISED, _FALSE, _HEAVY_PENALTY, _NOT_PERFORMED = range(6)
_REMOVALS = (
    "已补报年度报告并公示", "已依法办理住所变更登记或重新取得联系", "已履行公示义务", "已更正公示信息",
    "列入期满或提前移出", "已履行生效法律文书确定的义务",
)  # fmt: skip
_TERM_DAYS = 1096
_EARLIEST_DAYS = 366
_WITHIN_DAYS = {"listed": 14, "ordered": 45}


@dataclass(frozen=True, slots=True)
class _Spells:
    """Listings, one element each; ``until`` is ``FAR`` while listed; ``organ`` -1 for courts."""

    list_type: npt.NDArray[np.int64]
    entity: npt.NDArray[np.int64]
    reason: npt.NDArray[np.int64]
    organ: npt.NDArray[np.int64]
    on: Dates
    until: Dates

    def take(self, rows: npt.NDArray[np.int64]) -> "_Spells":
        return _Spells(
            self.list_type[rows], self.entity[rows], self.reason[rows], self.organ[rows], self.on[rows],
            self.until[rows],
        )  # fmt: skip


def listings_table(
    population: Population, span: Span, visits: Visits, penalties: Penalties, *, seed: int, assumptions: Assumptions
) -> pa.Table:
    """Return the contract table ``listings``, as known on the last day; a removal is never known before its listing."""
    generator = stream(seed, "listings")
    parts = [
        _missing_reports(population, span, generator, assumptions),
        _after_visits(population, span, visits, generator, assumptions),
        _defaulters(population, span, generator, assumptions),
        _after_penalties(population, span, penalties, generator, assumptions),
    ]
    spells = _Spells(*(np.concatenate([getattr(part, name) for part in parts]) for name in _Spells.__slots__))
    spells = _without_overlap(spells)
    spells = spells.take(np.lexsort((spells.entity, spells.list_type, spells.on)))
    n = len(spells.on)
    listed_known = span.workdays.shift(spells.on, generator.integers(0, 8, n))
    removed_known = np.where(
        spells.until < FAR,
        np.maximum(span.workdays.shift(spells.until, generator.integers(0, 8, n)), listed_known),
        FAR,
    )
    years = year_of(spells.on)
    identifiers = joined("MD", numbered(years), "-", numbered(rank_in_group(years) + 1, 6))
    which = np.concatenate([np.arange(n), np.arange(n)])
    is_removal = np.arange(2 * n) >= n
    on = np.where(is_removal, spells.until[which], spells.on[which])
    known_at = np.where(is_removal, removed_known[which], listed_known[which])
    kept = np.flatnonzero((known_at <= span.last_day) & (on <= span.last_day))
    kept = kept[np.lexsort((is_removal[kept], which[kept], on[kept]))]
    which, is_removal = which[kept], is_removal[kept]
    reason = spells.reason[which] + np.where(is_removal, len(_REASONS), 0)
    return contract_table(
        "listings",
        {
            "listing_event_id": joined(
                identifiers.take(which), coded(is_removal.astype(np.int64), ("-L", "-Y")).dictionary_decode()
            ),
            "listing_id": identifiers.take(which),
            "entity_id": coded(spells.entity[which], population.entity_ids),
            "list_type": coded(spells.list_type[which], LIST_TYPES),
            "event": coded(is_removal.astype(np.int64), ("listed", "removed")),
            "reason": coded(reason, (*_REASONS, *_REMOVALS)),
            "organ_code": coded(spells.organ[which], ORGAN_CODES),
            "occurred_on": days(on[kept]),
            "known_at": days(known_at[kept]),
        },
    )


def _without_overlap(spells: _Spells) -> _Spells:
    """Return the spells in order of list, entity and day, without those that begin inside an earlier one."""
    spells = spells.take(np.lexsort((spells.reason, spells.on, spells.entity, spells.list_type)))
    group = spells.list_type * (int(spells.entity.max(initial=0)) + 1) + spells.entity
    _, group = np.unique(group, return_inverse=True)
    rank = rank_in_group(group)
    busy_until = np.full(int(group.max(initial=-1)) + 1, np.datetime64("1900-01-01", "D"))
    kept = np.zeros(len(group), bool)
    for place in range(int(rank.max(initial=-1)) + 1):
        rows = np.flatnonzero(rank == place)
        rows = rows[spells.on[rows] > busy_until[group[rows]]]
        kept[rows] = True
        busy_until[group[rows]] = spells.until[rows]
    return spells.take(np.flatnonzero(kept))


def _lead_organs(population: Population, entity: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the market regulator of each entity's district (the first organs of the list)."""
    return population.traits.district[entity].astype(np.int64)


def _abnormal(
    population: Population,
    span: Span,
    entity: npt.NDArray[np.int64],
    reason: npt.NDArray[np.int64],
    on: Dates,
    generator: Generator,
    assumptions: Assumptions,
) -> _Spells:
    """Return spells on the abnormal list: most who still trade get off it, those gone never do."""
    n = len(entity)
    stay = 5 + generator.exponential(assumptions.abnormal_mean_days, n).astype(np.int64)
    until = span.workdays.shift(on + stay, np.zeros(n, np.int64))
    gets_off = (generator.random(n) < assumptions.abnormal_removed_share) & (until < population.gone_on[entity])
    return _Spells(
        np.full(n, ABNORMAL), entity, reason, _lead_organs(population, entity), on, np.where(gets_off, until, FAR)
    )


def _missing_reports(
    population: Population,
    span: Span,
    generator: Generator,
    assumptions: Assumptions,
) -> _Spells:
    """Return listings of early July for annual reports not published by 30 June."""
    missed = late_reporters(population, span, generator, assumptions)
    entity = np.concatenate([misses for _, misses, _ in missed])
    on = np.concatenate([listed_on for _, _, listed_on in missed])
    held = (on >= span.first_day) & (on <= span.last_day)
    entity, on = entity[held], on[held]
    return _abnormal(population, span, entity, np.full(len(on), _NO_REPORT), on, generator, assumptions)


def late_reporters(
    population: Population, span: Span, generator: Generator, assumptions: Assumptions
) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], Dates]]:
    """Return for each year who owes a report, who had not published it by 30 June, and when those were listed.

    Called with a fresh generator of the part ``listings`` it gives the very entities that are listed.
    """
    missed = []
    for at, year in enumerate(span.years):
        due = np.datetime64(f"{year}-07-01")
        new_year = np.datetime64(f"{year}-01-01")
        owes = (population.traits.established < new_year) & (population.exit_on > due)
        p_missing = np.where(
            population.gone_on <= due,
            assumptions.missing_report_gone_share,
            expit(assumptions.missing_report_logit + assumptions.missing_report_risk_slope * population.risk[:, at]),
        )
        misses = np.flatnonzero(owes & (generator.random(len(population)) < p_missing))
        first = np.full(len(misses), due)
        missed.append((owes, misses, span.workdays.shift(first, generator.integers(0, 8, len(misses)))))
    return missed


def _after_visits(
    population: Population,
    span: Span,
    visits: Visits,
    generator: Generator,
    assumptions: Assumptions,
) -> _Spells:
    """Return listings for being unreachable, for not publicising in time, and for false publicity."""
    result = visits.judgement.first
    codes = [RESULTS.index(code) for code in ("unreachable", "not_publicised", "false_publicity")]
    wanted = np.array([1.0, assumptions.abnormal_after_publicity_share, 1.0])
    kind = np.select([result == code for code in codes], [0, 1, 2], -1)
    is_first = np.r_[True, (visits.visit[1:] != visits.visit[:-1]) | (kind[1:] != kind[:-1])]
    rows = np.flatnonzero((kind >= 0) & is_first & (generator.random(len(kind)) < wanted[kind]))
    reason = np.array([_UNREACHABLE, _NOT_PUBLICISED, _FALSE])[kind[rows]]
    late = np.where(reason == _NOT_PUBLICISED, _WITHIN_DAYS["ordered"], _WITHIN_DAYS["listed"])
    on = span.workdays.shift(visits.on[rows] + 1 + np.floor(generator.random(len(rows)) * late).astype(int), late * 0)
    return _abnormal(population, span, visits.entity[rows], reason, on, generator, assumptions)


def _defaulters(
    population: Population,
    span: Span,
    generator: Generator,
    assumptions: Assumptions,
) -> _Spells:
    """Return entries on the courts' list of judgment defaulters: performed, or two years over, or still standing."""
    events = draw_happenings(
        population,
        span,
        risk_rate(assumptions.defaulter_rate, assumptions.defaulter_risk_slope, highest=assumptions.highest_rate),
        generator,
    )
    n = len(events)
    on = span.workdays.shift(events.on, np.zeros(n, np.int64))
    stay = 10 + generator.exponential(assumptions.defaulter_mean_days, n).astype(np.int64)
    performed = generator.random(n) < assumptions.defaulter_removed_share
    until = span.workdays.shift(on + np.where(performed, np.minimum(stay, 731), 731), np.zeros(n, np.int64))
    return _Spells(np.full(n, DEFAULTER), events.entity, np.full(n, _NOT_PERFORMED), np.full(n, -1), on, until)


def _after_penalties(
    population: Population,
    span: Span,
    penalties: Penalties,
    generator: Generator,
    assumptions: Assumptions,
) -> _Spells:
    """Return entries on the serious-violation list: three years, or out after one."""
    n_all = len(penalties.on)
    rows = np.flatnonzero(
        (penalties.severity == SERIOUS) & (generator.random(n_all) < assumptions.serious_after_penalty_share)
    )
    n = len(rows)
    on = span.workdays.shift(penalties.on[rows] + generator.integers(5, 40, n), np.zeros(n, np.int64))
    early = generator.random(n) < assumptions.serious_early_share
    term = np.where(early, _EARLIEST_DAYS + generator.integers(0, 500, n), _TERM_DAYS)
    until = span.workdays.shift(on + term, np.zeros(n, np.int64))
    entity = penalties.entity[rows]
    return _Spells(
        np.full(n, SERIOUS_LIST), entity, np.full(n, _HEAVY_PENALTY), _lead_organs(population, entity), on, until
    )
