"""DuckDB in memory with bounded memory and threads; nothing is fetched from anywhere."""

import os
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from engine.messages import Message
from engine.pipeline.ports import Progress

MEMORY_LIMIT = "1500MB"
THREADS = 2
_LOOK_EVERY_SECONDS = 0.5


def settings(scratch: Path | None = None) -> dict[str, str | int | bool]:
    """Return the configuration of an in-memory DuckDB.

    Parameters
    ----------
    scratch : folder for what exceeds memory; None spills nowhere.

    Notes
    -----
    ``XINHENG_MEMORY_LIMIT`` (e.g. ``4GB``) and ``XINHENG_THREADS`` change the limits for a larger machine.
    """
    chosen: dict[str, str | int | bool] = {
        "memory_limit": os.environ.get("XINHENG_MEMORY_LIMIT", MEMORY_LIMIT),
        "threads": int(os.environ.get("XINHENG_THREADS", THREADS)),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    chosen["temp_directory"] = str(scratch) if scratch is not None else ""
    return chosen


def quieted(connection: Any) -> Any:
    """Return a DuckDB connection that prints no progress bar: stdout belongs to the JSON that other programs read."""
    _set_bar(connection, "enable_progress_bar = false")
    return connection


def _set_bar(connection: Any, setting: str) -> None:
    """Change how progress is shown; inside a notebook without widgets there is no bar, and DuckDB refuses the word."""
    with suppress(duckdb.InvalidInputException):
        connection.execute(f"SET {setting}")


def watched(connection: Any, sql: str, progress: Progress, message: Message) -> None:
    """Run one statement and report its share done, 0..1, while it runs."""
    _set_bar(connection, "enable_progress_bar = true")
    _set_bar(connection, "enable_progress_bar_print = false")
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(connection.execute, sql)
        try:
            while True:
                try:
                    running.result(timeout=_LOOK_EVERY_SECONDS)
                    break
                except StillRunning:
                    progress(message, min(max(connection.query_progress(), 0.0) / 100, 1.0))
        except KeyboardInterrupt:
            connection.interrupt()
            raise
    _set_bar(connection, "enable_progress_bar = false")
