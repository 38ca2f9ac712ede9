"""Records of long work: one small JSON file per job, replaced whole, so that a reader never meets half of one.

A record names the process that works on it, or that is about to; once that process is gone the job has stopped,
whatever the record says.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from engine.messages import N_, Message, revived
from engine.store.ledgers.ledger import canonical

FOLDER = "jobs"
_ID = re.compile(r"[a-z_]+-\d{8}T\d{6}-[0-9a-f]{6}")


class JobState(StrEnum):
    """How far a job is; ``stopped`` is never written, it is what a reader finds when the process is gone."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


STOPPED = N_(
    "stopped: its process ended before the work was done, because memory ran out or the machine or server was "
    "restarted. What was finished is kept, nothing is half written: start it again."
)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work.

    Parameters
    ----------
    job_id, kind : names. asked : what was asked, by name.
    account, name, role : who asked. asked_at, ended_at : RFC 3339; ``ended_at`` is empty while it runs.
    state : see :class:`JobState`. pid, since : process that works on it, or started it, and when that process began, in
        ticks since the machine did; a number that another process has by now is not the same process.
    stage, params, share : what is done now, as a template with its values, and which share 0..1 of all is done.
    result : what came of it, by name. problem : template and values of the error, empty while there is none.
    """

    job_id: str
    kind: str
    asked: Mapping[str, str]
    account: str
    name: str
    role: str
    asked_at: str
    ended_at: str = ""
    state: JobState = JobState.WAITING
    pid: int = 0
    since: int = 0
    stage: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    share: float = 0.0
    result: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (JobState.WAITING, JobState.RUNNING)

    @property
    def saying(self) -> Message | None:
        """What is done now, or why it failed; None before it began."""
        template = self.problem or self.stage
        return revived(template, self.params) if template else None


def write_job(workspace: Path, job: Job) -> Job:
    """Write a record in place of the one before and return it."""
    path = _path(workspace, job.job_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")
    partial.write_text(canonical(asdict(job)), encoding="utf-8")
    partial.replace(path)
    return job


def read_job(workspace: Path, job_id: str) -> Job:
    """Return a job as it stands; one whose process is gone without a word has stopped.

    Raises
    ------
    UsageError
        There is no such job.
    """
    path = _path(workspace, job_id)
    if not path.is_file():
        raise UsageError(what="job", value=job_id, remedy=Message(N_("xinheng jobs list shows those there are")))
    held = json.loads(path.read_text(encoding="utf-8"))
    job = Job(**{**held, "state": JobState(held["state"])})
    if job.is_under_way and not _lives(job.pid, job.since):
        return replace(job, state=JobState.STOPPED, problem=STOPPED, params={})
    return job


def read_jobs(workspace: Path) -> tuple[Job, ...]:
    """Return every job, the latest first."""
    names = sorted((path.stem for path in (workspace / FOLDER).glob("*.json")), reverse=True)
    return tuple(
        sorted((read_job(workspace, name) for name in names), key=lambda job: (job.asked_at, job.job_id), reverse=True)
    )


def _path(workspace: Path, job_id: str) -> Path:
    if not _ID.fullmatch(job_id):
        raise UsageError(what="job", value=job_id, remedy=Message(N_("xinheng jobs list shows those there are")))
    return workspace / FOLDER / f"{job_id}.json"


def named(job: Job, pid: int) -> Job:
    """Return the record with the process that works on it."""
    return replace(job, pid=pid, since=_stat(pid)[1])


def _lives(pid: int, since: int) -> bool:
    """Whether a process works; one that ended and was not waited for by its parent does not."""
    state, began = _stat(pid)
    return state not in ("", "Z", "X") and since in (0, began)


def _stat(pid: int) -> tuple[str, int]:
    """State of a process and when it began (fields 3 and 22 of proc(5) stat); empty and 0 when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return "", 0
    return fields[0], int(fields[19])
