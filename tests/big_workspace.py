"""A workspace of a million objects in a minute: the demonstration's, every object many times.

Each row about an object is repeated under further identifiers, strata and samples grow by the same factor, so that
every rate, share and probability stays what it was, and the certificate grows by its visits. The bundle of the draw is
not drawn again: it does not verify, and nothing here measures that.
"""

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from models.demonstrations.city import demonstrate_city

SEED, YEARS = 7, 3
_IDS = (
    "entity_id",
    "visit_id",
    "object_id",
    "inspection_id",
    "penalty_id",
    "listing_id",
    "complaint_id",
    "repair_id",
    "listing_event_id",
)
_KEYS = _IDS + ("result_id", "document_number", "licence_id", "record_id")
_COUNTS = ("n_units", "n_drawn", "n_entities")


def write_big(path: Path, *, n_entities: int, times: int) -> None:
    """Make the workspace at ``path``: ``n_entities`` of the demonstration, each ``times`` times."""
    demonstrate_city(path, n_entities=n_entities, years=YEARS, seed=SEED)
    for file in sorted((path / "tables").glob("*/*.parquet")):
        _repeat(file, times)
    for certificate in (path / "draws").glob("*/certificate.json"):
        told = json.loads(certificate.read_text(encoding="utf-8"))
        told["visits"] = {f"{name}{at:03d}": v for name, v in told["visits"].items() for at in range(times)}
        for cell in told["result"].values():
            cell["n"] *= times
        certificate.write_text(json.dumps(told), encoding="utf-8")


def _repeat(file: Path, times: int) -> None:
    """Write a table's file anew with every row about an object repeated."""
    names = pq.read_schema(file).names
    if "entity_id" not in names:
        grown = [name for name in _COUNTS if name in names]
        if not grown:
            return
        columns = ", ".join(f"CAST({n} * {times} AS BIGINT) AS {n}" if n in grown else n for n in names)
        query = f"SELECT {columns} FROM read_parquet('{file}')"
    else:
        keys = [name for name in _KEYS if name in names]
        if file.parent.name == "teams":
            keys.append("inspector_code")  # as many officers more as there are visits more
        columns = ", ".join(
            f"CASE WHEN nth = 0 OR {n} IS NULL THEN {n} ELSE {n} || '-' || nth END AS {n}" if n in keys else f'"{n}"'
            for n in names
        )
        query = f"SELECT {columns} FROM read_parquet('{file}'), range({times}) r(nth)"
    partial = file.with_suffix(".grown")
    connection = duckdb.connect()
    connection.execute(f"COPY ({query}) TO '{partial}' (FORMAT parquet)")
    connection.close()
    partial.replace(file)
