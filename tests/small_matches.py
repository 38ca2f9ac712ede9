"""Small team matches solved by trying every possible one, and the rule read word by word, apart from the program."""

from collections import Counter
from itertools import combinations, permutations, product

from engine.draw.matching.posts import Visit, allowed_districts, team_need
from engine.draw.matching.rule import ItemNeed, MatchRule, Relaxation
from engine.draw.populations.roster import Officer
from engine.draw.protocol.encoding import suite_named

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


def pair_ticket(visit: Visit, officer: Officer, *, bits: int, phase: int = 1, seed: bytes = SEED) -> int:
    whole = int.from_bytes(SUITE.tagged("match", seed, visit.team, officer.code), "big")
    return (whole >> (256 - bits * phase)) % 2**bits


def best_by_trying(visits: list[Visit], roster: tuple[Officer, ...], rule: MatchRule, *, bits: int, seed: bytes = SEED):
    """The least (square load, ticket sum, next ticket sum …) over every possible match, or None."""
    best = None
    for teams in product(*(every_team(visit, roster, rule) for visit in visits)):
        load = Counter(member for team in teams for member in team)
        if any(n > roster[member].cap + rule.cap_extra for member, n in load.items()):
            continue
        square = sum(one.weight * (one.prior + load[k]) ** 2 for k, one in enumerate(roster))
        sums = tuple(
            sum(
                pair_ticket(v, roster[m], bits=bits, phase=phase, seed=seed)
                for v, t in zip(visits, teams, strict=True)
                for m in t
            )
            for phase in range(1, 256 // bits + 1 if bits < 44 else 2)
        )
        if best is None or (square, sums) < best[0]:
            best = (square, sums), {v.team: {roster[m].code for m in t} for v, t in zip(visits, teams, strict=True)}
    return best
