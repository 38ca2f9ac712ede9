"""Features of a million entities with ten million records, beside a scan of the same columns, the query and pandas."""

import resource
import time
from collections.abc import Callable, Iterator
from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from engine.api.sweeping import _statements
from engine.features.build import build_features
from engine.features.registry import FEATURES
from engine.features.settings import DecayBand, FeatureParameters
from engine.features.sources import ENTITIES, EVENT_SOURCES
from engine.features.sweep.asked import Spine
from engine.features.sweep.build import sweep_chunks, sweep_features
from engine.features.sweep.relations import entity_numbers
from engine.features.sweep.tables import Records, Versions, records_from_arrow, versions_from_arrow

N_ENTITIES = 1_000_000
AS_OF = date(2025, 6, 30)
PARAMETERS = FeatureParameters(
    decay=(DecayBand(12, 1.0), DecayBand(24, 0.6), DecayBand(36, 0.3)),
    entity_prior_strength=10.0,
    peer_prior_strength=50.0,
)
STAMPS = """'uscc:' || lpad((hash(i, 1) % {n})::VARCHAR, 12, '0') AS entity_id,
    DATE '2017-01-01' + (hash(i, 2) % 3200)::INTEGER AS occurred_on,
    DATE '2017-01-01' + (hash(i, 2) % 3200 + hash(i, 3) % 30)::INTEGER AS known_at,
    CAST(NULL AS DATE) AS superseded_at"""
RECORDS = {
    "inspections": (
        6.0,
        """'i' || i AS inspection_id, 'v' || (i - hash(i, 4) % 2) AS visit_id,
        ['random', 'scheduled', 'directed'][(hash(i, 5) % 3 + 1)::BIGINT] AS selection_mode,
        ['no_problem', 'no_problem', 'corrected', 'refused;corrected', 'no_activity'][(hash(i, 6) % 5 + 1)::BIGINT]
            AS result_codes,
        (hash(i, 7) % 3)::BIGINT AS violations_critical, (hash(i, 8) % 4)::BIGINT AS violations_major,
        (hash(i, 9) % 5)::BIGINT AS violations_minor,
        CASE WHEN hash(i, 10) % 3 > 0 THEN (hash(i, 11) % 60000) / 1000.0 END::DOUBLE AS severity_score""",
    ),
    "penalties": (
        1.5,
        """'p' || i AS penalty_id, ['none', 'minor', 'ordinary', 'serious'][(hash(i, 4) % 4 + 1)::BIGINT] AS severity,
        (hash(i, 5) % 10000000)::BIGINT AS fine_fen, (hash(i, 6) % 1000000)::BIGINT AS confiscated_fen""",
    ),
    "complaints": (
        1.5,
        "'c' || i AS complaint_id, [true, false, NULL][(hash(i, 4) % 3 + 1)::BIGINT] AS is_substantiated",
    ),
    "listings": (
        1.0,
        """'l' || i AS listing_id,
        ['abnormal', 'serious_violation', 'judgment_defaulter'][(hash(i, 4) % 3 + 1)::BIGINT] AS list_type,
        CASE WHEN hash(i, 5) % 2 = 0 THEN DATE '2017-01-01' + (hash(i, 2) % 3200 + 400)::INTEGER END AS ended_on""",
    ),
}
ENTITY_SQL = """SELECT 'uscc:' || lpad(i::VARCHAR, 12, '0') AS entity_id,
    DATE '1995-01-01' + (hash(i, 1) % 9000)::INTEGER AS occurred_on, DATE '2017-01-01' AS known_at,
    CAST(NULL AS DATE) AS superseded_at, 'enterprise' AS population,
    'ABCDEFGH'[(hash(i, 2) % 8 + 1)::BIGINT] || (10 + hash(i, 3) % 80) || '10' AS industry_code,
    'd' || hash(i, 4) % 20 AS district_code, 'street ' || hash(i, 5) % {n} AS address,
    (hash(i, 6) % 100000000000)::BIGINT AS registered_capital_fen,
    CASE WHEN hash(i, 7) % 10 > 0 THEN 'active' ELSE 'closed' END AS status FROM range({n}) AS r(i)"""


def rows() -> list[dict]:
    """Return the measurements of one run."""
    connection = made(N_ENTITIES)
    scan = timed(lambda: scanned(connection))
    taken: list = []
    preparing = timed(lambda: taken.append(arrays(connection)))
    records, versions, n = taken.pop()
    sweep_features(records, versions, spine(100, [AS_OF]), parameters=PARAMETERS)  # compiled, or read from its cache
    asked = spine(n, [AS_OF])
    one = timed(lambda: sweep_features(records, versions, asked, parameters=PARAMETERS))
    years = [date(year, month, 28) for year in (2022, 2023, 2024) for month in (3, 6, 9, 12)]
    dates = spine(n, years)
    twelve = timed(lambda: drained(sweep_chunks(records, versions, dates, parameters=PARAMETERS)))
    peak = peak_mb()
    by_pandas = timed(lambda: pandas_counts(connection))
    limit = {"limit_seconds": scan}
    return [
        row("features: scan of the columns", "duckdb", scan, peak, **limit),
        row("features: sorted arrays, once per load", "duckdb + sweep", preparing, peak, **limit),
        row("features: one as-of from arrays", "sweep", one, peak, peer="pandas", peer_seconds=by_pandas, **limit),
        row("features: twelve as-of from arrays", "sweep", twelve, peak, peer="one as-of", peer_seconds=one, **limit),
        row("features: ten of them, inspections alone", "pandas", by_pandas, peak_mb(), **limit),
        row("features: one as-of", "ibis on duckdb", timed(lambda: queried(connection)), peak_mb(), **limit),
    ]


def row(stage: str, engine: str, seconds: float, peak: float, *, limit_seconds: float, **peer: object) -> dict:
    """Return one row of the result."""
    measured = {"stage": stage, "engine": engine, "n": N_ENTITIES, "seconds": round(seconds, 3), "peak_mb": round(peak)}
    ratio = {"limit_seconds": round(limit_seconds, 3), "ratio": round(seconds / limit_seconds, 1)}
    return measured | ratio | {"peer": None, "peer_seconds": None} | peer


def timed(work: Callable[[], object]) -> float:
    """Return the seconds a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_mb() -> float:
    """Return the most memory this process held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def made(n: int) -> ibis.BaseBackend:
    """Return a DuckDB with the held relations of ``n`` entities with ten records each."""
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET threads = 2; SET memory_limit = '2GB'")
    for name, (each, columns) in RECORDS.items():
        sql = f"SELECT {STAMPS.format(n=n)}, {columns} FROM range({int(each * n)}) AS r(i)"
        connection.raw_sql(f"CREATE TABLE event_{name} AS {sql}")
    connection.raw_sql(f"CREATE TABLE event_entities AS {ENTITY_SQL.format(n=n)}")
    return connection


def scanned(connection: ibis.BaseBackend) -> None:
    """Read every value of every table once."""
    for name in (*RECORDS, ENTITIES):
        columns = connection.table(f"event_{name}").columns
        connection.raw_sql(f"SELECT {', '.join(f'max({c})' for c in columns)} FROM event_{name}").fetchall()


def arrays(connection: ibis.BaseBackend) -> tuple[dict[str, Records], Versions, int]:
    """Return the sweep's arrays and the number of entities."""
    tables = {name: connection.table(f"event_{name}") for name in (*RECORDS, ENTITIES)}
    numbers = entity_numbers(tables[ENTITIES])
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE entity_numbers AS {ibis.to_sql(numbers, dialect='duckdb')}")
    statements = _statements(tuple((name, table.schema()) for name, table in tables.items()))

    def fetched(name: str) -> pa.Table:
        return connection.raw_sql(statements[name]).to_arrow_table()

    records = {
        name: records_from_arrow(fetched(name), source=source, n_entities=N_ENTITIES)
        for name, source in EVENT_SOURCES.items()
    }
    return records, versions_from_arrow(fetched(ENTITIES), n_entities=N_ENTITIES), N_ENTITIES


def spine(n: int, dates: list[date]) -> Spine:
    """Return every entity on every date."""
    days = np.array(dates, "datetime64[D]").astype(np.int32)
    return Spine(np.repeat(np.arange(n, dtype=np.int64), len(days)), np.tile(days, n))


def drained(parts: Iterator[tuple[object, np.ndarray]]) -> None:
    """Use up the parts of a result without keeping them."""
    for _ in parts:
        pass


def pandas_counts(connection: ibis.BaseBackend) -> pd.DataFrame:
    """Return ten features of inspections by pandas: counts, sums, a share, the last day and the last value."""
    columns = "entity_id, visit_id, occurred_on, known_at, result_codes, violations_major, severity_score"
    table = connection.raw_sql(f"SELECT {columns} FROM event_inspections").df()
    as_of = pd.Timestamp(AS_OF)
    kept = table[(table.occurred_on <= as_of) & (table.known_at <= as_of)]
    kept = kept.assign(adverse=kept.result_codes.str.contains("corrected"))
    visits = kept.groupby(["entity_id", "visit_id"], sort=False).agg(
        day=("occurred_on", "max"),
        adverse=("adverse", "max"),
        major=("violations_major", "sum"),
        severity=("severity_score", "max"),
    )
    visits = visits.reset_index().sort_values(["entity_id", "day", "visit_id"])
    parts = {}
    for months in (12, 24, 36, 60):
        recent = visits[visits.day > as_of - pd.DateOffset(months=months)].groupby("entity_id", sort=False)
        parts[f"count_{months}"] = recent.size()
        parts[f"adverse_{months}"] = recent.adverse.sum()
    last = visits.groupby("entity_id", sort=False).last()
    parts |= {"last_severity": last.severity, "days": (as_of - last.day).dt.days}
    return pd.DataFrame(parts)


def queried(connection: ibis.BaseBackend) -> None:
    """Run the feature query for one date."""
    tables = {name: connection.table(f"event_{name}") for name in (*RECORDS, ENTITIES)}
    asked = tables[ENTITIES].select("entity_id", as_of=ibis.literal(AS_OF))
    table = build_features(tables, asked, parameters=PARAMETERS, features=FEATURES)
    connection.raw_sql(f"CREATE OR REPLACE TABLE result AS {ibis.to_sql(table, dialect='duckdb')}")
