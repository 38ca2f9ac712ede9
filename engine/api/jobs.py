"""Long work apart from the pages: asked for at a desk, done by a process of its own, followed by its record.

A page starts a job and shows how far it is; who asks again for what is already under way gets the same job. Jobs of one
workspace run one after another, so that memory stays bounded however many people ask.
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
from engine.api.job_works import KINDS, Call
from engine.api.workspace import open_workspace
from engine.errors import SupervisionError, UsageError
from engine.messages import N_, Message, recorded
from engine.pipeline.ports import Actor, Clock, Progress
from engine.store.job_files import Job, JobState, read_job, read_jobs, write_job
from engine.store.locks import jobs_lock
from engine.store.workspace import Workspace

__all__ = ["KINDS", "Job", "JobState", "job", "jobs", "run_job", "start_job"]

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
        The person has no right to this kind of work.
    UsageError
        There is no such kind.
    """
    if kind not in KINDS:
        raise UsageError(
            what="job", value=kind, remedy=Message(N_("choose one of {kinds}"), {"kinds": ", ".join(KINDS)})
        )
    desk.require(KINDS[kind][1])
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
    write_job(folder, made)
    _launch(desk, made, key=key)
    return made


def _launch(desk: Desk, job: Job, *, key: bytes | None) -> None:
    """Start the process that does a job."""
    call = [sys.executable, "-c", "from engine.cli import main; main()", "jobs", "run", job.job_id]
    call += ["--workspace", str(desk.folder.resolve()), *(["--key-on-stdin"] if key else [])]
    _started[:] = [each for each in _started if each.poll() is None]
    process = subprocess.Popen(
        call,
        stdin=subprocess.PIPE if key else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _started.append(process)
    if key and process.stdin is not None:
        process.stdin.write(key)
        process.stdin.close()


def run_job(folder: Path, job_id: str, *, clock: Clock = china_time, key: bytes | None = None) -> Job:
    """Do the work of a job in this process, after the jobs before it, and return its record.

    The person who asked must still be permitted when it begins.

    Parameters
    ----------
    key : the signing key that the person handed over with the question, or None.
    """
    asked = read_job(folder, job_id)
    if asked.state is not JobState.WAITING:
        return asked
    with jobs_lock(folder):
        job = write_job(folder, replace(asked, state=JobState.RUNNING, pid=os.getpid()))

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
    work, needs, _name = KINDS[job.kind]
    if job.account:
        Desk.of(folder, job.account, clock=clock).require(needs)
    workspace = open_workspace(folder, create=False)
    try:
        return work(workspace, job.asked, Call(Actor(job.name, job.role), clock, progress, key))
    finally:
        workspace.close()


def jobs(workspace: Workspace) -> tuple[Job, ...]:
    """Return the jobs of a workspace, the latest first."""
    return read_jobs(workspace.path)


def job(workspace: Workspace, job_id: str) -> Job:
    """Return one job as it stands."""
    return read_job(workspace.path, job_id)
