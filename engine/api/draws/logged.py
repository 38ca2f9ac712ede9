"""The run draws of a workspace as logged: every frame row, what was drawn, what was found; nothing is changed."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from engine.errors import StoreError, TableMissingError, UndefinedEstimateError, UsageError
from engine.messages import N_, Message
from engine.pipeline.laboratory import with_findings
from engine.store.draws.folders import DrawFolder
from engine.store.workspaces.warehouse import Warehouse
from engine.store.workspaces.workspace import Workspace

SPARED = ("visited", "visit_cap")
"""Reasons for which a frame leaves out an object because it was visited before."""


def latest_runs(warehouse: Warehouse, *, draw_ids: Sequence[str] = ()) -> dict[str, str]:
    """Return the newest run of every draw: draw_id to run_id, in the order in which the draws were first run.

    Raises
    ------
    TableMissingError
        No draw was run.
    UsageError
        One of ``draw_ids`` was not.
    """
    found: dict[str, str] = {}
    for run in warehouse.runs(kind="draw"):
        named = json.loads(run.manifest).get("draw_id")
        if named is not None:
            found[str(named)] = run.run_id
            continue
        table = warehouse.read("selections", run_id=run.run_id)
        for draw_id in table.select("draw_id").distinct().order_by("draw_id").execute()["draw_id"]:
            found[str(draw_id)] = run.run_id
    if not found:
        raise TableMissingError(table="selections", remedy=Message(N_("run a draw first")))
    unknown = sorted(set(draw_ids) - set(found))
    if unknown:
        raise UsageError(
            what="--draws",
            value=", ".join(unknown),
            remedy=Message(N_("name draws that were run: {draws}"), {"draws": ", ".join(found)}),
        )
    return {draw: run for draw, run in found.items() if not draw_ids or draw in draw_ids}


def logged_draws(workspace: Workspace, *, draw_ids: Sequence[str] = ()) -> pd.DataFrame:
    """Return every frame row of the draws with what was found in the drawn ones, draw after draw.

    Parameters
    ----------
    draw_ids : the draws; empty = all that were run.

    Returns
    -------
    Rows of :func:`engine.pipeline.laboratory.with_findings`, with ``merge_into`` (the committed partner stratum) and
    ``is_due`` (law has the stratum drawn in full) where the draw recorded them.

    Raises
    ------
    SelectionModeError
        A drawn row was checked on another ground than the draw.
    UndefinedEstimateError
        No draw has a result.
    """
    warehouse = workspace.warehouse
    history = warehouse.history("inspections")
    columns = ["entity_id", "item_code", "selection_mode", "result_codes"]
    parts = []
    for draw_id, run_id in latest_runs(warehouse, draw_ids=draw_ids).items():
        rows = warehouse.read("selections", run_id=run_id).filter(lambda table, own=draw_id: table.draw_id == own)
        found = history.filter(history.draw_id == draw_id, history.superseded_at.isnull()).select(*columns).execute()
        part = with_findings(pd.DataFrame(rows.execute()), found)
        parts.append(_with_partners(warehouse, part, draw_id=draw_id, run_id=run_id))
    logged = pd.concat(parts, ignore_index=True)
    if logged["adverse"].isna().all():
        raise UndefinedEstimateError(
            measure=Message(N_("the laboratory")), reason=Message(N_("no draw has results yet"))
        )
    return logged


def first_results(workspace: Workspace, *, draw_ids: Sequence[str]) -> dict[str, date]:
    """Return the day on which the first result of each draw became known; draws without a result are left out."""
    history = workspace.warehouse.history("inspections")
    rows = history.filter(history.draw_id.isin(list(draw_ids))).group_by("draw_id").agg(first=history.known_at.min())
    found = rows.execute()
    return {str(draw): pd.Timestamp(day).date() for draw, day in zip(found["draw_id"], found["first"], strict=True)}


def spared_rows(folder: Path, *, draw_ids: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return per draw the (entity_id, item_code) its frame left out as visited already; draws without record: none.

    Reads what the agency keeps to itself; a draw whose private part is gone is not in the answer.
    """
    found = {}
    for draw_id in draw_ids:
        try:
            frame = DrawFolder(folder, draw_id=draw_id).read_private().frame
        except (OSError, StoreError):
            continue
        spared = frame[frame["exclusion"].isin(SPARED)]
        found[draw_id] = spared.rename(columns={"object_id": "entity_id"})[["entity_id", "item_code"]]
    return found


def _with_partners(warehouse: Warehouse, rows: pd.DataFrame, *, draw_id: str, run_id: str) -> pd.DataFrame:
    """The rows with what the draw recorded of their stratum: its committed partner, whether law makes it due."""
    try:
        strata = warehouse.read("strata", run_id=run_id)
    except TableMissingError:
        return rows
    key = ["item_code", "stratum"]
    recorded = [name for name in ("merge_into", "is_due") if name in strata.columns and name not in rows]
    if not recorded:
        return rows
    found = strata.filter(strata.draw_id == draw_id).select(*key, *recorded).execute()
    return rows.merge(found, on=key, how="left", validate="m:1")
