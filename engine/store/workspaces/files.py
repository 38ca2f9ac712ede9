"""Immutable Parquet files: written aside, made durable, moved into place, counted only by the manifest."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

_BLOCK = 1 << 20
PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file as the manifest knows it.

    Parameters
    ----------
    path : str, relative to the workspace, with forward slashes.
    table : str. content : str, ``records``, ``quarantine`` or ``results``.
    sha256 : str, hex. n_rows, n_bytes : int.
    first_known_at, last_known_at : date or None, bounds of ``known_at`` in it.
    """

    path: str
    table: str
    content: str
    sha256: str
    n_rows: int
    n_bytes: int
    first_known_at: date | None = None
    last_known_at: date | None = None


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def n_rows(path: Path) -> int:
    """Return the number of rows of a Parquet file, from its footer."""
    return int(pq.read_metadata(path).num_rows)


def settle(partial: Path, *, workspace: Path, table: str, content: str) -> StoredFile:
    """Make ``<name>.parquet.partial`` durable and move it to ``<name>.parquet``; return its manifest entry."""
    final = partial.with_name(partial.name.removesuffix(PARTIAL))
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    footer = pq.read_metadata(final)
    first, last = _bounds(footer)
    return StoredFile(
        path=final.relative_to(workspace).as_posix(),
        table=table,
        content=content,
        sha256=sha256_of(final),
        n_rows=footer.num_rows,
        n_bytes=final.stat().st_size,
        first_known_at=first,
        last_known_at=last,
    )


def _bounds(footer: pq.FileMetaData) -> tuple[date | None, date | None]:
    names = footer.schema.names
    if "known_at" not in names or not footer.num_row_groups:
        return None, None
    at = names.index("known_at")
    parts = [footer.row_group(group).column(at).statistics for group in range(footer.num_row_groups)]
    held = [part for part in parts if part is not None and part.has_min_max and isinstance(part.min, date)]
    if not held:
        return None, None
    return min(part.min for part in held), max(part.max for part in held)


def sweep(folders: Iterable[Path], *, workspace: Path, known: set[str]) -> int:
    """Delete Parquet files that no manifest row names (left by a killed process); return how many.

    The caller holds the writer lock, so none of them can belong to work in progress.
    """
    orphans = [
        path
        for folder in folders
        if folder.is_dir()
        for pattern in ("*.parquet", f"*.parquet{PARTIAL}")
        for path in folder.rglob(pattern)
        if path.relative_to(workspace).as_posix() not in known
    ]
    for path in orphans:
        path.unlink()
    return len(orphans)
