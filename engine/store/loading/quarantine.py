"""Rows that broke their contract: what waits, with every finding, and what was put right or left out for good."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow.parquet as pq

from engine.contracts.findings import DIGITS_LOST
from engine.contracts.sql import literal
from engine.store.loading.table_work import TAKEN_UP
from engine.store.workspaces.warehouse import VisibleFile
from engine.store.workspaces.workspace import Workspace

_COLUMNS = "source_file VARCHAR, source_line BIGINT, original VARCHAR, mapped VARCHAR, findings JSON"


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One quarantined row as stored.

    Parameters
    ----------
    load_id, table : where it waits. row : its place in that load's quarantine file.
    source_file, source_line, original : where it came from and its text.
    mapped : contract column → text after the mapping; empty for a line that could not be split.
    findings : (check, column, value).
    """

    load_id: str
    table: str
    row: int
    source_file: str
    source_line: int
    original: str
    mapped: Mapping[str, str | None]
    findings: tuple[dict[str, str], ...]

    @property
    def key(self) -> str:
        """Names the row on a fix sheet."""
        return f"{self.load_id}|{self.row}"

    @property
    def cut(self) -> frozenset[str]:
        """Columns whose number has lost digits."""
        return frozenset(found["column"] for found in self.findings if found["check"] == DIGITS_LOST)

    @property
    def shown(self) -> Mapping[str, str | None]:
        """The cells of a fix sheet: empty where digits were lost, for nobody could confirm what a cell already says."""
        return {name: None if name in self.cut else text for name, text in self.mapped.items()}


def waiting_rows(workspace: Workspace, *, table: str | None = None, limit: int | None = None) -> list[WaitingRow]:
    """Return quarantined rows that nobody has settled, by load, table, file and line.

    Parameters
    ----------
    table : only rows meant for this table. limit : at most so many rows.

    Notes
    -----
    Cost: the quarantine files of all visible loads, up to the limit.
    """
    connection = workspace.warehouse.connection.con
    found: list[WaitingRow] = []
    for file, held in _waiting(workspace, table=table):
        left = None if limit is None else limit - len(found)
        if left == 0:
            break
        some = "" if left is None else f" LIMIT {left}"
        rows = connection.execute(
            "SELECT file_row_number, source_file, source_line, original, coalesce(mapped, '{}'), "
            f"CAST(to_json(findings) AS VARCHAR) FROM ({held}) "
            f"ORDER BY source_file, source_line, file_row_number{some}"
        ).fetchall()
        found += [
            WaitingRow(
                file.load_id, file.table, row, source, line, original, json.loads(mapped), tuple(json.loads(findings))
            )
            for row, source, line, original, mapped, findings in rows
        ]
    return found


def waiting_findings(workspace: Workspace) -> pd.DataFrame:
    """Return how many waiting rows break which check.

    Returns
    -------
    DataFrame, key (table, check, column): n_rows; a row that breaks several checks counts under each. Cost: the
    quarantine files of all visible loads.
    """
    parts = [
        f"SELECT {literal(file.table)} AS table_name, {literal(file.load_id)} AS load_id, file_row_number, "
        f"unnest(CAST(to_json(findings) AS JSON[])) AS found FROM ({held})"
        for file, held in _waiting(workspace)
    ]
    if not parts:
        return pd.DataFrame(columns=["table", "check", "column", "n_rows"])
    return workspace.warehouse.execute_sql(
        "SELECT table_name AS \"table\", found->>'check' AS \"check\", coalesce(found->>'column', '') AS \"column\", "
        f"count(DISTINCT (load_id, file_row_number)) AS n_rows FROM ({' UNION ALL '.join(parts)}) "
        "GROUP BY ALL ORDER BY n_rows DESC, 1, 2, 3"
    )


def hold_waiting_objects(workspace: Workspace, name: str) -> bool:
    """Hold a table of (table_name, entity_id, n_rows) of the waiting rows, entity_id null where a row names none.

    Returns
    -------
    Whether any file of quarantine was there to read. Cost: the quarantine files of all visible loads.
    """
    parts = [
        f"SELECT {literal(file.table)} AS table_name, json_extract_string(mapped, '$.entity_id') AS entity_id "
        f"FROM ({held})"
        for file, held in _waiting(workspace)
    ]
    if parts:
        workspace.warehouse.connection.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT table_name, entity_id, count(*) AS n_rows "
            f"FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL"
        )
    return bool(parts)


def _waiting(workspace: Workspace, *, table: str | None = None) -> Iterator[tuple[VisibleFile, str]]:
    """Yield every file of quarantine with the SQL of those of its rows that nobody has settled."""
    warehouse = workspace.warehouse
    connection = warehouse.connection.con
    connection.register("nothing", TAKEN_UP.empty_table())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE no_rows ({_COLUMNS}, file_row_number BIGINT)")
    settled: dict[str, list[str]] = {}
    for file in warehouse.files("settled"):
        settled.setdefault(file.table, []).append(literal(file.path))
    for file in warehouse.files("quarantine", table=table):
        paths = settled.get(file.table)
        done = f"SELECT * FROM read_parquet([{', '.join(paths)}])" if paths else "FROM nothing"
        yield (
            file,
            "SELECT q.* FROM (SELECT * FROM no_rows UNION ALL BY NAME SELECT * REPLACE ("
            "to_json(findings) AS findings) FROM "
            f"read_parquet({literal(file.path)}, file_row_number=true)) q ANTI JOIN "
            f"(SELECT row FROM ({done}) WHERE load_id = {literal(file.load_id)}) s ON s.row = q.file_row_number",
        )


def settled_rows(workspace: Workspace, *, table: str) -> set[tuple[str, int]]:
    """Return (load, row) of every quarantined row of a table that was put right or left out for good."""
    files = workspace.warehouse.files("settled", table=table)
    parts = [pq.read_table(file.path, columns=["load_id", "row"]) for file in files]
    return {(row["load_id"], row["row"]) for part in parts for row in part.to_pylist()}
