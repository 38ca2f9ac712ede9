"""A city that every page has something to show of; work that pages start is done at once: no process, the own clock.

The main module stays.

Streamlit looks through every installed package for components whenever a page is opened in a test; what it finds does
not change, so it looks once. After each run it looks through all of memory, of which a test session holds much: never.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.components.v2 import manifest_scanner

from engine.access.rights import Role
from engine.access.scope import scope_of
from engine.api.accounts import add_account
from engine.api.desk import Desk
from engine.api.jobs import board as jobs
from engine.api.marts.building import build_marts
from engine.api.marts.what_if import build_what_if
from engine.store.outputs.job_files import Job
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW
from tests.small_workspace import AS_OF, write_draw, write_measured
from tests.two_districts import HERE, write_two_districts

ROWS = {"all": scope_of(), "near": scope_of(districts=[HERE])}


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two districts with accounts of every role, over the whole and over one district, and the tables of the pages."""
    folder = tmp_path_factory.mktemp("city") / "workspace"
    write_two_districts(folder)
    write_measured(folder, AS_OF)
    write_draw(folder)
    workspace = Workspace(folder)
    for role in Role:
        for rows, scope in ROWS.items():
            name = f"{role.value}@{rows}"
            add_account(workspace, name, name=name, role=role, scope=scope, actor=ACTOR, clock=lambda: NOW)
    build_marts(workspace, actor=ACTOR, clock=lambda: NOW)
    build_what_if(workspace, as_of=AS_OF, profile="default", actor=ACTOR, clock=lambda: NOW)
    workspace.close()
    return folder


@pytest.fixture(scope="session", autouse=True)
def _components_found_once() -> Iterator[None]:
    config.set_option("runner.postScriptGC", False)
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
