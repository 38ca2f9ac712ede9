"""One writer at a time per workspace, across processes; a killed writer holds nothing."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.store.ledgers.decisions import Decisions

LOCK_NAME = ".lock"
DRAWS_LOCK = ".draws.lock"
MONTHLY_LOCK = ".monthly.lock"
JOBS_LOCK = ".jobs.lock"
_ADVISORY_KEY = 0x786E6865  # 'xnhe'
_ADVISORY_DRAWS = 0x786E6464  # 'xndd'
_ADVISORY_MONTHLY = 0x786E6D6D  # 'xnmm'


@contextmanager
def writer_lock(folder: Path, decisions: Decisions) -> Iterator[None]:
    """Hold the right to write Parquet files and manifest rows; waits for another writer.

    Parameters
    ----------
    folder : Path, the workspace; created if it is not there.
    decisions : the workspace's database; on PostgreSQL an advisory lock also covers writers on other machines.
    """
    with _locked(folder, LOCK_NAME), _advisory(decisions, _ADVISORY_KEY):
        yield


@contextmanager
def draws_lock(folder: Path, decisions: Decisions) -> Iterator[None]:
    """Hold the right to take a step in the life of a draw; taken before the writer's lock, never after it."""
    with _locked(folder, DRAWS_LOCK), _advisory(decisions, _ADVISORY_DRAWS):
        yield


@contextmanager
def monthly_lock(folder: Path, decisions: Decisions) -> Iterator[None]:
    """Hold the right to run the month; taken before the writer's lock, never after it."""
    with _locked(folder, MONTHLY_LOCK), _advisory(decisions, _ADVISORY_MONTHLY):
        yield


@contextmanager
def jobs_lock(folder: Path) -> Iterator[None]:
    """Hold the right to do long work for the pages on this machine; taken before every other lock."""
    with _locked(folder, JOBS_LOCK):
        yield


@contextmanager
def _advisory(decisions: Decisions, key: int) -> Iterator[None]:
    """Hold a lock of the server, which a connection that ends lets go; nothing where there is no server."""
    if decisions.engine.dialect.name != "postgresql":
        yield
        return
    with decisions.engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({key})")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({key})")


def _locked(folder: Path, name: str) -> IO[str]:
    """Return the open, locked lock file; the kernel releases it when it is closed or the process ends, however."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / name).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if os.fstat(lock.fileno()).st_ino == (folder / name).stat().st_ino:
                return lock
        except FileNotFoundError:
            pass  # the writer before us failed at its first write and removed the folder: start over
        lock.close()
