"""The grades of one object from run to run, and which of its own records came or lapsed between two of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.grading.history import grade_history
from engine.api.grading.monthly_records import FINISHED, RESCORE
from engine.api.policies.check import read_policies
from engine.api.scoring.own_features import OwnRecords
from engine.store.workspaces.workspace import Workspace
from engine.validity.records import KEYS, REPAIRS

PROFILE = "default"


@dataclass(frozen=True, slots=True)
class GradeStep:
    """The grade of one run.

    Parameters
    ----------
    run_id : monthly run, or the run of a single command. as_of : its day. is_monthly : which of the two.
    grade, score_grade, score, model : as the run gave them; score None without one.
    override_code, override_reference : what stood above the score, None without.
    from_grade, cause : of the move since the monthly run before, None where it did not move.
    corrected_to : grade after an upheld objection. is_disputed : while an objection is not decided.
    came, lapsed : (table, record, why) of own records that became known, or stopped counting, since the step before;
        both empty for the first.
    """

    run_id: str
    as_of: date
    is_monthly: bool
    grade: str
    score_grade: str
    score: float | None
    model: str | None
    override_code: str | None
    override_reference: str | None
    from_grade: str | None
    cause: str | None
    corrected_to: str | None
    is_disputed: bool
    came: tuple[tuple[str, str, str], ...] = ()
    lapsed: tuple[tuple[str, str, str], ...] = ()


def grade_steps(workspace: Workspace, *, entity_id: str, on: date, profile: str = PROFILE) -> tuple[GradeStep, ...]:
    """Return the grades of an object, the oldest first: one step per day that was graded.

    Of a day the last finished monthly run counts; a day that only single commands graded has the last of these.

    Parameters
    ----------
    on : day as of which objections are read. profile : policies that say how long a record counts.

    Notes
    -----
    Cost: one filtered scan of the grades of all runs, and one per table of conduct.
    """
    monthly = grade_history(workspace, entity_id, on=on)
    stages = {entry.particulars["runs"]["grade"] for entry in workspace.ledger.entries(action=FINISHED)}
    single = _single_commands(workspace, entity_id, without=stages)
    rows = [{**row, "is_monthly": True} for row in monthly.drop_duplicates("as_of", keep="last").to_dict("records")]
    held = {row["as_of"] for row in rows}
    rows += [{**row, "is_monthly": False} for row in single.to_dict("records") if row["as_of"] not in held]
    rows.sort(key=lambda row: row["as_of"])
    if not rows:
        return ()
    book = read_policies(profile, workspace=workspace)
    own = OwnRecords(workspace, entity_id, book=book, on=rows[-1]["as_of"], tables=(*KEYS, REPAIRS))
    steps, before = [], None
    for row in rows:
        came, lapsed = ((), ()) if before is None else _news(own, since=before, until=row["as_of"])
        steps.append(_step(row, came=came, lapsed=lapsed))
        before = row["as_of"]
    return tuple(steps)


def _single_commands(workspace: Workspace, entity_id: str, *, without: set[str]) -> pd.DataFrame:
    held = workspace.warehouse.results_of("grades", [entity_id])
    if held.empty:
        return pd.DataFrame(columns=["as_of"])
    runs = {run.run_id: run for run in workspace.warehouse.runs() if run.kind != RESCORE and run.run_id not in without}
    own = held[held["run_id"].isin(list(runs))]
    own = own.assign(
        sequence=own["run_id"].map(lambda name: runs[name].sequence), as_of=pd.to_datetime(own["as_of"]).dt.date
    )
    return own.sort_values("sequence").drop_duplicates("as_of", keep="last")


def _news(
    own: OwnRecords, *, since: date, until: date
) -> tuple[tuple[tuple[str, str, str], ...], tuple[tuple[str, str, str], ...]]:
    """Records of conduct that became known, and that stopped counting, after one day and not after another."""
    came: dict[tuple[str, str], tuple[str, str, str]] = {}
    lapsed: dict[tuple[str, str], tuple[str, str, str]] = {}
    for table, key in KEYS.items():
        rows = own.spans(table)
        for row in rows[_falls(rows["known_at"], since, until)].to_dict("records"):
            came[table, str(row[key])] = (table, str(row[key]), "known")
        standing = rows[rows["superseded_at"].isna() | (rows["superseded_at"] > pd.Timestamp(until))]
        ends = [("in_force_until", "out_of_force_reason")] + [("ended_on", "")] * (table == "listings")
        for column, why in ends:
            for row in standing[_falls(standing[column], since, until)].to_dict("records"):
                lapsed[table, str(row[key])] = (table, str(row[key]), str(row[why]) if why else "ended")
    return tuple(came.values()), tuple(lapsed.values())


def _falls(days: "pd.Series[pd.Timestamp]", since: date, until: date) -> "pd.Series[bool]":
    return (days > pd.Timestamp(since)) & (days <= pd.Timestamp(until))


def _step(row: Mapping[Any, Any], **news: tuple[tuple[str, str, str], ...]) -> GradeStep:
    def said(name: str) -> str | None:
        value = row.get(name)
        return None if value is None or pd.isna(value) else str(value)

    score = row.get("score")
    return GradeStep(
        run_id=str(row["run_id"]),
        as_of=row["as_of"],
        is_monthly=bool(row["is_monthly"]),
        grade=str(row["grade"]),
        score_grade=str(row["score_grade"]),
        score=None if score is None or pd.isna(score) else float(score),
        model=said("model"),
        override_code=said("override_code"),
        override_reference=said("override_reference"),
        from_grade=said("from_grade"),
        cause=said("cause"),
        corrected_to=said("corrected_to"),
        is_disputed=bool(row.get("is_disputed", False)),
        **news,
    )
