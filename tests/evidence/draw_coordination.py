"""Do joint items make nearly the fewest visits possible while every item keeps its size? One ticket group or eight.

Eight items on one frame, 4 grades; half of the items are stratified by district, half by line of business, so that
samples are not simply nested. Promised: visits within 2 % of the Fréchet bound (:mod:`engine.draw.coordination`) on the
mean over seeds (a single draw may lie beyond it), every cell's size exact in each draw. The saving against independent
draws is shown with its price, checks per visited object; the same frame is really drawn with eight groups too, to check
the independent expectation. Smaller frames lie further from the bound, about as 1 / sqrt(N).
"""

from fractions import Fraction
from math import ceil

import numpy as np

from engine.draw.coordination import coordination
from engine.draw.encoding import HashSuite
from engine.draw.frame import BlindedFrame
from engine.draw.selection import select
from engine.draw.sizes import draw_sizes
from engine.draw.tickets import handles_of, tickets
from engine.simulation.stream import stream

SUITE = HashSuite("sha256")
GRADE_SHARES = (0.5, 0.35, 0.12, 0.03)
GRADE_RATIOS = (Fraction(1, 100), Fraction(1, 50), Fraction(1, 10), Fraction(3, 10))
SCALES = [Fraction(k, 10) for k in (10, 8, 7, 6, 5, 4, 3, 2)]
N_DISTRICTS, N_LINES = 6, 9
TOLERANCE = 0.02


def city_frame(n_objects: int) -> tuple[BlindedFrame, dict[str, dict[str, Fraction]]]:
    """Frame of eight items and the ratio of every stratum by item."""
    generator = stream(20_260_101, "coordination")
    blob = handles_of(SUITE, key=bytes(32), identifiers=[f"uscc:{n}" for n in range(n_objects)])
    handles = b"".join(sorted(blob[k : k + 32] for k in range(0, len(blob), 32)))
    grade = generator.choice(4, size=n_objects, p=GRADE_SHARES)
    cuts = {"d": generator.integers(N_DISTRICTS, size=n_objects), "l": generator.integers(N_LINES, size=n_objects)}
    strata = tuple(
        sorted(f"{cut}{g}{k}" for cut, n in (("d", N_DISTRICTS), ("l", N_LINES)) for g in range(4) for k in range(n))
    )
    place = {stratum: position for position, stratum in enumerate(strata)}
    items = tuple(f"item{k}" for k in range(8))
    codes = np.empty((n_objects, 8), dtype=np.int32)
    ratios: dict[str, dict[str, Fraction]] = {}
    for position, item in enumerate(items):
        cut = "dl"[position % 2]
        n_cuts = N_DISTRICTS if cut == "d" else N_LINES
        table = np.array([[place[f"{cut}{g}{k}"] for k in range(n_cuts)] for g in range(4)], dtype=np.int32)
        codes[:, position] = table[grade, cuts[cut]]
        # which item asks most differs from stratum to stratum, so that no sample simply holds all others
        ratios[item] = {
            f"{cut}{g}{k}": GRADE_RATIOS[g] * SCALES[(3 * position + k + g) % 8]
            for g in range(4)
            for k in range(n_cuts)
        }
    return BlindedFrame(items, strata, handles, codes), ratios


def drawn_cells(frame, ratios, groups, *, seed):
    """Draw every item of the frame under its group."""
    counts = frame.counts()
    sizes = {}
    for item in frame.items:
        own = {stratum: n for (other, stratum), n in counts.items() if other == item}
        found = draw_sizes(ratios[item], counts=own, rounding="ceil", suite=SUITE, seed=seed, item=item)
        sizes |= {(item, stratum): n for stratum, n in found.items()}
    dealt = {group: tickets(SUITE, seed=seed, group=group, handles=frame.handles) for group in set(groups.values())}
    cells = select(frame, tickets=dealt, groups=groups, sizes=sizes, reserves={})
    exact = all(len(cell.rows) == ceil(ratios[cell.item][cell.stratum] * counts[cell.cell]) for cell in cells)
    return cells, exact


def run(*, full: bool) -> dict:
    """Draw with several seeds; ``value`` = mean visits over the Fréchet bound, minus 1."""
    n_objects, n_seeds = (200_000, 40) if full else (20_000, 4)
    frame, ratios = city_frame(n_objects)
    seeds = [SUITE.tagged("evidence seed", f"coordination {number}") for number in range(n_seeds)]
    draws = [drawn_cells(frame, ratios, dict.fromkeys(frame.items, "plan"), seed=seed) for seed in seeds]
    found = [coordination(frame, cells) for cells, _ in draws]
    apart, exact_apart = drawn_cells(frame, ratios, {item: item for item in frame.items}, seed=seeds[0])
    alone, first = coordination(frame, apart), found[0]
    excess = np.array([one.visits / one.least - 1 for one in found])
    error = float(excess.std(ddof=1) / np.sqrt(n_seeds))
    exact = exact_apart and all(held for _, held in draws)
    expected_met = abs(alone.visits / alone.independent - 1)
    visits = float(np.mean([one.visits for one in found]))
    return {
        "name": "draw_coordination",
        "n": n_objects,
        "value": float(excess.mean()),
        "low": -TOLERANCE,
        "high": TOLERANCE,
        "passed": bool(abs(excess.mean()) + 2 * error <= TOLERANCE and exact and expected_met < TOLERANCE),
        "seeds": n_seeds,
        "standard_error": error,
        "single_draws": [float(excess.min()), float(excess.max())],
        "every_size_exact": exact,
        "checks": first.checks,
        "visits_mean": visits,
        "least_visits": first.least,
        "independent_expected": first.independent,
        "independent_drawn": alone.visits,
        "saved_share": 1 - visits / first.independent,
        "checks_per_visit": first.checks / visits,
        "checks_per_independent_visit": first.checks_per_independent_visit,
    }
