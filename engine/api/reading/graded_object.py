"""One object with all that its newest grade rests on, as it was stored: score, reasons, limits, what stands above."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.grading.monthly_records import FINISHED, Manifest, finished_of, manifest_of, rescores_of
from engine.api.policies.check import read_policies
from engine.api.scoring.assessment import Reason, explain
from engine.api.scoring.override_book import approved_overrides
from engine.errors import TableMissingError
from engine.grading.champions import read_champions, scorecard_names
from engine.grading.reviewed import ReviewedOverride
from engine.parameters import PolicyBook
from engine.pipeline.assessment import SCORECARD_MODEL
from engine.scorecard.tree import Scorecard, read_scorecard
from engine.store.workspaces.workspace import Workspace

PROFILE = "default"
_REMEMBERED = ["entity_id", "population", "model", "score_grade", "settled_grade"]


@dataclass(frozen=True, slots=True, eq=False)
class GradedObject:
    """What a grade rests on.

    Parameters
    ----------
    row : its row of table ``grades``. score, coverage_ratio, model : of the model that decided.
    reasons : as stored. limit_rows : limits between the grades of its population, one row.
    previous : its grade as the next monthly run remembers it; None where no monthly run gave it.
    overrides : set by persons, whenever they count. features : its stored features.
    book : policies of the run that graded it. present : policies as they are now, by which it is graded next.
    monthly : the monthly run that gave the grade, empty where single commands did.
    """

    row: "pd.Series[Any]"
    as_of: date
    model: str
    score: float
    coverage_ratio: float
    reasons: tuple[Reason, ...]
    limit_rows: pd.DataFrame
    previous: pd.DataFrame | None
    overrides: tuple[ReviewedOverride, ...]
    features: dict[str, Any]
    book: PolicyBook
    present: PolicyBook
    monthly: str

    @property
    def limits(self) -> tuple[float, float, float]:
        """Highest score that is still A, B, C."""
        row = self.limit_rows.iloc[0]
        return float(row["highest_a"]), float(row["highest_b"]), float(row["highest_c"])

    @property
    def override_code(self) -> str | None:
        """What stands above the score, None where the score decides."""
        return None if pd.isna(self.row["override_code"]) else str(self.row["override_code"])


def graded_object(workspace: Workspace, entity_id: str) -> GradedObject | None:
    """Return an object with its newest grade; None without a score, without a class, or where no limits were kept.

    Raises
    ------
    TableMissingError
        Nothing was scored, or the entity is not in the run.
    """
    told = explain(workspace, entity_id)
    grades = _own(workspace, "grades", entity_id, as_of=told.as_of)
    if told.score is None or grades.empty or grades["score_grade"].iloc[0] == "U":
        return None
    row = grades.iloc[0]
    manifest = monthly_of(workspace, str(row["run_id"]))
    limits = _limits(workspace, row, manifest)
    scores = _own(workspace, "scores", entity_id, as_of=told.as_of)
    scores = scores[scores["model"] == told.model]
    features = _own(workspace, "features", entity_id, as_of=told.as_of)
    if limits is None or features.empty:
        return None
    present = read_policies(PROFILE if manifest is None else manifest.book.profile, workspace=workspace)
    return GradedObject(
        row=row,
        as_of=told.as_of,
        model=told.model,
        score=told.score,
        coverage_ratio=float(scores["coverage_ratio"].iloc[0]),
        reasons=told.reasons,
        limit_rows=limits,
        previous=None if manifest is None else grades[_REMEMBERED],
        overrides=tuple(each for each in approved_overrides(workspace) if each.entity_id == entity_id),
        features={str(name): value for name, value in features.iloc[0].items()},
        book=present if manifest is None else manifest.book,
        present=present,
        monthly="" if manifest is None else manifest.run_id,
    )


def monthly_of(workspace: Workspace, grade_run: str) -> Manifest | None:
    """Return what the monthly run started from that gave, or corrected, the grades of a stored run; None of others."""
    for run, said in rescores_of(workspace):
        if run.run_id == grade_run:
            return manifest_of(workspace, said["monthly"])
    for entry in workspace.ledger.entries(action=FINISHED):
        if entry.particulars["runs"]["grade"] == grade_run:
            return manifest_of(workspace, entry.subject)
    return None


def _limits(workspace: Workspace, row: "pd.Series[Any]", manifest: Manifest | None) -> pd.DataFrame | None:
    run_id = str(row["run_id"])
    if manifest is not None:
        done = finished_of(workspace, manifest.run_id)
        run_id = run_id if done is None else str(done["runs"]["grade"])
    try:
        table = workspace.warehouse.read("grade_limits", run_id=run_id)
    except TableMissingError:
        return None
    rows = pd.DataFrame(table.filter(table.population == row["population"]).execute())
    return rows if len(rows) else None


def scorecard_on(workspace: Workspace, held: GradedObject, *, on: date) -> Scorecard | None:
    """Return the scorecard that an object is graded by on a day under present policy; None where a model decides."""
    if read_champions(held.present, on=on).of(str(held.row["population"])) != SCORECARD_MODEL:
        return None
    rows = workspace.warehouse.rows_of("entities", [str(held.row["entity_id"])]).to_pandas()
    known = rows[pd.to_datetime(rows["known_at"]) <= pd.Timestamp(on)].tail(1)
    names = scorecard_names(known, book=held.present, on=on).dropna()
    return None if names.empty else read_scorecard(held.present, name=str(names.iloc[0]), on=on)


def _own(workspace: Workspace, table: str, entity_id: str, *, as_of: date) -> pd.DataFrame:
    try:
        rows = workspace.warehouse.read(table, as_of=as_of)
    except TableMissingError:
        return pd.DataFrame()
    return pd.DataFrame(rows.filter(rows.entity_id == entity_id).execute())
