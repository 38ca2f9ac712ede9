"""Work that pages start is done at once here: no process, the same code, the desk's own clock."""

import pytest

from engine.api import jobs
from engine.api.desk import Desk
from engine.store.job_files import Job


@pytest.fixture(autouse=True)
def work_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def done(desk: Desk, job: Job, *, key: bytes | None) -> None:
        jobs.run_job(desk.folder, job.job_id, clock=desk.clock, key=key)

    monkeypatch.setattr(jobs, "_launch", done)
