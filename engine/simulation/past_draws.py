"""The random draws of past quarters: every item in every district, with the probabilities it was drawn with.

One uniform per entity and quarter serves all items, so that the items of one object meet in one visit while each
item keeps its exact probability n_h / N_h. Quotas are rounded cumulatively over the districts (DRAW.md §1, no. 8).
The history draws with a plain generator: the public protocol begins with the first draw after it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.simulation.item_list import SINCE, YEARLY_RATIOS, applicable_items
from engine.simulation.places import DISTRICTS
from engine.simulation.population import Population
from engine.simulation.span import Span
from engine.simulation.stream import Generator, stream
from engine.simulation.workdays import Dates

_N_DISTRICTS = len(DISTRICTS)
_QUARTERS = 4
_PREPARATION_WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class PastDraws:
    """One element per drawn (entity, item), in order of quarter, entity and item.

    Parameters
    ----------
    quarter : index of the quarter's draw.
    entity, item : indices.
    on : day of the visit, one per quarter and entity.
    design_probability, inclusion_probability : ratio before rounding, n_h / N_h.
    names : of the draws, by quarter.
    """

    quarter: npt.NDArray[np.int64]
    entity: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    on: Dates
    design_probability: npt.NDArray[np.float64]
    inclusion_probability: npt.NDArray[np.float64]
    names: tuple[str, ...]


def draw_past(population: Population, span: Span, *, seed: int) -> PastDraws:
    """Return what was drawn in every quarter of the span."""
    applicable = applicable_items()
    parts = []
    names = []
    for at, (name, first, last) in enumerate(span.quarters()):
        generator = stream(seed, "past draw", name)
        names.append(f"SX{name}")
        on_register = (population.registered_known <= first) & (population.exit_known > first)
        frame = np.flatnonzero(on_register)
        tickets = generator.random(len(population))[frame]
        frame = frame[np.argsort(population.traits.district[frame] + tickets)]
        drawn = _draw_quarter(population, frame, applicable, year=int(name[:4]), generator=generator)
        starts = span.workdays.shift(np.array([first]), np.array([_PREPARATION_WORKDAYS]))
        days = span.workdays.pick(starts, np.array([last]), generator.random(len(population)))
        entity, item, inclusion = drawn
        order = np.lexsort((item, entity))
        entity, item = entity[order], item[order]
        parts.append((np.full(len(entity), at), entity, item, days[entity], inclusion[order]))
    quarter, entity, item, on, inclusion = (np.concatenate(column) for column in zip(*parts, strict=True))
    return PastDraws(quarter, entity, item, on, YEARLY_RATIOS[item] / _QUARTERS, inclusion, tuple(names))


def _draw_quarter(
    population: Population,
    frame: npt.NDArray[np.int64],
    applicable: npt.NDArray[np.bool_],
    *,
    year: int,
    generator: Generator,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return entity, item and inclusion probability of everything drawn from ``frame`` (by district and ticket)."""
    kind, industry = population.traits.kind[frame], population.traits.industry[frame]
    district = population.traits.district[frame].astype(np.int64)
    rounding = generator.random(len(SINCE))
    entities, items, probabilities = [], [], []
    for item in np.flatnonzero(SINCE <= year):
        eligible = np.flatnonzero(applicable[item][kind, industry])
        place = district[eligible]
        sizes = np.bincount(place, minlength=_N_DISTRICTS)
        targets = np.cumsum(sizes) * YEARLY_RATIOS[item] / _QUARTERS
        quotas = np.diff(np.floor(np.r_[0.0, targets] + rounding[item])).astype(np.int64)
        rank = np.arange(len(place)) - (np.cumsum(sizes) - sizes)[place]
        drawn = np.flatnonzero(rank < quotas[place])
        entities.append(frame[eligible[drawn]])
        items.append(np.full(len(drawn), item))
        probabilities.append((quotas / np.maximum(sizes, 1))[place[drawn]])
    return np.concatenate(entities), np.concatenate(items), np.concatenate(probabilities)
