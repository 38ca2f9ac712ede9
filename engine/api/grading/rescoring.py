"""A contested grade computed again: one entity, as of the run's day, from its records as they stand now.

The limits between grades are those of the run, so nobody else's grade moves. Keeping the result needs an objection that
was decided as ``corrected`` by a person (个人信息保护法 art. 24); the grades of the run stay beside the corrected ones.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.grading.confirming import UNNAMED
from engine.api.grading.disputes import grade_objections
from engine.api.grading.monthly_records import (
    RESCORE,
    Manifest,
    finished_of,
    grade_run_of,
    manifest_of,
    rescores_of,
    unfinished_run,
)
from engine.api.grading.monthly_stages import Stages
from engine.api.scoring.assessment import cohort_on, open_listings
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.scoring.learned import score_learned
from engine.api.scoring.override_book import approved_overrides
from engine.api.scoring.sector_grades import TABLE as SECTORS_TABLE
from engine.api.scoring.sector_grades import sector_grades, sector_table
from engine.errors import GradeOverrideError, MonthlyRunError, TableMissingError
from engine.features.registry import feature_table
from engine.messages import N_, Message, Translate
from engine.pipeline.assessment import Scored, Standing, grade_entities, score_entities
from engine.pipeline.ports import Actor, Clock
from engine.store.workspaces.hindsight import HindsightWarehouse
from engine.store.workspaces.warehouse import ResultTable
from engine.store.workspaces.workspace import Workspace

SHOWN = ("grade", "score", "score_grade", "settled_grade", "override_code", "override_reference")
_COMPLETE = ("scores", "reasons", "grades")


@dataclass(frozen=True, slots=True)
class Rescore:
    """What an entity's grade becomes.

    Parameters
    ----------
    run_id : monthly run. entity_id : whose. as_of : the run's day. known_by : day up to which corrections count.
    before, after : grade rows (:data:`SHOWN`). features : column → (before, after), where they differ.
    tables : the entity's rows of ``scores``, ``reasons``, ``grades`` and ``grade_sectors``.
    """

    run_id: str
    entity_id: str
    as_of: date
    known_by: date
    before: dict[str, object]
    after: dict[str, object]
    features: dict[str, tuple[object, object]]
    tables: dict[str, pd.DataFrame]

    @property
    def is_changed(self) -> bool:
        """Whether grade or score differ."""
        return self.before != self.after

    def told(self) -> dict[str, object]:
        """Return what is told of it, as JSON holds it: everything but its tables."""
        return {
            "run_id": self.run_id,
            "entity_id": self.entity_id,
            "as_of": self.as_of.isoformat(),
            "known_by": self.known_by.isoformat(),
            "before": self.before,
            "after": self.after,
            "features": {name: list(pair) for name, pair in self.features.items()},
        }


def rescore(workspace: Workspace, run_id: str, entity_id: str, *, known_by: date) -> Rescore:
    """Compute an entity's grade in a run again from its records as they stand on a later day; nothing is written.

    Raises
    ------
    MonthlyRunError
        No such run, not finished, one of before limits were kept, or the entity is not in it or not in scope any more.

    Notes
    -----
    Cost: reading all records once; features of one entity.
    """
    manifest = manifest_of(workspace, run_id)
    done = finished_of(workspace, run_id)
    if done is None:
        raise unfinished_run(run_id)
    before = _own(workspace, "grades", entity_id, run_id=grade_run_of(workspace, run_id))
    if before.empty:
        problem = Message(N_("{entity_id} was not in it"), {"entity_id": entity_id})
        raise MonthlyRunError(run=run_id, problem=problem, remedy=Message(N_("check the identifier")))
    warehouse = HindsightWarehouse(
        workspace, manifest.inputs, entity_id=entity_id, as_of=manifest.as_of, known_by=max(known_by, manifest.as_of)
    )
    entities = cohort_on(warehouse, book=manifest.book, as_of=manifest.as_of)
    entities = entities[entities["entity_id"] == entity_id].reset_index(drop=True)
    if entities.empty:
        problem = Message(N_("{entity_id} is not in scope any more on that day"), {"entity_id": entity_id})
        remedy = Message(N_("correct the register; it leaves the next run by itself"))
        raise MonthlyRunError(run=run_id, problem=problem, remedy=remedy)
    features = FeatureBuilder(warehouse, book=manifest.book).build(entities[["entity_id", "as_of"]], on=manifest.as_of)
    scored = _scored(workspace, manifest, features, entities)
    graded = grade_entities(
        scored.scores, entities, open_listings(warehouse, book=manifest.book, as_of=manifest.as_of),
        book=manifest.book, as_of=manifest.as_of,
        standing=Standing(
            previous=_previous(workspace, manifest, entity_id),
            sector_grades=sector_grades(warehouse, as_of=manifest.as_of),
            overrides=approved_overrides(workspace, until=manifest.sequence),
            limits=_limits(workspace, run_id, grade_run=done["runs"]["grade"]),
        ),
    )  # fmt: skip
    held = _own(workspace, "features", entity_id, run_id=done["runs"]["features"])
    return Rescore(
        run_id, entity_id, manifest.as_of, known_by, _shown(before), _shown(graded.grades), _differing(held, features),
        {
            "scores": scored.scores, "reasons": scored.reasons, "grades": graded.grades,
            SECTORS_TABLE: graded.sectors,
        },
    )  # fmt: skip


def keep_rescore(
    workspace: Workspace, objection_id: str, *, reason: str, actor: Actor, clock: Clock, entity_id: str | None = None
) -> Rescore:
    """Compute the grade that an upheld objection contests again and keep it beside the run's.

    Parameters
    ----------
    objection_id : about ``grades``, record ``RUN:ENTITY``; its last event must be ``corrected``.
    entity_id : whom it is about, where the caller is bound to it; None = whomever it names.

    Raises
    ------
    GradeOverrideError
        No such objection, not decided as corrected, kept already, no reason, or a machine keeps it.
    MonthlyRunError
        See :func:`rescore`.
    """
    held = grade_objections(workspace, on=clock().date())
    held = held[held["objection_id"] == objection_id]
    held = held if entity_id is None else held[held["entity_id"] == entity_id]
    if held.empty:
        _refuse(objection_id, N_("there is no objection to a grade of that name"))
    row = held.iloc[0]
    if row["state"] != "corrected":
        _refuse(objection_id, N_("the objection was not decided as corrected"))
    if actor.name in UNNAMED or not reason.strip():
        _refuse(objection_id, N_("name the person with XINHENG_ACTOR and say why; it stays on record"))
    if any(said["objection"] == objection_id for _, said in rescores_of(workspace)):
        _refuse(objection_id, N_("its correction is kept already"))
    found = rescore(workspace, row["run_id"], row["entity_id"], known_by=clock().date())
    latest = workspace.warehouse.run_ids_of("grades")[-1]
    is_complete = latest == grade_run_of(workspace, found.run_id)
    tables: dict[str, ResultTable] = {f"corrected_{name}": rows for name, rows in found.tables.items()}
    tables[f"corrected_{SECTORS_TABLE}"] = sector_table(found.tables[SECTORS_TABLE], as_of=found.as_of)
    if is_complete:
        # what everybody reads is the latest table: there the row changes, the run's own table stays as it is
        tables |= {name: _with_row(workspace, found, name) for name in _COMPLETE}
        if latest in workspace.warehouse.run_ids_of(SECTORS_TABLE):
            tables[SECTORS_TABLE] = sector_table(_with_row(workspace, found, SECTORS_TABLE), as_of=found.as_of)
    said = {
        "monthly": found.run_id, "objection": objection_id, "entity_id": found.entity_id, "known_by": found.known_by,
        "before": found.before, "after": found.after, "reason": reason, "is_complete": is_complete,
    }  # fmt: skip
    workspace.warehouse.write_run(tables, kind=RESCORE, as_of=found.as_of, manifest=said, actor=actor, at=clock())
    return found


def feature_titles(*, translate: Translate) -> dict[str, str]:
    """Return what people call the features that a correction may change, by name."""
    table = feature_table(translate=translate)
    return dict(zip(table["name"].astype(str), table["title"].astype(str), strict=True))


def corrected_grades(workspace: Workspace) -> pd.DataFrame:
    """Return every grade that was corrected: run_id, entity_id, objection_id, before, after, actor, reason, at."""
    rows = []
    for run, said in rescores_of(workspace):
        held = workspace.warehouse.read("corrected_grades", run_id=run.run_id)
        if not int(held.count().execute()):
            continue  # out of sight of whoever asks
        rows.append(
            (said["monthly"], said["entity_id"], said["objection"], said["before"]["grade"], said["after"]["grade"],
             run.actor, said["reason"], run.ran_at)
        )  # fmt: skip
    names = ["run_id", "entity_id", "objection_id", "before", "after", "actor", "reason", "at"]
    return pd.DataFrame(rows, columns=names)


def _scored(workspace: Workspace, manifest: Manifest, features: pd.DataFrame, entities: pd.DataFrame) -> Scored:
    by_card = score_entities(features, entities, book=manifest.book, as_of=manifest.as_of)
    learned = score_learned(workspace, features, entities, manifest.learned, run=manifest.run_id)
    if learned.scores.empty:
        return by_card
    return Scored(
        pd.concat([by_card.scores, learned.scores], ignore_index=True),
        pd.concat([by_card.reasons, learned.reasons], ignore_index=True),
    )


def _previous(workspace: Workspace, manifest: Manifest, entity_id: str) -> pd.DataFrame | None:
    previous = Stages(workspace, manifest).previous_grades
    return None if previous is None else previous[previous["entity_id"] == entity_id]


def _limits(workspace: Workspace, run_id: str, *, grade_run: str) -> pd.DataFrame:
    try:
        return pd.DataFrame(workspace.warehouse.read("grade_limits", run_id=grade_run).execute())
    except TableMissingError:
        problem = Message(N_("it kept no limits between its grades"))
        raise MonthlyRunError(run=run_id, problem=problem, remedy=Message(N_("run the month again"))) from None


def _own(workspace: Workspace, table: str, entity_id: str, *, run_id: str) -> pd.DataFrame:
    rows = workspace.warehouse.read(table, run_id=run_id)
    return pd.DataFrame(rows.filter(rows.entity_id == entity_id).drop("run_id").execute())


def _shown(grades: pd.DataFrame) -> dict[str, object]:
    row = grades.iloc[0]
    return {name: None if pd.isna(row[name]) else row[name] for name in SHOWN}


def _differing(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, tuple[object, object]]:
    old, new = before.iloc[0], after.iloc[0]
    names = [name for name in after.columns if name in before.columns and name not in ("entity_id", "as_of")]
    pairs = {name: (_plain(old[name]), _plain(new[name])) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _plain(value: object) -> object:
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    return round(float(value), 9) if isinstance(value, float) else value


def _with_row(workspace: Workspace, found: Rescore, table: str) -> pd.DataFrame:
    """The complete latest table with the rows of one entity replaced."""
    rows = workspace.warehouse.read(table, as_of=found.as_of)
    others = pd.DataFrame(rows.filter(rows.entity_id != found.entity_id).drop("run_id").execute())
    both = pd.concat([others, found.tables[table]], ignore_index=True)[list(others.columns)]
    return both.assign(as_of=found.as_of)


def _refuse(subject: str, text: str) -> None:
    raise GradeOverrideError(subject=subject, problem=Message(text))
