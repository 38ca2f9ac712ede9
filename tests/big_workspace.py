"""A workspace of a million objects in minutes: that of a city that lived some months, every object many times.

Each row about an object is repeated under further identifiers, strata and samples grow by the same factor, so that
every rate, share and probability stays what it was, and the certificate grows by its visits. The bundle of the draw is
not drawn again: it does not verify, and nothing here measures that.
"""

import json
import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from engine.api.desk import china_time
from engine.store.workspaces.workspace import Workspace
from tests.plan_world import BAO

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
    "punishment_id",
    "punishment_event_id",
    "warning_id",
)
_KEYS = _IDS + ("result_id", "document_number", "licence_id", "record_id")
_COUNTS = ("n_units", "n_drawn", "n_entities")
_SELDOM = {"punishments": 8}
"""Table to one over the share of the copies of an object that have its rows: a twentieth of a city is not punished."""


def write_big(city: Path, path: Path, *, times: int) -> None:
    """Make the workspace at ``path``: that of ``city``, every object ``times`` times.

    What was stored for the pages of the small city holds no more: an entry of the ledger says that records came in.
    """
    shutil.copytree(city, path)
    for file in sorted((path / "tables").glob("*/*.parquet")):
        _repeat(file, max(1, times // _SELDOM.get(file.parent.name, 1)))
    for certificate in (path / "draws").glob("*/certificate.json"):
        told = json.loads(certificate.read_text(encoding="utf-8"))
        told["visits"] = {f"{name}{at:03d}": v for name, v in told["visits"].items() for at in range(times)}
        for cell in told["result"].values():
            cell["n"] *= times
        certificate.write_text(json.dumps(told), encoding="utf-8")
    grown = Workspace(path)
    grown.ledger.append("load.grown", subject=path.name, content={"times": times}, actor=BAO, at=china_time())
    grown.close()


def _repeat(file: Path, times: int) -> None:
    """Write a table's file anew with every row about an object repeated."""
    names = pq.read_schema(file).names
    if "entity_id" not in names:
        grown = [name for name in _COUNTS if name in names]
        if not grown:
            return
        columns = ", ".join(f'CAST("{n}" * {times} AS BIGINT) AS "{n}"' if n in grown else f'"{n}"' for n in names)
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
