from datetime import date

import numpy as np
import pytest

from engine.simulation.assumptions import Assumptions
from engine.simulation.item_list import SINCE, YEARLY_RATIOS, applicable_items
from engine.simulation.past_draws import PastDraws, draw_past
from engine.simulation.population import Population, draw_population
from engine.simulation.span import Span

SPAN = Span.ending(date(2024, 12, 31), years=3)


@pytest.fixture(scope="module")
def population() -> Population:
    return draw_population(SPAN, n=6_000, seed=2, assumptions=Assumptions())


@pytest.fixture(scope="module")
def draws(population: Population) -> PastDraws:
    return draw_past(population, SPAN, seed=2)


def test_probabilities_are_counts_drawn_over_counts_eligible(population: Population, draws: PastDraws):
    quarter, (_, first, _) = 5, SPAN.quarters()[5]
    traits = population.traits
    on_register = (population.registered_known <= first) & (population.exit_known > first)
    applicable = applicable_items()[:, traits.kind, traits.industry]

    for item in np.unique(draws.item[draws.quarter == quarter]):
        for district in range(7):
            held = (on_register & applicable[item] & (traits.district == district)).sum()
            rows = (draws.quarter == quarter) & (draws.item == item) & (traits.district[draws.entity] == district)
            assert rows.sum() <= held
            if rows.any():
                assert draws.inclusion_probability[rows] == pytest.approx(rows.sum() / held)


def test_totals_keep_to_the_ratio(population: Population, draws: PastDraws):
    quarter, (_, first, _) = 3, SPAN.quarters()[3]
    traits = population.traits
    on_register = (population.registered_known <= first) & (population.exit_known > first)
    eligible = (applicable_items()[:, traits.kind, traits.industry] & on_register).sum(axis=1)
    drawn = np.bincount(draws.item[draws.quarter == quarter], minlength=len(eligible))

    listed = SINCE <= 2022
    assert (np.abs(drawn - eligible * YEARLY_RATIOS / 4)[listed] < 1).all()


def test_items_of_one_entity_share_ticket_and_day(population: Population, draws: PastDraws):
    # With one ticket for all items, whoever is drawn for a rare general item is drawn for a frequent one that applies.
    pairs = set(zip(draws.quarter, draws.entity, draws.item, strict=True))
    rare, frequent = 2, 1  # SCJG03 at 7 %, SCJG02 at 8 %, the latter for all types
    drawn_rare = [(q, e) for q, e, i in pairs if i == rare]
    together = np.mean([(q, e, frequent) in pairs for q, e in drawn_rare])
    days = {}
    for q, e, on in zip(draws.quarter, draws.entity, draws.on, strict=True):
        days.setdefault((q, e), set()).add(on)

    assert together > 0.85
    assert all(len(each) == 1 for each in days.values())


def test_visits_take_place_on_working_days_of_the_quarter(draws: PastDraws):
    for at, (_, first, last) in enumerate(SPAN.quarters()):
        on = draws.on[draws.quarter == at]
        assert (on >= first).all() and (on <= last).all()
    assert np.isin(draws.on, SPAN.workdays.days).all()


def test_equal_entities_are_drawn_equally_often_over_seeds(population: Population):
    span = Span.ending(date(2024, 3, 31), years=1)
    item, seeds = 4, 40  # SCJG05, 18 % a year
    counts = np.zeros(len(population))
    for seed in range(seeds):
        draws = draw_past(population, span, seed=seed)
        np.add.at(counts, draws.entity[draws.item == item], 1)
    traits = population.traits
    always = (population.registered_known < span.first_day) & (population.exit_known > span.last_day)
    eligible = always & applicable_items()[item, traits.kind, traits.industry]
    drawn = counts[eligible]

    assert drawn.mean() == pytest.approx(seeds * YEARLY_RATIOS[item], rel=0.05)
    assert 0.8 < drawn.var() / (drawn.mean() * (1 - YEARLY_RATIOS[item] / 4)) < 1.2
