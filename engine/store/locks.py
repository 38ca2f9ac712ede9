"""One writer at a time per workspace, across processes; a killed writer holds nothing."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.store.decisions import Decisions

LOCK_NAME = ".lock"
_ADVISORY_KEY = 0x786E6865  # 'xnhe'


@contextmanager
def writer_lock(folder: Path, decisions: Decisions) -> Iterator[None]:
    """Hold the right to write Parquet files and manifest rows; waits for another writer.

    Parameters
    ----------
    folder : Path, the workspace; created if it is not there.
    decisions : the workspace's database; on PostgreSQL an advisory lock also covers writers on other machines.
    """
    with _locked(folder):
        if decisions.engine.dialect.name != "postgresql":
            yield
            return
        with decisions.engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ADVISORY_KEY})")
            try:
                yield
            finally:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_ADVISORY_KEY})")


def _locked(folder: Path) -> IO[str]:
    """Return the open, locked lock file; the kernel releases it when it is closed or the process ends, however."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK_NAME).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if os.fstat(lock.fileno()).st_ino == (folder / LOCK_NAME).stat().st_ino:
                return lock
        except FileNotFoundError:
            pass  # the writer before us failed at its first write and removed the folder: start over
        lock.close()
