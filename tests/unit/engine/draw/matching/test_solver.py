"""Independent parts solved apart give what one whole problem gives, and cost more nodes than the solver could count."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.draw.matching import solver
from engine.draw.matching.match import match_teams
from engine.draw.matching.posts import Visit
from engine.draw.matching.rule import ItemNeed, MatchRule
from engine.draw.populations.roster import Officer, sorted_roster
from engine.errors import DrawError
from tests.small_matches import SEED, SUITE, handle_number

N_DISTRICTS = 5
RULE = MatchRule(
    items={"price": ItemNeed("market")},
    departments={"market": 2},
    initiators=("market",),
    certificate_valid_on="2026-12-31",
    officer_districts={f"S{k}": (f"D{k}",) for k in range(N_DISTRICTS)},
)
VISITS = [Visit(handle_number(n), ("price",), (f"S{n % N_DISTRICTS}",)) for n in range(23)]


def roster(*, leaders_of_last: int = 4) -> tuple[Officer, ...]:
    officers = []
    for n in range(N_DISTRICTS * 4):
        district, number = n % N_DISTRICTS, n // N_DISTRICTS
        leads = district < N_DISTRICTS - 1 or number < leaders_of_last
        skills = ("leader",) if leads else ()
        officers.append(
            Officer(handle_number(900 + n), "market", skills, f"D{district}", "2027-01-01", 6, n % 3, 1 + n % 2, (), ())
        )
    return sorted_roster(officers)


def matched(officers):
    return match_teams(VISITS, roster=officers, rule=RULE, suite=SUITE, seed=SEED).record()


@pytest.mark.parametrize("batch", [1, 40])
def test_districts_solved_apart_give_the_match_of_the_whole(batch, monkeypatch):
    whole = matched(roster())
    solved = []
    real = solver._solve
    monkeypatch.setattr(
        solver, "_solve", lambda arcs, part, **rest: solved.append(len(part)) or real(arcs, part, **rest)
    )
    monkeypatch.setattr(solver, "BATCH_ARCS", batch)

    apart = matched(roster())

    assert apart == whole
    assert len(solved) > (2 * N_DISTRICTS - 1 if batch == 1 else 2)


def test_one_part_that_cannot_be_staffed_shows_for_the_whole(monkeypatch):
    monkeypatch.setattr(solver, "BATCH_ARCS", 1)

    found = matched(roster(leaders_of_last=0))

    short = found["unmatched"][0]
    assert set(short["teams"]) == {visit.team for visit in VISITS if visit.strata == (f"S{N_DISTRICTS - 1}",)}
    assert short["shortage"]["capacity"] == 0


def test_the_limit_of_costs_holds_for_one_part_not_for_all(monkeypatch):
    matched(roster())
    # about twenty nodes to a district, a hundred in all; tickets have 44 bits, and no cut is allowed
    monkeypatch.setattr(solver, "COST_LIMIT", 2**44 * 60)
    monkeypatch.setattr(solver, "LEAST_BITS", 43)
    with pytest.raises(DrawError, match="nodes"):
        matched(roster())
    monkeypatch.setattr(solver, "BATCH_ARCS", 1)

    assert matched(roster())["unmatched"] == []


@pytest.mark.parametrize("limit", [2**44, 2**34, 2**31])
def test_costs_beyond_the_solvers_range_give_the_same_match_in_two_steps(limit, monkeypatch):
    whole, steps, real = matched(roster()), [], solver._in_two_steps
    monkeypatch.setattr(
        solver, "_in_two_steps", lambda *given, **rest: steps.append(len(given[1])) or real(*given, **rest)
    )
    monkeypatch.setattr(solver, "COST_LIMIT", limit)

    assert matched(roster()) == whole
    assert steps


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_two_steps_cost_what_one_does(seed):
    """Small random problems with large costs: the cheapest flow is as cheap, whatever was cut."""
    rng = np.random.default_rng(seed)
    n_left, n_right = int(rng.integers(2, 5)), int(rng.integers(3, 6))
    tails = np.repeat(np.arange(1, n_left + 1), n_right)
    heads = np.tile(np.arange(n_left + 1, n_left + n_right + 1), n_left)
    right = np.arange(n_left + 1, n_left + n_right + 1)
    problem = solver.Arcs(
        np.concatenate([tails, right]),
        np.concatenate([heads, np.zeros(n_right, dtype=np.int64)]),
        np.concatenate([np.ones(len(tails), dtype=np.int64), np.full(n_right, 2)]),
        np.concatenate([rng.integers(2**44, size=len(tails)), np.zeros(n_right, dtype=np.int64)]),
    )
    supplies = np.zeros(1 + n_left + n_right, dtype=np.int64)
    supplies[1 : n_left + 1] = 2
    supplies[0] = -supplies.sum()
    whole = solver._flow(problem, supplies)
    with patch.object(solver, "COST_LIMIT", 2**30):
        parts = solver._in_two_steps(problem, supplies, largest=int(problem.costs.max()))

    assert (whole is None) == (parts is None)
    if whole is not None:
        assert int(problem.costs @ parts) == int(problem.costs @ whole)
