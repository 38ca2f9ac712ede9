"""Real inspection records: graded as of a date, met by what routine inspections found afterwards."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from engine.api.scoring.assessment import require_inside_data, said
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import Workspace
from engine.estimation.estimate import Basis
from engine.messages import N_, Message
from engine.pipeline.measurement import ALL_GRADES, COLUMNS
from engine.pipeline.ports import Progress, silent
from engine.store.documents import load_mapping, load_policies
from models.demonstrations.shared import (
    OPERATOR,
    Demonstration,
    Stopwatch,
    accepted_rows,
    china_morning,
    load_records,
    own_workspace,
)
from models.fitting.training import cohort_tables, fit_population, later_inspections, store_model, training_basis
from models.judging.evaluation import PopulationJudgement, cohort_grades, judge_population
from models.registry.index import register


def demonstrate_records(
    path: Path, source: Path, *, mapping: str, as_of: date, seed: int, threads: int = 1, progress: Progress = silent
) -> Demonstration:
    """Score and grade real records as of a date, and meet the grades with what routine inspections found afterwards.

    Raises
    ------
    AsOfOutsideDataError, SourceNotFoundError, MappingColumnError and others of intake; the workspace stays as it was.
    """
    with own_workspace(path) as workspace:
        return _judge_records(
            workspace, source, mapping=mapping, as_of=as_of, seed=seed, threads=threads, progress=progress
        )


def _judge_records(
    workspace: Workspace, source: Path, *, mapping: str, as_of: date, seed: int, threads: int, progress: Progress
) -> Demonstration:
    watch, caveats = Stopwatch(progress), load_mapping(mapping).caveats
    book = load_policies("benchmark")
    warehouse = workspace.warehouse
    with watch.stage("ingest", Message(N_("Load the records"))):
        report = load_records(workspace, [source], at=china_morning(as_of), mapping=mapping)
    require_inside_data(warehouse, as_of=as_of)
    populations, builder = [], FeatureBuilder(warehouse, book=book)
    measured: list[pd.DataFrame] = []
    graded: list[pd.DataFrame] = []
    names = warehouse.table("entities").select("population").distinct().order_by("population").execute()
    for population in names["population"]:
        with watch.stage("train", Message(N_("Fit the model of {population}"), {"population": population})):
            model = fit_population(
                warehouse,
                builder,
                book=book,
                population=population,
                split=as_of,
                seed=seed,
                threads=threads,
                progress=progress,
            )
            store_model(workspace, model)
            register(workspace, model, alias="champion")
        basis = training_basis(warehouse, population=population, known_until=as_of)
        with watch.stage("features", Message(N_("Build features of what followed"))):
            later = later_inspections(warehouse, builder, population=population, basis=basis, split=as_of)
            cohort = cohort_tables(
                warehouse,
                builder,
                book=book,
                population=population,
                basis=basis,
                as_of=as_of,
                known_until=warehouse.bounds().last,
            )
        with watch.stage("judge", Message(N_("Judge scores and grades"))):
            rng = np.random.default_rng(seed)  # noqa: TID251 - seeded resamples of an interval
            judged = judge_population(model, later, cohort, book=book, on=as_of, rng=rng)
            populations.append({**judged.as_json(), "basis": "not design-based"})
            measured.append(_measurements(judged, as_of=as_of, caveats=caveats))
            graded.append(cohort_grades(model, cohort, book=book, on=as_of, rng=rng)[model.card.name])
    tables = {"measurements": pd.concat(measured, ignore_index=True), "grades": pd.concat(graded, ignore_index=True)}
    at = china_morning(as_of)
    warehouse.write_run(tables, kind="judge", as_of=as_of, manifest=said(book), actor=OPERATOR, at=at)
    entities = int(warehouse.table("entities").entity_id.nunique().execute())
    return Demonstration(
        source=mapping,
        as_of=as_of,
        seconds=watch.seconds,
        entities=entities,
        records=accepted_rows(report),
        certificate=None,
        workspace=str(workspace.path),
        populations=populations,
        caveats=caveats,
    )


def _measurements(judged: PopulationJudgement, *, as_of: date, caveats: Sequence[str]) -> pd.DataFrame:
    """Return the cohort's figures as table ``measurements``: they describe routine visits and infer nothing."""
    cohort = judged.cohort[judged.model]
    rates = cohort.rates.assign(measure="hit_rate_scheduled", note=next(iter(caveats), ""))
    whole = [
        {
            "measure": measure,
            "grade": ALL_GRADES,
            "n": found.n,
            "hits": int(cohort.rates["hits"].sum()),
            "hit_rate": found.value,
            "low": found.low,
            "high": found.high,
            "method": found.method,
            "basis": Basis.DESCRIPTIVE.value,
            "note": cohort.note,
        }
        for measure, found in (("lift", cohort.lift), ("rate_ratio_d_a", cohort.rate_ratio))
        if found is not None
    ]
    table = pd.concat([rates, pd.DataFrame(whole)], ignore_index=True)
    return table.assign(as_of=as_of, population=judged.name).reindex(columns=[*COLUMNS])
