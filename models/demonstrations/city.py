"""The whole loop on a synthetic city: history, grades, a simulated draw, its findings, what they measure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.api.committing.commitment import commit_draw
from engine.api.draws.order import CommittedDraw, DrawOrder
from engine.api.draws.running import run_draw
from engine.api.draws.signing import sign_draw
from engine.api.draws.verification import verify
from engine.api.marts.building import build_marts
from engine.api.plans.approval import approve, consolidate, publish
from engine.api.plans.reading import published_lines
from engine.api.plans.submission import decide, open_proposals, schedule_plan, submit
from engine.api.plans.tasks import acknowledge, archive, dispatch, publicise
from engine.api.records.quality import require_quality
from engine.api.records.simulation import Simulation, simulate
from engine.api.results.draw import enter_results, measure
from engine.api.scoring.assessment import cohort_on, open_listings, said
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import Workspace
from engine.errors import NothingToLearnError
from engine.messages import N_, Message
from engine.pipeline.assessment import grade_entities, score_entities
from engine.pipeline.ports import Actor, Progress, silent
from engine.simulation.findings import findings
from engine.store.documents import load_policies
from models.demonstrations.shared import (
    Demonstration,
    Stopwatch,
    accepted_rows,
    china_morning,
    load_records,
    own_workspace,
)
from models.fitting.training import fit_population, store_model
from models.judging.judgement import judge_inspection_level
from models.registry.index import register
from models.stored.application import ModelScorer
from models.stored.artifact import FittedModel

LAST_DAY = date(2025, 12, 31)
COMMITTED_ON, DRAWN_ON = date(2026, 3, 2), date(2026, 3, 4)
FIRST_VISIT, LAST_VISIT, INSPECT_UNTIL = date(2026, 3, 9), date(2026, 6, 26), date(2026, 6, 30)
MEASURED_ON = date(2026, 8, 3)
PLANNED_ON, APPROVED_ON, PUBLISHED_ON = date(2026, 2, 2), date(2026, 2, 9), date(2026, 2, 10)
MOST_LEARNED = 60_000
"""Inspections that a challenger model learns from: a larger city learns from a random part of its entities, in the same
time; a model for work is fitted on all (``xinheng train``)."""
PLAN_ID = "2026-330600"
DRAW_ID = "2026-001"
PLANNER = Actor("演示·抽查计划员 (fictional)", "draw_officer")
WITNESS = Actor("演示·监督人 (fictional)", "leader")
CONVENOR = Actor("演示·联席会议召集人 (fictional)", "leader")
SUBMITTER = Actor("演示·部门联络员 (fictional)", "analyst")


def demonstrate_city(
    path: Path, *, n_entities: int, years: int, seed: int, threads: int = 1, progress: Progress = silent
) -> Demonstration:
    """Run the loop on a synthetic city: history, grades, a simulated draw, its findings, what they measure."""
    with own_workspace(path) as workspace:
        return _run_loop(workspace, n_entities=n_entities, years=years, seed=seed, threads=threads, progress=progress)


def _run_loop(
    workspace: Workspace, *, n_entities: int, years: int, seed: int, threads: int, progress: Progress
) -> Demonstration:
    watch = Stopwatch(progress)
    book = load_policies()
    with watch.stage("simulate", Message(N_("Simulate a city"))):
        city = simulate(workspace.path / "sources", n_entities=n_entities, years=years, seed=seed, last_day=LAST_DAY)
    with watch.stage("ingest", Message(N_("Load the records"))):
        report = load_records(workspace, [file.path for file in city.files], at=china_morning(LAST_DAY))
    scores, models = _assess(workspace, seed=seed, threads=threads, watch=watch)
    with watch.stage("plan", Message(N_("Merge, schedule, approve and publish the plan"))):
        lines = _plan(workspace, seed=seed)
    with watch.stage("commit", Message(N_("Commit to the draw"))):
        committed = _commit(workspace, lines, seed=seed)
    with watch.stage("draw", Message(N_("Draw objects and teams"))):
        drawn = run_draw(workspace, DRAW_ID, values=[], actor=WITNESS, clock=_drawn_at)
        sign_draw(workspace, DRAW_ID, actor=PLANNER, clock=_drawn_at)
    with watch.stage("verify", Message(N_("Verify the published draw"))):
        verification = verify(drawn.bundle, expect_commit=committed.commit_digest, expect_entropy=None)
    with watch.stage("results", Message(N_("Inspect and enter the results"))):
        _inspect(workspace, city, seed=seed)
        publicise(workspace, DRAW_ID, actor=WITNESS, clock=_measured_at)
        archive(workspace, DRAW_ID, actor=WITNESS, clock=_measured_at)
    with watch.stage("measure", Message(N_("Measure what was found"))):
        measured = measure(workspace, draw_ids=[DRAW_ID], book=book, actor=PLANNER, clock=_measured_at)
        populations = _city_populations(measured, scores, models, workspace=workspace, seed=seed)
    with watch.stage("marts", Message(N_("Make the tables of the pages ready"))):
        build_marts(workspace, actor=PLANNER, clock=_measured_at)
    return Demonstration(
        source="simulation",
        as_of=LAST_DAY,
        seconds=watch.seconds,
        entities=n_entities,
        records=accepted_rows(report),
        certificate=str(Path(drawn.bundle) / "certificate.json"),
        workspace=str(workspace.path),
        populations=populations,
        draw=drawn.as_json(),
        verified=verification.ok,
    )


def _assess(
    workspace: Workspace, *, seed: int, threads: int, watch: Stopwatch
) -> tuple[pd.DataFrame, dict[str, FittedModel]]:
    """Features, scorecard, learned models, grades; stored as one run."""
    require_quality(workspace, as_of=LAST_DAY, profile="default")
    warehouse, book = workspace.warehouse, load_policies()
    entities, builder = cohort_on(warehouse, book=book, as_of=LAST_DAY), FeatureBuilder(warehouse, book=book)
    with watch.stage("features", Message(N_("Build features"))):
        spine = entities[["entity_id", "as_of"]]
        features = builder.build(spine, on=LAST_DAY)
    with watch.stage("score", Message(N_("Score entities"))):
        scored = score_entities(features, entities, book=book, as_of=LAST_DAY)
    models: dict[str, FittedModel] = {}
    learned = []
    with watch.stage("train", Message(N_("Fit the challenger models"))):
        for population in sorted(entities["population"].unique()):
            try:
                model = fit_population(
                    warehouse,
                    builder,
                    book=book,
                    population=population,
                    split=LAST_DAY + timedelta(days=1),
                    seed=seed,
                    most_rows=MOST_LEARNED,
                    threads=threads,
                    progress=watch.progress,
                )
            except NothingToLearnError:
                continue
            models[population] = model
            store_model(workspace, model)
            register(workspace, model, alias="challenger")
            own = features[features["entity_id"].isin(entities.loc[entities["population"] == population, "entity_id"])]
            learned.append(ModelScorer(model, threads=threads).score(own))
    scores = pd.concat([scored.scores, *learned], ignore_index=True)
    with watch.stage("grade", Message(N_("Grade entities"))):
        listings = open_listings(warehouse, book=book, as_of=LAST_DAY)
        graded = grade_entities(scores, entities, listings, book=book, as_of=LAST_DAY)
    with watch.stage("store", Message(N_("Store scores and grades"))):
        tables = {
            "features": features,
            "scores": scores,
            "reasons": scored.reasons,
            "grades": graded.grades,
            "grade_shares": graded.shares.assign(as_of=LAST_DAY),
        }
        manifest = {**said(book), "models": {name: model.digest for name, model in models.items()}}
        warehouse.write_run(
            tables, kind="assess", as_of=LAST_DAY, manifest=manifest, actor=PLANNER, at=china_morning(LAST_DAY)
        )
    return scores, models


def _drawn_at() -> datetime:
    return china_morning(DRAWN_ON)


def _measured_at() -> datetime:
    return china_morning(MEASURED_ON)


def _plan(workspace: Workspace, *, seed: int) -> tuple[str, ...]:
    """Take the departments' lines through the whole path and return the published ones; dispatch their tasks."""
    book, planned = load_policies(), partial(china_morning, PLANNED_ON)
    submit(workspace, [], book=book, actor=SUBMITTER, clock=planned)
    while waiting := open_proposals(workspace, PLAN_ID, book=book, on=PLANNED_ON):
        chosen = waiting[0].proposal_id
        decide(workspace, PLAN_ID, chosen, is_accepted=True, reason="", book=book, actor=PLANNER, clock=planned)
    schedule_plan(workspace, PLAN_ID, book=book, actor=PLANNER, clock=planned)
    consolidate(workspace, PLAN_ID, book=book, actor=PLANNER, clock=planned)
    document = "simulated approval of the joint conference"
    approve(workspace, PLAN_ID, document=document, actor=CONVENOR, clock=partial(china_morning, APPROVED_ON))
    announced = partial(china_morning, PUBLISHED_ON)
    publish(workspace, PLAN_ID, book=book, actor=WITNESS, clock=announced, simulation_seed=seed)
    lines = published_lines(workspace, PLAN_ID, on=PUBLISHED_ON)
    for task in dispatch(workspace, lines, actor=PLANNER, clock=announced):
        acknowledge(workspace, task.task_id, actor=SUBMITTER, clock=announced)
    return lines


def _commit(workspace: Workspace, lines: tuple[str, ...], *, seed: int) -> CommittedDraw:
    now = china_morning(COMMITTED_ON)
    order = DrawOrder(
        draw_id=DRAW_ID,
        as_of=LAST_DAY,
        lines=lines,
        events={"sim": "1"},
        not_before=now + timedelta(hours=25),
        deadlines={"sim": now + timedelta(days=3)},
        inspect_until=INSPECT_UNTIL,
    )
    committed = commit_draw(workspace, order, profile="default", actor=PLANNER, clock=lambda: now, simulation_seed=seed)
    sign_draw(workspace, DRAW_ID, actor=WITNESS, clock=lambda: now)
    return committed


def _inspect(workspace: Workspace, city: Simulation, *, seed: int) -> None:
    """Let the city's inspectors visit what was drawn, and enter what they find."""
    warehouse = workspace.warehouse
    selections = warehouse.read("selections").execute()
    visits = warehouse.read("visits").execute()
    leaders = warehouse.read("teams").filter(lambda rows: rows.is_leader).execute()
    drawn = selections[selections["is_drawn"]].merge(visits.loc[visits["is_matched"], ["visit_id"]], on="visit_id")
    order = {visit: place for place, visit in enumerate(sorted(drawn["visit_id"].unique()))}
    days = (LAST_VISIT - FIRST_VISIT).days
    offsets = drawn["visit_id"].map(order) * days // max(len(order), 1)
    leader_of = leaders.set_index("visit_id")["inspector_code"]
    items = warehouse.table("items").select("item_code", "department_code").distinct().execute()
    rows = drawn.merge(items, on="item_code", validate="m:1").assign(
        inspector_code=lambda table: table["visit_id"].map(leader_of),
        occurred_on=pd.Timestamp(FIRST_VISIT) + pd.to_timedelta(offsets.to_numpy(), unit="D"),
    )
    found = findings(rows, truth=city.city.truth, seed=seed)
    enter_results(workspace, found, draw_id=DRAW_ID, actor=WITNESS, clock=_measured_at)


def _city_populations(
    measured: pd.DataFrame, scores: pd.DataFrame, models: Mapping[str, FittedModel], *, workspace: Workspace, seed: int
) -> list[dict[str, Any]]:
    rows = workspace.warehouse.read("graded_results").execute()
    found = []
    for population in sorted(measured["population"].unique()):
        own = measured[measured["population"] == population]
        entry: dict[str, Any] = {"name": population, "basis": "design-based", "cohort": _cohort_entry(own)}
        reached = rows[(rows["population"] == population) & rows["adverse"].notna()]
        if population in models and reached["adverse"].nunique() == 2:
            entry |= _ranked(reached, scores, model=models[population], seed=seed)
        found.append(entry)
    return found


def _cohort_entry(own: pd.DataFrame) -> dict[str, Any]:
    rates = own[own["measure"] == "hit_rate"]
    whole = own[own["grade"] == ""].set_index("measure")
    n, hits = int(rates["n"].sum()), int(rates["hits"].sum())
    columns = ["grade", "share", "n", "hits", "hit_rate", "low", "high"]
    return {
        "grades": _plain(rates[columns]),
        "base_rate": float((rates["share"] * rates["hit_rate"]).sum() / rates["share"].sum()),
        "drawn_rate": hits / n if n else None,
        "lift": _value(whole, "lift")["value"],
        "lift_interval": _value(whole, "lift"),
        "rate_ratio_d_a": _value(whole, "rate_ratio_d_a")["value"],
        "trend_p": _value(whole, "trend_p")["value"],
    }


def _value(whole: pd.DataFrame, measure: str) -> dict[str, float | None]:
    row = whole.loc[measure]
    return {
        name: None if pd.isna(row[column]) else float(row[column])
        for name, column in (("value", "hit_rate"), ("low", "low"), ("high", "high"))
    }


def _ranked(reached: pd.DataFrame, scores: pd.DataFrame, *, model: FittedModel, seed: int) -> dict[str, Any]:
    """AUC and precision of the challenger on the draw's own findings, and of the scorecard beside it."""
    wide = scores.pivot(index="entity_id", columns="model", values="score")
    table = reached[["entity_id", "as_of", "adverse"]].merge(wide, left_on="entity_id", right_index=True, how="left")
    names = [name for name in wide.columns if table[name].notna().all()]
    rng = np.random.default_rng(seed)  # noqa: TID251 - seeded resamples of an interval
    judged = judge_inspection_level(table, names=names, reference=model.card.name, probability={}, rng=rng)
    by_name = {found.name: found.as_json() for found in judged}
    return {
        "score": model.card.name,
        "inspection": by_name[model.card.name],
        "scores": [{"name": name, "inspection": found} for name, found in by_name.items()],
    }


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()} for row in table.to_dict("records")
    ]
