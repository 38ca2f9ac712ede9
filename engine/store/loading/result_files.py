"""Files of results: their rows as text with line numbers, and the refused ones kept until entered right."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from engine.contracts.sql import identifier
from engine.contracts.translation import FILE, LINE
from engine.messages import Message
from engine.store.duck import quieted, settings
from engine.store.ledgers.ledger import digest_of
from engine.store.sources.readers import look_at, rejected_lines, relation
from engine.store.sources.written import SOURCES, write_source

REFUSED = "refused_results"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a file: its line (1 = first of the file) and cells as text; a broken line is its only cell."""

    line: int
    cells: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that was not taken: where it came from, its cells, the rule it breaks, said and with reference.

    ``kept_in`` names the file that keeps it, and so the entry of the ledger; empty before it is kept.
    """

    source: str
    line: int
    cells: dict[str, str | None]
    rule: str
    sentence: Message
    reference: str
    kept_in: str = ""


def read_rows(path: Path) -> list[SourceRow]:
    """Return the rows of a CSV, XLSX or Parquet file as text, by line; lines that cannot be split are rows too.

    Raises
    ------
    SourceNotFoundError, ContractError
        The file is not there or cannot be read.
    """
    source = look_at(path)
    columns = [name for name in source.columns if name not in (FILE, LINE)]
    cast = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in columns)
    with tempfile.TemporaryDirectory() as folder, quieted(duckdb.connect(config=settings())) as connection:
        staging = Path(folder)
        rows = relation(source, staging=staging)
        read = connection.execute(f"SELECT {identifier(LINE)}, {cast} FROM ({rows}) ORDER BY 1").fetchall()
        broken = rejected_lines(source, staging=staging)
        lines = connection.execute(f"SELECT line, text FROM ({broken}) ORDER BY 1").fetchall() if broken else []
    found = [SourceRow(int(line), dict(zip(columns, cells, strict=True))) for line, *cells in read]
    return sorted(found + [SourceRow(int(line), {"": text}) for line, text in lines], key=lambda row: row.line)


def keep_refused(workspace: Path, rows: Sequence[RefusedRow]) -> Path:
    """Write refused rows, all their cells and why; the same rows again are the same file."""
    written = [
        {
            "source": row.source,
            "line": row.line,
            "entity_id": row.cells.get("entity_id"),
            "cells": json.dumps(row.cells, ensure_ascii=False),
            "rule": row.rule,
            "template": row.sentence.template,
            "params": json.dumps(row.sentence.params, ensure_ascii=False, default=str),
            "reference": row.reference,
        }
        for row in rows
    ]
    return write_source(workspace, pd.DataFrame(written), table=REFUSED, name=digest_of(written)[:16])


def refused_rows(workspace: Path) -> list[RefusedRow]:
    """Return every row that was ever refused, by file."""
    found = []
    for path in sorted((workspace / SOURCES / "entered").glob(f"{REFUSED}-*.parquet")):
        for row in pq.read_table(path).to_pylist():
            template, params = str(row["template"]), json.loads(row["params"])
            sentence = Message(template, params)
            found.append(
                RefusedRow(
                    row["source"],
                    row["line"],
                    json.loads(row["cells"]),
                    row["rule"],
                    sentence,
                    row["reference"],
                    path.stem,
                )  # fmt: skip
            )
    return found
