"""What a monthly run stores of its own movement: the score's and the features' stability index, the expected shares.

Counted once, when both runs' tables are at hand, so that whoever looks reads a few rows. Features are those that the
deciding score of a population reads.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.api.grading.monthly_records import Manifest, finished_of
from engine.errors import TableMissingError
from engine.grading.champions import MODELS, read_champions
from engine.pipeline.assessment import SCORECARD_MODEL
from engine.pipeline.score_stability import feature_stability, population_stability
from engine.scorecard.tree import read_scorecard
from engine.store.outputs.model_cards import stored_model
from engine.store.workspaces.workspace import Workspace

SCORES, FEATURES, EXPECTED = "score_stability", "feature_stability", "grade_expectations"
_AT_ONCE = 16
"""Columns of the feature table in memory at a time."""
EXPECTED_COLUMNS = ("population", "grade", "n", "expected_share")
_FEATURE_COLUMNS = (
    "population", "feature", "psi", "p_value", "n_before", "n_now", "unknown_before", "unknown_now",
)  # fmt: skip


def stability_tables(
    workspace: Workspace,
    manifest: Manifest,
    grades: pd.DataFrame,
    *,
    previous: pd.DataFrame | None,
    entities: pd.DataFrame,
    features_run: str,
    score_run: str,
) -> dict[str, pd.DataFrame]:
    """Return those of ``score_stability``, ``feature_stability`` and ``grade_expectations`` that have rows.

    Parameters
    ----------
    grades : of the run. previous : grades of the run before, None for the first, whose tables have no rows.
    entities : the cohort; reads population and entity_type. features_run, score_run : stored stages of the run.

    Notes
    -----
    Cost: one read of the columns that the deciding scores read, for this run and the one before.
    """
    before = grades.iloc[:0] if previous is None else previous
    found = {
        SCORES: population_stability(before, grades),
        FEATURES: _features(
            workspace, manifest, before=before, now=grades, entities=entities, features_run=features_run
        ),
        EXPECTED: _expected(workspace, grades, score_run=score_run),
    }
    # an empty table knows no types
    return {name: table.assign(as_of=manifest.as_of) for name, table in found.items() if len(table)}


def features_read(workspace: Workspace, manifest: Manifest, entities: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return by population the features that its deciding score reads."""
    book, as_of = manifest.book, manifest.as_of
    champions = read_champions(book, on=as_of)
    learned = {each.population: each for each in manifest.learned}
    cards = dict(book.value(MODELS, on=as_of))
    found = {}
    for population, rows in entities.groupby("population", sort=True):
        name = str(population)
        if champions.of(name) != SCORECARD_MODEL and name in learned:
            model = stored_model(workspace.path, digest=learned[name].digest)
            found[name] = tuple(str(each["name"]) for each in model.features)
            continue
        names = sorted({cards[kind] for kind in rows["entity_type"].unique() if kind in cards})
        read = [each.feature for card in names for each in read_scorecard(book, name=card, on=as_of).indicators]
        found[name] = tuple(dict.fromkeys(read))
    return found


def _features(
    workspace: Workspace,
    manifest: Manifest,
    *,
    before: pd.DataFrame,
    now: pd.DataFrame,
    entities: pd.DataFrame,
    features_run: str,
) -> pd.DataFrame:
    done = None if manifest.previous is None else finished_of(workspace, manifest.previous)
    read = features_read(workspace, manifest, entities) if done is not None else {}
    names = sorted({name for each in read.values() for name in each})
    whose = [table.set_index("entity_id")["population"] for table in (before, now)]
    found = []
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        then = _values(workspace, str(done["runs"]["features"]) if done else "", whose[0], some)
        here = _values(workspace, features_run, whose[1], some)
        for population, wanted in read.items():
            own = [name for name in some if name in wanted]
            table = feature_stability(
                {name: then[population, name] for name in own if (population, name) in then},
                {name: here[population, name] for name in own if (population, name) in here},
            )
            found.append(table.assign(population=population))
    held = [table for table in found if len(table)]
    if not held:
        return pd.DataFrame(columns=list(_FEATURE_COLUMNS))
    return pd.concat(held, ignore_index=True).sort_values(["population", "feature"], ignore_index=True)[
        list(_FEATURE_COLUMNS)
    ]


def _values(
    workspace: Workspace, run_id: str, populations: pd.Series, names: Sequence[str]
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Values by (population, feature) of the columns that the run has; ``populations`` by entity, as it was graded."""
    table = workspace.warehouse.read("features", run_id=run_id)
    there = [name for name in names if name in table.columns]
    rows = table.select("entity_id", *there).execute()
    population = rows["entity_id"].map(populations)
    return {
        (str(name), column): part[column].to_numpy(dtype=np.float64, na_value=np.nan)
        for name, part in rows.groupby(population, sort=False)
        for column in there
    }


def _expected(workspace: Workspace, grades: pd.DataFrame, *, score_run: str) -> pd.DataFrame:
    """Mean chance of a finding by population and grade, where the deciding model gives one."""
    none = pd.DataFrame(columns=list(EXPECTED_COLUMNS))
    try:
        scores = workspace.warehouse.read("scores", run_id=score_run)
    except TableMissingError:
        return none
    if "probability" not in scores.columns:
        return none
    key = ["entity_id", "model"]
    chances = scores.filter(scores["probability"].notnull()).select(*key, "probability").execute()
    joined = grades.merge(chances, on=key, how="inner")
    by = joined.groupby(["population", "grade"])["probability"].agg(n="size", expected_share="mean")
    return by.reset_index()[list(EXPECTED_COLUMNS)] if len(joined) else none
