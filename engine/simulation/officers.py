"""The inspector library: officers of every department in every district, their hidden strictness, and recusals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.simulation.assumptions import Assumptions
from engine.simulation.layout import chosen, coded, contract_table, days, joined, numbered, numbers, rank_in_group
from engine.simulation.organs import DEPARTMENT_CODES, DEPARTMENTS
from engine.simulation.places import DISTRICTS, SHARES
from engine.simulation.population import Population
from engine.simulation.span import Span
from engine.simulation.stream import Generator, stream
from engine.simulation.wording import person_names
from engine.simulation.workdays import FAR, Dates
from engine.vocabulary import JOINER

_N_DISTRICTS = len(DISTRICTS)
_LEAST_PER_POOL = 3
_STEADY_PER_POOL = 3
"""The first officers of each pool neither leave nor let their certificate lapse, so that two are always there."""
_LEADERS_SHARE = 0.6
_REASONS = ("本人持有该单位股份", "近亲属在该单位任职", "曾在该单位任职", "与该单位负责人有其他利害关系")


@dataclass(frozen=True, slots=True)
class Officers:
    """One element per inspector, ordered by pool (department, then district).

    Parameters
    ----------
    department, district : indices.
    codes : inspector codes, text.
    strictness : hidden, logit scale, mean 0: the same object fails more often before a stricter inspector.
    joined_on, left_on, certified_until : dates, ``left_on`` is ``FAR`` while on duty.
    is_leader_qualified : may lead a team.
    """

    department: npt.NDArray[np.int64]
    district: npt.NDArray[np.int64]
    codes: pa.Array
    strictness: npt.NDArray[np.float64]
    joined_on: Dates
    left_on: Dates
    certified_until: Dates
    is_leader_qualified: npt.NDArray[np.bool_]

    @property
    def pool(self) -> npt.NDArray[np.int64]:
        """Index of department and district together."""
        return self.department * _N_DISTRICTS + self.district


@dataclass(frozen=True, slots=True)
class Recusals:
    """Pairs that must not meet: indices of inspector and entity."""

    inspector: npt.NDArray[np.int64]
    entity: npt.NDArray[np.int64]


def draw_officers(span: Span, *, n_entities: int, seed: int, assumptions: Assumptions) -> Officers:
    """Return the officers; at least three (and one per speciality) in every department and district."""
    generator = stream(seed, "officers")
    wanted = assumptions.inspectors_per_thousand / 1000 * n_entities
    sizes = np.array(
        [
            [max(_LEAST_PER_POOL, len(body.specialities), round(wanted * body.share * share)) for share in SHARES]
            for body in DEPARTMENTS
        ]
    ).ravel()
    pool = np.repeat(np.arange(len(sizes)), sizes)
    n, rank = len(pool), rank_in_group(pool)
    is_steady = rank < _STEADY_PER_POOL
    n_days = int((span.last_day - span.first_day).astype(int)) + 1
    joins_late = ~is_steady & (generator.random(n) < 0.25)
    joined_on = span.first_day + np.where(
        joins_late, generator.integers(0, n_days, n), -generator.integers(30, 5000, n)
    )
    leaves = ~is_steady & (generator.random(n) < assumptions.left_share)
    left_on = np.where(leaves, joined_on + generator.integers(90, n_days + 2000, n), FAR)
    lapses = ~is_steady & (generator.random(n) < assumptions.expired_share)
    lapsed_on = span.last_day - generator.integers(1, 200, n)
    certified_until = np.where(lapses, lapsed_on, span.last_day + generator.integers(400, 1800, n))
    certified_until = np.maximum(certified_until, joined_on + 1)
    return Officers(
        department=pool // _N_DISTRICTS,
        district=pool % _N_DISTRICTS,
        codes=joined("ZF", numbered(np.arange(1, n + 1), 5)),
        strictness=_centred(generator.normal(0.0, assumptions.strictness_sd, n)),
        joined_on=joined_on,
        left_on=np.where(left_on > joined_on, left_on, FAR),
        certified_until=certified_until,
        is_leader_qualified=is_steady | (generator.random(n) < _LEADERS_SHARE),
    )


def _centred(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(values - values.mean())


def _specialities(officers: Officers, generator: Generator) -> list[str]:
    rank = rank_in_group(officers.pool)
    second = generator.random(len(rank)) < 0.6
    texts = []
    for department, place, has_second in zip(officers.department, rank, second, strict=True):
        own = DEPARTMENTS[department].specialities
        held = {own[place % len(own)], own[(place + 1) % len(own)] if has_second else own[place % len(own)]}
        texts.append(JOINER.join(sorted(held)))
    return texts


def inspectors_table(officers: Officers, span: Span, *, seed: int, assumptions: Assumptions) -> pa.Table:
    """Return the contract table ``inspectors``: a version when joining and one when leaving."""
    generator = stream(seed, "inspector records")
    n = len(officers.department)
    names = person_names(n, generator)
    specialities = pa.array(_specialities(officers, generator))
    certificates = joined("浙执06", numbered(generator.permutation(n) + 100_001, 6))
    caps = generator.integers(assumptions.yearly_cap[0], assumptions.yearly_cap[1] + 1, n)
    who = np.concatenate([np.arange(n), np.flatnonzero(officers.left_on < FAR)])
    has_left = np.arange(len(who)) >= n
    known_at = np.where(has_left, officers.left_on[who], officers.joined_on[who])
    kept = np.flatnonzero(known_at <= span.last_day)
    kept = kept[np.lexsort((known_at[kept], who[kept]))]
    who, has_left, known_at = who[kept], has_left[kept], known_at[kept]
    return contract_table(
        "inspectors",
        {
            "inspector_code": officers.codes.take(who),
            "name": names.take(who),
            "department_code": coded(officers.department[who], DEPARTMENT_CODES),
            "district_code": coded(officers.district[who], [place.code for place in DISTRICTS]),
            "specialities": specialities.take(who),
            "certificate_no": certificates.take(who),
            "certificate_expires_on": days(officers.certified_until[who]),
            "yearly_cap": numbers(caps[who]),
            "load_weight": pa.nulls(len(who), pa.int64()),
            "is_leader_qualified": numbers(officers.is_leader_qualified[who]),
            "status": coded(has_left.astype(np.int64), ("active", "left")),
            "occurred_on": days(officers.joined_on[who]),
            "known_at": days(known_at),
        },
    )


def draw_recusals(officers: Officers, population: Population, *, seed: int, assumptions: Assumptions) -> Recusals:
    """Return pairs of an inspector and an entity of the same district, in order, without repeats."""
    generator = stream(seed, "recusals")
    n = len(officers.department)
    inspector = np.sort(generator.integers(0, n, max(5, round(n * assumptions.recusals_per_inspector))))
    by_district = np.argsort(population.traits.district, kind="stable")
    sizes = np.bincount(population.traits.district, minlength=_N_DISTRICTS)
    begins = np.cumsum(sizes) - sizes
    place = officers.district[inspector]
    inspector, place = inspector[sizes[place] > 0], place[sizes[place] > 0]
    at = begins[place] + np.floor(generator.random(len(place)) * sizes[place]).astype(np.int64)
    pairs = np.unique(np.column_stack([inspector, by_district[at]]), axis=0)
    return Recusals(pairs[:, 0], pairs[:, 1])


def recusals_table(
    recusals: Recusals, officers: Officers, population: Population, span: Span, *, seed: int
) -> pa.Table:
    """Return the contract table ``recusals``, as known on the last day."""
    generator = stream(seed, "recusal records")
    n = len(recusals.inspector)
    n_days = int((span.last_day - span.first_day).astype(int)) + 1
    occurred_on = np.maximum(
        span.first_day + generator.integers(0, max(n_days // 2, 1), n),
        np.maximum(officers.joined_on[recusals.inspector], population.traits.established[recusals.entity]),
    )
    known_at = span.workdays.shift(np.maximum(occurred_on, span.first_day), generator.integers(0, 4, n))
    reason = generator.integers(0, len(_REASONS), n)
    kept = np.flatnonzero(known_at <= span.last_day)
    return contract_table(
        "recusals",
        {
            "inspector_code": officers.codes.take(recusals.inspector[kept]),
            "entity_id": population.entity_ids.take(recusals.entity[kept]),
            "reason": chosen(reason[kept], _REASONS),
            "occurred_on": days(occurred_on[kept]),
            "known_at": days(known_at[kept]),
        },
    )
