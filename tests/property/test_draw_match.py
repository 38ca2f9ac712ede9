"""The match against all possible matches, on cases small enough to try every one."""

from collections import Counter
from itertools import combinations, permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.draw.encoding import suite_named
from engine.draw.match import match_teams
from engine.draw.match_rule import ItemNeed, MatchRule, Relaxation
from engine.draw.network import build_network
from engine.draw.optimality import check_match
from engine.draw.posts import Visit, allowed_districts, team_need, teams_of
from engine.draw.roster import EXPERT_DEPARTMENT, Officer, sorted_roster
from engine.draw.shortage import count_shortage

SUITE = suite_named("sha256")
SEED = bytes(range(32))
RULE = MatchRule(
    items={
        "food": ItemNeed("market", ("food",)),
        "price": ItemNeed("market", ()),
        "fire": ItemNeed("fire", (), ("radiation",)),
        "water": ItemNeed("water", ()),
    },
    departments={"market": 2, "fire": 1, "water": 1},
    initiators=("market", "fire", "water"),
    certificate_valid_on="2026-12-31",
    officer_districts={"near": ("D1",)},
)
LADDER = (
    Relaxation("neighbours", officer_districts={"near": ("D1", "D2")}),
    Relaxation("one visit more", cap_extra=1),
    Relaxation("rotation off", rotation=False, departments={"market": 1}),
)


def handle_number(n: int) -> bytes:
    return SUITE.tagged("test handle", str(n))


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


def may_fill(officer: Officer, role: str, visit: Visit, rule: MatchRule) -> bool:
    """The rule read word by word, apart from the pools the program builds."""
    department, _, speciality = role.partition("|")
    asked = {rule.items[item].department for item in visit.items}
    districts = allowed_districts(rule, strata=visit.strata)
    right_place = officer.department == department or (department == "*" and officer.department in asked)
    return (
        right_place
        and (not speciality or speciality in officer.specialities)
        and officer.cap >= 1
        and officer.certificate_expires_on >= rule.certificate_valid_on
        and (districts is None or officer.district in districts)
        and visit.handle not in officer.recused
        and not (rule.rotation and visit.handle in officer.rotated)
    )


def every_team(visit: Visit, roster: tuple[Officer, ...], rule: MatchRule) -> list[frozenset[int]]:
    """All sets of officers that can fill the posts of one visit."""
    posts = [role for role, n in team_need(rule, items=visit.items).posts.items() for _ in range(n)]
    return [
        frozenset(members)
        for members in combinations(range(len(roster)), len(posts))
        if any(
            all(may_fill(roster[one], role, visit, rule) for one, role in zip(order, posts, strict=True))
            for order in permutations(members)
        )
    ]


def pair_ticket(visit: Visit, officer: Officer, *, bits: int, phase: int = 1) -> int:
    whole = int.from_bytes(SUITE.tagged("match", SEED, visit.team, officer.code), "big")
    return (whole >> (256 - bits * phase)) % 2**bits


def best_by_trying(visits: list[Visit], roster: tuple[Officer, ...], rule: MatchRule, *, bits: int):
    """The least (square load, ticket sum, next ticket sum …) over every possible match, or None."""
    best = None
    for teams in product(*(every_team(visit, roster, rule) for visit in visits)):
        load = Counter(member for team in teams for member in team)
        if any(n > roster[member].cap + rule.cap_extra for member, n in load.items()):
            continue
        square = sum(one.weight * (one.prior + load[k]) ** 2 for k, one in enumerate(roster))
        sums = tuple(
            sum(
                pair_ticket(v, roster[m], bits=bits, phase=phase) for v, t in zip(visits, teams, strict=True) for m in t
            )
            for phase in range(1, 256 // bits + 1 if bits < 44 else 2)
        )
        if best is None or (square, sums) < best[0]:
            best = (square, sums), {v.team: {roster[m].code for m in t} for v, t in zip(visits, teams, strict=True)}
    return best


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
