"""Long work apart from the pages: asked for at a desk, done by a process of its own, followed by its record.

A page starts a job and shows how far it is; who asks again for what is already under way gets the same job. Jobs of one
workspace run one after another, so that memory stays bounded however many people ask.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.access.rights import Action
from engine.api.desk import Desk, china_time
from engine.api.workspace import open_workspace
from engine.errors import SupervisionError, UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress
from engine.store.job_files import Job, JobState, read_job, read_jobs, write_job
from engine.store.locks import jobs_lock
from engine.store.workspace import Workspace

__all__ = ["KINDS", "Job", "JobState", "job", "jobs", "run_job", "start_job"]

_started: "list[subprocess.Popen[bytes]]" = []
"""Processes this one started and has not seen end yet."""
Work = Callable[[Workspace, Mapping[str, str], Actor, Clock, Progress], Mapping[str, Any]]


def _marts(
    workspace: Workspace, asked: Mapping[str, str], actor: Actor, clock: Clock, progress: Progress
) -> Mapping[str, Any]:
    from engine.api.marts import build_marts

    made = build_marts(workspace, actor=actor, clock=clock, progress=progress)
    return {} if made is None else {name: value for name, value in asdict(made).items() if name != "as_ofs"}


def _verify(
    workspace: Workspace, asked: Mapping[str, str], actor: Actor, clock: Clock, progress: Progress
) -> Mapping[str, Any]:
    from engine.api.draw_reading import draws
    from engine.api.verification import verify

    bundle = next((each.bundle for each in draws(workspace) if each.draw_id == asked["draw_id"]), None)
    if bundle is None:
        raise UsageError(what="draw", value=asked["draw_id"], remedy=Message(N_("there is no such draw")))
    progress(Message(N_("recomputing draw {draw_id}"), {"draw_id": asked["draw_id"]}))
    found = verify(bundle, expect_commit=asked.get("expect_commit") or None, expect_entropy=None)
    return {"ok": found.ok, "failed": [check.name for check in found.checks if check.state.value == "failed"]}


KINDS: Mapping[str, tuple[Work, Action, str]] = {
    "marts": (_marts, Action.RUN_JOB, N_("Make the tables of the pages ready")),
    "verify_draw": (_verify, Action.SEE_DRAWS, N_("Recompute a draw from its bundle")),
}
"""What can be asked: the work, the right it takes, what people call it."""


def start_job(desk: Desk, kind: str, **asked: str) -> Job:
    """Ask for a piece of long work and return its record; the same question under way is not asked twice.

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
    under_way = (JobState.WAITING, JobState.RUNNING)
    for held in read_jobs(folder):
        if held.kind == kind and dict(held.asked) == asked and held.state in under_way:
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
    call = [sys.executable, "-c", "from engine.cli import main; main()", "jobs", "run", made.job_id]
    _started[:] = [each for each in _started if each.poll() is None]
    _started.append(
        subprocess.Popen(
            [*call, "--workspace", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    )
    return made


def run_job(folder: Path, job_id: str, *, clock: Clock = china_time) -> Job:
    """Do the work of a job in this process, after the jobs before it, and return its record.

    The person who asked must still be permitted when it begins.
    """
    asked = read_job(folder, job_id)
    if asked.state is not JobState.WAITING:
        return asked
    with jobs_lock(folder):
        job = write_job(folder, replace(asked, state=JobState.RUNNING, pid=os.getpid()))

        def progress(stage: Message, share: float | None = None) -> None:
            nonlocal job
            params = {name: str(value) for name, value in stage.params.items()}
            job = write_job(
                folder, replace(job, stage=stage.template, params=params, share=job.share if share is None else share)
            )

        try:
            result = _work(folder, job, clock, progress)
        except SupervisionError as error:
            params = {name: str(value) for name, value in error.params.items()}
            ended = replace(job, state=JobState.FAILED, problem=error.template, params=params)
            return write_job(folder, replace(ended, ended_at=clock().isoformat()))
        done = replace(job, state=JobState.DONE, share=1.0, result=result, ended_at=clock().isoformat())
        return write_job(folder, done)


def _work(folder: Path, job: Job, clock: Clock, progress: Progress) -> Mapping[str, Any]:
    work, needs, _name = KINDS[job.kind]
    if job.account:
        Desk.of(folder, job.account, clock=clock).require(needs)
    workspace = open_workspace(folder, create=False)
    try:
        return work(workspace, job.asked, Actor(job.name, job.role), clock, progress)
    finally:
        workspace.close()


def jobs(workspace: Workspace) -> tuple[Job, ...]:
    """Return the jobs of a workspace, the latest first."""
    return read_jobs(workspace.path)


def job(workspace: Workspace, job_id: str) -> Job:
    """Return one job as it stands."""
    return read_job(workspace.path, job_id)
