# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # New York restaurant inspections: a snapshot of survivors
#
# Needs the reference records (`../shared/data/nyc_restaurants`, or the folder named by `XINHENG_REFERENCE`):
# `make notebook NOTEBOOK=new_york_restaurants`.
#
# The file holds restaurants that were active on 2016-01-06, each with at most three years before its last inspection.
# Everything here is **conditional on survival to 2016**. Label: a cycle inspection scores 28 or more (grade C); "not A" is
# not used, scores heap at its threshold. Amounts of visits and days since are no features (decision 0003).
# 1. Every score on three half-years, each fitted on what was known before it.
# 2. Do the chances add up?
# 3. Grades given once on the eve of each half-year, met by the first cycle inspection of the six months after.

# %%
import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd

from engine.api.records.intake import ingest
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import open_workspace
from engine.estimation.rounds import Measure
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from models.judging.backtesting import backtest_population
from models.judging.cohort_claims import cohort_claims
from models.reports.side_by_side import calibration_table, grade_tables, score_table
from models.judging.windows import named_windows

pd.set_option("display.width", 200, "display.max_columns", 30, "display.max_rows", 200)
reference = Path(os.environ.get("XINHENG_REFERENCE", "../shared")) / "data" / "nyc_restaurants"
replicates = int(os.environ.get("XINHENG_REPLICATES", "1000"))
folder = tempfile.TemporaryDirectory()
workspace = open_workspace(Path(folder.name) / "workspace", create=True)
noon = datetime(2016, 1, 7, 4, tzinfo=timezone.utc)
ingest(workspace, [reference], mapping="nyc_restaurants", actor=Actor("notebook", "analyst"), clock=lambda: noon)
book = load_policies("benchmark")

# %% [markdown]
# ## 1. Every score, side by side
# Reference figures of an earlier, untuned comparison on the last half-year (11,930 checks; AUC, precision in the top
# tenth, share of the findings in the better half):

# %%
published = pd.DataFrame(
    {
        "points rule with decay": (0.583, 0.278, 0.60),
        "last outcome": (0.556, 0.252, 0.54),
        "prior rate": (0.598, 0.283, 0.63),
        "logistic regression": (0.628, 0.306, 0.65),
        "LightGBM": (0.614, 0.294, 0.63),
        "mean of past scores": (0.627, float("nan"), float("nan")),
    },
    index=["auc", "precision_at_10", "first_half_share"],
).T
published

# %%
found = backtest_population(
    workspace,
    FeatureBuilder(workspace.warehouse, book=book),
    book=book,
    population="nyc_restaurants",
    windows=named_windows(["2014-07-01..2014-12-31", "2015-01-01..2015-06-30", "2015-07-01..2016-01-04"]),
    seed=1,
    models=("challenger", "woe_scorecard"),
    replicates=replicates,
)
scores = score_table(found)
scores.round(3)

# %% [markdown]
# The mean over the three half-years, and what the model gains over the best simple score, in pairs on the same resamples
# of restaurants and of days:

# %%
best = found.rounds["entity_id"].best(found.baselines, Measure.AUC)
headline = {
    "test_set": found.test_digest[:12],
    "leaks": found.leak_check.leaks,
    "best": best,
    **{
        f"{name} by {cluster}": tuple(round(getattr(estimate, part), 4) for part in ("value", "low", "high"))
        for cluster, rounds in found.rounds.items()
        for name, estimate in (
            ("model", rounds.mean(found.model, Measure.AUC)),
            ("gain over best", rounds.gain(found.model, over=best, measure=Measure.AUC)),
            ("gain over mean_past_score", rounds.gain(found.model, over="mean_past_score", measure=Measure.AUC)),
        )
    },
}
headline

# %% [markdown]
# ## 2. Do the chances add up?
# Observed over expected findings, with the level (season and drift, learned on each past) and without it.

# %%
calibration = calibration_table(found)
calibration.round(3)

# %% [markdown]
# ## 3. Grades given once
# Shares 65.4/25.3/7.7/1.6 %, ratios 3/10/30/100 %. Who is seen depends on the last result (restaurants with a bad cycle
# come up again sooner), so each figure stands twice: plain, and with outcomes weighted by one over the share seen of the
# band of the last score.

# %%
grades = grade_tables(found)
grades["rates"].round(3)

# %%
grades["differences"].round(3)

# %%
grades["lifts"].round(3)

# %% [markdown]
# What each half-year can and cannot claim. All of it is conditional on survival to 2016: restaurants that closed before
# are in no figure, and they are likelier to have been the bad ones.

# %%
claims = {
    fold.window.name: [str(claim) for claim in cohort_claims(fold.cohort, model=found.model, among=found.baselines)]
    for fold in found.folds
    if fold.cohort
}
claims

# %%
workspace.close()
folder.cleanup()
