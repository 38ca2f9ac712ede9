"""Computing a stored run again from what is stored now, and saying whether the same comes out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.records.erasure import require_unerased
from engine.api.scoring.assessment import cohort_on, said
from engine.api.scoring.featuring import FeatureBuilder
from engine.errors import TableMissingError, UsageError
from engine.features.cohorts import cohort
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.assessment import score_entities
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.warehouse import Run
from engine.store.workspaces.workspace import Workspace

REPLAYED = ("features", "scores")


@dataclass(frozen=True, slots=True)
class Replay:
    """What came out.

    Parameters
    ----------
    run_id : str. as_of : date. tables : result table → number of rows that differ, of those computed again.
    n_rows : result table → rows compared. notes : what may explain a difference.
    """

    run_id: str
    as_of: date
    tables: dict[str, int]
    n_rows: dict[str, int]
    notes: tuple[Message, ...]

    @property
    def ok(self) -> bool:
        """Whether every table came out the same."""
        return not any(self.tables.values())


def replay(workspace: Workspace, run_id: str) -> Replay:
    """Compute features and scorecard scores of a run again and compare them with what it stored.

    Raises
    ------
    UsageError
        There is no such run, or it stored neither features nor scores.
    ErasedError
        Records that it read were erased by law since.

    Notes
    -----
    Cost: that of the run. A learned model's scores and grades are not computed here: they follow from the features by
    the model files that the run's manifest names.
    """
    run = next((each for each in workspace.require().warehouse.runs() if each.run_id == run_id), None)
    if run is None:
        remedy = Message(N_("name a run that is stored here"))
        raise UsageError(what=Message(N_("run")), value=run_id, remedy=remedy)
    require_unerased(workspace, run)
    held = {table: rows for table in REPLAYED if (rows := _stored(workspace, table, run)) is not None}
    if not held:
        remedy = Message(N_("only runs that store features or scores can be computed again"))
        raise UsageError(what=Message(N_("run")), value=run_id, remedy=remedy)
    manifest = json.loads(run.manifest)
    book = policies_of(workspace, str(manifest.get("profile", "default")))
    warehouse = workspace.warehouse
    features = FeatureBuilder(warehouse, book=book).build(
        cohort(warehouse.history("entities"), as_of=run.as_of), on=run.as_of
    )
    again = {"features": features}
    if "scores" in held:
        entities = cohort_on(warehouse, book=book, as_of=run.as_of)
        again["scores"] = score_entities(features, entities, book=book, as_of=run.as_of).scores
        held["scores"] = held["scores"][held["scores"]["model"].isin(again["scores"]["model"].unique())]
    compared = {table: differing(held[table], again[table]) for table in held}
    n_rows = {table: len(rows) for table, rows in held.items()}
    return Replay(run_id, run.as_of, compared, n_rows, tuple(_notes(workspace, run, manifest, book)))


def _notes(workspace: Workspace, run: Run, manifest: Mapping[str, Any], book: PolicyBook) -> Iterator[Message]:
    """Yield what may explain a difference: changed policies, loads and reversals after the run."""
    if manifest.get("policies") != said(book)["policies"]:
        yield Message(N_("the policies have changed since the run"))
    made = max((entry.sequence for entry in workspace.ledger.entries(subject=run.run_id)), default=0)
    later = [
        entry for action in ("load.accepted", "load.reversed") for entry in workspace.ledger.entries(action=action)
        if entry.sequence > made
    ]  # fmt: skip
    if later:
        yield Message(N_("{n} load(s) or reversals came after the run"), {"n": len(later)})


def _stored(workspace: Workspace, table: str, run: Run) -> pd.DataFrame | None:
    try:
        return pd.DataFrame(workspace.warehouse.read(table, run_id=run.run_id).drop("run_id").execute())
    except TableMissingError:
        return None


def differing(old: pd.DataFrame, new: pd.DataFrame) -> int:
    """Return how many rows are in one table only; values are compared after rounding to ten digits."""
    columns = sorted(set(old.columns) & set(new.columns))
    left, right = (_comparable(rows, columns) for rows in (old, new))
    return int(len(set(left) ^ set(right)))


def _comparable(rows: pd.DataFrame, columns: list[str]) -> list[str]:
    plain = rows[columns].copy()
    for name in columns:
        if pd.api.types.is_float_dtype(plain[name]) or pd.api.types.is_integer_dtype(plain[name]):
            plain[name] = plain[name].astype("float64").map(lambda value: "" if value != value else f"{value:.10g}")
        elif "as_of" in name or pd.api.types.is_datetime64_any_dtype(plain[name]):
            plain[name] = pd.to_datetime(plain[name]).dt.strftime("%Y-%m-%d")
    texts = plain.astype(object).where(plain.notna(), "").astype(str)
    return texts.agg("\x1f".join, axis=1).tolist() if len(texts) else []
