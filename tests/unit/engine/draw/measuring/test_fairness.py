"""The fairness report: loads, eligible officers, how random a seat is, rehearsals; each number can be wrong."""

import numpy as np
import pytest

from engine.draw.matching.match import match_teams
from engine.draw.matching.posts import Visit
from engine.draw.matching.rule import MatchRule
from engine.draw.measuring.fairness import eligibility, fake_seeds, load_table, rehearse, rung_network, spread
from engine.draw.populations.roster import Officer, sorted_roster
from tests.draw_cases import make_case
from tests.small_matches import RULE, SUITE, handle_number

CASE = make_case()


def officer(n: int, *, skills=("leader",), cap=3, prior=0, recused=()) -> Officer:
    return Officer(handle_number(n), "market", skills, "D1", "2027-01-01", cap, prior, 1, recused, ())


def visit(n: int) -> Visit:
    return Visit(handle_number(500 + n), ("price",), ("far",))


def network_of(officers, n_visits=1):
    roster = sorted_roster(officers)
    return rung_network([visit(n) for n in range(n_visits)], roster=roster, rule=RULE, level=0), roster


def test_loads_count_seats_beside_what_was_there_before():
    roster = CASE.drawn.roster
    match = CASE.drawn.match

    table = load_table(roster, match.assignment)

    assert table["new"].sum() == len(match.slots)
    assert (table["total"] == table["prior"] + table["new"]).all()
    assert match.square_load == int((table["weight"] * table["total"] ** 2).sum())


def test_eligible_officers_are_counted_by_team_and_the_scarcest_post_shows():
    barred = visit(0).handle
    network, _ = network_of(
        [officer(1), officer(2, skills=()), officer(3, skills=()), officer(4, recused=(barred,))], 2
    )

    table = eligibility(network).set_index("team")

    assert table.loc[visit(0).team].to_dict() == {"posts": 2, "eligible": 3, "scarcest": 1}
    assert table.loc[visit(1).team].to_dict() == {"posts": 2, "eligible": 4, "scarcest": 2}


def test_a_seat_that_chance_does_not_decide_shows_as_certain():
    network, roster = network_of([officer(1), *(officer(n, skills=()) for n in range(2, 8))])
    seeds = fake_seeds(SUITE, commit_digest=b"d" * 32, n=200)

    found = spread(network, roster=roster, suite=SUITE, seeds=seeds).iloc[0]

    assert found["highest"] == 1.0  # the only one who may lead
    # shares: 1/2 for the leader, 1/12 for each of six others
    assert found["effective"] == pytest.approx(np.exp(0.5 * np.log(2) + 0.5 * np.log(12)), rel=0.03)


def test_equal_officers_make_the_effective_number_their_number():
    network, roster = network_of([officer(n) for n in range(9)])
    seeds = fake_seeds(SUITE, commit_digest=b"e" * 32, n=400)

    found = spread(network, roster=roster, suite=SUITE, seeds=seeds).iloc[0]

    assert found["effective"] == pytest.approx(9, rel=0.02)
    assert found["highest"] == pytest.approx(2 / 9, abs=0.08)


def test_probabilities_come_from_the_matches_that_the_seeds_would_give():
    officers = [officer(n, cap=1 + n % 2, prior=n % 3) for n in range(9)]
    network, roster = network_of(officers, 3)
    seeds = fake_seeds(SUITE, commit_digest=b"f" * 32, n=25)
    visits = [visit(n) for n in range(3)]
    together = dict.fromkeys((v.team, one.code) for v in visits for one in roster)
    together = dict.fromkeys(together, 0)
    for seed in seeds:
        match = match_teams(visits, roster=roster, rule=RULE, suite=SUITE, seed=seed)
        for (team, _), code in zip(match.slots, match.assignment, strict=True):
            together[team, code] += 1

    found = spread(network, roster=roster, suite=SUITE, seeds=seeds).set_index("team")["highest"]

    expected = {v.team: max(together[v.team, one.code] for one in roster) / 25 for v in visits}
    assert found.to_dict() == pytest.approx(expected)


def test_fake_seeds_are_none_of_the_real_ones_and_the_same_everywhere():
    seeds = fake_seeds(SUITE, commit_digest=b"d" * 32, n=3)

    assert seeds == [SUITE.tagged("rehearsal", b"d" * 32, str(k)) for k in (1, 2, 3)]
    assert CASE.drawn.seed not in fake_seeds(SUITE, commit_digest=CASE.commitment.digest, n=50)


def test_a_rehearsal_counts_on_which_rung_the_visits_could_be_staffed():
    seeds = fake_seeds(SUITE, commit_digest=CASE.commitment.digest, n=12)

    found = rehearse(CASE.frame.rows, CASE.roster.officers, commitment=CASE.commitment, seeds=seeds)

    assert (found.seeds, sum(found.rungs) + found.unstaffed) == (12, pytest.approx(1))
    away = [Officer(o.handle, o.department, o.specialities, o.district, o.certificate_expires_on, 0, o.prior, 1, (), ())
            for o in CASE.roster.officers]  # fmt: skip
    nobody = rehearse(CASE.frame.rows, away, commitment=CASE.commitment, seeds=seeds[:2])
    assert (nobody.unstaffed, nobody.rungs[0]) == (1.0, 0.0)


def test_the_rehearsal_agrees_with_the_draw_on_the_rung():
    rule: MatchRule = CASE.commitment.rule
    found = rehearse(CASE.frame.rows, CASE.roster.officers, commitment=CASE.commitment, seeds=[CASE.drawn.seed])

    level = CASE.drawn.match.level
    if CASE.drawn.match.unmatched:
        assert found.unstaffed == 1.0
    else:
        assert found.rungs[level] == 1.0
    assert len(found.rungs) == len(rule.ladder) + 1
    assert found.visits == len(CASE.drawn.visits)
