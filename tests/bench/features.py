"""Sixty features of a million entities with ten million records, beside a scan, pandas and a plain write.

Every ratio is taken within one run. The scan reads all columns that the features read, with two threads, as the sweep
has; pandas computes the same sixty features from the same prepared records, and its table is compared with the sweep's.
"""

import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.api.sweeping import _statements
from engine.features.registry import FEATURES
from engine.features.settings import DecayBand, FeatureParameters
from engine.features.sources import ENTITIES, EVENT_SOURCES
from engine.features.sweep.asked import Spine
from engine.features.sweep.build import sweep_chunks, sweep_features
from engine.features.sweep.relations import entity_numbers
from engine.features.sweep.tables import Records, Versions, records_from_arrow, versions_from_arrow
from engine.pipeline.ports import Actor
from engine.store.workspace import Workspace
from tests.bench._pandas_features import PandasFeatures, frame

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


NAMES = """
    inspections_count_12m inspections_count_24m inspections_count_36m inspections_adverse_12m
    inspections_adverse_24m inspections_adverse_36m inspections_adverse_60m inspections_adverse_share_12m
    inspections_adverse_share_36m inspections_adverse_share_60m inspections_adverse_rate_shrunken_36m
    inspections_adverse_decayed inspections_last_adverse inspections_second_last_adverse inspections_adverse_streak
    inspections_routine_severity_last inspections_routine_severity_mean_ever inspections_directed_count_24m
    inspections_directed_adverse_24m inspections_refused_36m inspections_days_since_last inspections_days_since_adverse
    violations_critical_last violations_major_mean_36m violations_minor_mean_60m inspections_severity_mean_36m
    violations_critical_decayed violations_major_decayed inspections_severity_second_last inspections_severity_change
    inspections_severity_max_36m inspections_severity_trend_60m
    penalties_count_12m penalties_count_36m penalties_count_60m penalties_serious_36m penalties_severity_max_36m
    penalties_severity_decayed penalties_count_decayed penalties_fine_sum_36m penalties_fine_max_36m
    penalties_days_since_last
    listings_abnormal_open listings_serious_violation_open listings_abnormal_36m listings_serious_violation_60m
    listings_abnormal_days_since_last listings_abnormal_open_days
    complaints_count_12m complaints_count_24m complaints_substantiated_24m complaints_substantiated_share_24m
    complaints_surge_3m complaints_substantiated_decayed complaints_days_since_last
    entity_age_years entity_capital entity_same_address_count
    peers_district_adverse_rate_36m peers_industry_adverse_rate_36m
""".split()
"""The sixty, of every source and operator that the registry uses."""
SIXTY = tuple(next(feature for feature in FEATURES if feature.name == name) for name in NAMES)
NOT_READ = {"inspection_id", "penalty_id", "complaint_id", "listing_id"}
"""Columns of the tables that no feature reads: the scan leaves them out too."""
N_RUNS = 3


def rows() -> list[dict]:
    """Return the measurements of one run."""
    connection = made(N_ENTITIES)
    scan = median(lambda: scanned(connection))
    taken: list = []
    preparing = timed(lambda: taken.append(arrays(connection)))
    connection.disconnect()
    records, versions, n = taken.pop()
    swept(records, versions, spine(100, [AS_OF]))  # compiled, or read from its cache
    asked = spine(n, [AS_OF])
    one = median(lambda: swept(records, versions, asked))
    years = [date(year, month, 28) for year in (2022, 2023, 2024) for month in (3, 6, 9, 12)]
    twelve = median(partial(on_all, records, versions, spine(n, years)))
    plain, stored = writes(swept(records, versions, asked))
    peak = peak_mb()
    frames = {name: frame(table) for name, table in records.items()}
    by_pandas = timed(lambda: taken.append(by_pandas_of(frames, versions)))
    compared(swept(records, versions, asked), taken.pop())
    limit = {"limit_seconds": scan}
    return [
        row("features: scan of the columns", "duckdb", scan, peak, **limit),
        row("features: sorted arrays, once per load", "duckdb + sweep", preparing, peak, **limit),
        row("features: sixty, one as-of", "sweep", one, peak, peer="pandas", peer_seconds=by_pandas, **limit),
        row("features: sixty, twelve as-of", "sweep", twelve, peak, peer="one as-of", peer_seconds=one, **limit),
        row("features: sixty, the write", "write_run", stored, peak, peer="pyarrow", peer_seconds=plain, **limit),
        row("features: sixty, one as-of", "pandas, equal to the sweep", by_pandas, peak_mb(), **limit),
    ]


def swept(records: dict[str, Records], versions: Versions, asked: Spine) -> np.ndarray:
    """Return the sixty features of a spine."""
    return sweep_features(records, versions, asked, parameters=PARAMETERS, features=SIXTY)


def on_all(records: dict[str, Records], versions: Versions, asked: Spine) -> None:
    """Compute the sixty features of a spine piece by piece."""
    drained(sweep_chunks(records, versions, asked, parameters=PARAMETERS, features=SIXTY))


def by_pandas_of(frames: dict[str, pd.DataFrame], versions: Versions) -> np.ndarray:
    """Return the sixty features of every entity by pandas."""
    return PandasFeatures(frames, versions, as_of=AS_OF, parameters=PARAMETERS).table(SIXTY)


def compared(swept: np.ndarray, other: np.ndarray) -> None:
    """Stop unless both tables hold the same values and nulls."""
    for feature, mine, theirs in zip(SIXTY, swept, other, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9, err_msg=feature.name)


def writes(matrix: np.ndarray) -> tuple[float, float]:
    """Return the seconds of a plain Parquet write of the table, and of a run's write of it."""
    ids = [f"uscc:{i:012d}" for i in range(matrix.shape[1])]
    table = pd.DataFrame(matrix.T, columns=NAMES, copy=False)
    table.insert(0, "as_of", AS_OF)
    table.insert(0, "entity_id", ids)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "ws")

        def stored() -> None:
            workspace.warehouse.write_run(
                {"features": table},
                kind="features",
                as_of=AS_OF,
                manifest={},
                actor=Actor("bench (fictional)", "analyst"),
                at=datetime(2026, 1, 1, tzinfo=UTC),
            )

        def plain() -> None:
            pq.write_table(pa.Table.from_pandas(table, preserve_index=False), Path(folder) / "plain.parquet")

        seconds = median(plain), median(stored)
        workspace.close()
    return seconds


def median(work: Callable[[], object]) -> float:
    """Return the median seconds of a few runs."""
    return statistics.median(timed(work) for _ in range(N_RUNS))


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
    connection.raw_sql(f"SET threads = 2; SET memory_limit = '2GB'; SET temp_directory = '{tempfile.gettempdir()}'")
    for name, (each, columns) in RECORDS.items():
        sql = f"SELECT {STAMPS.format(n=n)}, {columns} FROM range({int(each * n)}) AS r(i)"
        connection.raw_sql(f"CREATE TABLE event_{name} AS {sql}")
    connection.raw_sql(f"CREATE TABLE event_entities AS {ENTITY_SQL.format(n=n)}")
    return connection


def scanned(connection: ibis.BaseBackend) -> None:
    """Read every value of every table once."""
    for name in (*RECORDS, ENTITIES):
        columns = [column for column in connection.table(f"event_{name}").columns if column not in NOT_READ]
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
        if name in RECORDS
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
