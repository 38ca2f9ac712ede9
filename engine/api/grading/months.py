"""The grades of a month: shares beside targets and the month before, who moved and why.

Small tables that the run stored, for whoever sees everything. Somebody with limits gets the same counted from the rows
in sight: two columns of the grades, and the movers.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.grading.monthly_records import (
    FINISHED,
    finished_of,
    rescores_of,
    started_entries,
    unfinished_run,
    unknown_run,
)
from engine.errors import TableMissingError
from engine.grading.migration import ABSENT, CAUSE_NAMES, Cause
from engine.grading.overrides import SEVERITY
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import Grade

__all__ = [
    "ABSENT",
    "CAUSE_NAMES",
    "MOVED",
    "GradeMonth",
    "direction",
    "grade_months",
    "month_migration",
    "month_moves",
    "month_shares",
]

SHARE_COLUMNS = ("population", "grade", "n", "share", "target_share", "n_before", "share_before")
MIGRATION_COLUMNS = ("population", "from_grade", "to_grade", "cause", "n", "share")
MOVE_COLUMNS = ("entity_id", "from_grade", "to_grade", "cause")
_MOVE_KEY = ["population", "from_grade", "to_grade", "cause"]
STAYED = (Cause.NONE, Cause.HYSTERESIS)
MOVED = tuple(cause.value for cause in Cause if cause not in (*STAYED, Cause.NEWCOMER, Cause.LEFT))
"""Causes for which an object that was there before has another grade now."""


@dataclass(frozen=True, slots=True)
class GradeMonth:
    """One finished monthly run.

    Parameters
    ----------
    run_id : str. as_of : its day. starter : who started it. finished_at : RFC 3339.
    previous, previous_as_of : the run that its moves are counted from, empty and None for the first.
    n_corrected : grades of it that were corrected on an objection, as far as they are in sight.
    """

    run_id: str
    as_of: date
    starter: str
    finished_at: str
    previous: str
    previous_as_of: date | None
    n_corrected: int


def grade_months(workspace: Workspace) -> tuple[GradeMonth, ...]:
    """Return the finished monthly runs, the one finished last first. Cost: their entries in the ledger."""
    started = {entry.subject: entry for entry in started_entries(workspace)}
    days = {name: date.fromisoformat(entry.particulars["as_of"]) for name, entry in started.items()}
    corrected = [str(said["monthly"]) for run, said in rescores_of(workspace) if _n(workspace, run.run_id)]
    found = []
    for entry in reversed(workspace.require().ledger.entries(action=FINISHED)):
        name = entry.subject
        before = str(started[name].particulars["previous"] or "")
        found.append(
            GradeMonth(
                run_id=name,
                as_of=days[name],
                starter=started[name].actor,
                finished_at=entry.entered_at,
                previous=before,
                previous_as_of=days.get(before),
                n_corrected=corrected.count(name),
            )
        )
    return tuple(found)


def month_shares(workspace: Workspace, *, run_id: str) -> pd.DataFrame:
    """Return how many objects have which grade in a monthly run, as the run gave them.

    Returns
    -------
    DataFrame, key (population, grade), :data:`SHARE_COLUMNS`: ``share`` and ``target_share`` of the classified (0..1,
    null for U; the target null where limits cut, or for whoever sees a part), ``n_before`` and ``share_before`` in the
    run before, null without one.

    Raises
    ------
    MonthlyRunError
        There is no such run, or it is not finished.
    """
    month = _month(workspace, run_id)
    now = _shares(workspace, run_id)
    if not month.previous or finished_of(workspace, month.previous) is None:
        return now.assign(n_before=None, share_before=float("nan"))[list(SHARE_COLUMNS)]
    before = _shares(workspace, month.previous)[["population", "grade", "n", "share"]]
    both = now.merge(before, on=["population", "grade"], how="left", suffixes=("", "_before"))
    was_there = both["population"].isin(before["population"])
    # a grade that nobody in sight had before has no row of its own
    none = was_there & both["n_before"].isna()
    both.loc[none, "n_before"] = 0
    both.loc[none & both["share"].notna(), "share_before"] = 0.0
    return both.astype({"n_before": "Int64"})[list(SHARE_COLUMNS)]


def month_migration(workspace: Workspace, *, run_id: str) -> pd.DataFrame:
    """Return how many objects went from which grade to which since the run before, by cause.

    Returns
    -------
    DataFrame, key (population, from_grade, to_grade, cause), :data:`MIGRATION_COLUMNS`: grades are :data:`ABSENT` where
    the object was, or is, not in the register; ``share`` of those that had ``from_grade``. Empty for the first run.

    Raises
    ------
    MonthlyRunError
        There is no such run, or it is not finished.
    """
    if not _month(workspace, run_id).previous:
        return pd.DataFrame(columns=list(MIGRATION_COLUMNS))
    if workspace.scope.is_whole:
        table = _stored(workspace, "grade_migration", run_id)
        return table[list(MIGRATION_COLUMNS)]
    moved = _stored(workspace, "grade_moves", run_id)
    counted = moved.groupby(_MOVE_KEY).size().rename("n").reset_index()
    arrived = moved[moved["to_grade"] != ABSENT].groupby(["population", "to_grade"]).size()
    now = _shares(workspace, run_id).set_index(["population", "grade"])["n"]
    # the run kept no row of whoever stayed: those who are there and did not arrive
    stayed = now.sub(arrived.reindex(now.index, fill_value=0)).rename("n").reset_index()
    stayed = stayed.assign(from_grade=stayed["grade"], to_grade=stayed["grade"], cause=Cause.NONE.value)
    matrix = pd.concat([counted, stayed[stayed["n"] > 0]], ignore_index=True).sort_values(_MOVE_KEY, ignore_index=True)
    total = matrix.groupby(["population", "from_grade"])["n"].transform("sum")
    return matrix.assign(share=matrix["n"] / total)[list(MIGRATION_COLUMNS)]


def month_moves(
    workspace: Workspace, *, run_id: str, population: str, causes: tuple[str, ...] = MOVED, most: int | None = None
) -> pd.DataFrame:
    """Return who moved between two runs, the risky ones first.

    Parameters
    ----------
    causes : of these only. most : at most so many rows, None = all.

    Returns
    -------
    DataFrame, key entity_id, :data:`MOVE_COLUMNS`, by grade now (D first), grade before and identifier.

    Raises
    ------
    MonthlyRunError
        There is no such run, or it is not finished.
    """
    try:
        table = workspace.warehouse.read("grade_moves", run_id=_grade_run(workspace, run_id))
    except TableMissingError:
        return pd.DataFrame(columns=list(MOVE_COLUMNS))
    own = table.filter(table.population == population, table.cause.isin(list(causes)))
    ordered = own.order_by([own.to_grade.desc(), own.from_grade, own.entity_id]).select(*MOVE_COLUMNS)
    return pd.DataFrame((ordered if most is None else ordered.limit(most)).execute())


def direction(from_grade: str, to_grade: str) -> str:
    """Return which way a move goes: riskier, milder, same, or other where one of the two is no risk grade."""
    names = (from_grade, to_grade)
    if any(each in (ABSENT, Grade.UNCLASSIFIED.value) for each in names):
        return "same" if from_grade == to_grade else "other"
    step = SEVERITY[Grade(to_grade)] - SEVERITY[Grade(from_grade)]
    return "riskier" if step > 0 else "milder" if step < 0 else "same"


def _month(workspace: Workspace, run_id: str) -> GradeMonth:
    found = next((each for each in grade_months(workspace) if each.run_id == run_id), None)
    if found is None:
        is_known = any(entry.subject == run_id for entry in started_entries(workspace))
        raise unfinished_run(run_id) if is_known else unknown_run(run_id)
    return found


def _grade_run(workspace: Workspace, run_id: str) -> str:
    done = finished_of(workspace, run_id)
    if done is None:
        raise unfinished_run(run_id)
    return str(done["runs"]["grade"])


def _shares(workspace: Workspace, run_id: str) -> pd.DataFrame:
    """Shares of one run: those it stored, or counted from the rows in sight."""
    columns = ["population", "grade", "n", "share", "target_share"]
    if workspace.scope.is_whole:
        return _stored(workspace, "grade_shares", run_id)[columns]
    grades = workspace.warehouse.read("grades", run_id=_grade_run(workspace, run_id))
    counted = grades.group_by("population", "grade").agg(n=grades.count()).order_by("population", "grade")
    table = pd.DataFrame(counted.to_pyarrow().to_pandas()).astype({"n": "int64"})
    classified = table["grade"] != Grade.UNCLASSIFIED.value
    total = table["n"].where(classified).groupby(table["population"]).transform("sum")
    return table.assign(share=(table["n"] / total).where(classified), target_share=float("nan"))[columns]


def _stored(workspace: Workspace, table: str, run_id: str) -> pd.DataFrame:
    return pd.DataFrame(workspace.warehouse.read(table, run_id=_grade_run(workspace, run_id)).drop("run_id").execute())


def _n(workspace: Workspace, rescore_run: str) -> int:
    """Corrected grades of a stored correction, as far as they are in sight."""
    return int(workspace.warehouse.read("corrected_grades", run_id=rescore_run).count().execute())
