"""Computing a past monthly run again from its manifest, and saying whether the same comes out."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.grading.monthly import model_digest
from engine.api.grading.monthly_records import code_version, finished_of, manifest_of, unfinished_run
from engine.api.grading.monthly_stages import Stages
from engine.api.grading.replay import differing
from engine.api.records.erasure import require_unerased
from engine.api.scoring.sector_grades import TABLE as SECTORS_TABLE
from engine.api.scoring.sector_grades import sector_table
from engine.errors import MonthlyRunError
from engine.messages import N_, Message
from engine.pipeline.ports import Progress, silent
from engine.store.workspaces.snapshot import require_intact
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came out.

    Parameters
    ----------
    run_id : str. as_of : date.
    differing : table → rows that differ. n_rows : table → rows compared.
    stored, computed : grade row of the entity asked for (score, grade, score_grade, override_code), empty without one.
    notes : what may explain a difference.
    """

    run_id: str
    as_of: date
    differing: dict[str, int]
    n_rows: dict[str, int]
    stored: dict[str, object]
    computed: dict[str, object]
    notes: tuple[Message, ...]

    @property
    def ok(self) -> bool:
        """Whether everything compared came out the same."""
        return not any(self.differing.values())


def reproduce(
    workspace: Workspace, run_id: str, *, entity_id: str | None = None, progress: Progress = silent
) -> Reproduction:
    """Compute features, scores, reasons, grades and warnings of a monthly run again from its manifest.

    Raises
    ------
    MonthlyRunError
        No such run, not finished, or the entity was not in it.
    StoreError
        An input file is missing or changed.
    ErasedError
        Records that it read were erased by law since.

    Notes
    -----
    Cost: that of the run; grades are cut among all, so one entity costs as much as all.
    """
    manifest = manifest_of(workspace, run_id)
    done = finished_of(workspace, run_id)
    if done is None:
        raise unfinished_run(run_id)
    for run in workspace.warehouse.runs():
        if run.run_id in done["runs"].values():
            require_unerased(workspace, run)
    require_intact(workspace, manifest.inputs)
    stages = Stages(workspace, manifest)
    progress(Message(N_("Build features")))
    features = stages.features()
    progress(Message(N_("Score entities")))
    scored = stages.scored(features)
    progress(Message(N_("Grade entities")))
    graded = stages.graded(scored.scores)
    warned = stages.warned(graded.grades).to_pandas()
    again = {
        "features": ("features", features),
        "scores": ("score", scored.scores),
        "reasons": ("score", scored.reasons),
        "grades": ("grade", graded.grades),
        SECTORS_TABLE: ("grade", sector_table(graded.sectors, as_of=manifest.as_of).to_pandas()),
        "warnings": ("warn", warned),
        "warning_audit": ("warn", stages.audited(warned)),
    }
    found, n_rows, rows_of = {}, {}, {}
    for table, (kind, rows) in again.items():
        if done["runs"][kind] not in workspace.warehouse.run_ids_of(table):
            continue  # a run of before this table was kept
        held = pd.DataFrame(workspace.warehouse.read(table, run_id=done["runs"][kind]).drop("run_id").execute())
        found[table], n_rows[table], rows_of[table] = differing(held, rows), len(held), held
    stored, computed = ({}, {})
    if entity_id is not None:
        stored = _grade_row(rows_of["grades"], entity_id, run_id=run_id)
        computed = _grade_row(graded.grades, entity_id, run_id=run_id)
    notes = []
    if manifest.code != code_version():
        notes.append(Message(N_("the program has changed since the run")))
    if manifest.model_digest != model_digest(manifest.book, manifest.learned, as_of=manifest.as_of):
        notes.append(Message(N_("the scorecards and models of the manifest do not have its digest")))
    return Reproduction(run_id, manifest.as_of, found, n_rows, stored, computed, tuple(notes))


_SHOWN = ("entity_id", "score", "grade", "score_grade", "override_code")


def _grade_row(grades: pd.DataFrame, entity_id: str, *, run_id: str) -> dict[str, object]:
    rows = grades[grades["entity_id"] == entity_id]
    if rows.empty:
        problem = Message(N_("{entity_id} was not in it"), {"entity_id": entity_id})
        raise MonthlyRunError(run=run_id, problem=problem, remedy=Message(N_("check the identifier")))
    row = rows.iloc[0]
    return {name: None if pd.isna(row[name]) else row[name] for name in _SHOWN}
