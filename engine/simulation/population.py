"""The entities of the city as numbers: what they are, when they were founded, stopped trading and left the register."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.simulation.assumptions import Assumptions
from engine.simulation.identifiers import as_codes, credit_codes, registration_numbers
from engine.simulation.industries import industry_shares
from engine.simulation.item_list import ENTITY_TYPES
from engine.simulation.layout import joined
from engine.simulation.places import DISTRICTS, SHARES
from engine.simulation.risk import Matrix, Traits, draw_risk
from engine.simulation.span import Span
from engine.simulation.stream import Generator, stream
from engine.simulation.workdays import FAR, Dates

EXIT_STATUSES = ("cancelled", "revoked", "closed", "moved_out")
_DAYS_PER_YEAR = 365.25
_USCC_SINCE = np.datetime64("2015-10-01")
_DISTRICT_REFORM = np.datetime64("2013-11-08")
_USCC_PREFIXES = as_codes(["91", "92", "93"])
_USCC_AREAS = as_codes([place.registers_as for place in DISTRICTS])
_OLD_AREAS = as_codes([place.formerly or place.registers_as for place in DISTRICTS])


@dataclass(frozen=True, slots=True)
class Population:
    """One element per entity; dates are ``FAR`` when they never come.

    Parameters
    ----------
    traits : type, district, industry, founding day.
    risk : (entity, year of ``Span.truth_years``).
    gone_on : trading has ended from this day on; never after ``exit_on``.
    exit_on, exit_way : register exit and how (index into ``EXIT_STATUSES``).
    registered_known, exit_known : days on which register entry and exit are known.
    entity_ids, usccs, reg_nos : text columns.
    """

    traits: Traits
    risk: Matrix
    gone_on: Dates
    exit_on: Dates
    exit_way: npt.NDArray[np.int8]
    registered_known: Dates
    exit_known: Dates
    entity_ids: pa.Array
    usccs: pa.Array
    reg_nos: pa.Array

    def __len__(self) -> int:
        return len(self.traits.kind)


def draw_population(span: Span, *, n: int, seed: int, assumptions: Assumptions) -> Population:
    """Return ``n`` entities that were on the register at some time within the span."""
    traits = _draw_traits(span, n=n, generator=stream(seed, "traits"), assumptions=assumptions)
    risk = draw_risk(traits, years=span.truth_years, assumptions=assumptions, generator=stream(seed, "risk"))
    lives = _draw_lives(span, traits, risk[:, 0], generator=stream(seed, "lives"), assumptions=assumptions)
    gone_on, exit_on, exit_way = lives
    generator = stream(seed, "registration")
    lags = generator.integers(0, 6, size=(2, n))
    registered_known = np.where(
        traits.established >= span.first_day,
        span.workdays.shift(traits.established, lags[0]),
        traits.established + lags[0],
    )
    registered_known = np.minimum(registered_known, span.last_day)
    exit_known = np.where(exit_on < FAR, span.workdays.shift(exit_on, lags[1]), FAR)
    entity_ids, usccs, reg_nos = _identifiers(traits, generator, assumptions=assumptions)
    return Population(
        traits=traits, risk=risk, gone_on=gone_on, exit_on=exit_on, exit_way=exit_way,
        registered_known=registered_known, exit_known=exit_known,
        entity_ids=entity_ids, usccs=usccs, reg_nos=reg_nos,
    )  # fmt: skip


def _draw_traits(
    span: Span,
    *,
    n: int,
    generator: Generator,
    assumptions: Assumptions,
) -> Traits:
    kind = generator.choice(len(ENTITY_TYPES), size=n, p=assumptions.type_shares).astype(np.int8)
    district = generator.choice(len(DISTRICTS), size=n, p=SHARES).astype(np.int8)
    cumulative = industry_shares().cumsum(axis=2)[..., :-1]
    uniforms = generator.random(n)
    industry = np.empty(n, np.int16)
    for type_index in range(len(ENTITY_TYPES)):
        for place in range(len(DISTRICTS)):
            at = (kind == type_index) & (district == place)
            industry[at] = np.searchsorted(cumulative[type_index, place], uniforms[at], side="right")
    is_stock = generator.random(n) < assumptions.stock_share
    mean_age = np.array(assumptions.mean_age_years)[kind]
    ages = np.minimum(generator.exponential(mean_age), assumptions.longest_age_years * generator.uniform(0.9, 1, n))
    before = span.first_day - 1 - (ages * _DAYS_PER_YEAR).astype(np.int64)
    n_days = int((span.last_day - span.first_day).astype(int)) + 1
    within = span.workdays.shift(span.first_day + generator.integers(0, n_days, n), np.zeros(n, np.int64))
    established = np.where(is_stock, before, np.minimum(within, span.last_day))
    return Traits(kind, district, industry, established.astype("datetime64[D]"))


def _draw_lives(
    span: Span,
    traits: Traits,
    risk: npt.NDArray[np.float64],
    *,
    generator: Generator,
    assumptions: Assumptions,
) -> tuple[Dates, Dates, npt.NDArray[np.int8]]:
    n = len(risk)
    begins = np.maximum(traits.established, span.first_day)
    factor = np.exp(assumptions.exit_risk_slope * risk)
    exit_years = generator.exponential(1 / (np.array(assumptions.exit_rates)[traits.kind] * factor))
    exit_on = begins + 20 + (np.minimum(exit_years, 100) * _DAYS_PER_YEAR).astype(np.int64)
    exit_way = generator.choice(len(EXIT_STATUSES), size=n, p=assumptions.exit_shares).astype(np.int8)
    silent = generator.exponential(np.array(assumptions.mean_silent_days)[exit_way]).astype(np.int64)
    gone_years = generator.exponential(1 / (assumptions.gone_rate * factor))
    quietly = begins + 20 + (np.minimum(gone_years, 100) * _DAYS_PER_YEAR).astype(np.int64)
    gone_on = np.maximum(np.minimum(exit_on - silent, quietly), begins + 10)
    horizon = np.datetime64(f"{span.truth_years[-1]}-12-31")
    leaves = exit_on <= span.last_day
    exit_on = np.where(leaves, span.workdays.shift(exit_on, np.zeros(n, np.int64)), FAR)
    return np.where(gone_on <= horizon, gone_on, FAR), exit_on, exit_way


def _identifiers(
    traits: Traits,
    generator: Generator,
    *,
    assumptions: Assumptions,
) -> tuple[pa.Array, pa.Array, pa.Array]:
    n = len(traits.kind)
    serials = generator.permutation(n).astype(np.int64)
    is_recent = traits.established >= _USCC_SINCE
    usccs = credit_codes(
        prefixes=_USCC_PREFIXES[traits.kind], areas=_USCC_AREAS[traits.district], serials=serials, is_recent=is_recent
    )
    areas = np.where(
        (traits.established < _DISTRICT_REFORM)[:, None], _OLD_AREAS[traits.district], _USCC_AREAS[traits.district]
    )
    numbers = registration_numbers(areas=areas, serials=serials)
    has_none = (generator.random(n) < assumptions.without_uscc_share) & (traits.kind == 1) & ~is_recent
    nothing = pa.scalar(None, pa.string())
    only_old, recent = pa.array(has_none), pa.array(is_recent)
    usccs_or_null = pc.if_else(only_old, nothing, usccs)
    ids = pc.if_else(only_old, joined("reg:", numbers), joined("uscc:", usccs))
    return ids, usccs_or_null, pc.if_else(recent, nothing, numbers)
