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
# # HUD housing inspections: two populations, known by release
#
# Needs the reference records (`../shared/data/hud_reac`, or the folder named by `XINHENG_REFERENCE`):
# `make notebook NOTEBOOK=hud_housing`.
#
# Public housing and multifamily housing are judged apart. A score is known from the release that first brought it, often
# more than a year after the inspection, and only such scores train and are read. Label: a score below 60. How many
# releases hold an inspection, which was the first and how many scores it had is never a feature: it says who stayed.
# Failing properties are inspected again sooner and leave the file two to three times as often, so old rows are survivors
# and the checks judged here are survivors too: a bound, not a claim.
# 1. Every score on all checks since 2019, from one model per population fitted on what was known on 31 December 2018.
# 2. Do the chances add up?
# 3. Grades given once on 31 December 2018, met by the first inspection of the six months after.
# 4. As it would be used: fitted anew whenever a release has arrived.
# 5. Only for comparison: the same with every score known on the day of the inspection, which it was not.

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
reference = Path(os.environ.get("XINHENG_REFERENCE", "../shared")) / "data" / "hud_reac"
replicates = int(os.environ.get("XINHENG_REPLICATES", "1000"))
populations = ("hud_public_housing", "hud_multifamily")
book = load_policies("benchmark")
noon = datetime(2021, 6, 1, 4, tzinfo=timezone.utc)
folder = tempfile.TemporaryDirectory()


since_2019 = {population: ["2019-01-01..2021-04-09"] for population in populations}
around_release = {"hud_public_housing": ["2019-01-01..2019-04-11", "2019-04-12..2020-09-18"]}


def backtests(mapping: str, windows: dict[str, list[str]]):
    """Backtest populations over their windows, everything fitted anew for each."""
    place = Path(folder.name) / Path(mapping).stem
    is_new = not place.exists()
    workspace = open_workspace(place, create=True)
    if is_new:
        ingest(workspace, [reference], mapping=mapping, actor=Actor("notebook", "analyst"), clock=lambda: noon)
    builder = FeatureBuilder(workspace.warehouse, book=book)
    tests = {
        population: backtest_population(
            workspace,
            builder,
            book=book,
            population=population,
            windows=named_windows(windows[population]),
            seed=1,
            models=("challenger", "woe_scorecard"),
            replicates=replicates,
        )
        for population in windows
    }
    workspace.close()
    return tests


def headline(found):
    """Return the model's AUC and its paired gains over the best simple score and the mean of past scores."""
    best = found.rounds["entity_id"].best(found.baselines, Measure.AUC)
    return {
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


# %% [markdown]
# ## 1. Every score, side by side
# Reference figures of an earlier, untuned comparison (3,445 and 12,817 checks; inspections taken as known on their day;
# AUC, precision in the top tenth, share of the findings in the better half):

# %%
published = pd.DataFrame(
    {
        ("hud_public_housing", "points rule with decay"): (0.760, 0.442, 0.83),
        ("hud_public_housing", "last outcome"): (0.637, 0.413, 0.63),
        ("hud_public_housing", "prior rate"): (0.669, 0.483, 0.66),
        ("hud_public_housing", "logistic regression"): (0.784, 0.486, 0.84),
        ("hud_public_housing", "LightGBM"): (0.786, 0.515, 0.83),
        ("hud_public_housing", "mean of past scores"): (0.8055, float("nan"), float("nan")),
        ("hud_multifamily", "points rule with decay"): (0.623, 0.140, 0.67),
        ("hud_multifamily", "last outcome"): (0.550, 0.095, 0.54),
        ("hud_multifamily", "prior rate"): (0.520, 0.110, 0.51),
        ("hud_multifamily", "logistic regression"): (0.644, 0.126, 0.68),
        ("hud_multifamily", "LightGBM"): (0.648, 0.119, 0.69),
        ("hud_multifamily", "mean of past scores"): (0.675, float("nan"), float("nan")),
    },
    index=["auc", "precision_at_10", "first_half_share"],
).T
published

# %%
by_release = backtests("hud_reac", since_2019)
scores = {population: score_table(found).drop(columns="window") for population, found in by_release.items()}
pd.concat(scores, names=["population", ""]).droplevel(1).round(3)

# %%
headlines = {population: headline(found) for population, found in by_release.items()}
headlines

# %% [markdown]
# What the learned model chose on its past, before any of these checks was read:

# %%
{
    population: (dict(found.folds[0].model.card.configuration), dict(found.folds[0].model.card.rehearsal))
    for population, found in by_release.items()
}

# %% [markdown]
# ## 2. Do the chances add up?
# Observed over expected findings, with the level (drift, learned on the past) and without it; `level_spread` is how unsure
# the level says it is on the mean day of these checks, in log-odds.

# %%
calibration = pd.concat({population: calibration_table(found) for population, found in by_release.items()}).droplevel(1)
calibration.round(3)

# %% [markdown]
# ## 3. Grades given once
# Shares 65.4/25.3/7.7/1.6 %, ratios 3/10/30/100 %; plain, and with outcomes weighted by one over the share seen of the band
# of the last score.

# %%
grades = {population: grade_tables(found) for population, found in by_release.items()}
pd.concat({population: tables["rates"] for population, tables in grades.items()}).droplevel(1).round(3)

# %%
pd.concat({population: tables["differences"] for population, tables in grades.items()}).droplevel(1).round(3)

# %%
pd.concat({population: tables["lifts"] for population, tables in grades.items()}).droplevel(1).round(3)

# %%
claims = {
    population: [str(claim) for claim in cohort_claims(fold.cohort, model=found.model, among=found.baselines)]
    for population, found in by_release.items()
    for fold in found.folds
    if fold.cohort
}
claims

# %% [markdown]
# ## 4. As it would be used
# A model fitted once on 31 December 2018 is asked about checks up to two years later. In use it is fitted anew whenever a
# release has arrived. Public housing had one on 11 April 2019; the same checks, before and after it was known. (After the
# next one, on 18 September 2020, there are hardly any checks, and multifamily housing had none in between.)

# %%
refitted = backtests("hud_reac", around_release)
pd.concat({population: calibration_table(found) for population, found in refitted.items()}).droplevel(1).round(3)

# %%
{population: headline(found) for population, found in refitted.items()}

# %% [markdown]
# ## 5. Only for comparison: known on the day of the inspection
# What the same code says when every score is taken as known at once. It reads results that nobody outside the agency
# had, and it trains on properties that were still in a later release.

# %%
by_event = backtests("notebooks/hud_reac_by_event.yaml", since_2019)
event_scores = {population: score_table(found).drop(columns="window") for population, found in by_event.items()}
pd.concat(event_scores, names=["population", ""]).droplevel(1).round(3)

# %%
event_headlines = {population: headline(found) for population, found in by_event.items()}
event_headlines

# %%
pd.concat({population: calibration_table(found) for population, found in by_event.items()}).droplevel(1).round(3)

# %%
folder.cleanup()
