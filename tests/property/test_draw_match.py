"""The match against all possible matches, on cases small enough to try every one."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.draw.matching.match import match_teams
from engine.draw.matching.network import build_network
from engine.draw.matching.optimality import check_match
from engine.draw.matching.posts import Visit, teams_of
from engine.draw.matching.rule import MatchRule
from engine.draw.matching.shortage import count_shortage
from engine.draw.populations.roster import EXPERT_DEPARTMENT, Officer, sorted_roster
from tests.small_matches import LADDER, RULE, SEED, SUITE, best_by_trying, handle_number


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Visit], tuple[Officer, ...]]:
    """A few visits and a few officers with everything the rule looks at."""
    n_visits = draw(st.integers(1, 3))
    visits = []
    for n in range(n_visits):
        items = tuple(sorted(draw(st.sets(st.sampled_from(sorted(RULE.items)), min_size=1, max_size=2))))
        strata = tuple(draw(st.sampled_from(["near", "far"])) for _ in items)
        visits.append(Visit(handle_number(n), items, strata))
    objects = st.lists(st.sampled_from([visit.handle for visit in visits]), unique=True, max_size=1)
    officers = []
    for n in range(draw(st.integers(3, 7))):
        department = draw(st.sampled_from(["market", "market", "market", "fire", "water", EXPERT_DEPARTMENT]))
        skills = {"market": ["food", "leader"], EXPERT_DEPARTMENT: ["radiation"]}.get(department, ["leader"])
        officers.append(
            Officer(
                handle=handle_number(1000 + n),
                department=department,
                specialities=tuple(sorted(draw(st.sets(st.sampled_from(skills))))),
                district=draw(st.sampled_from(["D1", "D1", "D2"])),
                certificate_expires_on=draw(st.sampled_from(["2026-12-31", "2027-06-01", "2026-12-30"])),
                cap=draw(st.integers(0, 3)),
                prior=draw(st.integers(0, 2)),
                weight=draw(st.integers(1, 2)),
                recused=tuple(draw(objects)),
                rotated=tuple(draw(objects)),
            )
        )
    return visits, sorted_roster(officers)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(cases(), st.sampled_from([44, 44, 3, 1]))
def test_match_equals_the_best_of_all_matches_or_shows_a_true_shortage(case, bits):
    visits, roster = case
    best = best_by_trying(visits, roster, RULE, bits=bits)

    match = match_teams(visits, roster=roster, rule=RULE, suite=SUITE, seed=SEED, ticket_bits=bits)

    teams: dict[str, set[str]] = {}
    for (team, _), officer in zip(match.slots, match.assignment, strict=True):
        teams.setdefault(team, set()).add(officer)
    if best is not None:
        assert match.unmatched == ()
        assert (match.square_load, match.ticket_sum) == (best[0][0], best[0][1][0])
        assert teams == best[1]
    else:
        assert match.unmatched
        network = build_network(teams_of(visits, roster=roster, rule=RULE), roster=roster, rule=RULE)
        shortage = match.unmatched[0].shortage
        assert count_shortage(network, posts=shortage.posts) == shortage
        assert shortage.needed > shortage.capacity
    findings = check_match(
        match.record(), visits=visits, roster=roster, rule=RULE, suite=SUITE, seed=SEED, ticket_bits=bits
    )
    assert [(finding.name, str(finding.detail)) for finding in findings if not finding.ok] == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases())
def test_ladder_binds_at_its_first_feasible_rung_and_shows_why_earlier_ones_failed(case):
    visits, roster = case
    rule = MatchRule(
        RULE.items,
        RULE.departments,
        RULE.initiators,
        RULE.certificate_valid_on,
        officer_districts=RULE.officer_districts,
        ladder=LADDER,
    )
    feasible = [
        level for level in range(len(LADDER) + 1) if best_by_trying(visits, roster, rule.at_level(level), bits=44)
    ]

    match = match_teams(visits, roster=roster, rule=rule, suite=SUITE, seed=SEED)

    assert match.level == (feasible[0] if feasible else len(LADDER))
    assert len(match.shortages) == match.level
    assert bool(match.unmatched) == (not feasible)
    findings = check_match(match.record(), visits=visits, roster=roster, rule=rule, suite=SUITE, seed=SEED)
    assert [(finding.name, str(finding.detail)) for finding in findings if not finding.ok] == []


def test_equal_officers_have_equal_chances():
    roster = sorted_roster(
        Officer(handle_number(n), "market", ("food", "leader"), "D1", "2027-01-01", 1, 0, 1, (), ()) for n in range(4)
    )
    visits = [Visit(handle_number(77), ("food",), ("far",))]
    chosen: Counter[str] = Counter()
    n_seeds = 240

    for n in range(n_seeds):
        match = match_teams(visits, roster=roster, rule=RULE, suite=SUITE, seed=SUITE.tagged("test seed", str(n)))
        chosen.update(match.assignment)

    expected = n_seeds / 2
    chi_square = sum((chosen[officer.code] - expected) ** 2 / (expected / 2) for officer in roster)
    assert chi_square < 16.3  # 1 in 1,000 for three degrees of freedom
