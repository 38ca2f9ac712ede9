"""A load or a reversal in a process of its own that dies by SIGKILL; importable by that process."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import FrameType

from engine.api.records.intake import reverse
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW, take_in

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.killed_load", "alembic.command", "alembic.config"])


def start_load(
    folder: Path,
    sources: tuple[Path, ...],
    *,
    stop: int | str = 0,
    count: Path | None = None,
    began: Path | None = None,
    database_url: str | None = None,
) -> ForkServerProcess:
    """Start a load that dies by SIGKILL at its ``stop``-th call into the store, or its first of that name (0 = never).

    Parameters
    ----------
    count : file that receives the number of calls of a whole load. began : file that appears when the load begins.
    """
    return _started(_load, folder, sources, stop, count, began, database_url)


def start_reversal(
    folder: Path,
    load_id: str,
    *,
    stop: int | str = 0,
    count: Path | None = None,
    began: Path | None = None,
    database_url: str | None = None,
) -> ForkServerProcess:
    """Start a reversal that dies like a load of :func:`start_load`."""
    return _started(_reverse, folder, load_id, stop, count, began, database_url)


def _started(target: Callable[..., None], *words: object) -> ForkServerProcess:
    process = _CONTEXT.Process(target=target, args=words)
    process.start()
    return process


def _load(folder: Path, sources: tuple[Path, ...], *how: object) -> None:
    _counted(folder, lambda workspace: take_in(workspace, *sources), *how)


def _reverse(folder: Path, load_id: str, *how: object) -> None:
    _counted(folder, lambda w: reverse(w, load_id, reason="killed", actor=ACTOR, clock=lambda: NOW), *how)


def _counted(
    folder: Path,
    work: Callable[[Workspace], object],
    stop: int | str,
    count: Path | None,
    began: Path | None,
    database_url: str | None,
) -> None:
    seen = 0

    def step(frame: FrameType, event: str, _: object) -> None:
        nonlocal seen
        if event == "call" and "/engine/store/" in frame.f_code.co_filename:
            seen += 1
            if stop in (seen, frame.f_code.co_name):
                os.kill(os.getpid(), signal.SIGKILL)

    workspace = Workspace(folder, database_url=database_url)
    if began is not None:
        began.touch()
    if stop or count is not None:
        sys.setprofile(step)
    work(workspace)
    sys.setprofile(None)
    if count is not None:
        count.write_text(str(seen), encoding="utf-8")
