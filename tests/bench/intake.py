"""Ten million inspection rows from CSV with all checks on, beside DuckDB's own CSV-to-Parquet copy of the same file.

Every measurement is a process of its own on two threads; its peak memory is what the kernel says of that process.
The copy converts the same columns to the same types and checks nothing.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from engine.contracts.sql import SQL_TYPES
from engine.store.documents import load_contracts

N_ROWS = int(os.environ.get("XINHENG_BENCH_ROWS", "10_000_000"))
N_RUNS = 3
LIMIT_RATIO = 4.0
LIMIT_MB = 2_000
INSPECTIONS = """SELECT 'JC' || lpad(i::VARCHAR, 9, '0') AS inspection_id,
    'V' || lpad((i // 2)::VARCHAR, 9, '0') AS visit_id,
    'uscc:' || lpad((hash(i, 1) % 1000000)::VARCHAR, 18, '9') AS entity_id, 'item-' || hash(i, 2) % 40 AS item_code,
    'dept-' || hash(i, 3) % 16 AS department_code,
    CASE WHEN i % 3 = 0 THEN 'random' ELSE 'scheduled' END AS selection_mode,
    CASE WHEN i % 3 = 0 THEN 'draw-' || hash(i, 4) % 60 END AS draw_id,
    CASE WHEN i % 3 = 0 THEN 'item|330602|' || 'ABCD'[(hash(i, 5) % 4 + 1)::BIGINT] END AS stratum,
    CASE WHEN i % 3 = 0 THEN ((hash(i, 6) % 99) + 1) / 100.0 END AS design_probability,
    CASE WHEN i % 3 = 0 THEN ((hash(i, 6) % 99) + 1) / 100.0 END AS inclusion_probability,
    ['no_problem', 'no_problem', 'corrected', 'pending;corrected', 'no_activity'][(hash(i, 7) % 5 + 1)::BIGINT]
        AS result_codes,
    (hash(i, 8) % 3)::BIGINT AS violations_critical, (hash(i, 9) % 4)::BIGINT AS violations_major,
    (hash(i, 10) % 5)::BIGINT AS violations_minor, (hash(i, 11) % 60000) / 1000.0 AS severity_score,
    'insp-' || hash(i, 12) % 900 AS inspector_code, 'onsite' AS check_method,
    DATE '2017-01-01' + (hash(i, 13) % 3200)::INTEGER AS occurred_on,
    DATE '2017-01-01' + (hash(i, 13) % 3200 + hash(i, 14) % 30)::INTEGER AS known_at
    FROM range({n}) AS r(i)"""
_COPY = """import duckdb, sys
source, target, columns, folder = sys.argv[1:]
with duckdb.connect(config={"threads": 2, "memory_limit": "1500MB", "temp_directory": folder}) as connection:
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"COPY (SELECT * FROM read_csv('{source}', header=true, columns={columns})) "
                       f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
"""
_LOAD = """import sys
from datetime import UTC, datetime
from pathlib import Path
from engine.api.records.intake import ingest
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace
workspace = Workspace(Path(sys.argv[2]))
began = []
def progress(message, share=None):
    if "-v" in sys.argv:
        import time
        sys.stderr.write(f"{time.perf_counter():.1f} {message} {share}\\n")
report = ingest(workspace, [Path(sys.argv[1])], actor=Actor("bench", "analyst"),
                clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), progress=progress)
(load,) = report.loads
sys.stdout.write(f"{load.rows_in} {load.accepted} {load.quarantined} {load.duplicates}")
"""


def measured(program: str, *words: str) -> tuple[float, float, str]:
    """Run a program in a process of its own and return seconds, peak MB and what it printed."""
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"a measured process failed with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024, said


def rows() -> list[dict]:
    """Return the measurements of one run: load and copy alternate, medians of both."""
    contract = load_contracts()["inspections"]
    types = ", ".join(f"'{column.name}': '{SQL_TYPES[column.logical_type]}'" for column in contract.columns)
    with tempfile.TemporaryDirectory(dir=os.environ.get("XINHENG_BENCH_FOLDER")) as name:
        folder = Path(name)
        source = folder / "inspections.csv"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({INSPECTIONS.format(n=N_ROWS)}) TO '{source}' (HEADER)")
        copies, loads = [], []
        for run in range(N_RUNS):
            copies.append(measured(_COPY, str(source), f"{folder}/copy.parquet", f"{{{types}}}", name))
            loads.append(measured(_LOAD, str(source), f"{folder}/ws{run}"))
            if loads[-1][2] != f"{N_ROWS} {N_ROWS} 0 0":
                sys.exit(f"rows were lost: {loads[-1][2]}")
        seconds, peer = (statistics.median(s for s, _, _ in runs) for runs in (loads, copies))
        ratio = statistics.median(load[0] / copy[0] for load, copy in zip(loads, copies, strict=True))
    return [
        {
            "stage": "intake_csv",
            "engine": "ingest of inspections.csv, every check of the contract on",
            "n": N_ROWS,
            "seconds": round(seconds, 1),
            "peak_mb": round(max(peak for _, peak, _ in loads)),
            "limit_seconds": round(LIMIT_RATIO * peer, 1),
            "ratio": round(ratio, 2),
            "peer": "DuckDB COPY of the same CSV to Parquet, columns typed, nothing checked",
            "peer_seconds": round(peer, 1),
        }
    ]
