"""Running backtests and promotions over a workspace, with everything that must be on record of them."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.api.records.intake import loads
from engine.api.scoring.assessment import said
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import Workspace
from engine.errors import (
    NothingToLearnError,
    PromotionRefusedError,
    SourceNotFoundError,
    TableMissingError,
    UndefinedEstimateError,
)
from engine.grading.champions import CHAMPION, read_champions
from engine.i18n import chosen_language, translator
from engine.messages import N_, Message
from engine.parameters import DatedValue, Parameter, PolicyBook
from engine.pipeline.ports import Actor, Progress, silent
from engine.store.documents import load_mapping, write_parameters
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.warehouse import Run
from engine.vocabulary import whole_population
from models.fitting.targets import targets
from models.fitting.training import LABEL_WINDOW, load_model
from models.judging.backtest_summary import GAINS_TABLE, population_object, result_tables, window_rows
from models.judging.backtesting import Backtest, backtest_population
from models.judging.promotion import Verdict, judge_promotion
from models.judging.window_fits import GENERAL
from models.judging.windows import TestWindow
from models.learners.learned import MODEL_NAME
from models.registry.index import log_backtest, register, registered_digest
from models.reports.backtest_report import backtest_page
from models.stored.artifact import FittedModel

KIND = "backtest"


def run_backtest(
    workspace: Workspace,
    *,
    windows: Sequence[TestWindow],
    populations: Sequence[str] | None,
    sector: str | None = None,
    profile: str,
    seed: int,
    actor: Actor,
    at: datetime,
    models: Sequence[str] = (MODEL_NAME,),
    report: Path | None = None,
    threads: int = 1,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Backtest populations, keep the figures as a run and in MLflow, write the report; return the JSON object.

    Parameters
    ----------
    windows : oldest first.
    populations : None = all; one that holds too little to learn from is left out and named, unless asked for.
    sector : code of a sector of policy ``grading.sector_models`` to be judged instead of the whole populations.
    models : learned models by name, the first is judged; the others stand beside it.
    report : HTML file; None = ``reports/<run>.html`` of the workspace.
    actor, at : who runs it, and when.

    Raises
    ------
    NothingToLearnError, UndefinedEstimateError
        A population that was asked for, or every one, cannot be judged.
    FeatureLeakError
        A score reads what was not known.
    """
    book, warehouse = policies_of(workspace, profile), workspace.warehouse
    builder = FeatureBuilder(warehouse, book=book)
    wanted = targets(workspace, book=book, on=windows[-1].begins, sector=sector, populations=populations)
    tests: list[Backtest] = []
    left_out: dict[str, str] = {}
    for each in wanted:
        try:
            tests.append(
                backtest_population(
                    workspace,
                    builder,
                    book=book,
                    population=each.name,
                    scope=each.scope,
                    windows=windows,
                    seed=seed,
                    models=models,
                    threads=threads,
                    progress=progress,
                )
            )
        except (NothingToLearnError, UndefinedEstimateError) as problem:
            if populations or len(wanted) == len(left_out) + 1:
                raise
            left_out[each.name] = problem.render(translator(chosen_language()))
    earlier = warehouse.runs(kind=KIND)
    times = {found.test_digest: 1 + sum(found.test_digest in run.manifest for run in earlier) for found in tests}
    last = windows[-1]
    manifest = said(book) | {
        "windows": [window.name for window in windows],
        "seed": seed,
        "model": models[0],
        "test_sets": {found.population: found.test_digest for found in tests},
        "models": {found.population: [fold.model.digest for fold in found.folds] for found in tests},
        "leaks": {found.population: list(found.leak_check.leaks) for found in tests},
        "mature_on": (last.ends + timedelta(days=int(book.value(LABEL_WINDOW, on=last.begins)["result_lag_days"]) - 1)),
        "last_known": warehouse.bounds().last,
    }
    run_id = warehouse.write_run(
        result_tables(tests), kind=KIND, as_of=last.begins, manifest=manifest, actor=actor, at=at
    )
    for found in tests:
        log_backtest(workspace, found, run_id=run_id)
    target = report or workspace.path / "reports" / f"{run_id}.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    language = chosen_language()
    page = backtest_page(
        [(found, times[found.test_digest]) for found in tests],
        run_id=run_id,
        caveats=record_caveats(workspace),
        translate=translator(language),
        language=language,
    )
    target.write_text(page, encoding="utf-8")
    return {
        "run_id": run_id,
        "report": str(target),
        "models": [row for found in tests for row in window_rows(found)],
        "populations": [population_object(found, times_scored=times[found.test_digest]) for found in tests],
        "left_out": left_out,
    }


def record_caveats(workspace: Workspace) -> list[str]:
    """Return what the mappings of the loads say must stand beside any figure, catalogue keys, each once."""
    found: list[str] = []
    for name in dict.fromkeys(load.mapping for load in loads(workspace) if load.stands and load.mapping):
        with suppress(SourceNotFoundError):  # a mapping file of the operator's own, moved since
            found += load_mapping(name).caveats
    return list(dict.fromkeys(found))


def promote_run(
    workspace: Workspace, *, run_id: str, populations: Sequence[str] | None, actor: Actor, at: datetime
) -> dict[str, Any]:
    """Promote the challengers that a backtest run earned their place, all asked for or none.

    Parameters
    ----------
    run_id : run of kind ``backtest``.
    populations : None = all of the run.

    Returns
    -------
    ``{run_id, promoted: [{population, digest, policy}], draft}``; ``policy`` is the entry of ``grading.champion`` that
    lets the model decide the class, ``draft`` a file with it and all that stands, for ``xinheng policy draft``.

    Raises
    ------
    TableMissingError
        There is no such run, or no challenger was trained.
    PromotionRefusedError
        A population's figures do not carry it; every objection is named, the refusal is on record.
    """
    run = _backtest_run(workspace, run_id)
    manifest = json.loads(run.manifest)
    gains = workspace.warehouse.read(GAINS_TABLE, run_id=run_id).execute()
    names = list(populations) if populations else sorted(manifest["test_sets"])
    challenger = manifest.get("model", MODEL_NAME)
    book = policies_of(workspace, manifest["profile"])
    champions = read_champions(book, on=run.as_of)
    verdicts = [
        judge_promotion(
            gains,
            population=name,
            champion=champions.of(name),
            challenger=challenger,
            leaks=manifest["leaks"].get(name, []),
            last_day=date.fromisoformat(manifest["last_known"]),
            mature_on=date.fromisoformat(manifest["mature_on"]),
            also=() if whole_population(name) == name else (GENERAL,),
        )
        for name in names
    ]
    refused = [verdict for verdict in verdicts if not verdict.is_passed]
    if refused:
        content = {verdict.population: [str(objection) for objection in verdict.objections] for verdict in refused}
        workspace.ledger.append("model.promotion_refused", subject=run_id, content=content, actor=actor, at=at)
        raise PromotionRefusedError(run=run_id, objections=_joined(refused))
    models = [_trained(workspace, name, model=challenger) for name in names]
    promoted = []
    for name, model in zip(names, models, strict=True):
        register(workspace, model, alias="champion")
        promoted.append(
            {"population": name, "digest": model.digest, "policy": f"populations: {{{name}: {model.card.name}}}"}
        )
    workspace.ledger.append("model.promoted", subject=run_id, content={"promoted": promoted}, actor=actor, at=at)
    draft = workspace.path / "reports" / f"{run_id}-champion.yaml"
    named = {name: model.card.name for name, model in zip(names, models, strict=True)}
    draft.parent.mkdir(parents=True, exist_ok=True)
    write_parameters(draft, {CHAMPION: champion_draft(book, named, reference=run_id, today=at.date())})
    return {"run_id": run_id, "promoted": promoted, "draft": str(draft)}


def champion_draft(book: PolicyBook, named: Mapping[str, str], *, reference: str, today: date) -> Parameter:
    """Return ``grading.champion`` with the models named beside those that stand, from the next month that is free.

    Parameters
    ----------
    book : what stands. named : model by population. reference : backtest run. today : the draft begins after it.
    """
    standing = book.parameter(CHAMPION)
    last = max(standing.values)
    value = standing.values[last].value
    since = max(today, last)
    first = (since.replace(day=1) + timedelta(days=32)).replace(day=1)
    merged = {"default": value["default"], "populations": {**(value["populations"] or {}), **named}}
    return Parameter(CHAMPION, standing.unit, {first: DatedValue(merged, f"promoted after {reference}")})


def _backtest_run(workspace: Workspace, run_id: str) -> Run:
    for run in workspace.warehouse.runs(kind=KIND):
        if run.run_id == run_id:
            return run
    raise TableMissingError(
        table=Message(N_("backtest {run}"), {"run": run_id}), remedy=Message(N_("run xinheng backtest first"))
    )


def _trained(workspace: Workspace, population: str, *, model: str) -> FittedModel:
    digest = registered_digest(workspace, name=f"{model}-{population}", alias="challenger")
    if digest is None:
        raise TableMissingError(
            table=Message(N_("trained model of {population}"), {"population": population}),
            remedy=Message(N_("run xinheng train first")),
        )
    return load_model(workspace, digest=digest)


def _joined(verdicts: Sequence[Verdict]) -> Message:
    """All objections as one sentence, each after the population it speaks of."""
    parts = [
        Message(N_("{population}: {objection}"), {"population": verdict.population, "objection": objection})
        for verdict in verdicts
        for objection in verdict.objections
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = Message(N_("{first}; {second}"), {"first": joined, "second": part})
    return joined
