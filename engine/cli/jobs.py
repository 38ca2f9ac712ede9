"""Long work asked for on the pages: list it, look at one, do one."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

JobArgument = Annotated[str, typer.Argument(help=N_("The job, as 'jobs list' names it."))]

STATES = {
    "waiting": N_("waiting"), "running": N_("running"), "done": N_("done"), "failed": N_("failed"),
    "stopped": N_("stopped"),
}  # fmt: skip
KeyOption = Annotated[
    bool, typer.Option("--key-on-stdin", help=N_("Read the private key that the work signs with from standard input."))
]


def listed(*, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> int:
    """List the jobs, the latest first."""
    from engine.api.jobs.board import KINDS, jobs
    from engine.api.workspace import open_workspace

    held = jobs(open_workspace(workspace, create=False))
    if as_json:
        show_json({"jobs": [asdict(each) for each in held]})
        return 0
    _ = current_translate()
    heads = [_(name) for name in (N_("job"), N_("work"), N_("asked for by"), N_("status"), N_("share done"))]
    cells = [
        (each.job_id, _(KINDS[each.kind][2]), each.name, _(STATES[each.state]), f"{each.share:.0%}") for each in held
    ]
    show_table(_(N_("Jobs")), heads, cells)
    if any(each.state == "stopped" for each in held):
        show_line(_(N_("The process of a stopped job ended: 'xinheng jobs run JOB' does its work again.")))
    return 0


def run(
    job: JobArgument,
    *,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    key_on_stdin: KeyOption = False,
    as_json: JsonOption = False,
) -> int:
    """Do the work of a job that waits or stopped in this process."""
    from engine.api.jobs.board import JobState, run_job

    done = run_job(workspace, job, key=(sys.stdin.buffer.read() or None) if key_on_stdin else None)
    if as_json:
        show_json({"job": asdict(done)})
    return 0 if done.state is JobState.DONE else 1
