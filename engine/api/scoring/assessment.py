"""Features, scores and grades as of a date: computed from what was known by then, stored as a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.records.quality import require_quality
from engine.api.scoring.featuring import FeatureBuilder, FeatureEngine
from engine.api.scoring.override_book import approved_overrides
from engine.api.scoring.sector_grades import TABLE as SECTORS_TABLE
from engine.api.scoring.sector_grades import sector_grades, sector_reasons, sector_table
from engine.errors import AsOfOutsideDataError, EntityUnknownError
from engine.features.cohorts import cohort
from engine.grading.sector_models import graded_apart, with_sectors
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.assessment import Graded, Scored, Standing, grade_entities, score_entities
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.scorecard.reasons import sentence
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.warehouse import Warehouse
from engine.store.workspaces.workspace import Workspace
from engine.validity.publicity import PublicityRules
from engine.validity.records import IN_FORCE, event_relations, status_on


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a score.

    Parameters
    ----------
    rank : 1 = weighs most. feature : its declaration's name. points : what it adds. sentence : in words.
    """

    rank: int
    feature: str
    points: float
    sentence: Message


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an entity has its score and grade.

    Parameters
    ----------
    score_grade : what the cut alone gives. override : reference of what stands above the score, None without;
    override_code : its code.
    until : day on which that ends, where a person set it.
    sectors : how the grades of its sectors were joined with that of the score.
    """

    entity_id: str
    as_of: date
    model: str
    score: float | None
    grade: str | None
    override: str | None
    reasons: tuple[Reason, ...]
    score_grade: str | None = None
    until: str | None = None
    sectors: tuple[Message, ...] = ()
    override_code: str | None = None


def require_inside_data(warehouse: Warehouse, *, as_of: date) -> None:
    """Raise unless ``as_of`` lies between the first and the last record of conduct.

    Raises
    ------
    AsOfOutsideDataError, TableMissingError
    """
    bounds = warehouse.bounds()
    if not bounds.first <= as_of <= bounds.last:
        raise AsOfOutsideDataError(as_of=as_of, first=bounds.first, last=bounds.last)


def cohort_on(warehouse: Warehouse, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return the entities in scope on ``as_of``, key entity_id, sorted by it.

    Parameters
    ----------
    book : names the sectors that are graded apart; their members have the sector's name as ``population``.
    """
    members = with_sectors(warehouse.history("entities"), graded_apart(book, on=as_of))
    return pd.DataFrame(cohort(members, as_of=as_of).order_by("entity_id").execute())


def build(
    workspace: Workspace,
    *,
    as_of: date,
    profile: str,
    actor: Actor,
    clock: Clock,
    progress: Progress = silent,
    engine: FeatureEngine = FeatureEngine.SWEEP,
) -> str:
    """Build and store the features of the cohort of ``as_of``; return the run's id.

    Raises
    ------
    AsOfOutsideDataError, TableMissingError, ParameterNotInForceError
    """
    (run_id,) = build_dates(
        workspace, dates=[as_of], profile=profile, actor=actor, clock=clock, progress=progress, engine=engine
    )
    return run_id


def build_dates(
    workspace: Workspace,
    *,
    dates: Sequence[date],
    profile: str,
    actor: Actor,
    clock: Clock,
    progress: Progress = silent,
    engine: FeatureEngine = FeatureEngine.SWEEP,
) -> list[str]:
    """Build and store the features of the cohort of each date, records read once; return the runs' ids in that order.

    Raises
    ------
    AsOfOutsideDataError, TableMissingError, ParameterNotInForceError
        For one of the dates; nothing of any date is stored then.
    """
    warehouse = workspace.warehouse
    for as_of in dates:
        require_inside_data(warehouse, as_of=as_of)
    book = policies_of(workspace, profile)
    builder, run_ids = FeatureBuilder(warehouse, book=book, engine=engine), []
    for as_of in dates:
        progress(Message(N_("Build features")))
        features = builder.build(cohort(warehouse.history("entities"), as_of=as_of), on=as_of)
        run_ids.append(
            warehouse.write_run(
                {"features": features}, kind="features", as_of=as_of, manifest=said(book), actor=actor, at=clock()
            )
        )
    return run_ids


def score(
    workspace: Workspace, *, as_of: date, profile: str, actor: Actor, clock: Clock, progress: Progress = silent
) -> Scored:
    """Score the cohort of ``as_of`` by the scorecards of its policy, from stored features; store and return them.

    Raises
    ------
    TableMissingError
        Features of that date were not built.
    QualityGateError
        A source that scores rest on is red and nobody took responsibility.
    """
    require_quality(workspace, as_of=as_of, profile=profile)
    warehouse, book = workspace.warehouse, policies_of(workspace, profile)
    features = stored(warehouse, "features", as_of=as_of)
    progress(Message(N_("Score entities")))
    scored = score_entities(features, cohort_on(warehouse, book=book, as_of=as_of), book=book, as_of=as_of)
    warehouse.write_run(
        {"scores": scored.scores, "reasons": scored.reasons},
        kind="score",
        as_of=as_of,
        manifest=said(book),
        actor=actor,
        at=clock(),
    )
    return scored


def grade(
    workspace: Workspace, *, as_of: date, profile: str, actor: Actor, clock: Clock, progress: Progress = silent
) -> Graded:
    """Turn stored scores of ``as_of`` into grades under the dated policy; store and return them.

    No run goes before a single command, so no grade is held by its band; the monthly run does that.

    Raises
    ------
    TableMissingError
        Scores of that date were not computed.
    """
    warehouse, book = workspace.warehouse, policies_of(workspace, profile)
    scores = stored(warehouse, "scores", as_of=as_of)
    progress(Message(N_("Grade entities")))
    graded = grade_entities(
        scores,
        cohort_on(warehouse, book=book, as_of=as_of),
        open_listings(warehouse, book=book, as_of=as_of),
        book=book,
        as_of=as_of,
        standing=Standing(sector_grades=sector_grades(warehouse, as_of=as_of), overrides=approved_overrides(workspace)),
    )
    warehouse.write_run(
        {
            "grades": graded.grades,
            "grade_shares": graded.shares.assign(as_of=as_of),
            "grade_limits": graded.limits,
            SECTORS_TABLE: sector_table(graded.sectors, as_of=as_of),
        },
        kind="grade",
        as_of=as_of,
        manifest=said(book),
        actor=actor,
        at=clock(),
    )
    return graded


def open_listings(warehouse: Warehouse, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return the listings in force and not ended as of a date."""
    histories = {name: warehouse.history(name) for name in ("listings", "repairs")}
    spans = event_relations(histories, rules=PublicityRules.from_policies(book))["listings"]
    known = status_on(spans, as_of=as_of)
    is_open = known.ended_on.isnull() | (known.ended_on > as_of)
    return pd.DataFrame(known.filter(known.status == IN_FORCE, is_open).execute())


def explain(workspace: Workspace, entity_id: str, *, as_of: date | None = None) -> Explanation:
    """Return score, grade and reasons of one entity from what was stored at scoring time.

    Raises
    ------
    TableMissingError
        Nothing was scored.
    EntityUnknownError
        The entity is not in the run.
    """
    warehouse = workspace.warehouse
    scores = _rows_of(warehouse, "scores", entity_id, as_of=as_of)
    if scores.empty:
        raise EntityUnknownError(entity_id=entity_id, problem=Message(N_("it was not scored; check the identifier")))
    grades = _rows_of(warehouse, "grades", entity_id, as_of=as_of)
    told = _rows_of(warehouse, "reasons", entity_id, as_of=as_of).sort_values("rank")
    # several models may have scored it: the one that decided is explained
    models = list(grades["model"].dropna()) or [scores["model"].iloc[0]]
    first = scores[scores["model"] == models[0]].iloc[0]
    told = told[told["model"] == first["model"]]
    reasons = tuple(
        Reason(int(row["rank"]), str(row["feature"]), float(row["points"]), sentence(row["template"], row["params"]))
        for row in told.to_dict("records")
    )
    held = grades.iloc[0] if len(grades) else None
    return Explanation(
        entity_id=entity_id,
        as_of=pd.Timestamp(first["as_of"]).date(),
        model=str(first["model"]),
        score=None if pd.isna(first["score"]) else float(first["score"]),
        grade=None if held is None else str(held["grade"]),
        override=None if held is None or pd.isna(held["override_code"]) else str(held["override_reference"]),
        reasons=reasons,
        score_grade=None if held is None else str(held["score_grade"]),
        until=None if held is None or pd.isna(held.get("override_until")) else str(held["override_until"]),
        sectors=() if held is None else sector_reasons(warehouse, entity_id, run_id=str(held["run_id"])),
        override_code=None if held is None or pd.isna(held["override_code"]) else str(held["override_code"]),
    )


def _rows_of(warehouse: Warehouse, table: str, entity_id: str, *, as_of: date | None) -> pd.DataFrame:
    rows = warehouse.read(table, as_of=as_of)
    return pd.DataFrame(rows.filter(rows.entity_id == entity_id).execute())


def stored(warehouse: Warehouse, table: str, *, as_of: date) -> pd.DataFrame:
    """Return the latest stored result table of ``as_of`` without its ``run_id``."""
    return pd.DataFrame(warehouse.read(table, as_of=as_of).drop("run_id").execute())


def said(book: PolicyBook) -> dict[str, object]:
    """Return what a run's manifest says about the policies it used."""
    return {"profile": book.profile, "policies": book.digest}
