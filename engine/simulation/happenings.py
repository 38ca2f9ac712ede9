"""Events that come at a yearly rate while an entity trades: the one Poisson sampler of the city."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.simulation.population import Population
from engine.simulation.span import Span
from engine.simulation.stream import Generator
from engine.simulation.workdays import Dates

_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Happenings:
    """Events: index of the entity and the day, year by year, within a year by entity."""

    entity: npt.NDArray[np.int64]
    on: Dates

    def __len__(self) -> int:
        return len(self.entity)

    def where(self, keep: npt.NDArray[np.bool_]) -> "Happenings":
        """Return the events for which ``keep`` is True."""
        return Happenings(self.entity[keep], self.on[keep])


def draw_happenings(
    population: Population,
    span: Span,
    rate: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    generator: Generator,
) -> Happenings:
    """Return Poisson events of every entity on the days it trades within the span.

    Parameters
    ----------
    rate : gives the yearly rate of every entity from its risk in that year.
    """
    entities, dates = [], []
    begins = np.maximum(population.traits.established + 1, span.first_day)
    ends = np.minimum(np.minimum(population.gone_on, population.exit_on), span.last_day + 1)
    for at, year in enumerate(span.years):
        low = np.maximum(begins, np.datetime64(f"{year}-01-01"))
        high = np.minimum(ends, np.datetime64(f"{year + 1}-01-01"))
        exposed = np.maximum((high - low).astype(np.int64), 0)
        counts = generator.poisson(rate(population.risk[:, at]) * exposed / _DAYS_PER_YEAR)
        entity = np.repeat(np.arange(len(population)), counts)
        entities.append(entity)
        dates.append(low[entity] + np.floor(generator.random(len(entity)) * exposed[entity]).astype(np.int64))
    return Happenings(np.concatenate(entities), np.concatenate(dates).astype("datetime64[D]"))


def risk_rate(
    level: float | npt.NDArray[np.float64], slope: float, *, highest: float
) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Return the rate ``min(level * exp(slope * risk), highest)``, the level being the rate at average risk."""
    return lambda risk: np.asarray(np.minimum(level * np.exp(slope * risk), highest))


def risk_on(population: Population, span: Span, entity: npt.NDArray[np.int64], on: Dates) -> npt.NDArray[np.float64]:
    """Return the risk of each entity in the year of each date."""
    years = on.astype("datetime64[Y]").astype(np.int64) + 1970
    return population.risk[entity, np.clip(years - span.first_year, 0, population.risk.shape[1] - 1)]
