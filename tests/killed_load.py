"""A load in a process of its own that kills itself at its n-th call into the store; importable by that process."""

import multiprocessing
import os
import signal
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import FrameType

from engine.store.workspace import Workspace
from tests.small_sources import take_in

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.killed_load", "alembic.command", "alembic.config"])


def start_load(
    folder: Path, sources: tuple[Path, ...], *, stop: int = 0, count: Path | None = None
) -> ForkServerProcess:
    """Start a load that dies by SIGKILL at its ``stop``-th call into the store (0 = never).

    Parameters
    ----------
    count : file that receives the number of calls of a whole load.
    """
    process = _CONTEXT.Process(target=_load, args=(folder, sources, stop, count))
    process.start()
    return process


def _load(folder: Path, sources: tuple[Path, ...], stop: int, count: Path | None) -> None:
    seen = 0

    def step(frame: FrameType, event: str, _: object) -> None:
        nonlocal seen
        if event == "call" and "/engine/store/" in frame.f_code.co_filename:
            seen += 1
            if seen == stop:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(step)
    take_in(Workspace(folder), *sources)
    sys.setprofile(None)
    if count is not None:
        count.write_text(str(seen), encoding="utf-8")
