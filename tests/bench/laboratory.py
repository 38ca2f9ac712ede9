"""The ratio laboratory on a million objects, 200 items, 40 departments: check, allocate, simulate, optimise, a slider.

The frame is made here (five items an object, ten districts); everything after it is what the commands do. Limits are
what the page may take on two cores: ten seconds a step, 0.3 s for a ratio that is moved.
"""

import time
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from engine.api.policies.amendment import policy_violations
from engine.api.policies.burden import BurdenGroups, burden_change
from engine.api.policies.laboratory import Bench, Occasion, experiment_of
from engine.api.policies.optimum import optimise_policy
from engine.api.policies.simulation import allocate_policy, simulate_policy, with_ratio
from engine.laboratory.burden import group_objects, visits_of_groups
from engine.laboratory.experiment import Experiment
from engine.messages import Message
from engine.pipeline.best_ratios import Wishes
from engine.pipeline.laboratory import Terms, laboratory_frame
from engine.ratios.capacity import Capacity, CapacityLimit
from engine.ratios.policy import read_ratio_policy
from engine.ratios.strata import neighbour_order
from engine.store.documents import load_policies
from engine.vocabulary import ItemClass
from tests.bench.features import peak_mb

N_OBJECTS, N_ITEMS, N_DEPARTMENTS, N_DISTRICTS = 1_000_000, 200, 40, 10
N_KINDS, ITEMS_EACH = 60, 5
SHARES = np.array([0.62, 0.24, 0.075, 0.015, 0.05])
RATES = np.array([0.01, 0.03, 0.08, 0.20, 0.03])
DRAWN = np.array([0.02, 0.04, 0.2, 0.6, 0.04])
AS_OF = date(2026, 6, 30)
STEP_SECONDS, SLIDER_SECONDS = 10.0, 0.3


def rows() -> list[dict]:
    """Return the measurements of one run."""
    bench, building = made()
    found = [row("policy: frame into strata and cells", building)]
    _, checking = timed(lambda: policy_violations(bench.book, bench.items, on=AS_OF))
    _, allocating = timed(lambda: allocate_policy(bench))
    experiment, preparing = timed(lambda: experiment_of(bench, draws=1_000, seed=0))
    _, simulating = timed(lambda: simulate_policy(bench, experiment))
    found += [
        row("policy: check", checking),
        row("policy: allocate", allocating),
        row("policy: simulate 1,000 draws, first time", preparing + simulating),
    ]
    moved = [timed(lambda at=at: simulate_policy(bench, experiment, policy=slid(bench, at)))[1] for at in range(1, 8)]
    found.append(row("policy: simulate 1,000 draws, a ratio moved", sorted(moved)[3], limit=SLIDER_SECONDS))
    groups, grouping = timed(lambda: by_district(bench, experiment))
    whom = [timed(lambda at=at: burden_change(bench, experiment, groups, policy=slid(bench, at)))[1] for at in range(5)]
    found.append(row("policy: who is visited more, prepared once", grouping))
    found.append(row("policy: who is visited more, a ratio moved", sorted(whom)[2], limit=SLIDER_SECONDS))
    for name, wishes in questions(bench).items():
        _, seconds = timed(lambda asked=wishes: optimise_policy(bench, experiment, asked))
        found.append(row(f"policy: optimise {name}, with its curve", seconds))
    return found


def slid(bench: Bench, at: int):
    """The bench's policy with the ratio of general items, grade C, moved."""
    return with_ratio(bench.policy, ItemClass.GENERAL, "C", Fraction(9 + at, 100))


def by_district(bench: Bench, experiment: Experiment) -> BurdenGroups:
    """The objects by district, size (made up) and sector (made up), as ``burden_groups`` reads them off a register."""
    n_objects, ratios = len(bench.frame.objects), bench.frame.ratios_under(bench.policy)
    generator = np.random.default_rng(5)
    kinds = {
        kind: group_objects(experiment, generator.integers(0, n, n_objects), tuple(f"{kind}{at}" for at in range(n)))
        for kind, n in (("district", N_DISTRICTS), ("size", 5), ("sector", 20))
    }
    return BurdenGroups(
        kinds, {kind: visits_of_groups(experiment, each, ratios) for kind, each in kinds.items()}, bench.names
    )


def questions(bench: Bench) -> dict[str, Wishes]:
    """Every department limited in every district, and both precisions, by item class and by item."""
    return {
        "by item class": Wishes(None, (), 0.03, 0.12, by_item=False),
        "by item": Wishes(None, (), 0.03, 0.12, by_item=True),
        "with most visits to A and B": Wishes(None, (), None, None, by_item=False, visits={"A": 0.02, "B": 0.06}),
    }


def made() -> tuple[Bench, float]:
    """Return a bench, the frame of a draw after one whose results are known, and the seconds its frame takes."""
    generator = np.random.default_rng(11)
    grade = generator.choice(5, N_OBJECTS, p=SHARES)
    district = generator.choice(N_DISTRICTS, N_OBJECTS, p=generator.dirichlet(np.full(N_DISTRICTS, 8.0)))
    kinds = np.array([generator.choice(N_ITEMS, ITEMS_EACH, replace=False) for _ in range(N_KINDS)])
    covered = np.setdiff1d(np.arange(N_ITEMS), kinds)
    kinds = np.vstack([kinds, np.resize(covered, (-(-len(covered) // ITEMS_EACH), ITEMS_EACH))])
    kind = generator.integers(0, len(kinds), N_OBJECTS)
    item = np.sort(kinds[kind], axis=1)
    item = np.where(np.diff(item, axis=1, prepend=-1) > 0, item, -1).ravel()
    keep = item >= 0
    entity = np.repeat(np.arange(N_OBJECTS), ITEMS_EACH)[keep]
    codes = [f"I{at:03d}" for at in range(N_ITEMS)]
    item = item[keep]
    graded, placed = grade[entity], district[entity]
    names = pd.array([f"reg:{at:07d}" for at in range(N_OBJECTS)], dtype="string[pyarrow]")
    table = pd.DataFrame(
        {
            "entity_id": names.take(entity),
            "item_code": pd.Categorical.from_codes(item, codes).astype(str),
            "item_class": np.where(item % 2, "general", "key"),
            "district_code": pd.Categorical.from_codes(placed, [f"33060{at}" for at in range(N_DISTRICTS)]).astype(str),
            "grade": pd.Categorical.from_codes(graded, list("ABCDU")).astype(str),
        }
    )
    drawn = generator.random(len(table)) < DRAWN[graded]
    adverse = pd.array(generator.random(len(table)) < RATES[graded], dtype="boolean")
    adverse[~drawn] = pd.NA
    logged = table.assign(draw_id="2026-001", is_drawn=drawn, adverse=adverse, design_probability=DRAWN[graded])
    items = pd.DataFrame(
        {
            "item_code": codes,
            "item_class": np.where(np.arange(N_ITEMS) % 2, "general", "key"),
            "ratio_cap": pd.Series([None if at % 2 == 0 else "0.08" for at in range(N_ITEMS)], dtype=object),
            "basis": "made for this measurement",
            "department_code": [f"D{at % N_DEPARTMENTS:02d}" for at in range(N_ITEMS)],
            "specialities": None,
        }
    )
    book = load_policies()
    policy = read_ratio_policy(book, on=AS_OF)
    occasion = Occasion.of_year(AS_OF)
    efforts = dict.fromkeys(codes, Fraction(1, 2))
    capacity = Capacity(tuple(limits(table, items)), efforts)
    terms = Terms(
        items=items,
        efforts=efforts,
        minimum_cell=policy.minimum_cell,
        nearest=neighbour_order({}),
        rounding=policy.rounding,
        draw=occasion.draw,
        done=None,
        capacity=capacity,
    )
    frame, seconds = timed(lambda: laboratory_frame(table, logged, terms, source=Message("made")))
    return Bench(book, policy, items, logged, frame, occasion, capacity, {}, None), seconds


def limits(table: pd.DataFrame, items: pd.DataFrame) -> list[CapacityLimit]:
    """Every department in every district: person-days for a twelfth of its rows."""
    departments = items.set_index("item_code")["department_code"]
    held = table.groupby([table["item_code"].map(departments), "district_code"]).size()
    return [
        CapacityLimit(str(department), str(district), Fraction(int(n), 24), "made for this measurement")
        for (department, district), n in held.items()
    ]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a piece of work gives and the processor seconds it takes, those of all threads together."""
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def row(stage: str, seconds: float, *, limit: float = STEP_SECONDS) -> dict:
    """Return one row of the result."""
    return {
        "stage": stage,
        "engine": "numpy + HiGHS",
        "n": N_OBJECTS,
        "seconds": round(seconds, 3),
        "peak_mb": round(peak_mb()),
        "limit_seconds": limit,
        "ratio": round(seconds / limit, 2),
        "peer": None,
        "peer_seconds": None,
    }
