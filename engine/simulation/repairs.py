"""Decisions by which penalties stop counting: repaired after the legal minimum, or overturned."""

import numpy as np
import pyarrow as pa

from engine.simulation.assumptions import Assumptions
from engine.simulation.layout import chosen, coded, contract_table, days, joined, numbered, rank_in_group
from engine.simulation.organs import ORGAN_CODES
from engine.simulation.penalties import ORDINARY, SERIOUS, Penalties
from engine.simulation.population import Population
from engine.simulation.span import Span, year_of
from engine.simulation.stream import stream

_DECISIONS = ("repaired", "revoked", "corrected", "withdrawn")
_OVERTURNED_SHARES = (0.0, 0.7, 0.2, 0.1)
_LEAST_DAYS = {ORDINARY: 183, SERIOUS: 366}
"""Past the longest minimum of any rule in the years simulated (six months; one year)."""
_MEAN_FURTHER_DAYS = 150.0


def repairs_table(
    penalties: Penalties, population: Population, span: Span, *, seed: int, assumptions: Assumptions
) -> pa.Table:
    """Return the contract table ``repairs``: at most one decision per penalty, as known on the last day."""
    generator = stream(seed, "repairs")
    n = len(penalties.entity)
    shares = np.select(
        [penalties.severity == ORDINARY, penalties.severity == SERIOUS],
        [assumptions.ordinary_repair_share, assumptions.serious_repair_share],
        0.0,
    )
    least = np.where(penalties.severity == SERIOUS, _LEAST_DAYS[SERIOUS], _LEAST_DAYS[ORDINARY])
    further = generator.exponential(_MEAN_FURTHER_DAYS, n).astype(np.int64)
    is_overturned = generator.random(n) < assumptions.overturned_share
    overturned_on = penalties.known_at + generator.integers(20, 180, n)
    is_repaired = (generator.random(n) < shares) & ~is_overturned
    on = np.where(is_overturned, overturned_on, penalties.on + least + further)
    on = span.workdays.shift(on, np.zeros(n, np.int64))
    decision = np.where(is_overturned, generator.choice(len(_DECISIONS), n, p=_OVERTURNED_SHARES), 0)
    known_at = span.workdays.shift(on, generator.integers(0, 6, n))
    in_time = is_overturned | (is_repaired & (on < penalties.publicity_end_on))
    kept = np.flatnonzero(in_time & (known_at <= span.last_day))
    kept = kept[np.lexsort((kept, on[kept]))]
    years = year_of(on[kept])
    return contract_table(
        "repairs",
        {
            "repair_id": joined("XF", numbered(years), "-", numbered(rank_in_group(years) + 1, 6)),
            "entity_id": coded(penalties.entity[kept], population.entity_ids),
            "target_table": chosen(np.zeros(len(kept), np.int64), ("penalties",)),
            "target_id": penalties.identifiers.take(kept),
            "decision": coded(decision[kept], _DECISIONS),
            "organ_code": coded(penalties.organs(population)[kept], ORGAN_CODES),
            "occurred_on": days(on[kept]),
            "known_at": days(known_at[kept]),
        },
    )
