"""Rows that broke their contract: what waits, with every finding, and what was put right or left out for good."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow.parquet as pq

from engine.contracts.findings import DIGITS_LOST
from engine.contracts.sql import literal
from engine.store.loading.table_work import TAKEN_UP
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
    warehouse = workspace.warehouse
    connection = warehouse.connection.con
    connection.register("nothing", TAKEN_UP.empty_table())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE no_rows ({_COLUMNS}, file_row_number BIGINT)")
    settled: dict[str, list[str]] = {}
    for file in warehouse.files("settled"):
        settled.setdefault(file.table, []).append(literal(file.path))
    found: list[WaitingRow] = []
    for file in warehouse.files("quarantine", table=table):
        left = None if limit is None else limit - len(found)
        if left == 0:
            break
        paths = settled.get(file.table)
        done = f"SELECT * FROM read_parquet([{', '.join(paths)}])" if paths else "FROM nothing"
        some = "" if left is None else f" LIMIT {left}"
        rows = connection.execute(
            "SELECT file_row_number, source_file, source_line, original, coalesce(mapped, '{}'), "
            "CAST(to_json(findings) AS VARCHAR) FROM (SELECT * FROM no_rows UNION ALL BY NAME SELECT * REPLACE ("
            "to_json(findings) AS findings) FROM "
            f"read_parquet({literal(file.path)}, file_row_number=true)) q ANTI JOIN "
            f"(SELECT row FROM ({done}) WHERE load_id = {literal(file.load_id)}) s ON s.row = q.file_row_number "
            f"ORDER BY source_file, source_line, file_row_number{some}"
        ).fetchall()
        found += [
            WaitingRow(
                file.load_id, file.table, row, source, line, original, json.loads(mapped), tuple(json.loads(findings))
            )
            for row, source, line, original, mapped, findings in rows
        ]
    return found


def settled_rows(workspace: Workspace, *, table: str) -> set[tuple[str, int]]:
    """Return (load, row) of every quarantined row of a table that was put right or left out for good."""
    files = workspace.warehouse.files("settled", table=table)
    parts = [pq.read_table(file.path, columns=["load_id", "row"]) for file in files]
    return {(row["load_id"], row["row"]) for part in parts for row in part.to_pylist()}
