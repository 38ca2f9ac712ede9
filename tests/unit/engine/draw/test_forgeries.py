"""Records that are well formed and false: each part of the match and of the files is checked on its own."""

import copy
from dataclasses import replace

import pytest

from engine.draw.matching.enumeration import solve_version_1
from engine.draw.matching.match import match_teams
from engine.draw.matching.network import build_network
from engine.draw.matching.optimality import check_match
from engine.draw.matching.posts import Visit, teams_of
from engine.draw.matching.rule import ItemNeed, MatchRule, Relaxation
from engine.draw.matching.seating import seat_team
from engine.draw.matching.shortage import count_shortage, find_shortage
from engine.draw.matching.version_one_checks import check_version_1
from engine.draw.populations.frame import first_disorder, first_twin, frame_from_rows
from engine.draw.populations.roster import Officer, first_fault, sorted_roster
from engine.draw.protocol.encoding import suite_named
from engine.errors import BundleUnreadableError, CommitmentRefusedError

SUITE = suite_named("sha256")
SEED = bytes(range(32))
RULE = MatchRule(
    items={"food": ItemNeed("market")},
    departments={"market": 2},
    initiators=("market",),
    certificate_valid_on="2026-12-31",
    ladder=(Relaxation("one visit more", cap_extra=1),),
)


def handle(n):
    return SUITE.tagged("test handle", str(n))


def officers(n, *, cap):
    return sorted_roster(
        Officer(handle(100 + k), "market", ("leader",) if k % 2 else (), "D1", "2027-01-01", cap, k % 2, 1, (), ())
        for k in range(n)
    )


def visits(n):
    return [Visit(handle(k), ("food",), ("S1",)) for k in range(n)]


def failures(record, *, n_visits, roster, bits=44):
    checks = check_match(
        record, visits=visits(n_visits), roster=roster, rule=RULE, suite=SUITE, seed=SEED, ticket_bits=bits
    )
    return [check.name for check in checks if not check.ok]


@pytest.fixture
def relaxed():
    """Three visits, four officers with one visit each: the first rung fails, the second has a match."""
    roster = officers(4, cap=1)
    return match_teams(visits(3), roster=roster, rule=RULE, suite=SUITE, seed=SEED).record(), roster


@pytest.fixture
def short():
    """Five visits, four officers: even the last rung leaves visits unmatched."""
    roster = officers(4, cap=1)
    return match_teams(visits(5), roster=roster, rule=RULE, suite=SUITE, seed=SEED).record(), roster


def test_honest_records_pass(relaxed, short):
    assert (relaxed[0]["level"], failures(relaxed[0], n_visits=3, roster=relaxed[1])) == (1, [])
    assert len(short[0]["unmatched"][0]["teams"]) == 1
    assert failures(short[0], n_visits=5, roster=short[1]) == []


def test_the_team_left_out_is_the_one_the_tickets_choose(short):
    record, _ = short
    in_shortage = {team for team, _ in record["unmatched"][0]["shortage"]["posts"]}

    largest = max(in_shortage, key=lambda team: SUITE.tagged("unmatched", SEED, team))

    assert record["unmatched"][0]["teams"] == [largest]


@pytest.mark.parametrize(
    "forge",
    [
        lambda r: r["shortages"][0].update(needed=99),
        lambda r: r["shortages"][0].update(capacity=0),
        lambda r: r["shortages"][0].update(posts=[["0" * 16, "market"]]),
        lambda r: r["shortages"][0].update(posts=r["shortages"][0]["posts"] * 2),
        lambda r: r["shortages"].clear(),
        lambda r: r.update(unmatched=[{"shortage": r["shortages"][0], "teams": [r["slots"][0][0]]}]),
    ],
)
def test_forged_ladder_is_named(relaxed, forge):
    record, roster = copy.deepcopy(relaxed[0]), relaxed[1]
    forge(record)

    assert "match.ladder" in failures(record, n_visits=3, roster=roster)


def test_skipping_a_feasible_rung_is_named():
    roster = officers(4, cap=1)
    record = match_teams(visits(2), roster=roster, rule=RULE, suite=SUITE, seed=SEED).record()
    posts = [[team, role] for team, role in record["slots"]]
    skipped = {**record, "level": 1, "shortages": [{"posts": posts, "needed": 4, "capacity": 4}]}

    assert record["level"] == 0
    assert "match.ladder" in failures(skipped, n_visits=2, roster=roster)


def test_leaving_another_team_unmatched_is_named(short):
    record, roster = short
    other = next(team for team, _ in record["slots"])
    record["unmatched"][0]["teams"] = [other]

    assert "match.ladder" in failures(record, n_visits=5, roster=roster)


@pytest.mark.parametrize(
    ("forge", "named"),
    [
        (lambda r: r["assignment"].__setitem__(1, r["assignment"][0]), "match.officers"),
        (lambda r: r["assignment"].__setitem__(0, "f" * 16), "match.officers"),
        (lambda r: r.update(sq_load=r["sq_load"] + 1), "match.sums"),
        (lambda r: r.update(ticket_sum=str(10**17)), "match.sums"),
        (lambda r: r["duals"][1].__setitem__(0, str(2**61)), "match.optimal"),
        (lambda r: r["duals"].pop(), "match.optimal"),
        (lambda r: r["duals"].__setitem__(1, [0] * len(r["duals"][1])), "match.optimal"),
        (lambda r: r["duals"][0].append(0), "match.optimal"),
        (lambda r: r.update(leaders={**r["leaders"], "f" * 16: "f" * 16}), "match.leaders"),
    ],
)
def test_forged_parts_of_a_match_are_named(relaxed, forge, named):
    record, roster = copy.deepcopy(relaxed[0]), relaxed[1]
    forge(record)

    assert named in failures(record, n_visits=3, roster=roster)


def test_visits_beyond_a_cap_are_named():
    roster = officers(4, cap=1)
    free = officers(4, cap=2)
    record = match_teams(visits(3), roster=free, rule=RULE, suite=SUITE, seed=SEED).record()

    assert "match.officers" in failures({**record, "level": 0}, n_visits=3, roster=roster)


def test_a_tie_without_the_deciding_phase_is_named():
    roster = sorted_roster(
        Officer(handle(100 + k), "market", ("leader",), "D1", "2027-01-01", 3, 0, 1, (), ()) for k in range(6)
    )
    record = match_teams(visits(2), roster=roster, rule=RULE, suite=SUITE, seed=SEED, ticket_bits=1).record()

    assert len(record["duals"]) > 2
    assert failures(record, n_visits=2, roster=roster, bits=1) == []
    assert failures({**record, "duals": record["duals"][:2]}, n_visits=2, roster=roster, bits=1) == ["match.unique"]


def test_no_shortage_where_everybody_can_be_seated():
    roster = officers(4, cap=2)
    network = build_network(teams_of(visits(2), roster=roster, rule=RULE), roster=roster, rule=RULE)

    assert find_shortage(network) is None
    assert count_shortage(network, posts=[("f" * 16, "market")]) is None


def test_members_who_do_not_fit_the_posts_are_not_seated():
    posts = {"market": 1, "market|leader": 1}
    plain, leading = frozenset({"market"}), frozenset({"market", "market|leader"})

    assert seat_team(posts, [plain, plain]) == []
    assert seat_team(posts, [leading]) == []
    assert seat_team(posts, [leading, plain]) == [("market", 1), ("market|leader", 0)]
    assert seat_team(posts, [leading, leading]) == [("market", 0), ("market|leader", 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"handle": b"short"},
        {"cap": -1},
        {"prior": 10**6},
        {"weight": 0},
        {"weight": 1001},
        {"recused": (handle(2), handle(1))} if handle(1) < handle(2) else {"recused": (handle(1), handle(2))},
        {"rotated": (b"short",)},
        {"specialities": ("b", "a")},
        {"specialities": ("a", "a")},
    ],
)
def test_a_roster_of_the_wrong_form_is_named(change):
    roster = officers(3, cap=1)

    assert first_fault(roster) is None
    assert first_fault((replace(roster[0], **change), *roster[1:])) is not None


def test_a_roster_out_of_order_or_with_twins_is_named():
    roster = officers(3, cap=1)
    twin = replace(roster[0], handle=roster[0].handle[:8] + b"\xff" * 24)

    assert first_fault(roster[::-1]) is not None
    assert first_fault((roster[0], twin)) is not None
    with pytest.raises(CommitmentRefusedError, match="share a code"):
        sorted_roster([roster[0], twin])


def test_rows_out_of_order_equal_or_with_one_team_code_are_found():
    low, high = sorted([handle(1), handle(2)])
    twin = low[:8] + b"\xff" * 24

    assert first_disorder(low + high) is None
    assert first_disorder(high + low) == first_disorder(low + low) == 1
    assert first_disorder(low + twin) is None
    assert (first_twin(low + high), first_twin(low + twin)) == (None, 1)
    with pytest.raises(BundleUnreadableError):
        frame_from_rows([(b"short", {"a": "b"})])


OFFICERS_1 = {
    "I0": {"dept": "food", "cap": 1, "prior": 0, "recuse": []},
    "I1": {"dept": "food", "cap": 1, "prior": 0, "recuse": []},
    "I2": {"dept": "food", "cap": 1, "prior": 9, "recuse": []},
    "I3": {"dept": "fire", "cap": 1, "prior": 0, "recuse": []},
}


def version_1(**changes):
    visit = visits(1)[0]
    slots = [[visit.team, "food"], [visit.team, "food"]]
    match = {
        "teams": {visit.team: ["food", "food"]},
        "inspectors": OFFICERS_1,
        "slots": slots,
        "assignment": ["I0", "I1"],
    }
    total = sum(int.from_bytes(SUITE.tagged("match", SEED, visit.team, c), "big") >> 212 for c in ("I0", "I1"))
    record = {**match, "sq_load": 83, "ticket_sum": total, **changes}
    checks = check_version_1(record, visits=[visit], suite=SUITE, seed=SEED)
    return [check.name for check in checks if not check.ok]


def test_version_1_match_is_solved_again():
    crowd = {f"X{k}": {"dept": "x", "cap": 1, "prior": 0, "recuse": []} for k in range(2000)}

    assert version_1() == []
    assert version_1(sq_load=84) == ["match.sums"]
    assert version_1(assignment=["I0", "I2"]) == ["match.sums", "match.optimal"]
    assert version_1(assignment=["I1", "I0"]) == ["match.optimal"]
    assert version_1(assignment=["I0", "I0"]) == ["match.officers"]
    assert version_1(assignment=["I0", "I3"]) == ["match.officers"]
    assert version_1(assignment=["I0", "nobody"]) == ["match.officers"]
    assert version_1(inspectors={**OFFICERS_1, "I0": {**OFFICERS_1["I0"], "cap": 0}}) == ["match.officers"]
    assert version_1(teams={}) == ["match.posts"]
    assert version_1(teams={"f" * 16: ["food"]}) == ["match.posts"]
    assert version_1(inspectors={**OFFICERS_1, **crowd}) == ["match.optimal"]


def test_small_solver_says_when_posts_cannot_be_filled():
    slots = [["t", "food"]] * 4

    assert solve_version_1(slots, inspectors=OFFICERS_1, suite=SUITE, seed=SEED) is None
