"""The benchmark's records: Parquet files of a million entities with ten records each, in no order.

A quarter of the inspection rows belong to a visit of two departments, so that visits have to be put together.
"""

from pathlib import Path

import duckdb

EACH = {"inspections": 6.0, "penalties": 1.5, "complaints": 1.5, "listings": 1.0}
"""Records per entity."""
VISIT = "(i - CASE WHEN i % 8 = 1 THEN 1 ELSE 0 END)"
STAMPS = """'uscc:' || lpad((hash({key}, 1) % {n})::VARCHAR, 12, '0') AS entity_id,
    DATE '2017-01-01' + (hash({key}, 2) % 3200)::INTEGER AS occurred_on,
    DATE '2017-01-01' + (hash({key}, 2) % 3200 + hash(i, 3) % 30)::INTEGER AS known_at,
    CASE WHEN hash(i, 12) % 50 = 0 THEN DATE '2024-06-01' + (hash(i, 13) % 700)::INTEGER END AS superseded_at"""
COLUMNS = {
    "inspections": """'i' || i AS inspection_id, 'v' || {key} AS visit_id,
        ['random', 'scheduled', 'directed'][(hash({key}, 5) % 3 + 1)::BIGINT] AS selection_mode,
        ['no_problem', 'no_problem', 'corrected', 'refused;corrected', 'no_activity'][(hash(i, 6) % 5 + 1)::BIGINT]
            AS result_codes,
        (hash(i, 7) % 3)::BIGINT AS violations_critical, (hash(i, 8) % 4)::BIGINT AS violations_major,
        (hash(i, 9) % 5)::BIGINT AS violations_minor,
        CASE WHEN hash(i, 10) % 3 > 0 THEN (hash(i, 11) % 60000) / 1000.0 END::DOUBLE AS severity_score""",
    "penalties": """'p' || i AS penalty_id,
        ['none', 'minor', 'ordinary', 'serious'][(hash(i, 4) % 4 + 1)::BIGINT] AS severity,
        (hash(i, 5) % 10000000)::BIGINT AS fine_fen, (hash(i, 6) % 1000000)::BIGINT AS confiscated_fen""",
    "complaints": "'c' || i AS complaint_id, [true, false, NULL][(hash(i, 4) % 3 + 1)::BIGINT] AS is_substantiated",
    "listings": """'l' || i AS listing_id,
        ['abnormal', 'serious_violation', 'judgment_defaulter'][(hash(i, 4) % 3 + 1)::BIGINT] AS list_type,
        CASE WHEN hash(i, 5) % 2 = 0 THEN DATE '2017-01-01' + (hash(i, 2) % 3200 + 400)::INTEGER END AS ended_on""",
}
ENTITIES = """SELECT 'uscc:' || lpad(i::VARCHAR, 12, '0') AS entity_id,
    DATE '1995-01-01' + (hash(i, 1) % 9000)::INTEGER AS occurred_on, DATE '2017-01-01' AS known_at,
    CAST(NULL AS DATE) AS superseded_at, 'enterprise' AS population,
    'ABCDEFGH'[(hash(i, 2) % 8 + 1)::BIGINT] || (10 + hash(i, 3) % 80) || '10' AS industry_code,
    'd' || hash(i, 4) % 20 AS district_code, 'street ' || hash(i, 5) % {n} AS address,
    (hash(i, 6) % 100000000000)::BIGINT AS registered_capital_fen,
    CASE WHEN hash(i, 7) % 10 > 0 THEN 'active' ELSE 'closed' END AS status FROM range({n}) AS r(i)"""


def make_records(folder: str | Path, *, n: int) -> None:
    """Write one file per table for ``n`` entities."""
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
    for name, each in EACH.items():
        key = VISIT if name == "inspections" else "i"
        stamps, columns = STAMPS.format(n=n, key=key), COLUMNS[name].format(key=key)
        _write(connection, Path(folder), name, f"SELECT {stamps}, {columns} FROM range({int(each * n)}) AS r(i)")
    _write(connection, Path(folder), "entities", ENTITIES.format(n=n))
    connection.close()


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, sql: str) -> None:
    connection.execute(f"COPY ({sql}) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
