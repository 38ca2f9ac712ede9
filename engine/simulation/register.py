"""The contract table ``entities``: one version when founded, one more for each move, change of capital and exit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.simulation.assumptions import Assumptions
from engine.simulation.happenings import draw_happenings, risk_rate
from engine.simulation.industries import CODES
from engine.simulation.item_list import ENTITY_TYPES
from engine.simulation.layout import coded, contract_table, days, numbers
from engine.simulation.places import DISTRICTS
from engine.simulation.population import EXIT_STATUSES, Population
from engine.simulation.span import Span
from engine.simulation.stream import Generator, stream
from engine.simulation.wording import addresses, entity_names
from engine.simulation.workdays import Dates

_FOUNDED, _MOVED, _CAPITAL, _LEFT = range(4)
_CAPITALS_CNY = np.array([100_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 50_000_000, 100_000_000])
_CAPITAL_SHARES = (
    (0.10, 0.24, 0.26, 0.14, 0.13, 0.09, 0.03, 0.01),
    (0.72, 0.22, 0.06, 0.0, 0.0, 0.0, 0.0, 0.0),
    (0.10, 0.30, 0.35, 0.15, 0.10, 0.0, 0.0, 0.0),
)
"""By type: the round sums firms register with. Chosen; half of the individual businesses state none."""
_TAGS = ("规上企业", "外商投资", "高新技术企业", "连锁经营", "重点监管")
_TAG_SHARES = ((0.05, 0.03, 0.03, 0.02, 0.02), (0.0, 0.0, 0.0, 0.03, 0.02), (0.0, 0.0, 0.0, 0.0, 0.02))
"""Labels of the object library by type; most carry none. Chosen."""
_ADDRESS_SHARERS = 40


@dataclass(frozen=True, slots=True)
class _Versions:
    """Rows of the register in order of entity and day known: what changed, and the rows last stating each fact."""

    entity: npt.NDArray[np.int64]
    change: npt.NDArray[np.int8]
    known_at: Dates

    def since(self, *changes: int) -> npt.NDArray[np.int64]:
        """Return for each row the last row up to it, of the same entity, with one of ``changes`` (or the first)."""
        states = np.isin(self.change, (_FOUNDED, *changes))
        return np.maximum.accumulate(np.where(states, np.arange(len(self.entity)), 0))


def entities_table(population: Population, span: Span, *, seed: int, assumptions: Assumptions) -> pa.Table:
    """Return the register as known on the last day, in order of entity and version."""
    generator = stream(seed, "register")
    versions = _draw_versions(population, span, generator, assumptions=assumptions)
    entity, traits = versions.entity, population.traits
    has_left = versions.change == _LEFT
    names = entity_names(traits, stream(seed, "names"))
    steps = np.cumsum(_TAG_SHARES, axis=1)[traits.kind]
    tag = (generator.random(len(population))[:, None] >= steps).sum(axis=1)
    tag = np.where(tag < len(_TAGS), tag, -1)
    types = coded(traits.kind[entity], ENTITY_TYPES)
    return contract_table(
        "entities",
        {
            "entity_id": population.entity_ids.take(entity),
            "uscc": population.usccs.take(entity),
            "reg_no": population.reg_nos.take(entity),
            "name": names.take(entity),
            "entity_type": types,
            "population": types,
            "industry_code": coded(traits.industry[entity], CODES),
            "district_code": coded(traits.district[entity], [place.code for place in DISTRICTS]),
            "address": _addresses(population, versions, stream(seed, "addresses"), assumptions=assumptions),
            "registered_capital_fen": _capitals(population, versions, generator),
            "status": coded(np.where(has_left, population.exit_way[entity] + 1, 0), ("active", *EXIT_STATUSES)),
            "tags": coded(tag[entity], _TAGS),
            "occurred_on": days(traits.established[entity]),
            "known_at": days(versions.known_at),
        },
    )


def _draw_versions(
    population: Population,
    span: Span,
    generator: Generator,
    *,
    assumptions: Assumptions,
) -> _Versions:
    n = len(population)
    everyone = np.arange(n)
    moves = draw_happenings(
        population, span, risk_rate(assumptions.move_rate, 0.3, highest=assumptions.highest_rate), generator
    )
    changes = draw_happenings(
        population, span, risk_rate(assumptions.capital_change_rate, 0.0, highest=assumptions.highest_rate), generator
    )
    changes = changes.where(population.traits.kind[changes.entity] != 1)
    later = [(moves, _MOVED), (changes, _CAPITAL)]
    entity = np.concatenate([everyone, *(events.entity for events, _ in later), everyone])
    change = np.concatenate(
        [np.full(n, _FOUNDED), *(np.full(len(events), what) for events, what in later), np.full(n, _LEFT)]
    ).astype(np.int8)
    lagged = [span.workdays.shift(events.on, generator.integers(0, 6, len(events))) for events, _ in later]
    known_at = np.concatenate([population.registered_known, *lagged, population.exit_known])
    begins, ends = population.registered_known[entity], population.exit_known[entity]
    in_order = (change == _FOUNDED) | (change == _LEFT) | ((known_at > begins) & (known_at < ends))
    kept = np.flatnonzero(in_order & (known_at <= span.last_day))
    kept = kept[np.lexsort((change[kept], known_at[kept], entity[kept]))]
    is_last_of_day = np.r_[(entity[kept][1:] != entity[kept][:-1]) | (known_at[kept][1:] != known_at[kept][:-1]), True]
    kept = kept[is_last_of_day]
    return _Versions(entity[kept], change[kept], known_at[kept])


def _addresses(
    population: Population,
    versions: _Versions,
    generator: Generator,
    *,
    assumptions: Assumptions,
) -> pa.Array:
    entity = versions.entity
    district = population.traits.district.astype(np.int64)
    every = addresses(district[entity], population.traits.kind[entity] == 1, generator)
    shares = (generator.random(len(entity)) < assumptions.shared_address_share) & (population.traits.kind[entity] == 0)
    hosts = max(1, int(len(population) * assumptions.shared_address_share / _ADDRESS_SHARERS / len(DISTRICTS)))
    host_districts = np.repeat(np.arange(len(DISTRICTS)), hosts)
    host_addresses = addresses(host_districts, np.zeros(len(host_districts), bool), generator)
    host = district[entity] * hosts + generator.integers(0, hosts, len(entity))
    return pc.if_else(pa.array(shares), host_addresses.take(host), every).take(versions.since(_MOVED))


def _capitals(
    population: Population,
    versions: _Versions,
    generator: Generator,
) -> pa.Array:
    kind = population.traits.kind[versions.entity]
    uniforms = generator.random(len(kind))
    level = np.empty(len(kind), np.int64)
    for type_index, shares in enumerate(_CAPITAL_SHARES):
        at = kind == type_index
        level[at] = np.searchsorted(np.cumsum(shares)[:-1], uniforms[at], side="right")
    states = (generator.random(len(population)) < 0.5) | (population.traits.kind != 1)
    fen = _CAPITALS_CNY[level][versions.since(_CAPITAL)] * 100
    return numbers(fen, where=states[versions.entity])
