"""Results of a draw: entering what was found, and measuring what it says."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pandas as pd

from engine.api.draws.logged import latest_runs
from engine.api.plans.tasks import entered
from engine.api.records.intake import IngestReport, ingest
from engine.api.scoring.assessment import said, stored
from engine.estimation.outcome import REACHED, Outcome, classify_outcomes
from engine.parameters import PolicyBook
from engine.pipeline.measurement import measure_draw
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.sources.written import write_source
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import RISK_GRADES, Grade, SelectionMode

RATIOS = "ratios.general"
INTERVAL_LEVEL = "estimation.interval_level"
DRAWN_MODES = (SelectionMode.RANDOM.value, SelectionMode.FILTERED_DRAW.value)
"""Modes of results that a draw selected at random, in the whole library or in a pool."""


def enter_results(
    workspace: Workspace,
    found: pd.DataFrame,
    *,
    draw_id: str,
    actor: Actor,
    clock: Clock,
    progress: Progress = silent,
) -> IngestReport:
    """Enter the results of a draw; they pass the same contract as every other record.

    Parameters
    ----------
    found : rows of the contract table ``inspections`` of that draw.
    """
    path = write_source(workspace.path, found, table="inspections", name=draw_id)
    report = ingest(workspace, [path], actor=actor, clock=clock, progress=progress)
    entered(workspace, draw_id, n_rows=sum(each.accepted for each in report.loads), actor=actor, clock=clock)
    return report


def draw_results(workspace: Workspace, *, draw_id: str) -> pd.DataFrame:
    """Return every drawn (entity, item) of a draw with its result, if there is one.

    Returns
    -------
    DataFrame, key (draw_id, entity_id, item_code): stratum, grade (at the freeze), both probabilities, selection_mode,
    result_codes (null = not done), occurred_on, inspector_code.
    """
    warehouse = workspace.warehouse
    run_id = latest_runs(warehouse, draw_ids=[draw_id])[draw_id]
    selections = warehouse.read("selections", run_id=run_id)
    rows = selections.filter(selections.draw_id == draw_id, selections.is_drawn)
    drawn = pd.DataFrame(rows.execute()).drop(columns=["run_id", "is_drawn", "selection_order"])
    history = warehouse.history("inspections")
    found = history.filter(
        history.draw_id == draw_id, history.selection_mode.isin(DRAWN_MODES), history.superseded_at.isnull()
    )
    columns = ["entity_id", "item_code", "result_codes", "occurred_on", "inspector_code"]
    results = drawn.merge(found.select(*columns).execute(), on=["entity_id", "item_code"], how="left", validate="1:1")
    modes = results.get("selection_mode", pd.Series(None, index=results.index, dtype=object))
    return results.assign(selection_mode=modes.astype(object).fillna(SelectionMode.RANDOM.value))


def draws_of_newest_grades(workspace: Workspace) -> tuple[str, ...]:
    """Return the draws that used the newest grades of any draw; these can be measured together.

    Raises
    ------
    TableMissingError
        No draw was run.
    """
    warehouse = workspace.warehouse
    days = {run.run_id: run.as_of for run in warehouse.runs(kind="draw")}
    latest = latest_runs(warehouse)
    newest = max(days[run_id] for run_id in latest.values())
    return tuple(draw_id for draw_id, run_id in latest.items() if days[run_id] == newest)


def measure(
    workspace: Workspace, *, draw_ids: Sequence[str], book: PolicyBook, actor: Actor, clock: Clock
) -> pd.DataFrame:
    """Measure draws that used the same grades; store and return table ``measurements``.

    Also stores ``graded_results``: one row per drawn (entity, item) with grade, outcome and ``adverse`` (null unless
    reached).

    Raises
    ------
    TableMissingError
        A draw was not run.
    """
    warehouse = workspace.warehouse
    runs = {run.run_id: run.as_of for run in warehouse.runs(kind="draw")}
    as_of: date = max(runs.values())
    populations = stored(warehouse, "grades", as_of=as_of)[["entity_id", "population"]]
    results = pd.concat([draw_results(workspace, draw_id=draw_id) for draw_id in draw_ids], ignore_index=True)
    results = results.merge(populations, on="entity_id", how="left", validate="m:1")
    measured = measured_results(workspace, results, draw_ids=draw_ids, book=book, as_of=as_of)
    outcome = classify_outcomes(results["result_codes"])
    graded = results.assign(
        as_of=as_of, outcome=outcome, adverse=(outcome == Outcome.VIOLATION).where(outcome.isin(REACHED))
    )
    tables = {"measurements": measured, "graded_results": graded.astype({"adverse": "boolean"})}
    warehouse.write_run(
        tables, kind="measure", as_of=as_of, manifest={**said(book), "draws": list(draw_ids)}, actor=actor, at=clock()
    )
    return measured


def measured_results(
    workspace: Workspace, results: pd.DataFrame, *, draw_ids: Sequence[str], book: PolicyBook, as_of: date
) -> pd.DataFrame:
    """Return table ``measurements`` of the drawn rows of some draws; nothing is stored.

    Parameters
    ----------
    results : every drawn row of the draws with its result and ``population``, a domain of its own for each value.
    """
    warehouse = workspace.warehouse
    tables = {draw: warehouse.read("strata", run_id=run) for draw, run in latest_runs(warehouse).items()}
    strata = pd.concat([tables[draw].filter(tables[draw].draw_id == draw).execute() for draw in draw_ids])
    general = {grade: float(Fraction(str(ratio))) for grade, ratio in book.value(RATIOS, on=as_of).items()}
    ratios = {str(grade): general[grade] for grade in (*RISK_GRADES, Grade.UNCLASSIFIED) if grade in general}
    return measure_draw(results, strata, ratios=ratios, as_of=as_of, level=float(book.value(INTERVAL_LEVEL, on=as_of)))
