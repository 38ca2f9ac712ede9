"""Long work: asked at a desk, done by a process of its own, followed by its record; a dead process is said dead."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine.access.rights import Role
from engine.access.scope import scope_of
from engine.api.accounts import add_account, grant_account
from engine.api.desk import Action, Desk
from engine.api.jobs import board as jobs_module
from engine.api.jobs.board import Job, JobState, job, jobs, run_job, start_again, start_job
from engine.api.jobs.kinds import KEYED
from engine.errors import AccessError, UsageError
from engine.store.outputs.job_files import read_job, read_jobs, write_job
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW
from tests.two_districts import HERE, write_two_districts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_two_districts(tmp_path / "ws")
    return tmp_path / "ws"


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Keep the calls instead of starting processes."""
    calls: list[list[str]] = []

    class Started:
        pid, stdin = os.getpid(), None

        def __init__(self, call: list[str], **_: object) -> None:
            calls.append(call)

        def poll(self) -> None:
            return None

    monkeypatch.setattr("engine.api.jobs.board.subprocess.Popen", Started)
    return calls


def desk(folder: Path, account: str = "analyst@whole") -> Desk:
    return Desk.of(folder, account, clock=lambda: NOW)


def test_the_work_is_done_by_another_process_and_its_record_says_what_came_of_it(folder: Path) -> None:
    made = start_job(desk(folder), "marts")
    for _ in range(300):
        found = read_job(folder, made.job_id)
        if found.state in (JobState.DONE, JobState.FAILED):
            break
        time.sleep(0.2)

    assert found.state is JobState.DONE, found.problem
    assert found.share == 1.0
    assert found.result["n_rows"] > 0
    assert found.pid != made.pid
    workspace = Workspace(folder)
    assert [each.job_id for each in jobs(workspace)] == [made.job_id]
    assert workspace.ledger.entries(action="run.marts")[0].actor == "analyst of whole"
    workspace.close()


def test_what_is_under_way_is_not_started_twice(folder: Path, held_back: list[list[str]]) -> None:
    first, second = start_job(desk(folder), "marts"), start_job(desk(folder), "marts")

    assert first.job_id == second.job_id
    assert len(held_back) == 1
    run_job(folder, first.job_id)
    assert start_job(desk(folder), "marts").job_id != first.job_id


def test_a_person_without_the_right_starts_nothing(folder: Path, held_back: list[list[str]]) -> None:
    with pytest.raises(AccessError):
        start_job(desk(folder, "inspector@here"), "marts")
    with pytest.raises(UsageError):
        start_job(desk(folder), "anything")
    assert (held_back, read_jobs(folder)) == ([], ())


def test_a_right_lost_before_the_work_began_stops_it(folder: Path, held_back: list[list[str]]) -> None:
    made = start_job(desk(folder), "marts")
    workspace = Workspace(folder)
    grant_account(workspace, "analyst@whole", role=Role.AUDITOR, scope=scope_of(), actor=ACTOR, clock=lambda: NOW)
    workspace.close()

    done = run_job(folder, made.job_id)

    assert done.state is JobState.FAILED
    assert "Not permitted" in done.problem


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.RUNNING])
def test_a_job_whose_process_died_has_stopped_and_says_what_to_do(
    state: JobState, folder: Path, held_back: list[list[str]]
) -> None:
    made = start_job(desk(folder), "marts")
    write_job(folder, replace(made, state=state, pid=2**22 + 1))
    found = read_job(folder, made.job_id)

    assert found.state is JobState.STOPPED
    assert not found.is_under_way
    assert "start it again" in found.problem
    again = start_again(desk(folder), made.job_id)
    assert (again.kind, dict(again.asked)) == (made.kind, dict(made.asked))
    assert again.job_id != made.job_id
    assert len(held_back) == 2


def test_another_process_that_got_the_number_meanwhile_is_not_the_job(folder: Path, held_back: list[list[str]]) -> None:
    made = start_job(desk(folder), "marts")
    assert read_job(folder, made.job_id).state is JobState.WAITING
    held = json.loads((folder / "jobs" / f"{made.job_id}.json").read_text(encoding="utf-8"))
    write_job(folder, Job(**{**held, "state": JobState.RUNNING, "since": held["since"] + 1}))

    assert read_job(folder, made.job_id).state is JobState.STOPPED


def test_a_process_that_dies_before_its_work_begins_is_seen_dead(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = subprocess.Popen
    monkeypatch.setattr(
        "engine.api.jobs.board.subprocess.Popen",
        lambda _call, **options: started([sys.executable, "-c", "raise SystemExit(1)"], **options),
    )
    made = start_job(desk(folder), "marts")
    jobs_module._started[-1].wait(timeout=60)

    assert read_job(folder, made.job_id).state is JobState.STOPPED
    assert run_job(folder, made.job_id).state is JobState.DONE  # by hand, as 'xinheng jobs run' does


def test_only_what_stopped_or_failed_and_needs_no_key_is_started_again(
    folder: Path, held_back: list[list[str]]
) -> None:
    waiting = start_job(desk(folder), "marts")
    with pytest.raises(UsageError):
        start_again(desk(folder), waiting.job_id)
    for kind in KEYED:
        write_job(folder, replace(waiting, kind=kind, state=JobState.FAILED))
        with pytest.raises(UsageError):
            start_again(desk(folder), waiting.job_id)
    write_job(folder, replace(waiting, state=JobState.FAILED))
    with pytest.raises(AccessError):
        start_again(desk(folder, "inspector@here"), waiting.job_id)


def test_work_about_an_object_is_for_whoever_sees_it(folder: Path, held_back: list[list[str]]) -> None:
    asked = {"run_id": "monthly-none", "entity_id": "reg:3"}
    with pytest.raises(AccessError):
        start_job(desk(folder, "inspector@here"), "rescore", **asked)
    made = start_job(desk(folder, "inspector@there"), "rescore", **asked)
    done = run_job(folder, made.job_id)
    assert done.state is JobState.FAILED  # there is no such run
    for account, seen in (("leader@here", []), ("leader@there", [made.job_id]), ("leader@whole", [made.job_id])):
        with desk(folder, account).reading(Action.SEE_ENTITIES) as workspace:
            assert [each.job_id for each in jobs(workspace)] == seen
            if not seen:
                with pytest.raises(UsageError):
                    job(workspace, made.job_id)


def test_work_that_counts_every_district_is_for_whoever_sees_them_all(folder: Path, held_back: list[list[str]]) -> None:
    workspace = Workspace(folder)
    for account, districts in (("draw_officer@here", [HERE]), ("draw_officer@whole", [])):
        scope = scope_of(districts=districts)
        add_account(
            workspace, account, name=account, role=Role.DRAW_OFFICER, scope=scope, actor=ACTOR, clock=lambda: NOW
        )
    workspace.close()
    with pytest.raises(AccessError, match="every district"):
        start_job(desk(folder, "draw_officer@here"), "preview_draw", draw_id="D1")
    made = start_job(desk(folder, "draw_officer@whole"), "preview_draw", draw_id="D1")
    for account, seen in (("draw_officer@here", []), ("draw_officer@whole", [made.job_id])):
        with desk(folder, account).reading(Action.COMMIT_DRAW) as workspace:
            assert [each.job_id for each in jobs(workspace)] == seen


@pytest.mark.parametrize("name", ["../../etc/passwd", "marts-20260701T090000-zzzzzz", "marts-20260701T090000-abcdef"])
def test_a_name_that_is_no_job_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(UsageError):
        read_job(folder, name)


def test_an_unknown_draw_fails_with_its_sentence(folder: Path, held_back: list[list[str]]) -> None:
    made = start_job(desk(folder), "verify_draw", draw_id="none")

    done = run_job(folder, made.job_id)

    assert done.state is JobState.FAILED
    assert done.problem
    assert read_job(folder, made.job_id) == done


def test_a_signing_key_goes_through_a_pipe_and_is_written_nowhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = folder / "heard"
    script = f"import sys, pathlib; pathlib.Path({str(heard)!r}).write_bytes(sys.stdin.buffer.read())"
    started, calls = subprocess.Popen, []

    def start(call: list[str], **options: object) -> object:
        calls.append(call)
        return started([sys.executable, "-c", script], **options)  # type: ignore[call-overload]

    monkeypatch.setattr("engine.api.jobs.board.subprocess.Popen", start)
    made = start_job(desk(folder), "what_if", key=b"secret key", as_of="2026-06-30")
    jobs_module._started[-1].wait(timeout=60)

    assert heard.read_bytes() == b"secret key"
    assert "--key-on-stdin" in calls[0]
    heard.unlink()
    assert b"secret key" not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert "secret key" not in " ".join(calls[0])
    assert read_job(folder, made.job_id).asked == made.asked
