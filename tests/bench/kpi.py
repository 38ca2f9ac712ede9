"""Figures and monthly scorecards of a year from a million results and five million rows of follow-up, and of a tenth.

Two halves: the facts read out of a workspace that holds the results, three million events of orders and two million of
referrals (no draws, so the states of drawn checks are not in it), and the figures from facts in memory.
"""

import resource
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from engine.api.figures.kpi_facts import read_facts
from engine.api.figures.kpis import period_named, scorecards
from engine.api.records.intake import ingest
from engine.api.workspace import open_workspace
from engine.kpis.declaration import Facts
from engine.kpis.values import kpi_values, scorecard
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from tests.kpi_world import facts

N_RESULTS = 1_000_000
BOOK = load_policies()
LIMIT = 60.0
POINTS = {"published_in_time": 15, "put_right_in_time": 15}
TARGETS = {"published_in_time": 1.0, "put_right_in_time": 1.0}


def rows() -> list[dict]:
    """Return the measurements: a tenth first, so that growth is seen in one run."""
    found = []
    for n in (N_RESULTS // 10, N_RESULTS):
        found += from_workspace(n)
    for n in (N_RESULTS // 10, N_RESULTS):
        held = large(n)
        for by in ("all", "both"):
            found.append(row(f"kpi: figures of a year by {by}", n, lambda own=held, split=by: figures(own, by=split)))
        found.append(row("kpi: scorecards of one month by department", n, lambda own=held: card(own)))
    return found


def from_workspace(n: int) -> list[dict]:
    """Rows of reading the facts of ``n`` results and of the month's scorecards with it."""
    with tempfile.TemporaryDirectory() as folder:
        filled(Path(folder), n)
        with closing(open_workspace(Path(folder) / "workspace", create=False)) as workspace:
            terms = {"book": BOOK, "as_of": date(2026, 12, 31)}
            reading = row("kpi: facts read out of a workspace", n, lambda: read_facts(workspace, **terms))
            month = period_named("2026-06")
            cards = row("kpi: facts read and one month scored", n, lambda: scorecards(workspace, period=month, **terms))
    return [reading, cards]


def filled(folder: Path, n: int) -> None:
    """Load a workspace by the usual door: results, five events each of orders and referrals, a tenth as many firms."""
    sources = folder / "sources"
    sources.mkdir()
    day = "DATE '2026-01-05' + (hash(i, 1) % 300)::INTEGER"
    firm = f"'reg:' || lpad((i % {max(1, n // 10)})::VARCHAR, 7, '0')"
    department = "'D' || lpad((i % 30)::VARCHAR, 2, '0')"
    event = f"{firm} AS entity_id, 'r' || i AS inspection_id"
    tables = {
        "entities": f"""SELECT 'reg:' || lpad(i::VARCHAR, 7, '0') AS entity_id, '某店' AS name, 'enterprise' AS
            entity_type, 'enterprise' AS population, 'F5211' AS industry_code, '3306' || lpad((i % 10)::VARCHAR, 2, '0')
            AS district_code, 'active' AS status, DATE '2020-01-01' AS occurred_on, DATE '2020-01-02' AS known_at
            FROM range({max(1, n // 10)}) AS r(i)""",
        "inspections": f"""SELECT 'r' || i AS inspection_id, 'v' || i AS visit_id, {firm} AS entity_id, 'i' || (i % 200)
            AS item_code, {department} AS department_code, 'scheduled' AS selection_mode,
            ['no_problem', 'no_problem', 'corrected'][(hash(i, 2) % 3 + 1)::BIGINT] AS result_codes,
            {day} AS occurred_on, {day} + (hash(i, 3) % 40)::INTEGER AS known_at FROM range({n}) AS r(i)""",
        "rectifications": " UNION ALL ".join(
            f"""SELECT 'o' || i || '-{k}' AS rectification_event_id, 'o' || i AS rectification_id, {event}, '{name}' AS
            event, {department} AS department_code, {day} + 30 AS due_on, {day} + {later} AS occurred_on,
            {day} + {later} AS known_at FROM range({n}) AS r(i)"""
            for k, (name, later) in enumerate((("ordered", 1), ("rechecked", 20), ("closed", 25)))
        ),
        "referrals": " UNION ALL ".join(
            f"""SELECT 'f' || i || '-{k}' AS referral_event_id, 'f' || i AS referral_id, {event}, 'notice' AS
            referral_type, '{name}' AS event, {department} AS from_department, 'D' || lpad(((i + 1) % 30)::VARCHAR, 2,
            '0') AS to_department, {day} + {later} AS occurred_on, {day} + {later} AS known_at
            FROM range({n}) AS r(i)"""
            for k, (name, later) in enumerate((("sent", 2), ("received", 5)))
        ),
    }
    with duckdb.connect() as connection:
        for name, sql in tables.items():
            connection.execute(f"COPY ({sql}) TO '{sources / name}.parquet' (FORMAT parquet)")
    at = datetime(2026, 12, 31, 9, tzinfo=UTC)
    with closing(open_workspace(folder / "workspace", create=True)) as workspace:
        ingest(workspace, sorted(sources.glob("*.parquet")), actor=Actor("bench", "analyst"), clock=lambda: at)


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
