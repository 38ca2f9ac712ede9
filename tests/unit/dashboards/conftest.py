"""Work that pages start is done at once here: no process, the desk's own clock; the main module stays."""

import sys
from collections.abc import Iterator

import pytest

from engine.api.desk import Desk
from engine.api.jobs import board as jobs
from engine.store.outputs.job_files import Job


@pytest.fixture(autouse=True)
def work_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def done(desk: Desk, job: Job, *, key: bytes | None) -> None:
        jobs.run_job(desk.folder, job.job_id, clock=desk.clock, key=key)

    monkeypatch.setattr(jobs, "_launch", done)


@pytest.fixture(autouse=True)
def _main_module_stays() -> Iterator[None]:
    """Keep the main module: the page's script stands in its place, and a process started later would run it."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before
