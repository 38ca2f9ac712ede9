"""Long work apart from the pages: asked for at a desk, done by a process of its own, followed by its record.

A page starts a job and shows how far it is; who asks again for what is already under way gets the same job. Jobs of one
workspace run one after another, so that memory stays bounded however many people ask. A job whose process died says so
and can be started again.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.api.desk import Desk, china_time
from engine.api.jobs.kinds import ABOUT, KEYED, KINDS, WHOLE, Call
from engine.api.workspace import open_workspace
from engine.errors import AccessError, SupervisionError, UsageError
from engine.messages import N_, Message, recorded
from engine.pipeline.ports import Actor, Clock, Progress
from engine.store.ledgers.locks import jobs_lock
from engine.store.outputs.job_files import Job, JobState, named, read_job, read_jobs, write_job
from engine.store.workspaces.scoped import ScopedWorkspace
from engine.store.workspaces.workspace import Workspace

__all__ = ["KINDS", "Job", "JobState", "can_start_again", "job", "jobs", "run_job", "start_again", "start_job"]

_started: "list[subprocess.Popen[bytes]]" = []
"""Processes this one started and has not seen end yet."""


def start_job(desk: Desk, kind: str, *, key: bytes | None = None, **asked: str) -> Job:
    """Ask for a piece of long work and return its record; the same question under way is not asked twice.

    Parameters
    ----------
    key : private signing key for the work; it goes to the process through a pipe and is written nowhere.

    Raises
    ------
    AccessError
        The person has no right to this kind of work, or it is about an object out of sight.
    UsageError
        There is no such kind.
    """
    if kind not in KINDS:
        raise UsageError(
            what="job", value=kind, remedy=Message(N_("choose one of {kinds}"), {"kinds": ", ".join(KINDS)})
        )
    return _start(desk, kind, asked, key=key)


def _start(desk: Desk, kind: str, asked: dict[str, str], *, key: bytes | None) -> Job:
    _require(desk, kind, asked)
    folder = desk.folder.resolve()
    for held in read_jobs(folder):
        if held.kind == kind and dict(held.asked) == asked and held.is_under_way:
            return held
    at = desk.clock()
    viewer = desk.viewer
    made = Job(
        job_id=f"{kind}-{at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        kind=kind,
        asked=asked,
        account=viewer.account,
        name=viewer.name,
        role=viewer.role.value,
        asked_at=at.isoformat(),
    )
    made = write_job(folder, named(made, os.getpid()))
    _launch(desk, made, key=key)
    return made


def start_again(desk: Desk, job_id: str) -> Job:
    """Ask for what a job that stopped or failed was asked for, and return the record of the new one.

    Raises
    ------
    AccessError
        The person has no right to this kind of work.
    UsageError
        There is no such job, it is under way or done, or it needs a signing key, which is kept nowhere.
    """
    held = read_job(desk.folder.resolve(), job_id)
    if not can_start_again(held):
        remedy = Message(
            N_("only work that stopped or failed is started again, and work with a signing key on its page")
        )
        raise UsageError(what="job", value=job_id, remedy=remedy)
    return _start(desk, held.kind, dict(held.asked), key=None)


def can_start_again(held: Job) -> bool:
    """Whether the same work can be asked for again as it was."""
    return held.state in (JobState.STOPPED, JobState.FAILED) and held.kind not in KEYED


def _require(desk: Desk, kind: str, asked: Mapping[str, str]) -> None:
    """Raise unless the person may ask for this work, about an object in sight where it is about one."""
    about = [asked[ABOUT[kind]]] if kind in ABOUT else []
    if kind in WHOLE and not desk.viewer.scope.is_whole:
        raise AccessError(problem=Message(N_("its result counts every district: it is for people who see them all")))
    with desk.writing(KINDS[kind][1], entity_ids=about):
        pass


def _launch(desk: Desk, job: Job, *, key: bytes | None) -> None:
    """Start the process that does a job; it begins once its record names it, however soon it dies."""
    folder = desk.folder.resolve()
    call = [sys.executable, "-c", "from engine.cli import main; main()", "jobs", "run", job.job_id]
    call += ["--workspace", str(folder), "--key-on-stdin"]
    _started[:] = [each for each in _started if each.poll() is None]
    started = subprocess.Popen(
        call,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _started.append(started)
    write_job(folder, named(job, started.pid))
    if started.stdin is not None:
        try:
            started.stdin.write(key or b"")
            started.stdin.close()
        except BrokenPipeError:  # it died at once: its record says so to whoever looks
            return


def run_job(folder: Path, job_id: str, *, clock: Clock = china_time, key: bytes | None = None) -> Job:
    """Do the work of a job that waits or stopped in this process, after the jobs before it, and return its record.

    The person who asked must still be permitted when it begins.

    Parameters
    ----------
    key : the signing key that the person handed over with the question, or None.
    """
    asked = read_job(folder, job_id)
    if asked.state not in (JobState.WAITING, JobState.STOPPED):
        return asked
    mine = write_job(folder, named(replace(asked, state=JobState.WAITING, problem=""), os.getpid()))
    with jobs_lock(folder):
        job = write_job(folder, replace(mine, state=JobState.RUNNING))

        def progress(stage: Message, share: float | None = None) -> None:
            nonlocal job
            done = job.share if share is None else share
            job = write_job(folder, replace(job, stage=stage.template, params=recorded(stage.params), share=done))

        try:
            result = _work(folder, job, clock, progress, key)
        except SupervisionError as error:
            ended = replace(job, state=JobState.FAILED, problem=error.template, params=recorded(error.params))
            return write_job(folder, replace(ended, ended_at=clock().isoformat()))
        ended = replace(job, state=JobState.DONE, share=1.0, result=result, ended_at=clock().isoformat())
        return write_job(folder, ended)


def _work(folder: Path, job: Job, clock: Clock, progress: Progress, key: bytes | None) -> Mapping[str, Any]:
    work = KINDS[job.kind][0]
    if job.account:
        _require(Desk.of(folder, job.account, clock=clock), job.kind, job.asked)
    workspace = open_workspace(folder, create=False)
    try:
        return work(workspace, job.asked, Call(Actor(job.name, job.role), clock, progress, key))
    finally:
        workspace.close()


def jobs(workspace: Workspace) -> tuple[Job, ...]:
    """Return the jobs of a workspace, the latest first; with limits, only what shows nothing outside them."""
    held = read_jobs(workspace.path)
    if not isinstance(workspace, ScopedWorkspace):
        return held
    about = {each.job_id: each.asked[ABOUT[each.kind]] for each in held if each.kind in ABOUT}
    seen = set(workspace.scoped_warehouse.seen_ids(sorted(set(about.values()))))
    return tuple(
        each for each in held if each.kind not in WHOLE and (each.job_id not in about or about[each.job_id] in seen)
    )


def job(workspace: Workspace, job_id: str) -> Job:
    """Return one job as it stands.

    Raises
    ------
    UsageError
        There is no such job in sight.
    """
    found = next((each for each in jobs(workspace) if each.job_id == job_id), None)
    if found is None:
        raise UsageError(what="job", value=job_id, remedy=Message(N_("xinheng jobs list shows those there are")))
    return found
