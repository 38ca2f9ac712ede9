"""Lift and calibration stored for the page: computing them reads every score of a population, a page must not.

Stored per population for whoever sees everything, with a digest of the runs and policies they rest on. Where none is
stored, or something it rests on has changed, the answer is computed as before: slower, never another one.
"""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

import pandas as pd

from engine.access.scope import WHOLE
from engine.api.figures.score_lift import Calibration, ScoreLift, score_lift
from engine.api.stored_rows import own_rows
from engine.errors import TableMissingError
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.reliability import CalibrationLine
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.ledgers.ledger import canonical, digest_of
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace

SCORES, BUDGETS, GAINS = "lift_scores", "lift_budgets", "lift_gains"
BINS, GRADES = "lift_bins", "lift_grades"
KIND = "lift"
PROFILE = "default"
FORM = 2
"""Changes when what is stored, or how it is computed, changes."""
_SOURCES = ("graded_results", "scores", "features", "grades", "strata")
_OWN = ["scope", "population", "run_id"]


def lift_version(workspace: Workspace, *, as_of: date) -> str:
    """Return the digest of the runs and policies that lift and calibration of a day rest on."""
    runs = {name: workspace.warehouse.run_ids_of(name) for name in _SOURCES}
    return digest_of({"form": FORM, "as_of": as_of, "runs": runs, "policies": policies_of(workspace, PROFILE).digest})


def build_lift(
    workspace: Workspace, *, as_of: date, actor: Actor, clock: Clock, progress: Progress = silent
) -> str | None:
    """Compute lift and calibration of every measured population, store them and return the run.

    None where what is stored still stands, or nothing was drawn, scored and measured.
    """
    version = lift_version(workspace, as_of=as_of)
    held = own_rows(workspace, SCORES, as_of=as_of)
    if len(held) and held["version"].iloc[0] == version:
        return None
    try:
        measured = workspace.warehouse.read("graded_results", as_of=as_of)
    except TableMissingError:
        return None
    names = sorted(map(str, measured.select("population").distinct().execute()["population"]))
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in (SCORES, BUDGETS, GAINS, BINS, GRADES)}
    for at, name in enumerate(names):
        progress(Message(N_("lift and calibration, {at} of {n}"), {"at": at + 1, "n": len(names)}), at / len(names))
        found = score_lift(workspace, as_of=as_of, population=name)
        if found is None:
            continue
        said = {
            "deciding": found.deciding,
            "n_drawn": found.n_drawn,
            "n_reached": found.n_reached,
            "last_result": found.last_result,
            "overall": {model: asdict(fared) for model, fared in found.overall.items()},
        }
        own = {"scope": WHOLE, "population": name}
        parts[SCORES].append(pd.DataFrame([{**own, "version": version, "said": canonical(said)}]))
        for table, rows in _tables(found).items():
            parts[table].append(rows.assign(**own))
    if not parts[SCORES]:
        return None
    tables = {name: pd.concat(held, ignore_index=True) for name, held in parts.items()}
    manifest = {"version": version, "populations": names}
    return workspace.warehouse.write_run(tables, kind=KIND, as_of=as_of, manifest=manifest, actor=actor, at=clock())


def held_lift(workspace: Workspace, *, as_of: date, population: str) -> ScoreLift | None:
    """Return :func:`~engine.api.figures.score_lift.score_lift` from the store, computed where none is current there."""
    rows = own_rows(workspace, SCORES, as_of=as_of)
    own = rows[rows["population"] == population] if len(rows) else rows
    if own.empty or own["version"].iloc[0] != lift_version(workspace, as_of=as_of):
        return score_lift(workspace, as_of=as_of, population=population)
    said = json.loads(own["said"].iloc[0])
    tables = [own_rows(workspace, name, as_of=as_of) for name in (BUDGETS, GAINS, BINS, GRADES)]
    lifts, gains, bins, grades = (
        table[table["population"] == population].drop(columns=_OWN).reset_index(drop=True) for table in tables
    )
    return ScoreLift(
        deciding=said["deciding"],
        n_drawn=said["n_drawn"],
        n_reached=said["n_reached"],
        last_result=date.fromisoformat(said["last_result"]) if said["last_result"] else None,
        lifts=lifts,
        gains=gains,
        bins=bins,
        grades=grades,
        overall={model: _fared(held) for model, held in said["overall"].items()},
    )


def _tables(found: ScoreLift) -> dict[str, pd.DataFrame]:
    return {BUDGETS: found.lifts, GAINS: found.gains, BINS: found.bins, GRADES: found.grades}


def _fared(held: dict[str, Any]) -> Calibration:
    observed = Estimate(**{**held["observed"], "basis": Basis(held["observed"]["basis"])})
    line = CalibrationLine(**held["line"]) if held["line"] else None
    return Calibration(**{**held, "observed": observed, "line": line})
