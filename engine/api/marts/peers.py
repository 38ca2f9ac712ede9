"""How the scores of peers are spread, stored: an object's place among them without reading a million scores.

Two kinds of groups: the population, which the grades are cut in, and within it one section of industry in one district.
A row counts the members with one score; a group with fewer members than policy ``estimation.least_peers`` has one row
that says how many they are, and no score.
"""

import json

import pandas as pd

from engine.api.policies.check import read_policies
from engine.api.scoring.assessment import cohort_on
from engine.errors import TableMissingError
from engine.grading.ranks import RANK_COLUMNS, score_ranks
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.workspaces.warehouse import Run
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import Grade

TABLE = "score_ranks"
KIND = "peers"
PROFILE = "default"
LEAST = "estimation.least_peers"
FORM = 1
"""Changes when what is stored, or how it is counted, changes."""
EVERY = ""
"""Section and district of the rows of a whole population."""
_GROUP = ["population", "section", "district_code"]
_SECTION = r"^([A-T])\d{2}"


def section_of(industry_codes: pd.Series) -> pd.Series:
    """Return the section letters of GB/T 4754 codes, null for other texts."""
    return industry_codes.astype("string").str.extract(_SECTION, expand=False).astype("object")


def build_peers(workspace: Workspace, *, actor: Actor, clock: Clock, progress: Progress = silent) -> str | None:
    """Count the scores of the newest grades by peer group, store them and return the run.

    None where what is stored rests on these grades already, or nothing was graded. Cost: two columns of the grades,
    the register of their day and one sort.
    """
    run = _graded(workspace)
    if run is None or rests_on(workspace) == _version(run):
        return None
    progress(Message(N_("places among peers as of {day}"), {"day": run.as_of}), 0.0)
    book = read_policies(PROFILE, workspace=workspace)
    grades = workspace.warehouse.read("grades", run_id=run.run_id)
    scored = pd.DataFrame(
        grades.filter(grades.score.notnull(), grades.score_grade != Grade.UNCLASSIFIED.value)
        .select("entity_id", "population", "score")
        .execute()
    )
    members = cohort_on(workspace.warehouse, book=book, as_of=run.as_of)
    described = scored.merge(members[["entity_id", "district_code", "industry_code"]], on="entity_id", how="left")
    described = described.assign(section=section_of(described["industry_code"]))
    least = int(book.value(LEAST, on=run.as_of))
    whole = _counted(described.assign(section=EVERY, district_code=EVERY), least=least)
    known = described.dropna(subset=["section", "district_code"])
    near = _counted(known, least=least)
    parts = [part for part in (whole, near) if len(part)]
    if not parts:
        return None
    tables = {TABLE: pd.concat(parts, ignore_index=True)}
    return workspace.warehouse.write_run(
        tables, kind=KIND, as_of=run.as_of, manifest={"version": _version(run)}, actor=actor, at=clock()
    )


def rests_on(workspace: Workspace) -> str | None:
    """Return the grades that the stored places rest on, as :func:`is_current` compares; None where none are stored."""
    runs = workspace.warehouse.runs(kind=KIND)
    return str(json.loads(runs[-1].manifest)["version"]) if runs else None


def is_current(workspace: Workspace) -> bool:
    """Return whether the stored places are those of the newest grades."""
    run = _graded(workspace)
    return run is not None and rests_on(workspace) == _version(run)


def ranks_of(workspace: Workspace, *, population: str, section: str, district_code: str) -> pd.DataFrame:
    """Return the rows of one group; no row where it has no member or nothing is stored. Cost: one small file."""
    try:
        table = workspace.warehouse.read(TABLE)
    except TableMissingError:
        return pd.DataFrame(columns=[*_GROUP, *RANK_COLUMNS])
    own = table.filter(table.population == population, table.section == section, table.district_code == district_code)
    return pd.DataFrame(own.drop("run_id").execute())


def _graded(workspace: Workspace) -> Run | None:
    wrote = workspace.warehouse.run_ids_of("grades")
    return next((run for run in reversed(workspace.warehouse.runs()) if wrote and run.run_id == wrote[-1]), None)


def _version(run: Run) -> str:
    return f"{FORM}:{run.run_id}"


def _counted(scored: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """Rows by score of the groups that are large enough, one row without score of each other."""
    ranks = score_ranks(scored, by=_GROUP)
    is_small = ranks["n"] < least
    small = ranks[is_small].drop_duplicates(_GROUP)
    empty = small.assign(score=float("nan"), n_below=0, n_equal=0)
    return pd.concat([ranks[~is_small], empty], ignore_index=True)
