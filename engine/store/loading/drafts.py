"""Drafts: rows of a contract table that wait for a decision, checked like a load but not yet records.

A draft is a file of the workspace, named by what it is and the digest of its rows; the ledger says who proposed it.
"""

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.contracts.findings import Finding, explain
from engine.contracts.schema import Contract
from engine.contracts.sql import identifier
from engine.contracts.translation import Source, direct_mapping
from engine.contracts.validation import checked_rows
from engine.errors import ContractViolationsError
from engine.store.duck import quieted, settings
from engine.store.loading.plans import Block, planned_sql
from engine.store.sources.readers import look_at
from engine.store.sources.written import SOURCES
from engine.store.workspaces.files import sha256_of

_FOLDER = "drafts"


def read_checked(path: Path, contract: Contract, *, scratch: Path) -> pd.DataFrame:
    """Return the rows of a source file in the contract's own layout, every one of them good.

    Parameters
    ----------
    scratch : empty folder for what reading needs.

    Raises
    ------
    SourceNotFoundError, ContractError
        It cannot be read.
    ContractViolationsError
        Rows break the contract; says the first.
    """
    source = look_at(path)
    direct = direct_mapping(contract, source=Source(source.name, "", source.columns))
    rows = planned_sql(Block(direct, source), contract, mapping="", staging=scratch)
    checked = checked_rows(contract, rows=rows, from_spreadsheet=source.is_spreadsheet)
    with quieted(duckdb.connect(":memory:", config=settings(scratch))) as connection:
        connection.execute(f"CREATE TEMP TABLE draft AS {checked}")
        broken = connection.execute(
            "SELECT source_line, findings FROM draft WHERE findings IS NOT NULL ORDER BY source_line"
        ).fetchall()
        (n_rows,) = connection.execute("SELECT count(*) FROM draft").fetchone() or (0,)
        if broken:
            line, findings = broken[0]
            first = findings[0]
            said = explain(Finding(first["check"], first["column"], first["value"]), contract)
            raise ContractViolationsError(
                table=f"{path.name}:{line}", n_bad=len(broken), n_rows=n_rows, first=said, findings=broken
            )
        columns = ", ".join(identifier(name) for name in contract.names)
        held = connection.execute(f"SELECT {columns} FROM draft ORDER BY source_line").to_arrow_table()
    return pd.DataFrame(held.to_pandas(date_as_object=True))


def write_draft(workspace: Path, rows: pd.DataFrame, *, table: str, name: str) -> tuple[str, str]:
    """Keep rows as a draft and return (path relative to the workspace, SHA-256 of the file)."""
    folder = workspace / SOURCES / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{table}-{name}.partial"
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), partial)
    digest = sha256_of(partial)
    path = folder / f"{table}-{name}-{digest[:10]}.parquet"
    partial.replace(path)
    return path.relative_to(workspace).as_posix(), digest


def read_draft(workspace: Path, path: str) -> pd.DataFrame:
    """Return the rows of a draft."""
    return pd.DataFrame(pq.read_table(workspace / path).to_pandas(date_as_object=True))
