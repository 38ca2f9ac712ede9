"""Ten thousand teams and five thousand officers with two and a half million pairs: the match, and its proof checked.

Thirty districts in a ring; the officers of a team come from its own district and the next, so that the whole city is
one network and nothing can be solved apart. Two departments, one speciality, part-timers, prior loads, recusals. The
check is ``engine.draw.matching.optimality``, which shares no code with the solver beyond posts, arcs and tickets.
Seconds are those of the processor in an own process, all threads together.
"""

import hashlib
import json
import resource
import subprocess
import sys
import time

import numpy as np

N_TEAMS, N_OFFICERS, N_DISTRICTS = 10_000, 5_000, 30
SECONDS, CHECK_SECONDS = 20.0, 5.0
SEED = bytes(range(32))


def rows() -> list[dict]:
    """Return the measurements of one run."""
    command = [sys.executable, "-m", "tests.bench.match"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    base = {"engine": "tmcf/1", "n": found["pairs"], "peak_mb": round(found["peak"])}
    bare = {"peer": "bare hashing of the pairs", "peer_seconds": round(found["bare"], 3)}
    stages = {"match": (found["match"], SECONDS), "match: proof checked": (found["check"], CHECK_SECONDS)}
    return [
        {
            "stage": f"{stage}, {N_TEAMS:,} teams of {N_OFFICERS:,} officers",
            **base,
            "seconds": round(seconds, 3),
            "limit_seconds": limit,
            "ratio": round(seconds / found["bare"], 2),
            **bare,
            "posts": found["posts"],
            "passed": found["passed"],
        }
        for stage, (seconds, limit) in stages.items()
    ]


def city():
    """Return visits, roster and rule."""
    from engine.draw.matching.posts import Visit  # noqa: PLC0415
    from engine.draw.matching.rule import ItemNeed, MatchRule  # noqa: PLC0415
    from engine.draw.populations.roster import Officer, sorted_roster  # noqa: PLC0415

    generator = np.random.default_rng(20260305)
    places = generator.integers(N_DISTRICTS, size=N_TEAMS)
    both = generator.random(N_TEAMS) < 0.5
    handles = [hashlib.sha256(b"team%d" % k).digest() for k in range(N_TEAMS)]
    visits = [
        Visit(handle, ("fire", "food") if two else ("food",), (f"S{place:02d}",) * (2 if two else 1))
        for handle, place, two in zip(handles, places.tolist(), both.tolist(), strict=True)
    ]
    officers = []
    for k in range(N_OFFICERS):
        market = k % 5 != 0
        skills = (*(("food",) if k % 3 else ()), *(("leader",) if k % 2 or not market else ()))
        recused = tuple(sorted(handles[one] for one in np.unique(generator.integers(N_TEAMS, size=3)).tolist()))
        officers.append(
            Officer(
                handle=hashlib.sha256(b"officer%d" % k).digest(),
                department="market" if market else "fire",
                specialities=skills if market else ("leader",),
                district=f"D{k // 5 % N_DISTRICTS:02d}",
                certificate_expires_on="2028-01-01",
                cap=12,
                prior=int(generator.integers(6)),
                weight=2 if k % 11 == 0 else 1,
                recused=recused,
                rotated=(),
            )
        )
    rule = MatchRule(
        items={"food": ItemNeed("market", ("food",)), "fire": ItemNeed("fire")},
        departments={"market": 2, "fire": 1},
        initiators=("market", "fire"),
        certificate_valid_on="2026-12-31",
        officer_districts={f"S{d:02d}": (f"D{d:02d}", f"D{(d + 1) % N_DISTRICTS:02d}") for d in range(N_DISTRICTS)},
    )
    return visits, sorted_roster(officers), rule


def measure() -> dict:
    """Match and check once."""
    from engine.draw.matching.match import match_teams  # noqa: PLC0415
    from engine.draw.matching.network import build_network  # noqa: PLC0415
    from engine.draw.matching.optimality import check_match  # noqa: PLC0415
    from engine.draw.matching.posts import teams_of  # noqa: PLC0415
    from engine.draw.protocol.encoding import suite_named  # noqa: PLC0415

    visits, roster, rule = city()
    suite = suite_named("sha256")
    network = build_network(teams_of(visits, roster=roster, rule=rule), roster=roster, rule=rule)
    n_pairs, n_posts = len(network.pair_team), network.n_posts
    del network
    begun = time.process_time()
    for k in range(n_pairs):
        hashlib.sha256(SEED + b"%dteam code and officer code" % k).digest()
    bare = time.process_time() - begun
    begun = time.process_time()
    match = match_teams(visits, roster=roster, rule=rule, suite=suite, seed=SEED)
    matched = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    record = match.record()
    begun = time.process_time()
    checks = check_match(record, visits=visits, roster=roster, rule=rule, suite=suite, seed=SEED)
    checked = time.process_time() - begun
    return {
        "pairs": n_pairs,
        "posts": n_posts,
        "bare": bare,
        "match": matched,
        "check": checked,
        "peak": peak,
        "passed": all(check.ok for check in checks) and not match.unmatched,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()))
