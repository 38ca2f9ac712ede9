"""Source files that the system itself writes, so that everything enters by the same door."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SOURCES = "sources"


def write_source(workspace: Path, rows: pd.DataFrame, *, table: str, name: str) -> Path:
    """Write rows as a source file of a contract table and return its path.

    Parameters
    ----------
    workspace : folder of the workspace.
    rows : columns of the contract table.
    table : contract table. name : what tells this file from others of the table, e.g. a draw id.
    """
    folder = workspace / SOURCES / "entered"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table}-{name}.parquet"
    partial = path.with_suffix(".partial")
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), partial)
    partial.replace(path)
    return path
