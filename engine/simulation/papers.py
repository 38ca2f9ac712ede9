"""Licences of the city and the grades that other bodies gave its firms."""

import numpy as np
import pyarrow as pa
from scipy.special import expit

from engine.simulation.assumptions import Assumptions
from engine.simulation.layout import coded, contract_table, days, joined, numbered
from engine.simulation.organs import ORGAN_CODES
from engine.simulation.population import Population
from engine.simulation.span import Span, year_of
from engine.simulation.stream import stream
from engine.simulation.workdays import FAR

_TERM_DAYS = 5 * 365
_STATUSES = ("valid", "suspended", "revoked")
_GRADES = ("A", "B", "M", "C", "D")
"""Places of the yearly tax credit grade from best to worst; a chosen stand-in for outside schemes."""


def licences_table(population: Population, span: Span, *, seed: int, assumptions: Assumptions) -> pa.Table:
    """Return the contract table ``licences``: a grant, perhaps a renewal or a sanction, as known on the last day."""
    generator = stream(seed, "licences")
    n_all = len(population)
    share = np.array(assumptions.licence_shares)[population.traits.kind]
    holder = np.flatnonzero(generator.random(n_all) < share)
    n = len(holder)
    begins = np.maximum(population.traits.established[holder], span.first_day - _TERM_DAYS)
    granted = (begins + generator.integers(10, 700, n)).astype("datetime64[D]")
    ends = granted + _TERM_DAYS - 1
    risk = population.risk[holder, 0]
    renewed_on = (ends - generator.integers(5, 90, n)).astype("datetime64[D]")
    is_renewed = (generator.random(n) >= expit(assumptions.lapse_logit + assumptions.lapse_risk_slope * risk)) & (
        population.gone_on[holder] > renewed_on
    )
    is_sanctioned = generator.random(n) < expit(assumptions.sanction_logit + assumptions.sanction_risk_slope * risk)
    sanctioned_on = (granted + generator.integers(60, _TERM_DAYS, n)).astype("datetime64[D]")
    status = np.where(generator.random(n) < 0.7, 1, 2)
    number = np.arange(n)
    versions = [
        (number, granted, ends, np.zeros(n, np.int64)),
        (number[is_renewed], renewed_on[is_renewed], (ends + _TERM_DAYS)[is_renewed], np.zeros(is_renewed.sum(), int)),
        (number[is_sanctioned], sanctioned_on[is_sanctioned], ends[is_sanctioned], status[is_sanctioned]),
    ]
    which, known, until, what = (np.concatenate(parts) for parts in zip(*versions, strict=True))
    known_at = span.workdays.shift(np.maximum(known, span.first_day), np.zeros(len(known), np.int64))
    kept = np.flatnonzero((known_at <= span.last_day) & (population.exit_on[holder[which]] > known))
    kept = kept[np.lexsort((what[kept], known_at[kept], which[kept]))]
    is_last = np.r_[(which[kept][1:] != which[kept][:-1]) | (known_at[kept][1:] != known_at[kept][:-1]), True]
    kept = kept[is_last[: len(kept)]]
    entity = holder[which[kept]]
    names = joined("XK-", numbered(which[kept] + 1, 8))
    words, years = np.zeros(len(kept), np.int64), numbered(year_of(granted[which[kept]]))
    return contract_table(
        "licences",
        {
            "licence_id": names,
            "entity_id": coded(entity, population.entity_ids),
            "doc_no": joined("绍市监许〔", years, "〕", numbered(which[kept] + 1), "号"),
            "doc_name": coded(words, ("行政许可决定书",)),
            "licence_type": coded(words, ("ordinary",)),
            "certificate_name": coded(words, ("经营许可证",)),
            "certificate_no": joined("JY", numbered(which[kept] + 1, 8)),
            "content": coded(words, ("许可经营项目(虚构)",)),
            "valid_from": days(granted[which[kept]]),
            "valid_until": days(until[kept]),
            "status": coded(what[kept], _STATUSES),
            "organ_code": coded(population.traits.district[entity].astype(np.int64), ORGAN_CODES),
            "occurred_on": days(granted[which[kept]]),
            "known_at": days(known_at[kept]),
        },
    )  # fmt: skip


def external_grades_table(population: Population, span: Span, *, seed: int, assumptions: Assumptions) -> pa.Table:
    """Return the contract table ``external_grades``: a grade each April for a part of the enterprises."""
    generator = stream(seed, "external_grades")
    is_graded = (population.traits.kind == 0) & (generator.random(len(population)) < assumptions.graded_share)
    entities, dates, places = [], [], []
    for at, year in enumerate(span.years):
        day = np.datetime64(f"{year}-04-30")
        trades = (population.traits.established < np.datetime64(f"{year}-01-01")) & (population.gone_on > day)
        entity = np.flatnonzero(is_graded & trades)
        seen = population.risk[entity, at] + assumptions.graded_noise_sd * generator.standard_normal(len(entity))
        entities.append(entity)
        dates.append(np.full(len(entity), day))
        places.append(np.searchsorted(assumptions.graded_cuts, seen))
    entity, on, place = (np.concatenate(parts) for parts in (entities, dates, places))
    known_at = span.workdays.shift(on, generator.integers(0, 15, len(on)))
    kept = np.flatnonzero((on >= span.first_day) & (known_at <= span.last_day))
    kept = kept[np.lexsort((on[kept], entity[kept]))]
    valid_until = on[kept] + 365
    return contract_table(
        "external_grades",
        {
            "external_grade_id": joined("PJ-", numbered(np.arange(len(kept)) + 1, 8)),
            "entity_id": coded(entity[kept], population.entity_ids),
            "scheme": coded(np.zeros(len(kept), np.int64), ("纳税信用",)),
            "external_grade": coded(place[kept], _GRADES),
            "risk_position": pa.array(place[kept] / (len(_GRADES) - 1.0)),
            "valid_until": days(np.where(valid_until < FAR, valid_until, FAR)),
            "organ_code": coded(np.full(len(kept), -1), ORGAN_CODES),
            "occurred_on": days(on[kept]),
            "known_at": days(known_at[kept]),
        },
    )
