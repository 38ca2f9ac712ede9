"""What the governance page shows: which model decides, what runs did, how shares and scores moved, who signed."""

import json
from collections.abc import Mapping

import pandas as pd

from engine.api.grading.monthly_records import FINISHED, HELD, SIGNED, STARTED
from engine.api.grading.rescoring import corrected_grades
from engine.api.scoring.learned import promoted_models
from engine.grading.champions import CHAMPION, MODELS, read_champions
from engine.pipeline.score_stability import population_stability
from engine.store.ledgers.ledger import Entry
from engine.store.outputs.model_cards import stored_model
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace

_LEARNED = (
    "population", "name", "digest", "promotion", "known_by", "basis", "n_rows", "n_adverse", "rehearsed_auc",
    "calibration_method",
)  # fmt: skip
_FEW = 300
"""Below so many entities a stability index fires without drift (docs/spec/scorecard.md)."""


def governance(workspace: Workspace, *, profile: str = "default") -> dict[str, pd.DataFrame]:
    """Return tidy frames for the page.

    Returns
    -------
    ``runs`` (run_id, as_of, profile, starter, started_at, finished_at, model_digest, code, n_files),
    ``champions`` (first day, population, model, reference), ``models`` (entity_type, scorecard),
    ``shares`` (run_id, as_of, population, grade, n, share, target_share),
    ``migration`` (run_id, as_of, population, from_grade, to_grade, cause, n, share),
    ``stability`` (run_id, as_of, population, psi, n, is_enough), against the finished run before,
    ``sign_offs`` (run_id, action, actor, reason, at), ``learned`` (the promoted models: population, name, digest,
    promotion, known_by, basis, n_rows, n_adverse, n_features, rehearsed_auc, calibration_method, decides: whether the
    newest policy lets it), ``calibrations`` (digest, population, log_odds, calibrated: the knots in order),
    ``expectations`` (run_id, as_of, population, grade, n, expected_share: mean chance of a finding that the deciding
    model gives the grade, only where it gives chances), ``corrections`` (grades corrected on objection).
    """
    ledger, book = workspace.require().ledger, policies_of(workspace, profile)
    finished = {entry.subject: entry for entry in ledger.entries(action=FINISHED)}
    runs, kept = [], []
    for entry in ledger.entries(action=STARTED):
        said, done = entry.particulars, finished.get(entry.subject)
        runs.append(
            {
                "run_id": entry.subject,
                "as_of": said["as_of"],
                "profile": said["profile"],
                "starter": entry.actor,
                "started_at": entry.entered_at,
                "finished_at": None if done is None else done.entered_at,
                "model_digest": said["model_digest"],
                "code": json.dumps(said["code"]),
                "n_files": len(said["inputs"]["files"]),
                "previous": said["previous"],
            }  # fmt: skip
        )
        if done is not None:
            kept.append((entry.subject, said, done.particulars["runs"]["grade"]))
    grades = {run_id: _read(workspace, "grades", stage) for run_id, _, stage in kept}
    stability = [
        {"run_id": run_id, "as_of": said["as_of"], **row, "is_enough": row["n"] >= _FEW}
        for run_id, said, _ in kept
        if said["previous"] in grades
        for row in population_stability(grades[said["previous"]], grades[run_id]).to_dict("records")
    ]
    champion = book.parameter(CHAMPION)
    models = [
        stored_model(workspace.path, digest=digest, promotion=promotion)
        for _, (digest, promotion) in sorted(promoted_models(workspace).items())
    ]
    newest = read_champions(book, on=max(champion.values))
    return {
        "learned": pd.DataFrame(
            [
                {
                    **{name: getattr(each, name) for name in _LEARNED},
                    "n_features": len(each.features),
                    "decides": newest.of(each.population) == each.name,
                }
                for each in models
            ],
            columns=[*_LEARNED, "n_features", "decides"],
        ),
        "calibrations": pd.DataFrame(
            [
                {"digest": each.digest, "population": each.population, "log_odds": x, "calibrated": y}
                for each in models
                for x, y in each.calibration_knots
            ],
            columns=["digest", "population", "log_odds", "calibrated"],
        ),
        "expectations": _expectations(workspace, finished, grades),
        "corrections": corrected_grades(workspace),
        "runs": pd.DataFrame(runs),
        "champions": pd.DataFrame(
            [
                {"since": day, "population": population, "model": model, "reference": dated.reference}
                for day, dated in sorted(champion.values.items())
                for population, model in {"": dated.value["default"], **(dated.value["populations"] or {})}.items()
            ]
        ),
        "models": pd.DataFrame(
            [
                {"since": day, "entity_type": kind, "scorecard": name}
                for day, dated in sorted(book.parameter(MODELS).values.items())
                for kind, name in dated.value.items()
            ]
        ),
        "shares": _of_runs(workspace, "grade_shares", kept),
        "migration": _of_runs(workspace, "grade_migration", kept),
        "stability": pd.DataFrame(stability, columns=["run_id", "as_of", "population", "psi", "n", "is_enough"]),
        "sign_offs": pd.DataFrame(
            [
                {"run_id": e.subject, "action": e.action, "actor": e.actor, "reason": e.reason, "at": e.entered_at}
                for action in (HELD, SIGNED)
                for e in ledger.entries(action=action)
            ],
            columns=["run_id", "action", "actor", "reason", "at"],
        ),
    }


def _expectations(
    workspace: Workspace, finished: Mapping[str, Entry], grades: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Mean chance of a finding by run, population and grade, where the deciding model gives one."""
    parts = []
    for run_id, held in grades.items():
        scores = _read(workspace, "scores", finished[run_id].particulars["runs"]["score"])
        if "probability" in scores.columns:
            key = ["entity_id", "model"]
            joined = held.merge(scores[[*key, "probability"]], on=key, how="left").dropna(subset=["probability"])
            by = joined.groupby(["as_of", "population", "grade"])["probability"].agg(n="size", expected_share="mean")
            parts.append(by.reset_index().assign(run_id=run_id))
    columns = ["run_id", "as_of", "population", "grade", "n", "expected_share"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _of_runs(workspace: Workspace, table: str, kept: list[tuple[str, dict[str, object], str]]) -> pd.DataFrame:
    parts = [_read(workspace, table, stage).assign(run_id=run_id) for run_id, _, stage in kept]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _read(workspace: Workspace, table: str, run_id: str) -> pd.DataFrame:
    return pd.DataFrame(workspace.warehouse.read(table, run_id=run_id).drop("run_id").execute())
