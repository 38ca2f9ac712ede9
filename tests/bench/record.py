"""One credit record among a million entities and twelve million records; quality, duplicates and merges there.

The peer is what cannot be avoided: DuckDB finding one entity's rows in the same files by the column ``entity_id``.
"""

import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from engine.api.reading.record import credit_record
from engine.api.records.intake import ingest
from engine.api.records.object_matches import decide_matches, object_matches
from engine.api.records.quality import quality_report
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace

ACTOR, NOW = Actor("bench (fictional)", "analyst"), datetime(2026, 1, 1, tzinfo=UTC)
N_ENTITIES = 1_000_000
N_INSPECTIONS = 10_000_000
N_PENALTIES = 2_000_000
N_ASKED = 15
_ID = "'reg:' || lpad(CAST({} AS VARCHAR), 12, '0')"
TABLES = {
    "entities": (
        N_ENTITIES,
        f"{_ID.format('i')} AS entity_id, 'R' || i % 990000 AS reg_no, 'Firm ' || i AS name, "
        "'enterprise' AS entity_type, 'enterprise' AS population, 'H62' AS industry_code, '330602' AS district_code, "
        "'active' AS status, DATE '2015-01-01' AS occurred_on, DATE '2015-01-02' AS known_at",
    ),
    "inspections": (
        N_INSPECTIONS,
        f"'i' || i AS inspection_id, 'v' || i AS visit_id, {_ID.format(f'(i * 7919) % {N_ENTITIES}')} AS entity_id, "
        "'X' || i % 40 AS item_code, 'M' AS department_code, 'scheduled' AS selection_mode, "
        "'no_problem' AS result_codes, "
        "DATE '2018-01-01' + CAST(i % 2800 AS INTEGER) AS occurred_on, occurred_on + 9 AS known_at",
    ),
    "penalties": (
        N_PENALTIES,
        f"'p' || i % {N_PENALTIES * 95 // 100} AS penalty_id, "
        f"{_ID.format(f'(i % {N_PENALTIES * 95 // 100} * 31) % {N_ENTITIES}')} AS entity_id, 'doc ' || i AS doc_no, "
        "'dirty' AS violation_type, '警告' AS categories, 'ordinary' AS severity, "
        "DATE '2020-01-01' + CAST(i % 1900 AS INTEGER) AS occurred_on, occurred_on + CAST(i // 1000000 AS INTEGER) "
        "AS known_at",
    ),
}


def rows() -> list[dict]:
    """Return the median over entities of a record's time, first call apart, and the time of the quality report."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        workspace = Workspace(root / "ws")
        _load(root, workspace)
        asked = [f"reg:{(i * 66_461) % N_ENTITIES:012d}" for i in range(N_ASKED)]
        took, scanned = [], []
        for entity_id in asked:
            began = time.perf_counter()
            entries = credit_record(workspace, entity_id)
            took.append(time.perf_counter() - began)
            scanned.append(_scan(workspace, entity_id))
            if len(entries) < 1 + N_INSPECTIONS // N_ENTITIES:
                raise RuntimeError(f"{entity_id}: only {len(entries)} entries")
        began = time.perf_counter()
        quality_report(workspace)
        quality = time.perf_counter() - began
        began = time.perf_counter()
        pairs = object_matches(workspace)
        matching = time.perf_counter() - began
        plain, merged = _merged(workspace, list(pairs["match_id"][:1000]))
        workspace.close()
    later, scan = statistics.median(took[1:]), statistics.median(scanned[1:])
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    held = f"{N_ENTITIES:,} entities, {N_INSPECTIONS + N_PENALTIES:,} records, 5 % of penalties corrected"
    common = {"n": N_ENTITIES, "peak_mb": peak, "limit_seconds": None}
    peer = {
        "peer": "DuckDB: the same entity's rows in the same files, no versions, no validity",
        "peer_seconds": round(scan, 3),
    }
    return [
        {"stage": "record: one of a million", "engine": f"credit_record, later calls; {held}", **common,
         "seconds": round(later, 3), "ratio": round(later / scan, 2), **peer},
        {"stage": "record: first call of a process", "engine": f"credit_record, rules compiled; {held}", **common,
         "seconds": round(took[0], 3), "ratio": round(took[0] / scan, 2), **peer},
        {"stage": "quality: report", "engine": f"quality_report; {held}", **common, "seconds": round(quality, 2),
         "ratio": None, "peer": None, "peer_seconds": None},
        {"stage": "registers: match list", "engine": f"object_matches, {len(pairs):,} pairs; {held}", **common,
         "seconds": round(matching, 2), "ratio": None, "peer": None, "peer_seconds": None},
        {"stage": "registers: reading with 1,000 merges", "engine": f"visits per entity out of the history; {held}",
         **common, "seconds": round(merged, 2), "ratio": round(merged / plain, 2),
         "peer": "the same read before the merges", "peer_seconds": round(plain, 2)},
    ]  # fmt: skip


def _merged(workspace: Workspace, match_ids: list[str]) -> tuple[float, float]:
    """Seconds to count visits per entity before and after the merges, the median of three reads each."""

    def read() -> float:
        took = []
        for _ in range(3):
            began = time.perf_counter()
            history = workspace.warehouse.history("inspections")
            history.group_by("entity_id").agg(n=history.count()).count().execute()
            took.append(time.perf_counter() - began)
        return statistics.median(took)

    plain = read()
    decide_matches(workspace, match_ids, merge=True, reason="bench", actor=ACTOR, clock=lambda: NOW)
    return plain, read()


def _load(root: Path, workspace: Workspace) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1500MB'")
        for table, (n, columns) in TABLES.items():
            connection.execute(
                f"COPY (SELECT {columns} FROM range({n}) t(i)) TO '{root / table}.parquet' (FORMAT parquet)"
            )
    ingest(workspace, [root / f"{table}.parquet" for table in TABLES], actor=ACTOR, clock=lambda: NOW)


def _scan(workspace: Workspace, entity_id: str) -> float:
    """Seconds that DuckDB needs for the rows of one entity in the files of all three tables."""
    began = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        for table in TABLES:
            paths = ", ".join(f"'{file.path}'" for file in workspace.warehouse.files("records", table=table))
            connection.execute(f"SELECT * FROM read_parquet([{paths}]) WHERE entity_id = '{entity_id}'").fetchall()
    return time.perf_counter() - began
