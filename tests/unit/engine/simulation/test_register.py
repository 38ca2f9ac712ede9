from datetime import date

import numpy as np
import pytest

from engine.simulation.assumptions import Assumptions
from engine.simulation.happenings import draw_happenings, risk_rate
from engine.simulation.leaders import assign_leaders
from engine.simulation.officers import draw_officers, draw_recusals
from engine.simulation.population import draw_population
from engine.simulation.span import Span
from engine.simulation.workdays import FAR

SPAN = Span.ending(date(2024, 12, 31), years=3)
RULES = Assumptions()


@pytest.fixture(scope="module")
def population():
    return draw_population(SPAN, n=4_000, seed=9, assumptions=RULES)


def test_lives_are_in_order(population):
    traits = population.traits

    assert (traits.established <= population.registered_known).all()
    assert (population.gone_on > traits.established).all()
    assert (population.exit_on >= np.minimum(population.gone_on, FAR)).all()
    left = population.exit_on < FAR
    assert (population.exit_known[left] >= population.exit_on[left]).all()
    assert (population.exit_known[~left] == FAR).all()


def test_observable_risk_is_centred(population):
    assert abs(population.risk[:, 0].mean()) < 0.25
    assert 1.0 < population.risk[:, 0].std() < 1.5


def test_events_fall_on_days_of_trading_and_follow_risk(population):
    generator = np.random.default_rng(1)
    events = draw_happenings(population, SPAN, risk_rate(0.5, 1.0, highest=24.0), generator)
    ends = np.minimum(population.gone_on, population.exit_on)[events.entity]

    assert (events.on >= SPAN.first_day).all() and (events.on <= SPAN.last_day).all()
    assert (events.on > population.traits.established[events.entity]).all()
    assert (events.on < ends).all()
    assert population.risk[events.entity, 1].mean() > 0.5


def test_rate_is_met_and_bounded(population):
    generator = np.random.default_rng(1)
    events = draw_happenings(population, SPAN, risk_rate(1.0, 0.0, highest=0.4), generator)
    begins = np.maximum(population.traits.established + 1, SPAN.first_day)
    ends = np.minimum(np.minimum(population.gone_on, population.exit_on), SPAN.last_day + 1)
    years = np.maximum((ends - begins).astype(float), 0).sum() / 365.25

    assert len(events) == pytest.approx(0.4 * years, rel=0.06)


def test_recused_leaders_give_way(population):
    officers = draw_officers(SPAN, n_entities=len(population), seed=9, assumptions=RULES)
    recusals = draw_recusals(officers, population, seed=9, assumptions=RULES)
    n = 200
    department = np.tile(officers.department[recusals.inspector], n)
    entity = np.tile(recusals.entity, n)
    district = population.traits.district[entity].astype(np.int64)

    leader = assign_leaders(
        officers,
        recusals,
        SPAN,
        department=department,
        district=district,
        entity=entity,
        on=np.full(len(entity), np.datetime64("2023-05-10")),
        uniforms=np.random.default_rng(3).random(len(entity)),
        n_entities=len(population),
    )

    pairs = set(zip(recusals.inspector, recusals.entity, strict=True))
    assert not pairs & set(zip(leader, entity, strict=True))
    assert (officers.department[leader] == department).all()
    assert (officers.district[leader] == district).all()
    assert len(np.unique(leader)) > len(recusals.inspector)
