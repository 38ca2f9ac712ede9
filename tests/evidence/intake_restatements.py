"""Real restated scores (HUD REAC): read as of each release exactly as published then, features never change afterwards.

What was published by a day is worked out again from the releases themselves in plain pandas: per inspection
(inspection_id, else program, property, date) the last score of any release up to that day. Needs the reference records.
"""

import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from engine.api.records.intake import ingest
from engine.api.scoring.featuring import FeatureBuilder
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from engine.store.workspaces.workspace import Workspace
from tests.conftest import reference_folder

ACTOR = Actor("evidence (fictional)", "analyst")
N_RESTATED = 158


def run(*, full: bool) -> dict:
    """Return the claim over all releases (full) or the first three, loaded one by one."""
    folder = reference_folder()
    if folder is None:
        sys.exit("reference records absent: set XINHENG_REFERENCE to the folder that holds data/")
    return restatements(folder / "hud_reac" / "releases_all.parquet", n_releases=None if full else 3)


def restatements(path: Path, *, n_releases: int | None) -> dict:
    """Load release after release; compare scores and features as of each with those after the last one."""
    published = pd.read_parquet(path)
    days = sorted(published["release_date"].unique())[:n_releases]
    keys = _keys(published)
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name) / "ws")
        before: dict[date, pd.DataFrame] = {}
        for at, day in enumerate(days):
            source = Path(name) / f"release-{at}" / "releases_all.parquet"
            source.parent.mkdir()
            published[published["release_date"] == day].to_parquet(source)
            report = ingest(workspace, [source], mapping="hud_reac", actor=ACTOR, clock=_noon)
            assert all(load.quarantined == 0 for load in report.loads)
            before[day.date()] = features(workspace, day.date())
        changed = sum(_differences(before[day], features(workspace, day)) for day in before)
        history = workspace.warehouse.history("inspections").to_pyarrow().to_pandas()
        workspace.close()
    known = published.assign(key=keys)[published["release_date"].isin(days)]
    wrong, n_read = 0, 0
    for day in days:
        expected = _published_by(known, day)
        read = _read_as_of(history, day)
        n_read += len(read)
        joined = expected.to_frame("said").join(read.to_frame("read"), how="outer")
        same = np.isclose(100 - joined["said"], joined["read"]) | (joined["said"].isna() & joined["read"].isna())
        wrong += int((~same).sum()) + int(len(expected) != len(read))
    restated = history.groupby("inspection_id")["severity_score"].nunique().gt(1).sum()
    return {
        "name": "intake_restatements",
        "n": n_read,
        "value": wrong + changed,
        "low": None,
        "high": None,
        "passed": wrong == 0 and changed == 0 and (n_releases is not None or restated == N_RESTATED),
        "releases": [str(day.date()) for day in days],
        "inspections": int(history["inspection_id"].nunique()),
        "restated": int(restated),
        "scores_read_otherwise_than_published": wrong,
        "feature_values_changed_by_later_releases": changed,
        "feature_rows": int(sum(map(len, before.values()))),
    }


def features(workspace: Workspace, day: date) -> pd.DataFrame:
    """Return every feature of every entity known on a day."""
    entities = workspace.warehouse.table("entities")
    known = entities.filter(entities.known_at <= day).select("entity_id").distinct().to_pyarrow().to_pandas()
    builder = FeatureBuilder(workspace.warehouse, book=load_policies("benchmark"))
    return builder.build(known.assign(as_of=day), on=day)


def _noon() -> datetime:
    return datetime(2026, 7, 1, 12, tzinfo=UTC)


def _keys(published: pd.DataFrame) -> pd.Series:
    day = published["inspection_date"].dt.strftime("%Y-%m-%d")
    return published["inspection_id"].fillna(published["program"] + "-" + published["property_id"] + "-" + day)


def _published_by(known: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    shown = known[known["release_date"] <= day].sort_values("release_date", kind="stable")
    return shown.groupby("key")["score"].last()


def _read_as_of(history: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    on = day.date()
    is_open = history["superseded_at"].isna() | (pd.to_datetime(history["superseded_at"]) > day)
    held = history[(pd.to_datetime(history["known_at"]) <= day) & is_open]
    assert held["inspection_id"].is_unique, on
    return held.set_index("inspection_id")["severity_score"]


def _differences(before: pd.DataFrame, after: pd.DataFrame) -> int:
    if list(before["entity_id"]) != list(after["entity_id"]):
        return max(len(before), len(after))
    differ = 0
    for column in before.columns:
        first, second = before[column], after[column]
        if pd.api.types.is_numeric_dtype(first):
            differ += int((~np.isclose(first.astype(float), second.astype(float), equal_nan=True)).sum())
        else:
            differ += int(((first != second) & ~(first.isna() & second.isna())).sum())
    return differ
