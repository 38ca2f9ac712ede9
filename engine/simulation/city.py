"""The synthetic city: registers, six years or so of conduct, and the truth behind both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.simulation.annual_reports import annual_reports_table
from engine.simulation.assumptions import Assumptions
from engine.simulation.catalogue import ITEM_CODES
from engine.simulation.grievances import complaints_table, draw_grievances
from engine.simulation.item_list import item_difficulties, items_table
from engine.simulation.links import relations_table
from engine.simulation.listings import listings_table
from engine.simulation.officers import (
    Officers,
    draw_officers,
    draw_recusals,
    inspectors_table,
    recusals_table,
)
from engine.simulation.organs import departments_table
from engine.simulation.papers import external_grades_table, licences_table
from engine.simulation.past_draws import draw_past
from engine.simulation.penalties import draw_penalties, penalties_table
from engine.simulation.places import districts_table
from engine.simulation.plan_submissions import plan_year, plans_table, registry_counts_table
from engine.simulation.population import Population, draw_population
from engine.simulation.register import entities_table
from engine.simulation.repairs import repairs_table
from engine.simulation.span import Span
from engine.simulation.truth import Truth
from engine.simulation.visits import inspections_table, make_visits
from engine.simulation.workdays import FAR

Report = Callable[[Message, float], None]
FEWEST_ENTITIES, MOST_ENTITIES = 50, 20_000_000
MOST_YEARS = 20


@dataclass(frozen=True, slots=True)
class City:
    """A simulated city as known on its last day.

    Parameters
    ----------
    tables : contract table by name; repeated texts may be Arrow dictionaries (``engine.simulation.layout.plain``
        decodes). Every row has ``known_at <= truth.last_day``.
    truth : what drove it.
    """

    tables: Mapping[str, pa.Table]
    truth: Truth = field(repr=False)

    @property
    def n_records(self) -> int:
        """Rows of all tables together."""
        return sum(table.num_rows for table in self.tables.values())


def simulate_city(
    *,
    n_entities: int,
    years: int,
    last_day: date,
    seed: int,
    assumptions: Assumptions | None = None,
    report: Report | None = None,
) -> City:
    """Return the city that the seed fixes.

    Parameters
    ----------
    n_entities : ever on the register within the span, 50 .. 20 million.
    years : length of the history, 1 .. 20, ending with ``last_day``.
    last_day : nothing known later is delivered.
    seed : int >= 0; the same arguments give the same city.
    assumptions : of the generator; the default ones when not given.
    report : called with what is being made and the share done.

    Raises
    ------
    UsageError
        A size lies outside its range.

    Notes
    -----
    O(entities * years): a million entities and six years take about a minute of one core and 2.5 GB at the peak.
    """
    _require(n_entities, FEWEST_ENTITIES, MOST_ENTITIES, what=Message(N_("number of entities")))
    _require(years, 1, MOST_YEARS, what=Message(N_("number of years")))
    _require(seed, 0, 2**63 - 1, what=Message(N_("seed")))
    rules = assumptions or Assumptions()
    say = report or _say_nothing
    span = Span.ending(last_day, years=years)
    say(_REGISTER_MESSAGE, 0.0)
    population = draw_population(span, n=n_entities, seed=seed, assumptions=rules)
    officers = draw_officers(span, n_entities=n_entities, seed=seed, assumptions=rules)
    tables = _registers(population, span, officers, seed=seed, assumptions=rules)
    tables |= _conduct(population, span, officers, seed=seed, assumptions=rules, say=say)
    tables |= {
        "licences": licences_table(population, span, seed=seed, assumptions=rules),
        "annual_reports": annual_reports_table(population, span, seed=seed, assumptions=rules),
        "external_grades": external_grades_table(population, span, seed=seed, assumptions=rules),
        "relations": relations_table(population, tables["entities"], span, seed=seed, assumptions=rules),
    }
    year = plan_year(last_day)
    tables |= {
        "plans": plans_table(year),
        "registry_counts": registry_counts_table(tables["entities"], last_day=last_day),
    }
    return City(tables, _truth(population, span, officers, seed=seed, assumptions=rules))


_REGISTER_MESSAGE = Message(N_("Simulating the register"))
_CONDUCT_MESSAGE = Message(N_("Simulating inspections, complaints, penalties and lists"))


def _say_nothing(stage: Message, share: float) -> None:
    """Take progress and say nothing."""


def _require(value: int, least: int, most: int, *, what: Message) -> None:
    if not least <= value <= most:
        remedy = Message(N_("choose a whole number from {least} to {most}"), {"least": least, "most": most})
        raise UsageError(what=what, value=value, remedy=remedy)


def _registers(
    population: Population, span: Span, officers: Officers, *, seed: int, assumptions: Assumptions
) -> dict[str, pa.Table]:
    recusals = draw_recusals(officers, population, seed=seed, assumptions=assumptions)
    return {
        "entities": entities_table(population, span, seed=seed, assumptions=assumptions),
        "departments": departments_table(),
        "districts": districts_table(),
        "items": items_table(first_year=span.first_year, last_year=span.last_year + 1, last_day=span.last_day),
        "inspectors": inspectors_table(officers, span, seed=seed, assumptions=assumptions),
        "recusals": recusals_table(recusals, officers, population, span, seed=seed),
    }


def _conduct(
    population: Population, span: Span, officers: Officers, *, seed: int, assumptions: Assumptions, say: Report
) -> dict[str, pa.Table]:
    say(_CONDUCT_MESSAGE, 0.2)
    recusals = draw_recusals(officers, population, seed=seed, assumptions=assumptions)
    grievances = draw_grievances(population, span, seed=seed, assumptions=assumptions)
    draws = draw_past(population, span, seed=seed)
    say(_CONDUCT_MESSAGE, 0.5)
    visits = make_visits(
        population, span, officers, recusals, draws=draws, grievances=grievances, seed=seed, assumptions=assumptions
    )
    penalties = draw_penalties(population, span, visits, seed=seed, assumptions=assumptions)
    say(_CONDUCT_MESSAGE, 0.8)
    return {
        "inspections": inspections_table(visits, draws, population, officers, span),
        "penalties": penalties_table(penalties, population, span, seed=seed, assumptions=assumptions),
        "listings": listings_table(population, span, visits, penalties, seed=seed, assumptions=assumptions),
        "repairs": repairs_table(penalties, population, span, seed=seed, assumptions=assumptions),
        "complaints": complaints_table(grievances, population, span, seed=seed),
    }


def _truth(population: Population, span: Span, officers: Officers, *, seed: int, assumptions: Assumptions) -> Truth:
    gone_on = np.where(population.gone_on < FAR, population.gone_on, np.datetime64("NaT", "D"))
    return Truth(
        seed=seed,
        first_day=span.first_day.astype(object),
        last_day=span.last_day.astype(object),
        assumptions=assumptions,
        entity_ids=pd.Index(population.entity_ids.to_pandas()),
        risk=population.risk,
        years=span.truth_years,
        gone_on=gone_on,
        inspector_codes=pd.Index(officers.codes.to_pandas()),
        strictness=officers.strictness,
        difficulty=pd.Series(
            item_difficulties(assumptions), index=pd.Index(ITEM_CODES, name="item_code"), name="difficulty"
        ),
    )
