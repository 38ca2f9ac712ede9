"""Rows that broke their contract: what waits, with every finding, and what was put right or left out for good."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from engine.contracts.sql import literal
from engine.store.decisions import FILES, LOADS
from engine.store.table_work import TAKEN_UP_COLUMNS
from engine.store.workspace import Workspace

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


def waiting_rows(workspace: Workspace, *, table: str | None = None, limit: int | None = None) -> list[WaitingRow]:
    """Return quarantined rows that nobody has settled, by load, table, file and line.

    Parameters
    ----------
    table : only rows meant for this table. limit : at most so many rows.

    Notes
    -----
    Cost: the quarantine files of all visible loads, up to the limit.
    """
    files = _paths(workspace, "quarantine")
    settled = [str(workspace.path / path) for path, _, _ in _paths(workspace, "settled")]
    done = f"SELECT * FROM read_parquet([{', '.join(map(literal, settled))}])" if settled else "FROM nothing"
    connection = workspace.warehouse.connection.con
    connection.execute(f"CREATE OR REPLACE TEMP TABLE nothing ({TAKEN_UP_COLUMNS})")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE no_rows ({_COLUMNS}, file_row_number BIGINT)")
    found: list[WaitingRow] = []
    for path, name, load_id in files:
        left = None if limit is None else limit - len(found)
        if left == 0:
            break
        if table not in (None, name):
            continue
        some = "" if left is None else f" LIMIT {left}"
        rows = connection.execute(
            "SELECT file_row_number, source_file, source_line, original, coalesce(mapped, '{}'), "
            "CAST(to_json(findings) AS VARCHAR) FROM (SELECT * FROM no_rows UNION ALL BY NAME SELECT * REPLACE ("
            "to_json(findings) AS findings) FROM "
            f"read_parquet({literal(str(workspace.path / path))}, file_row_number=true)) q ANTI JOIN "
            f"(SELECT row FROM ({done}) WHERE load_id = {literal(load_id)}) s ON s.row = q.file_row_number "
            f"ORDER BY source_file, source_line, file_row_number{some}"
        ).fetchall()
        found += [
            WaitingRow(load_id, name, row, file, line, original, json.loads(mapped), tuple(json.loads(findings)))
            for row, file, line, original, mapped, findings in rows
        ]
    return found


def _paths(workspace: Workspace, content: str) -> list[tuple[Path, str, str]]:
    query = (
        select(FILES.c.path, FILES.c.table_name, FILES.c.load_id)
        .join(LOADS, LOADS.c.load_id == FILES.c.load_id)
        .where(FILES.c.content == content, LOADS.c.is_visible)
        .order_by(LOADS.c.sequence, FILES.c.table_name)
    )
    with workspace.decisions.reading() as connection:
        return [(Path(row.path), row.table_name, row.load_id) for row in connection.execute(query)]
