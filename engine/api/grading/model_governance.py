"""What the governance page shows of the runs: what each started from, how much moved, who signed.

Only small tables that the runs stored are read, and the ledger.
"""

import json
from collections.abc import Sequence
from datetime import date

import pandas as pd

from engine.api.grading.model_stability import EXPECTED, EXPECTED_COLUMNS, FEATURES, SCORES
from engine.api.grading.monthly_records import FINISHED, HELD, SIGNED, STARTED
from engine.api.scoring.learned import PROMOTED
from engine.errors import TableMissingError
from engine.grading.champions import CHAMPION
from engine.grading.migration import ABSENT
from engine.grading.model_limits import StabilityLimits, Standing, read_stability_limits
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.policies import APPROVED, DRAFTED, WITHDRAWN, policies_of
from engine.store.workspaces.workspace import Workspace

REFUSED = "model.promotion_refused"
RUNS = 36
"""Finished runs over which movement is shown, the latest."""
SIGN_OFF_COLUMNS = ("subject", "action", "actor", "role", "reason", "at")
SHARE_COLUMNS = ("run_id", "as_of", "population", "grade", "n", "share", "target_share")
CHANGE_COLUMNS = ("run_id", "as_of", "population", "n", "changed", "share", "standing")
SCORE_COLUMNS = (
    "run_id", "as_of", "population", "psi", "p_value", "n_before", "n_now", "model_before", "model_now", "standing",
)  # fmt: skip
FEATURE_COLUMNS = (
    "run_id", "as_of", "population", "feature", "psi", "p_value", "n_before", "n_now", "unknown_before", "unknown_now",
    "standing",
)  # fmt: skip


def governance(workspace: Workspace) -> dict[str, pd.DataFrame]:
    """Return what the ledger says of the monthly runs and of who let a model or a movement stand.

    Returns
    -------
    ``runs`` (run_id, as_of, profile, starter, started_at, finished_at, model_digest, code, n_files, previous),
    ``sign_offs`` (:data:`SIGN_OFF_COLUMNS`; runs held and signed, promotions granted and refused, drafts on which
    model decides, in the order of the ledger).
    """
    ledger = workspace.require().ledger
    finished = {entry.subject: entry for entry in ledger.entries(action=FINISHED)}
    runs = []
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
            }
        )
    return {
        "runs": pd.DataFrame(runs),
        "sign_offs": pd.DataFrame(
            [
                (entry.subject, entry.action, entry.actor, entry.role, entry.reason, entry.entered_at)
                for entry in sorted(_signed(workspace), key=lambda each: each.sequence)
            ],
            columns=list(SIGN_OFF_COLUMNS),
        ),
    }


def _signed(workspace: Workspace) -> list[Entry]:
    ledger = workspace.ledger
    found = [entry for action in (HELD, SIGNED, PROMOTED, REFUSED) for entry in ledger.entries(action=action)]
    drafts = [entry for entry in ledger.entries(action=DRAFTED) if CHAMPION in entry.particulars["parameters"]]
    names = {entry.subject for entry in drafts}
    closed = [entry for action in (APPROVED, WITHDRAWN) for entry in ledger.entries(action=action)]
    return [*found, *drafts, *(entry for entry in closed if entry.subject in names)]


def stability(workspace: Workspace, *, profile: str, on: date) -> dict[str, pd.DataFrame]:
    """Return how shares, grades, scores and features moved over the latest finished runs, the oldest first.

    Parameters
    ----------
    on : day whose limits judge.

    Returns
    -------
    ``shares`` (:data:`SHARE_COLUMNS`), ``changed`` (:data:`CHANGE_COLUMNS`: firms there in both runs, those whose grade
    changed), ``scores`` (:data:`SCORE_COLUMNS`), ``features`` (:data:`FEATURE_COLUMNS`), ``expected`` (run_id, as_of,
    population, grade, n, expected_share: mean chance of a finding, where the deciding model gives one). ``standing`` is
    a value of :class:`engine.grading.model_limits.Standing`. Empty for runs that stored nothing of it.
    """
    limits = stability_limits(workspace, profile=profile, on=on)
    started = {entry.subject: entry.particulars for entry in workspace.require().ledger.entries(action=STARTED)}
    done = [
        (entry.subject, str(started[entry.subject]["as_of"]), entry.particulars["runs"])
        for entry in workspace.ledger.entries(action=FINISHED)
        if started[entry.subject]["profile"] == profile
    ][-RUNS:]
    shares = _of_runs(workspace, "grade_shares", done, kind="grade", columns=SHARE_COLUMNS)
    scores = _of_runs(workspace, SCORES, done, kind="stability", columns=SCORE_COLUMNS)
    features = _of_runs(workspace, FEATURES, done, kind="stability", columns=FEATURE_COLUMNS)
    return {
        "shares": shares,
        "changed": _changed(workspace, done, limits),
        "scores": scores.assign(standing=_standings(scores, limits)),
        "features": features.assign(standing=_standings(features, limits)),
        "expected": _of_runs(
            workspace, EXPECTED, done, kind="stability", columns=("run_id", "as_of", *EXPECTED_COLUMNS)
        ),
    }


def stability_limits(workspace: Workspace, *, profile: str, on: date) -> StabilityLimits:
    """Return the limits of movement in force on a day."""
    return read_stability_limits(policies_of(workspace, profile), on=on)


def _standings(table: pd.DataFrame, limits: StabilityLimits) -> list[str]:
    return [
        Standing.OTHER.value
        if row.get("model_before") != row.get("model_now")
        else limits.of_index(
            float(row["psi"]), p_value=float(row["p_value"]), n=min(row["n_before"], row["n_now"])
        ).value
        for row in table.to_dict("records")
    ]


def _changed(
    workspace: Workspace, done: Sequence[tuple[str, str, dict[str, str]]], limits: StabilityLimits
) -> pd.DataFrame:
    columns = ("run_id", "as_of", "population", "from_grade", "to_grade", "n")
    moves = _of_runs(workspace, "grade_migration", done, kind="grade", columns=columns)
    there = moves[(moves["from_grade"] != ABSENT) & (moves["to_grade"] != ABSENT)]
    rows = []
    for (run_id, as_of, population), own in there.groupby(["run_id", "as_of", "population"], sort=False):
        n = int(own["n"].sum())
        changed = int(own.loc[own["from_grade"] != own["to_grade"], "n"].sum())
        standing: Standing = limits.of_changed(changed / n, n=n)
        rows.append((run_id, as_of, population, n, changed, changed / n, standing.value))
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))


def _of_runs(
    workspace: Workspace,
    table: str,
    done: Sequence[tuple[str, str, dict[str, str]]],
    *,
    kind: str,
    columns: Sequence[str],
) -> pd.DataFrame:
    """Rows of a table over the runs, in their order; ``run_id`` and ``as_of`` are those of the monthly run."""
    stages = {stages[kind]: (at, run_id, as_of) for at, (run_id, as_of, stages) in enumerate(done) if kind in stages}
    try:
        rows = pd.DataFrame(workspace.warehouse.read_runs(table, list(stages)).execute())
    except TableMissingError:
        return pd.DataFrame(columns=list(columns))
    of = rows["run_id"].map(stages)
    rows = rows.assign(at=of.str[0], run_id=of.str[1], as_of=of.str[2])
    ordered = rows.sort_values("at", kind="stable", ignore_index=True)
    return ordered.reindex(columns=list(columns))
