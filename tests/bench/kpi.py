"""Figures and monthly scorecards of a year from a million results and five million rows of follow-up, and of a tenth.

Measured from facts in memory; reading the facts out of a workspace is not in these rows.
"""

import resource
import time
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from engine.kpis.declaration import Facts
from engine.kpis.values import kpi_values, scorecard
from tests.kpi_world import facts

N_RESULTS = 1_000_000
LIMIT = 60.0
POINTS = {"published_in_time": 15, "put_right_in_time": 15}
TARGETS = {"published_in_time": 1.0, "put_right_in_time": 1.0}


def rows() -> list[dict]:
    """Return the measurements: a tenth first, so that growth is seen in one run."""
    found = []
    for n in (N_RESULTS // 10, N_RESULTS):
        held = large(n)
        for by in ("all", "both"):
            found.append(row(f"kpi: figures of a year by {by}", n, lambda own=held, split=by: figures(own, by=split)))
        found.append(row("kpi: scorecards of one month by department", n, lambda own=held: card(own)))
    return found


def figures(held: Facts, *, by: str) -> pd.DataFrame:
    """All figures of 2026."""
    return kpi_values(held, first=date(2026, 1, 1), last=date(2026, 12, 31), by=by, targets=TARGETS)


def card(held: Facts) -> pd.DataFrame:
    """The points of June 2026."""
    found = kpi_values(held, first=date(2026, 6, 1), last=date(2026, 6, 30), by="department", targets=TARGETS)
    return scorecard(found, points=POINTS, policy="kpi.points")


def large(n: int) -> Facts:
    """Facts of ``n`` results, 2 n orders, 2 n referrals and n steps of punishments over thirty departments."""
    rng = np.random.default_rng(11)
    small = facts()
    return replace(
        small,
        results=repeated(small.results, n, rng),
        orders=repeated(small.orders, 2 * n, rng),
        referrals=repeated(small.referrals, 2 * n, rng),
        steps=repeated(small.steps, n, rng),
    )


def repeated(table: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """``n`` rows of a table's kinds, dealt to departments and districts."""
    found = table.iloc[rng.integers(0, len(table), n)].reset_index(drop=True)
    codes = {"department_code": (30, "D"), "district_code": (10, "3306")}
    own = {name: pd.Series(rng.integers(0, k, n)).map(lambda at, p=p: f"{p}{at:02d}") for name, (k, p) in codes.items()}
    return found.assign(**own)


def row(stage: str, n: int, work) -> dict:
    """Return one row of the result."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    named = stage if n == N_RESULTS else f"{stage}, a tenth"
    measured = {"stage": named, "engine": "kpis", "n": n, "seconds": round(seconds, 3), "peak_mb": round(peak)}
    return measured | {"limit_seconds": LIMIT, "ratio": round(seconds / LIMIT, 3), "peer": None, "peer_seconds": None}
