"""Scores and reasons of a million entities, beside what the libraries need for their part of it in the same run.

* scores of a learned model beside LightGBM's own prediction of the same rows as an array;
* reasons of all of them, three each, beside LightGBM's own contributions;
* the points scorecard beside its SQL export in DuckDB, every row compared.
"""

import time
from datetime import date, timedelta
from statistics import median

import duckdb
import lightgbm
import numpy as np
import pandas as pd

from engine.features.registry import FEATURES
from engine.scorecard.export import scorecard_sql
from engine.scorecard.points import score_points
from engine.scorecard.tree import read_scorecard
from engine.store.documents import load_policies
from models.fitting.population import train_population
from models.learners.admission import is_admissible, with_typical
from models.learners.challenger import CANDIDATES
from models.learners.examples import Basis
from models.stored.application import ModelScorer, model_matrix
from models.stored.explanation import contributions, reasons
from tests.bench.features import peak_mb

N, N_TRAINING = 1_000_000, 60_000
AS_OF = date(2025, 6, 30)
THREADS, TIMES, TOP = 2, 3, 3
LIMIT_SCORE, LIMIT_REASONS = 1.5, 90.0
UNKNOWN_SHARE = 0.2


def table_of(n, *, names, seed):
    """Feature rows of ``n`` entities: non-negative, skewed, some values not known."""
    rng = np.random.default_rng(seed)
    columns = {"entity_id": np.char.add("reg:", np.arange(n).astype("U7")), "as_of": AS_OF}
    for name in names:
        values = np.floor(rng.gamma(0.8, 2.0, n) * 4) / 4
        values[rng.random(n) < UNKNOWN_SHARE] = np.nan
        columns[name] = values
    return pd.DataFrame(columns)


def fitted(table, *, seed=1):
    """The largest configuration, fitted on rows whose risk rises with twelve of the features."""
    rng = np.random.default_rng(seed)
    read = [feature.name for feature in FEATURES if is_admissible(feature)][:12]
    signs = {feature.name: feature.direction or 1 for feature in FEATURES}
    value = sum(signs[name] * table[name].fillna(table[name].mean()) for name in read)
    chance = 1 / (1 + np.exp(3.0 - 0.3 * (value - value.mean())))
    days = rng.integers(1, 1_000, len(table))
    table = table.assign(as_of=[AS_OF - timedelta(days=int(day)) for day in days])
    labels = table[["entity_id", "as_of"]].assign(
        label=(rng.random(len(table)) < chance).astype(float), known_at=table["as_of"]
    )
    return train_population(
        table,
        labels,
        population="enterprise",
        known_by=AS_OF,
        basis=Basis.SCHEDULED,
        seed=seed,
        candidates=CANDIDATES[-1:],
        threads=THREADS,
    )


def timed(work):
    """Seconds, median of ``TIMES`` calls."""
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken)


def row(stage, engine, seconds, *, limit, peer, peer_seconds):
    return {
        "stage": stage,
        "engine": engine,
        "n": N,
        "seconds": round(seconds, 2),
        "peak_mb": round(peak_mb()),
        "limit_seconds": round(limit, 2),
        "ratio": round(seconds / peer_seconds, 2),
        "peer": peer,
        "peer_seconds": round(peer_seconds, 2),
    }


def rows():
    """Return the measurements of one run."""
    names = [feature.name for feature in FEATURES if is_admissible(feature)]
    model = fitted(table_of(N_TRAINING, names=names, seed=2))
    table = table_of(N, names=names, seed=3)
    own, shares = by_lightgbm(model, table)
    scorer = ModelScorer(model, threads=THREADS)
    scoring = timed(lambda: scorer.score(table))
    said = row(
        f"scoring: {len(model.card.features)} features, {CANDIDATES[-1].trees} trees",
        "ModelScorer",
        scoring,
        limit=LIMIT_SCORE * own,
        peer="LightGBM predict of the array",
        peer_seconds=own,
    )
    explaining = timed_once(lambda: reasons(model, table, top=TOP, threads=THREADS))
    explained = row(
        "reasons: three for each",
        "models.stored.explanation",
        explaining,
        limit=LIMIT_REASONS,
        peer="LightGBM contributions (a tenth, times ten)",
        peer_seconds=shares,
    )
    gap = max(
        np.abs(contributions(model, some, threads=THREADS).scores - scorer.score(some)["score"].to_numpy()).max()
        for some in (table.iloc[at : at + N // 20] for at in range(0, N, N // 20))
    )
    return [said, explained | {"largest_gap_to_score": float(gap)}, exported()]


def by_lightgbm(model, table):
    """Seconds of LightGBM's own prediction of the rows as an array, and of its contributions (a tenth, times ten)."""
    array = with_typical(model_matrix(model, table), typical=model.card.typical)
    booster = lightgbm.Booster(model_str=model.ranker.trees)
    predicting = timed(lambda: booster.predict(array, raw_score=True, num_threads=THREADS))
    some = array[: N // 10]
    return predicting, timed_once(lambda: booster.predict(some, pred_contrib=True, num_threads=THREADS)) * 10


def timed_once(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def exported():
    """The scorecard of enterprises: points here and by its SQL in DuckDB, every row."""
    scorecard = read_scorecard(load_policies(), name="scorecard.general", on=AS_OF)
    features = table_of(N, names=scorecard.features, seed=4)
    points = timed(lambda: score_points(features, scorecard))
    ours = score_points(features, scorecard).set_index("entity_id")
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}")
        connection.register("given", features)
        connection.execute("CREATE TABLE features AS SELECT * FROM given")
        statement = scorecard_sql(scorecard, table="features")
        taken = []
        by_sql = timed_once(lambda: taken.append(connection.execute(statement).df()))
    theirs = taken[0].set_index("entity_id").loc[ours.index]
    differing = int((~np.isclose(ours["score"], theirs["score"], atol=1e-6, rtol=0, equal_nan=True)).sum())
    found = row(
        "scorecard: points",
        "engine.scorecard",
        points,
        limit=by_sql,
        peer="its SQL export in DuckDB",
        peer_seconds=by_sql,
    )
    return found | {"rows_compared": N, "rows_differing": differing}
