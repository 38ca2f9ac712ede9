"""Sixty features of a million entities with ten million records, beside a scan, pandas and a plain write.

Every engine begins at the same Parquet files and ends at a table of one row per entity; the files lie in the system's
cache. A full scan reads every value of the columns that the features read. Every ratio is taken within one run, in
seconds of the processor over all threads, medians of three runs (twelve dates and pandas: one run): other work on the
machine moves those least. Seconds of the clock stand beside them; the sweep and the scan have two threads, pandas one.
"Records held" leaves out reading: arrays, or numbered frames, are in memory.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.api.scoring.sweeping import NUMBERS, Sweep, _statements
from engine.features.registry import FEATURES
from engine.features.settings import DecayBand, FeatureParameters
from engine.features.sources import ENTITIES
from engine.features.sweep.program import measures_read
from engine.features.sweep.relations import entity_numbers
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace
from tests.bench._feature_records import EACH
from tests.bench._pandas_features import PandasFeatures, PandasRecords

N_ENTITIES = 1_000_000
AS_OF = date(2025, 6, 30)
TWELVE = [date(year, month, 28) for year in (2022, 2023, 2024) for month in (3, 6, 9, 12)]
PARAMETERS = FeatureParameters(
    decay=(DecayBand(12, 1.0), DecayBand(24, 0.6), DecayBand(36, 0.3)),
    entity_prior_strength=10.0,
    peer_prior_strength=50.0,
)
TABLES = (*EACH, ENTITIES)
NOT_READ = {"penalties": ["confiscated_fen"]}
"""Columns that no feature of the sixty reads: the scan leaves them out too."""


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
N_RUNS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """Median seconds of the processor and of the clock."""

    seconds: float
    wall_seconds: float


def rows() -> list[dict]:
    """Return the measurements of one run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = f"from tests.bench._feature_records import make_records as m; m({name!r}, n={N_ENTITIES})"
        subprocess.run([sys.executable, "-c", made], check=True)
        return measured(folder)


def measured(folder: Path) -> list[dict]:
    """Return the rows of all measurements over the files of a folder."""
    build(folder, [date(2018, 1, 1)])  # compiled, or read from its cache
    scan = cost(lambda: scanned(folder))
    handed = cost(lambda: handed_out(folder))
    one = cost(lambda: build(folder, [AS_OF]))
    twelve = cost(lambda: build(folder, TWELVE), 1)
    (swept, swept_twelve), table = of_held(folder)
    plain, stored = writes(table)
    peak = peak_mb()
    pandas_held = of_held_pandas(folder)
    taken: list[pd.DataFrame] = []
    by_pandas = cost(lambda: taken.append(pandas_build(folder)), 1)
    compared(table, taken.pop())

    def row(stage: str, engine: str, own: Cost, peer: str | None, of: Cost | None, peak: float = peak) -> dict:
        """Return one row of the result: ``ratio`` to the scan, ``peer_ratio`` to the peer."""
        found = {"stage": stage, "engine": engine, "n": N_ENTITIES, "seconds": own.seconds, "peak_mb": round(peak)}
        found |= {"limit_seconds": scan.seconds, "ratio": own.seconds / scan.seconds, "peer": peer}
        peers = {} if of is None else {"peer_ratio": own.seconds / of.seconds, "peer_wall": of.wall_seconds}
        found |= {"peer_seconds": None if of is None else of.seconds, "wall_seconds": own.wall_seconds} | peers
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in found.items()}

    return [
        row("features: scan of the columns", "duckdb", scan, None, None),
        row("features: columns handed out with numbers of entities", "duckdb", handed, None, None),
        row("features: sixty, one as-of", "sweep", one, "pandas", by_pandas),
        row("features: sixty, twelve as-of", "sweep", twelve, "one as-of", one),
        row("features: sixty, one as-of, records held", "sweep", swept, "pandas, records held", pandas_held),
        row("features: sixty, twelve as-of, records held", "sweep", swept_twelve, "one as-of", swept),
        row("features: sixty, the write", "write_run", stored, "pyarrow", plain),
        row("features: sixty, one as-of, by pandas", "pandas, equal to the sweep", by_pandas, None, None, peak_mb()),
    ]


def of_held(folder: Path) -> tuple[tuple[Cost, Cost], pd.DataFrame]:
    """Return what one and twelve dates cost when the records are held, and the table of the one."""
    records = held(folder)
    costs = cost(lambda: sweep_on(records, [AS_OF])), cost(lambda: sweep_on(records, TWELVE), 1)
    return costs, sweep_on(records, [AS_OF])


def of_held_pandas(folder: Path) -> Cost:
    """Return what one date costs pandas when the records are held."""
    records = PandasRecords(folder)
    return cost(lambda: PandasFeatures(records, as_of=AS_OF, parameters=PARAMETERS).table(SIXTY), 1)


def pandas_build(folder: Path) -> pd.DataFrame:
    """Return the features of every entity by pandas, from the files."""
    return PandasFeatures(PandasRecords(folder), as_of=AS_OF, parameters=PARAMETERS).table(SIXTY)


class Files:
    """The files as relations, and what else the sweep asks of a warehouse."""

    def __init__(self, folder: Path) -> None:
        self.connection = ibis.duckdb.connect()
        self.connection.raw_sql(f"SET threads = 2; SET memory_limit = '2GB'; SET temp_directory = '{folder}/spill'")
        for name in TABLES:
            self.connection.raw_sql(f"CREATE VIEW event_{name} AS FROM read_parquet('{folder}/{name}.parquet')")
        self.relations = {name: self.connection.table(f"event_{name}") for name in TABLES}

    def hold(self, name: str, rows: ibis.Table) -> ibis.Table:
        sql = ibis.to_sql(rows, dialect="duckdb")
        self.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
        return self.connection.table(name)

    def execute_sql(self, sql: str) -> pd.DataFrame:
        return self.connection.con.execute(sql).df()

    def execute_arrow(self, sql: str) -> pa.Table:
        return self.connection.con.execute(sql).to_arrow_table()


def build(folder: Path, dates: list[date]) -> None:
    """Compute the features of every entity on every date from the files, one table per date."""
    sweep_on(held(folder), dates)


def handed_out(folder: Path) -> None:
    """Read the columns into memory with the numbers of their entities: what an engine that holds arrays begins with."""
    files = Files(folder)
    files.hold(NUMBERS, entity_numbers(files.relations[ENTITIES].select("entity_id")))
    schemas = tuple((name, table.schema()) for name, table in files.relations.items())
    for sql in _statements(schemas, tuple(measures_read(SIXTY).items()), False).values():
        files.execute_arrow(sql)


def held(folder: Path) -> tuple[Files, Sweep]:
    """Return the sweep with the records of the files."""
    files = Files(folder)
    return files, Sweep(files, files.relations, features=SIXTY)


def sweep_on(held: tuple[Files, Sweep], dates: Iterable[date]) -> pd.DataFrame:
    """Return the table of the last date; those before are made and dropped."""
    files, sweep = held
    for day in dates:
        ids = files.relations[ENTITIES].entity_id
        files.hold("spine", ids.as_table().mutate(as_of=ibis.literal(day)))
        table = sweep.features("spine", parameters=PARAMETERS)
    return table


def compared(swept: pd.DataFrame, other: pd.DataFrame) -> None:
    """Stop unless both tables hold the same values and nulls."""
    assert swept["entity_id"].tolist() == other["entity_id"].tolist()
    for name in NAMES:
        np.testing.assert_allclose(swept[name], other[name], rtol=1e-9, atol=1e-9, err_msg=name)


def writes(table: pd.DataFrame) -> tuple[Cost, Cost]:
    """Return what a plain Parquet write of the table costs, and a run's write of it."""
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

        found = cost(plain), cost(stored)
        workspace.close()
    return found


def cost(work: Callable[[], object], n_runs: int = N_RUNS) -> Cost:
    """Return what a piece of work costs."""
    processor, clock = [], []
    for _ in range(n_runs):
        begun, began = time.process_time(), time.perf_counter()
        work()
        processor.append(time.process_time() - begun)
        clock.append(time.perf_counter() - began)
    return Cost(statistics.median(processor), statistics.median(clock))


def peak_mb() -> float:
    """Return the most memory this process held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def scanned(folder: Path) -> None:
    """Read every value of the columns once."""
    connection = duckdb.connect(config={"threads": 2})
    for name in TABLES:
        relation = connection.read_parquet(f"{folder}/{name}.parquet")
        columns = [column for column in relation.columns if column not in NOT_READ.get(name, [])]
        connection.execute(f"SELECT {', '.join(f'max({c})' for c in columns)} FROM relation").fetchall()
    connection.close()
