"""Independent parts solved apart give what one whole problem gives, and cost more nodes than the solver could count."""

import pytest

from engine.draw import solver
from engine.draw.match import match_teams
from engine.draw.match_rule import ItemNeed, MatchRule
from engine.draw.posts import Visit
from engine.draw.roster import Officer, sorted_roster
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
    # about twenty nodes to a district, a hundred in all; tickets have 44 bits
    monkeypatch.setattr(solver, "COST_LIMIT", 2**44 * 60)
    with pytest.raises(DrawError, match="nodes"):
        matched(roster())
    monkeypatch.setattr(solver, "BATCH_ARCS", 1)

    assert matched(roster())["unmatched"] == []
