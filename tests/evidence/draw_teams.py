"""Is the team match the best there is, does an impossible one show a true shortage, and are equals treated equally?

``draw_teams_optimal``: random small cases with everything the rule looks at (departments, specialities, experts,
leaders, certificates, districts, recusals, rotation, caps, prior loads, weights). Every possible match is tried; the
program must give the best one, or, where none exists, posts that need more than all their officers together can serve,
counted here from the words of the rule.

``draw_teams_equal_treatment``: many seeds on one small case. Officers with the same entry in the roster must stand
equally often in every team (chi-square with the spread found within seeds), and pairs of them equally often together
(exact binomial), Bonferroni over all of them at 1 %. Control: officers taken in turn from a random start, as a platform
once did; each stands equally often and yet pairs give it away.
"""

from collections import Counter
from itertools import combinations

import numpy as np
from scipy.stats import binom, chi2

from engine.draw.matching.match import match_teams
from engine.draw.matching.optimality import check_match
from engine.draw.matching.posts import Visit
from engine.draw.matching.rule import MatchRule
from engine.draw.populations.roster import EXPERT_DEPARTMENT, Officer, sorted_roster
from engine.simulation.stream import stream
from tests.small_matches import RULE, SUITE, best_by_trying, handle_number, may_fill

LEVEL = 0.01
ITEMS = sorted(RULE.items)
ITEM_SHARES = [{"food": 0.35, "price": 0.51}.get(item, 0.07) for item in ITEMS]


def random_case(generator: np.random.Generator) -> tuple[list[Visit], tuple[Officer, ...]]:
    """A few visits and a few officers with everything the rule looks at."""
    visits = []
    for n in range(generator.choice([1, 1, 2, 2, 3])):
        n_items = 1 + int(generator.random() < 0.15)
        items = tuple(sorted(generator.choice(ITEMS, size=n_items, replace=False, p=ITEM_SHARES).tolist()))
        visits.append(
            Visit(handle_number(n), items, tuple("near" if generator.random() < 0.25 else "far" for _ in items))
        )
    officers = []
    for n in range(generator.integers(8, 12)):
        department = generator.choice(["market"] * 5 + ["fire", "water", EXPERT_DEPARTMENT])
        skills = {"market": ["food", "leader"], EXPERT_DEPARTMENT: ["radiation"]}.get(department, ["leader"])
        barred = [(v.handle,) if generator.random() < 0.08 else () for v in (visits[0], visits[-1])]
        officers.append(
            Officer(
                handle=handle_number(1000 + n),
                department=str(department),
                specialities=tuple(skill for skill in skills if generator.random() < 0.85),
                district="D1" if generator.random() < 0.7 else "D2",
                certificate_expires_on=str(generator.choice(["2026-12-31", "2027-06-01", "2027-06-01", "2026-12-30"])),
                cap=int(generator.choice([0, 1, 2, 2, 3, 3, 3, 3])),
                prior=int(generator.integers(0, 3)),
                weight=int(generator.integers(1, 3)),
                recused=barred[0],
                rotated=barred[1],
            )
        )
    return visits, sorted_roster(officers)


def is_true_shortage(
    posts: list[tuple[str, str]], needed: int, visits: list[Visit], roster: tuple[Officer, ...], rule: MatchRule
) -> bool:
    """Whether these posts need more officers than can serve them, counted from the words of the rule."""
    visit_of = {visit.team: visit for visit in visits}
    capacity = 0
    for officer in roster:
        serving = {team for team, role in posts if may_fill(officer, role, visit_of[team], rule)}
        capacity += min(officer.cap + rule.cap_extra if officer.cap else 0, len(serving))
    return needed > capacity


def agrees(visits: list[Visit], roster: tuple[Officer, ...], *, seed: bytes) -> tuple[bool, bool]:
    """Whether a match exists, and whether the program says the same as trying everything."""
    best = best_by_trying(visits, roster, RULE, bits=44, seed=seed)
    match = match_teams(visits, roster=roster, rule=RULE, suite=SUITE, seed=seed)
    checks = check_match(match.record(), visits=visits, roster=roster, rule=RULE, suite=SUITE, seed=seed)
    holds = all(check.ok for check in checks)
    if best is None:
        shown = match.unmatched[0].shortage if match.unmatched else None
        return False, holds and shown is not None and is_true_shortage(
            list(shown.posts), shown.needed, visits, roster, RULE
        )
    teams: dict[str, set[str]] = {}
    for (team, _), code in zip(match.slots, match.assignment, strict=True):
        teams.setdefault(team, set()).add(code)
    same = (match.square_load, match.ticket_sum) == (best[0][0], best[0][1][0]) and teams == best[1]
    return True, holds and not match.unmatched and same


def optimal(*, full: bool) -> dict:
    """Try every match of many random small cases; ``value`` is the share in which the program agrees."""
    n_cases = 1_000 if full else 60
    generator = stream(20_260_305, "small matches")
    found = [agrees(*random_case(generator), seed=SUITE.tagged("evidence seed", f"match {n}")) for n in range(n_cases)]
    n_feasible = sum(exists for exists, _ in found)
    value = sum(same for _, same in found) / n_cases
    return {
        "name": "draw_teams_optimal",
        "n": n_cases,
        "value": value,
        "low": 1.0,
        "high": 1.0,
        "passed": value == 1.0 and 0 < n_feasible < n_cases,
        "feasible": n_feasible,
        "with_a_true_shortage": n_cases - n_feasible,
    }


def equal_case() -> tuple[list[Visit], tuple[Officer, ...], dict[str, list[str]]]:
    """Three equal teams, one that bars an officer, two kinds of officers; kind to the codes of its members."""
    visits = [Visit(handle_number(n), ("price",), ("far",)) for n in range(4)]
    barring = visits[3].handle
    kinds = {"lead": (("leader",), 0), "other": ((), 1)}
    officers, codes = [], {}
    for kind, (skills, prior) in kinds.items():
        for n in range(5):
            recused = (barring,) if (kind, n) == ("lead", 0) else ()
            handle = handle_number(100 * (prior + 1) + n)
            officers.append(Officer(handle, "market", skills, "D1", "2027-01-01", 2, prior, 1, recused, ()))
            if not recused:
                codes.setdefault(kind, []).append(officers[-1].code)
    return visits, sorted_roster(officers), codes


def by_the_match(n_seeds: int) -> dict[tuple[int, str], np.ndarray]:
    """(team, kind) to a boolean matrix (seeds, members)."""
    visits, roster, codes = equal_case()
    position = {visit.team: n for n, visit in enumerate(visits)}
    place = {code: (kind, n) for kind, members in codes.items() for n, code in enumerate(members)}
    found = {(n, kind): np.zeros((n_seeds, len(codes[kind])), bool) for n in range(len(visits)) for kind in codes}
    for number in range(n_seeds):
        seed = SUITE.tagged("evidence seed", f"equal {number}")
        match = match_teams(visits, roster=roster, rule=RULE, suite=SUITE, seed=seed)
        for (team, _), code in zip(match.slots, match.assignment, strict=True):
            if code in place:
                kind, member = place[code]
                found[position[team], kind][number, member] = True
    return found


def in_turn(n_seeds: int) -> dict[tuple[int, str], np.ndarray]:
    """Control: two officers of eight for each of three teams, in turn from a random start."""
    starts = [SUITE.tagged("evidence start", str(n))[0] % 8 for n in range(n_seeds)]
    found = {(team, "lead"): np.zeros((n_seeds, 8), bool) for team in range(3)}
    for number, start in enumerate(starts):
        for team in range(3):
            found[team, "lead"][number, [(start + 2 * team) % 8, (start + 2 * team + 1) % 8]] = True
    return found


def smallest_p(found: dict[tuple[int, str], np.ndarray]) -> tuple[float, int]:
    """Smallest p-value over officers and pairs of officers of one kind in each team, and the number of tests."""
    values = []
    for chosen in found.values():
        n_seeds, n_members = chosen.shape
        counts, spread = chosen.sum(axis=0), chosen.var(axis=1, ddof=1).sum()
        if spread > 0:
            values.append(float(chi2.sf(((counts - counts.mean()) ** 2).sum() / spread, n_members - 1)))
        together = chosen.astype(np.int64).T @ chosen.astype(np.int64)
        pairs = np.array([together[i, j] for i, j in combinations(range(n_members), 2)])
        share = pairs.mean() / n_seeds
        tails = np.minimum(binom.cdf(pairs, n_seeds, share), binom.sf(pairs - 1, n_seeds, share))
        values += np.minimum(1, 2 * tails).tolist() if share > 0 else []
    return min(values), len(values)


def equal_treatment(*, full: bool) -> dict:
    """Match one case under many seeds; ``value`` is the smallest p-value times the number of tests."""
    n_seeds = 20_000 if full else 600
    found = by_the_match(n_seeds)
    smallest, tests = smallest_p(found)
    control, control_tests = smallest_p(in_turn(n_seeds))
    value = min(1.0, smallest * tests)
    shares = {f"team {team}, {kind}": chosen.mean(axis=0).round(4).tolist() for (team, kind), chosen in found.items()}
    return {
        "name": "draw_teams_equal_treatment",
        "n": n_seeds,
        "value": value,
        "low": LEVEL,
        "high": 1.0,
        "passed": bool(value >= LEVEL and control * control_tests < LEVEL),
        "tests": tests,
        "smallest_p": smallest,
        "taken_in_turn_smallest_p": control,
        "shares": shares,
        "loads": loads(found),
    }


def loads(found: dict[tuple[int, str], np.ndarray]) -> dict[str, dict[str, float]]:
    """Share of officers with so many visits, by kind (those of whom no team is barred)."""
    shown = {}
    for kind in dict.fromkeys(kind for _, kind in found):
        total = sum(chosen.astype(int) for (_, own), chosen in found.items() if own == kind)
        counted = Counter(total.ravel().tolist())
        shown[kind] = {str(n): round(times / total.size, 4) for n, times in sorted(counted.items())}
    return shown


def run(*, full: bool) -> list[dict]:
    """Both claims."""
    return [optimal(full=full), equal_treatment(full=full)]
