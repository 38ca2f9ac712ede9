"""A city reduced to what a long run needs: one item, a yearly chance of a violation per firm, and how firms react.

Risk, its slow change and complaints are those of the synthetic city. What a check, a known chance of being checked and
a shift of conduct do are assumptions, stated here in one place; no firm is judged by them.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from engine.simulation.assumptions import Assumptions
from engine.simulation.catalogue import ITEM_CODES
from engine.simulation.industries import CODES
from engine.simulation.item_list import ENTITY_TYPES, item_difficulties
from engine.simulation.population import draw_population
from engine.simulation.span import Span
from engine.simulation.stream import Generator

Floats = npt.NDArray[np.float64]
LAST_DAY = date(2025, 12, 31)
"""End of the simulated span; a run has no calendar, so any day would do."""
_DAYS_PER_YEAR = 365.25
ITEM = "SCJG02"
"""Registration particulars: the item that applies to every firm."""


@dataclass(frozen=True, slots=True)
class Reactions:
    """How firms and citizens react; effects on the logit scale, shares 0..1. All chosen, none estimated.

    Parameters
    ----------
    found_effect : what a finding at a check takes from next year's risk (corrected and watched).
    checked_effect : what a check without finding takes from it.
    known_chance_effect : what a certain check would take, at a firm that knows its grade's ratio; x ratio.
    complained : whether citizens complain, as the synthetic city assumes, about the conduct that was there before.
    shift_year : year of the run (from 1) from which firms that looked safe violate more; 0 = never. They belong to the
        segments with the least risk and nobody had complained about them; nobody complains about the new violations.
    shift_share, shift_effect : share of firms in these segments, and by how much.
    """

    found_effect: float = 0.6
    checked_effect: float = 0.15
    known_chance_effect: float = 0.5
    complained: bool = True
    shift_year: int = 3
    shift_share: float = 0.25
    shift_effect: float = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class YearlyWorld:
    """Firms over the years of a run; the same luck serves every policy.

    Parameters
    ----------
    risk : (firms, years) on the logit scale, the shift included.
    kind : type of each firm, e.g. enterprise. industry : code of its industry (division). age : years since it was
        founded, at the beginning of year 0; 0 for firms that are founded later.
    district : code of each firm's district.
    complaints : substantiated complaints of each firm and year, the same whatever the policy.
    luck : uniforms (firms, years); a violation happens where it lies below its chance.
    reactions : assumptions.
    """

    risk: Floats
    kind: npt.NDArray[np.str_]
    industry: npt.NDArray[np.int64]
    age: Floats
    district: npt.NDArray[np.int64]
    complaints: Floats
    luck: Floats
    reactions: Reactions

    def chances(self, year: int, held_back: Floats) -> Floats:
        """Return the chance of a violation of every firm in a year, given what holds it back (logit, >= 0)."""
        return np.asarray(expit(self.risk[:, year] - held_back))


def yearly_world(
    *, n_firms: int, warm_up: int, years: int, seed: int, generator: Generator, reactions: Reactions
) -> YearlyWorld:
    """Return the world that the seed fixes.

    Parameters
    ----------
    warm_up : years before the run, whose checks give the first grades. years : of the run.
    generator : gives the luck.
    """
    assumptions = Assumptions()
    n_years = warm_up + years
    span = Span.ending(LAST_DAY, years=n_years)
    people = draw_population(span, n=n_firms, seed=seed, assumptions=assumptions)
    difficulty = float(item_difficulties(assumptions)[ITEM_CODES.index(ITEM)])
    before = people.risk[:, :n_years]
    sections = np.array([code[0] for code in CODES])[people.traits.industry]
    named = np.char.add(people.traits.kind.astype(str), sections)
    segment = np.unique(named, return_inverse=True)[1].astype(np.int64)
    risk = difficulty + before
    complaints = np.zeros_like(risk)
    if reactions.complained:
        rate = assumptions.complaint_rate * np.exp(assumptions.complaint_risk_slope * before)
        proved = expit(assumptions.substantiated_logit + assumptions.substantiated_risk_slope * before)
        lively = np.minimum(rate, assumptions.highest_rate) * assumptions.complaint_checked_share * proved
        complaints = generator.poisson(lively).astype(float)
    if reactions.shift_year:
        first = warm_up + reactions.shift_year - 1
        moved = _safest(before[:, :first].mean(axis=1), segment, share=reactions.shift_share)
        moved &= complaints[:, :first].sum(axis=1) == 0
        risk[np.ix_(moved, np.arange(first, n_years))] += reactions.shift_effect
    luck = generator.random(risk.shape)
    return YearlyWorld(
        risk=risk,
        kind=np.array(ENTITY_TYPES)[people.traits.kind],
        industry=people.traits.industry.astype(np.int64),
        age=_age_in_years(people.traits.established, years=n_years),
        district=people.traits.district.astype(np.int64),
        complaints=complaints,
        luck=luck,
        reactions=reactions,
    )


def _age_in_years(established: npt.NDArray[np.datetime64], *, years: int) -> Floats:
    """Age at the beginning of year 0, ``years`` before the end of the span; whoever is founded later counts as new."""
    first = np.datetime64(date(LAST_DAY.year - years + 1, 1, 1))
    return np.asarray(np.maximum((first - established).astype(float) / _DAYS_PER_YEAR, 0.0))


def _safest(risk: Floats, segment: npt.NDArray[np.int64], *, share: float) -> npt.NDArray[np.bool_]:
    """Firms of the segments with the least mean risk, as many segments as hold the share of all firms."""
    sizes = np.bincount(segment)
    order = np.argsort(np.bincount(segment, weights=risk) / sizes, kind="stable")
    enough = np.searchsorted(np.cumsum(sizes[order]), share * len(segment)) + 1
    return np.isin(segment, order[:enough])
