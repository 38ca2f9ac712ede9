"""Does the draw give every object and every pair its probability? Many seeds on a small frame, with the real tickets.

Three items share one ticket group: ``fixed`` (sizes rounded up), ``public`` (sizes by the public uniform U) over the
same strata, and ``coarse`` over other strata. Per item, under coordination: P(i) and P(i, k) against exact values,
n (n - 1) / (N (N - 1)) within a stratum and n_h n_k / (N_h N_k) across; for ``public`` these are averaged over U by
integrating in fractions. Two-sided exact binomial tests, Bonferroni over all objects, pairs and items at 1 %.

Control: systematic sampling with a random start, which has the right single probabilities, must fail the same test.
"""

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
from scipy.stats import binom

from engine.draw.populations.frame import BlindedFrame
from engine.draw.protocol.encoding import HashSuite
from engine.draw.protocol.tickets import handles_of, tickets
from engine.draw.selecting.selection import select
from engine.draw.selecting.sizes import cumulative_sizes, draw_sizes

SUITE = HashSuite("sha256")
GROUP = "joint plan"
COUNTS = {"fixed": {"a": 6, "b": 9, "c": 9}, "public": {"a": 6, "b": 9, "c": 9}, "coarse": {"d": 10, "e": 14}}
RATIOS = {
    "fixed": {"a": Fraction(1, 2), "b": Fraction(2, 9), "c": Fraction(1, 9)},
    "public": {"a": Fraction(2, 5), "b": Fraction(1, 4), "c": Fraction(1, 12)},
    "coarse": {"d": Fraction(1, 5), "e": Fraction(3, 7)},
}
ROUNDING = {"fixed": "ceil", "public": "cum", "coarse": "ceil"}
N_OBJECTS = 24
LEVEL = 0.01
KEY = bytes(range(32))


def small_frame() -> BlindedFrame:
    """The frame: rows in handle order; the strata of ``coarse`` cut across those of the other items."""
    blob = handles_of(SUITE, key=KEY, identifiers=[f"uscc:{n}" for n in range(N_OBJECTS)])
    handles = b"".join(sorted(blob[k : k + 32] for k in range(0, len(blob), 32)))
    fine = np.repeat([0, 1, 2], list(COUNTS["fixed"].values()))
    coarse = np.zeros(N_OBJECTS, dtype=np.int64)
    coarse[[row for row in range(N_OBJECTS) if row % 5 > 1][: COUNTS["coarse"]["e"]]] = 1
    items = ("coarse", "fixed", "public")
    codes = np.stack([coarse + 3, fine, fine], axis=1).astype(np.int32)
    return BlindedFrame(items, ("a", "b", "c", "d", "e"), handles, codes)


def sizes_for(item: str, seed: bytes) -> dict[str, int]:
    """The sizes of one item under one seed."""
    return draw_sizes(RATIOS[item], counts=COUNTS[item], rounding=ROUNDING[item], suite=SUITE, seed=seed, item=item)


def drawn(frame: BlindedFrame, seeds: list[bytes]) -> dict[str, np.ndarray]:
    """Item to a boolean matrix (seeds, objects): the n smallest real tickets of every stratum."""
    batch = b"".join(tickets(SUITE, seed=seed, group=GROUP, handles=frame.handles) for seed in seeds)
    words = np.frombuffer(batch, dtype=">u8").reshape(len(seeds), N_OBJECTS, 4)[:, :, 0].astype(np.uint64)
    # eight bytes decide unless two of them are equal; then the full tickets would have to be compared
    assert (np.diff(np.sort(words, axis=1), axis=1) > 0).all()
    found = {}
    for position, item in enumerate(frame.items):
        sizes = [sizes_for(item, seed) for seed in seeds]
        chosen = np.zeros((len(seeds), N_OBJECTS), dtype=bool)
        for stratum in COUNTS[item]:
            rows = np.flatnonzero(frame.codes[:, position] == frame.strata.index(stratum))
            ranks = words[:, rows].argsort(axis=1).argsort(axis=1)
            chosen[:, rows] = ranks < np.array([size[stratum] for size in sizes])[:, None]
        found[item] = chosen
    return found


def agrees_with_the_draw(frame: BlindedFrame, seeds: list[bytes], chosen: dict[str, np.ndarray]) -> bool:
    """Whether the matrices equal what the engine itself selects for these seeds."""
    for number, seed in enumerate(seeds):
        sizes = {(item, stratum): n for item in frame.items for stratum, n in sizes_for(item, seed).items()}
        batch = {GROUP: tickets(SUITE, seed=seed, group=GROUP, handles=frame.handles)}
        cells = select(frame, tickets=batch, groups=dict.fromkeys(frame.items, GROUP), sizes=sizes, reserves={})
        for item in frame.items:
            rows = sorted(row for cell in cells if cell.item == item for row in cell.rows)
            if rows != np.flatnonzero(chosen[item][number]).tolist():
                return False
    return True


def size_states(item: str) -> list[tuple[Fraction, dict[str, int]]]:
    """Every outcome of the sizes with its exact probability: the lengths of U's pieces between jumps."""
    if ROUNDING[item] == "ceil":
        return [(Fraction(1), sizes_for(item, b""))]
    reached, jumps = Fraction(0), {Fraction(0), Fraction(1)}
    for stratum, n_units in COUNTS[item].items():
        reached += RATIOS[item][stratum] * n_units
        jumps.add(-reached % 1)
    return [
        (high - low, cumulative_sizes(RATIOS[item], counts=COUNTS[item], uniform=(low + high) / 2))
        for low, high in pairwise(sorted(jumps))
    ]


def integrates_exactly(item: str) -> bool:
    """Whether E n_h = r_h N_h in fractions, with every size less than 1 and the total less than 1 from its target."""
    states, counts = size_states(item), COUNTS[item]
    targets = {stratum: RATIOS[item][stratum] * n_units for stratum, n_units in counts.items()}
    means = {stratum: sum(share * sizes[stratum] for share, sizes in states) for stratum in counts}
    near = all(abs(sizes[stratum] - targets[stratum]) < 1 for _, sizes in states for stratum in counts)
    totals = all(abs(sum(sizes.values()) - sum(targets.values())) < 1 for _, sizes in states)
    return means == targets and near and totals


def exact(frame: BlindedFrame, item: str) -> tuple[np.ndarray, np.ndarray]:
    """Exact single probabilities (objects) and joint ones (pairs in the order of ``combinations``)."""
    column = frame.codes[:, frame.items.index(item)]
    strata, states, counts = [frame.strata[code] for code in column], size_states(item), COUNTS[item]
    single = [sum(share * Fraction(sizes[h], counts[h]) for share, sizes in states) for h in strata]
    joint = []
    for one, other in combinations(strata, 2):
        shift = 1 if one == other else 0
        pairs = counts[one] * (counts[other] - shift)
        joint.append(sum(share * Fraction(sizes[one] * (sizes[other] - shift), pairs) for share, sizes in states))
    return np.array(single, dtype=float), np.array(joint, dtype=float)


def smallest_p(chosen: np.ndarray, single: np.ndarray, joint: np.ndarray) -> float:
    """Smallest two-sided exact binomial p-value over objects and pairs."""
    dense = chosen.astype(np.float32)
    together = (dense.T @ dense)[np.triu_indices(chosen.shape[1], k=1)]
    hits = np.concatenate([chosen.sum(axis=0), together]).round().astype(np.int64)
    chances = np.concatenate([single, joint])
    n = len(chosen)
    tail = np.minimum(binom.cdf(hits, n, chances), binom.sf(hits - 1, n, chances))
    return float(np.minimum(1, 2 * tail).min())


def systematic(frame: BlindedFrame, seeds: list[bytes]) -> np.ndarray:
    """Control: every third object of the list after a random start, for 8 of 24."""
    starts = np.array([int.from_bytes(SUITE.tagged("start", seed)[:8], "big") % 3 for seed in seeds])
    return np.arange(N_OBJECTS)[None, :] % 3 == starts[:, None]


def run(*, full: bool) -> dict:
    """Test ``n`` seeds; ``value`` is the smallest p-value times the number of tests, which must stay above 1 %."""
    frame, n_seeds = small_frame(), 200_000 if full else 4_000
    seeds = [SUITE.tagged("evidence seed", str(number)) for number in range(n_seeds)]
    parts = [drawn(frame, seeds[start : start + 20_000]) for start in range(0, n_seeds, 20_000)]
    chosen = {item: np.concatenate([part[item] for part in parts]) for item in frame.items}
    same = agrees_with_the_draw(frame, seeds[:500], chosen)
    tests = len(frame.items) * (N_OBJECTS + N_OBJECTS * (N_OBJECTS - 1) // 2)
    p_values = {item: smallest_p(chosen[item], *exact(frame, item)) for item in frame.items}
    ratio = Fraction(1, 3)
    flat = np.full(N_OBJECTS, float(ratio))
    pairs = np.full(N_OBJECTS * (N_OBJECTS - 1) // 2, 8 * 7 / (N_OBJECTS * (N_OBJECTS - 1)))
    control = smallest_p(systematic(frame, seeds), flat, pairs)
    integrated = all(integrates_exactly(item) for item in COUNTS if ROUNDING[item] == "cum")
    value = min(1.0, min(p_values.values()) * tests)
    return {
        "name": "draw_probabilities",
        "n": n_seeds,
        "value": value,
        "low": LEVEL,
        "high": 1.0,
        "passed": bool(value >= LEVEL and same and integrated and control * tests < LEVEL),
        "tests": tests,
        "smallest_p_by_item": p_values,
        "equal_to_the_engine_on_500_seeds": same,
        "cum_integrates_exactly": integrated,
        "systematic_smallest_p": control,
    }
