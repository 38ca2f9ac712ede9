"""Running backtests over a workspace, with everything that must be on record of them."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.api.records.intake import loads
from engine.api.scoring.assessment import said
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import Workspace
from engine.errors import NothingToLearnError, SourceNotFoundError, UndefinedEstimateError
from engine.i18n import chosen_language, translator
from engine.pipeline.ports import Actor, Progress, silent
from engine.store.documents import load_mapping
from engine.store.ledgers.ledger import canonical
from engine.store.workspaces.policies import policies_of
from models.fitting.targets import targets
from models.fitting.training import LABEL_WINDOW
from models.judging.backtest_summary import (
    GAINS_TABLE,
    VERDICTS_TABLE,
    population_object,
    result_tables,
    window_rows,
)
from models.judging.backtesting import Backtest, backtest_population
from models.judging.promotion import verdict_rows
from models.judging.windows import TestWindow
from models.learners.learned import MODEL_NAME
from models.registry.index import log_backtest
from models.registry.promotion_run import KIND, run_verdicts, standing_digests, standing_models
from models.reports.backtest_report import backtest_page


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
    deciding = standing_digests(workspace, book=book, names=[each.name for each in wanted], on=at.date())
    standing = standing_models(workspace, deciding, before=windows[0].begins)
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
                    standing=standing.get(each.name),
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
        "standing": {name: model.digest for name, model in standing.items()},
        "bases": {found.population: str(found.basis) for found in tests},
        "times_scored": {found.population: times[found.test_digest] for found in tests},
        "caveats": record_caveats(workspace),
        "mature_on": (last.ends + timedelta(days=int(book.value(LABEL_WINDOW, on=last.begins)["result_lag_days"]) - 1)),
        "last_known": warehouse.bounds().last,
    }
    tables = result_tables(tests)
    verdicts = run_verdicts(
        workspace,
        tables[GAINS_TABLE],
        json.loads(canonical(manifest)),
        names=[found.population for found in tests],
        book=book,
        on=max(last.begins, at.date()),
    )
    tables[VERDICTS_TABLE] = verdict_rows(verdicts)
    run_id = warehouse.write_run(tables, kind=KIND, as_of=last.begins, manifest=manifest, actor=actor, at=at)
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
