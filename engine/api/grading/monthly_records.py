"""What the ledger knows of monthly runs: what each started from, who signed, what it finished with."""

import json
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import Any

from engine.api.scoring.learned import LearnedChampion, of_json
from engine.errors import MonthlyRunError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.program import program_digest
from engine.store.documents import policies_of_text
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.snapshot import Snapshot
from engine.store.workspaces.warehouse import Run
from engine.store.workspaces.workspace import Workspace

STARTED, HELD, SIGNED, FINISHED = "monthly.started", "monthly.held", "monthly.signed", "monthly.finished"
RESCORE = "rescore"
"""Kind of the runs that keep a corrected grade of a monthly run."""
_PACKAGES = ("engine.features", "engine.scorecard", "engine.grading", "engine.validity", "engine.warnings")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a monthly run works from; enough to compute it again.

    Parameters
    ----------
    run_id : str. as_of : date. inputs : the record files. book : every dated policy value at the start.
    model_digest : SHA-256 of the scorecards in force and of the stored models that decide.
    learned : the stored models that decide, by population. code : version and digest of the program.
    previous : monthly run that movements are counted from, None for the first.
    starter : who started it. sequence : of the ledger entry.
    """

    run_id: str
    as_of: date
    inputs: Snapshot
    book: PolicyBook
    model_digest: str
    learned: tuple[LearnedChampion, ...]
    code: dict[str, str]
    previous: str | None
    starter: str
    sequence: int


def code_version() -> dict[str, str]:
    """Return version and SHA-256 over the modules that features, scores, grades and warnings come from."""
    return {"version": version("xinheng"), "digest": program_digest(_PACKAGES)}


def manifest_of(workspace: Workspace, run_id: str) -> Manifest:
    """Return what a monthly run started from.

    Raises
    ------
    MonthlyRunError
        There is none of that name.
    """
    entries = workspace.require().ledger.entries(action=STARTED, subject=run_id)
    if not entries:
        raise unknown_run(run_id)
    return _manifest(entries[0])


def unknown_run(run_id: str) -> MonthlyRunError:
    """Return the error that no monthly run has this name."""
    remedy = Message(N_("'xinheng run list' shows those there are"))
    return MonthlyRunError(run=run_id, problem=Message(N_("there is none of that name")), remedy=remedy)


def _manifest(entry: Entry) -> Manifest:
    said = entry.particulars
    book = policies_of_text(said["policies"], profile=said["profile"], digest=said["policy_digest"])
    return Manifest(
        run_id=entry.subject,
        as_of=date.fromisoformat(said["as_of"]),
        inputs=Snapshot.of(said["inputs"]),
        book=book,
        model_digest=said["model_digest"],
        learned=of_json(said.get("learned", ())),  # runs of before models could decide name none
        code=said["code"],
        previous=said["previous"],
        starter=entry.actor,
        sequence=entry.sequence,
    )


def finished_of(workspace: Workspace, run_id: str) -> dict[str, Any] | None:
    """Return what a monthly run finished with: stage runs and exports; None while it is not finished."""
    entries = workspace.ledger.entries(action=FINISHED, subject=run_id)
    return entries[0].particulars if entries else None


def unfinished_run(run_id: str) -> MonthlyRunError:
    """Return the error that a monthly run is not finished."""
    remedy = Message(N_("finish it with 'xinheng run monthly'"))
    return MonthlyRunError(run=run_id, problem=Message(N_("it is not finished")), remedy=remedy)


def rescores_of(
    workspace: Workspace, run_id: str | None = None, *, until: int | None = None
) -> list[tuple[Run, dict[str, Any]]]:
    """Return the corrections of a monthly run's grades, or of all, with what their manifest says, in order.

    Parameters
    ----------
    until : ledger entries before this one count; None = all.
    """
    entered = {entry.subject: entry.sequence for entry in workspace.ledger.entries(action=f"run.{RESCORE}")}
    found = [(run, dict(json.loads(run.manifest))) for run in workspace.warehouse.runs(kind=RESCORE)]
    return [
        (run, said)
        for run, said in found
        if run_id in (None, said["monthly"]) and (until is None or entered.get(run.run_id, until) < until)
    ]


def grade_run_of(workspace: Workspace, run_id: str, *, until: int | None = None) -> str:
    """Return the stored run with a finished monthly run's grades, corrected ones where some were.

    Parameters
    ----------
    until : corrections entered before this ledger entry count; None = all.
    """
    complete = [run.run_id for run, said in rescores_of(workspace, run_id, until=until) if said["is_complete"]]
    done = finished_of(workspace, run_id)
    if done is None:
        raise unfinished_run(run_id)
    return complete[-1] if complete else str(done["runs"]["grade"])


def started_entries(workspace: Workspace) -> list[Entry]:
    """Return the starts of all monthly runs in order."""
    return workspace.ledger.entries(action=STARTED)


def finished_before(workspace: Workspace, sequence: int) -> list[Entry]:
    """Return the monthly runs finished before a ledger entry, in the order they finished."""
    return [entry for entry in workspace.ledger.entries(action=FINISHED) if entry.sequence < sequence]
