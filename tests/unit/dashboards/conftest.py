"""Work that pages start is done at once here: no process, the desk's own clock; the main module stays.

Streamlit looks through every installed package for components whenever a page is opened in a test; what it finds does
not change, so it looks once.
"""

import sys
from collections.abc import Iterator

import pytest
from streamlit.components.v2 import manifest_scanner

from engine.api.desk import Desk
from engine.api.jobs import board as jobs
from engine.store.outputs.job_files import Job


@pytest.fixture(scope="session", autouse=True)
def _components_found_once() -> Iterator[None]:
    look = manifest_scanner.scan_component_manifests
    found = look()
    manifest_scanner.scan_component_manifests = lambda *_args, **_asked: list(found)
    yield
    manifest_scanner.scan_component_manifests = look


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
