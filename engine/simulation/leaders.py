"""Who led each visit: a qualified officer of the leading department in the district, at random, without recusal."""

import numpy as np
import numpy.typing as npt

from engine.simulation.officers import Officers, Recusals
from engine.simulation.places import DISTRICTS
from engine.simulation.span import Span
from engine.simulation.workdays import Dates

_ROUNDS = 3
Whole = npt.NDArray[np.int64]


def assign_leaders(
    officers: Officers,
    recusals: Recusals,
    span: Span,
    *,
    department: Whole,
    district: Whole,
    entity: Whole,
    on: Dates,
    uniforms: npt.NDArray[np.float64],
    n_entities: int,
) -> Whole:
    """Return the index of the leader of every visit.

    Officers serve a quarter in which they are on duty and certified throughout; each pool keeps three who always
    are, so a recused one can give way to the next.
    """
    leader = np.empty(len(entity), np.int64)
    pool = department * len(DISTRICTS) + district
    n_pools = int(officers.pool.max()) + 1
    forbidden = recusals.inspector * n_entities + recusals.entity
    quarters = span.quarters()
    begins = np.array([first for _, first, _ in quarters])
    at_quarter = np.searchsorted(begins, on, side="right") - 1
    for at, (_, first, last) in enumerate(quarters):
        serves = (officers.joined_on <= first) & (officers.left_on > last) & (officers.certified_until >= last)
        serving = np.flatnonzero(serves & officers.is_leader_qualified)
        sizes = np.bincount(officers.pool[serving], minlength=n_pools)
        starts = np.cumsum(sizes) - sizes
        rows = np.flatnonzero(at_quarter == at)
        place = np.floor(uniforms[rows] * sizes[pool[rows]]).astype(np.int64)
        for _ in range(_ROUNDS):
            leader[rows] = serving[starts[pool[rows]] + place]
            conflict = np.isin(leader[rows] * n_entities + entity[rows], forbidden)
            place = np.where(conflict, (place + 1) % sizes[pool[rows]], place)
        leader[rows] = serving[starts[pool[rows]] + place]
    return leader
