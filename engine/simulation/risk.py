"""The hidden risk of every entity, year by year.

risk = type + industry + district + youth + latent, on the logit scale, where the observable part is centred on 0
over the entities and the latent part is a stationary AR(1) by calendar year: sd and correlation are assumptions.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.simulation.assumptions import Assumptions
from engine.simulation.industries import EFFECTS
from engine.simulation.places import DISTRICTS
from engine.simulation.stream import Generator
from engine.simulation.workdays import Dates

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Traits:
    """What risk depends on, one element per entity: indices of type, district and industry, and the founding day."""

    kind: npt.NDArray[np.int8]
    district: npt.NDArray[np.int8]
    industry: npt.NDArray[np.int16]
    established: Dates


def district_effects(assumptions: Assumptions, generator: Generator) -> Matrix:
    """Return one effect per district, mean 0."""
    effects = generator.normal(0.0, assumptions.district_effect_sd, len(DISTRICTS))
    return np.asarray(effects - effects.mean())


def draw_risk(
    traits: Traits,
    *,
    years: npt.NDArray[np.int64],
    assumptions: Assumptions,
    generator: Generator,
) -> Matrix:
    """Return the risk, shape (entity, year), higher = riskier; 0 is the average entity."""
    n = len(traits.kind)
    kinds = np.array(assumptions.type_effects)
    fixed = kinds[traits.kind] + EFFECTS[traits.industry]
    fixed += district_effects(assumptions, generator)[traits.district]
    fixed -= fixed.mean()
    founded = traits.established.astype("datetime64[M]").astype(np.int64) / 12 + 1970
    keep = assumptions.latent_yearly_correlation
    renew = np.sqrt(1 - keep**2)
    latent = generator.standard_normal(n)
    risk = np.empty((n, len(years)))
    for at, year in enumerate(years):
        if at:
            latent = keep * latent + renew * generator.standard_normal(n)
        age = np.maximum(year + 0.5 - founded, 0.0)
        young = assumptions.young_effect * np.exp(-age / assumptions.young_decay_years)
        risk[:, at] = fixed + young + assumptions.latent_sd * latent
    return risk
