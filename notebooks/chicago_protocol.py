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
# # Chicago food inspections: the published protocol, and what an honest one says
#
# Needs the reference records (`../shared/data/chicago_food`, or the folder named by `XINHENG_REFERENCE`):
# `make notebook NOTEBOOK=chicago_protocol`.
#
# 1. The city's own scores, judged by our evaluator on the city's test window.
# 2. A model that knows firms only, over eleven windows, beside the best simple score, with paired intervals.
# 3. Which part of any gain comes from who inspected.
# 4. The city's two-month window alone: reported, not aimed at.
# 5. Grades given once to everybody, met by what followed.

# %%
import os
import tempfile
from datetime import date, datetime, timezone
from pathlib import Path

import pandas as pd

from engine.api.records.intake import ingest
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import open_workspace
from engine.estimation.ranking import auc
from engine.estimation.rounds import Measure
from engine.estimation.schedule import schedule_by_score
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from models.judging.attribution import ADJUSTED, INSPECTOR, WITH_INSPECTOR, gain_shares
from models.judging.backtest_summary import gain_rows, window_rows
from models.judging.backtesting import backtest_population
from models.judging.cohort_claims import cohort_claims
from models.reports.side_by_side import calibration_table, grade_tables, score_table
from models.judging.windows import named_windows

pd.set_option("display.width", 200, "display.max_columns", 30, "display.max_rows", 200)
reference = Path(os.environ.get("XINHENG_REFERENCE", "../shared")) / "data" / "chicago_food"
replicates = int(os.environ.get("XINHENG_REPLICATES", "1000"))

# %% [markdown]
# ## 1. The city's own scores on the city's test window
# 1,665 canvasses of September and October 2014, label: any of the violations 1 to 14. Published: AUC .6747 and
# 7.589 days earlier.

# %%
table = pd.read_parquet(reference / "replication" / "hist_30_dat.parquet")
test = table[table["Test"]].assign(Inspection_Date=lambda rows: pd.to_datetime(rows["Inspection_Date"]))
city = schedule_by_score(test["Inspection_Date"], test["glm_pred_test"], test["criticalFound"])
published = {
    "n": len(test),
    "base_rate": float(test["criticalFound"].mean()),
    "auc": auc(test["glm_pred_test"], test["criticalFound"]),
    "days_earlier": city.days_earlier,
    "first_half_share": city.first_half_share,
    "random_days_earlier": city.random_days_earlier,
}
published

# %% [markdown]
# The inspectors' colours alone, each scored by its rate in the city's own training rows:

# %%
train = table[~table["Test"]]
rates = train.groupby("sanitarian")["criticalFound"].mean()
colour = test["sanitarian"].map(rates).fillna(train["criticalFound"].mean())
alone = schedule_by_score(test["Inspection_Date"], colour, test["criticalFound"])
inspectors_alone = {"auc": auc(colour, test["criticalFound"]), "days_earlier": alone.days_earlier}
inspectors_alone

# %% [markdown]
# ## 2. Firms only, over eleven windows
# Sixty-day windows from 2011-09-02 on with at least 5,000 earlier rows of the city's table, and rows in it. For each,
# everything is fitted anew on what was known before it: no inspector, no weather, no later result.

# %%
windows = [
    "2012-08-27..2012-10-25",
    "2012-10-26..2012-12-24",
    "2012-12-25..2013-02-22",
    "2013-02-23..2013-04-23",
    "2013-04-24..2013-06-22",
    "2013-06-23..2013-08-21",
    "2013-08-22..2013-10-20",
    "2013-10-21..2013-12-19",
    "2013-12-20..2014-02-17",
    "2014-02-18..2014-04-18",
    "2014-08-17..2014-10-15",
]
folder = tempfile.TemporaryDirectory()
workspace = open_workspace(Path(folder.name) / "workspace", create=True)
noon = datetime(2015, 1, 5, 4, tzinfo=timezone.utc)
ingest(workspace, [reference], mapping="chicago_food", actor=Actor("notebook", "analyst"), clock=lambda: noon)
book = load_policies("benchmark")


def backtest(names: list[str], models=("challenger",)):
    """Backtest the firm-only model over windows."""
    return backtest_population(
        workspace,
        FeatureBuilder(workspace.warehouse, book=book),
        book=book,
        population="chicago_food",
        windows=named_windows(names),
        seed=1,
        models=models,
        replicates=replicates,
    )


rolling = backtest(windows)
pd.DataFrame(gain_rows(rolling)).round(3)

# %%
best = {measure: rolling.rounds["entity_id"].best(rolling.baselines, measure) for measure in Measure}
headline = {
    f"{measure} by {cluster}": {
        "mean": rounds.mean(rolling.model, measure).value,
        "over": best[measure],
        "gain": rounds.gain(rolling.model, over=best[measure], measure=measure).value,
        "low": rounds.gain(rolling.model, over=best[measure], measure=measure).low,
        "high": rounds.gain(rolling.model, over=best[measure], measure=measure).high,
    }
    for cluster, rounds in rolling.rounds.items()
    for measure in Measure
}
pd.DataFrame(headline).T

# %%
is_gain_proved = all(row["low"] > 0 for row in headline.values())
is_gain_proved

# %%
pd.DataFrame(
    [
        {key: row[key] for key in ("split", "n", "base_rate", "observed_to_expected", "calibration_slope")}
        | {"auc": row["auc"]["value"], "days_earlier": row["days_earlier"], "random": row["days_earlier_random"]}
        for row in window_rows(rolling)
        if row["name"] == rolling.model
    ]
).round(3)

# %% [markdown]
# ## 3. Who inspected
# The effects of the six groups of inspectors, estimated on each past beside the model; `adjusted` is a model fitted
# with them held fixed. Shares of the gain over a random order of model and inspectors together; what both foretell is
# counted in each.

# %%
pd.DataFrame(gain_shares(rolling.rounds["entity_id"], model=rolling.model)).round(2)

# %%
{
    name: {str(measure): round(rolling.rounds["entity_id"].mean(name, measure).value, 3) for measure in Measure}
    for name in (rolling.model, ADJUSTED, INSPECTOR, WITH_INSPECTOR)
}

# %%
rolling.folds[-1].inspectors.effects.table().round(2)

# %% [markdown]
# ## 4. The city's window alone
# September and October 2014, trained on all that was known on 1 September, May to August 2014 included. A single
# two-month test has a standard error of .02 in AUC and more than a day in days.

# %%
single = backtest(["2014-09-02..2014-10-31"])
rounds = single.rounds["entity_id"]
two_months = {
    "n": len(single.scored),
    "firm-only": rounds.mean(single.model, Measure.AUC),
    "inspector-adjusted": rounds.mean(ADJUSTED, Measure.AUC),
    "firm-only days": rounds.mean(single.model, Measure.DAYS),
    "leaks": single.leak_check.leaks,
}
two_months

# %% [markdown]
# ## 5. Grades given once, over four half-years
# Everybody known on the eve of each half-year, graded once (65.4/25.3/7.7/1.6 %) and met by the first canvass of the six
# months after; ratios 3/10/30/100 %. Each figure stands twice: plain, and with outcomes weighted by one over the share
# seen of the band of the last score. Before that, every score on the checks of these half-years. Reference figures of an
# earlier, untuned comparison on the last one (4,757 checks; AUC, precision in the top tenth, share of the findings in
# the better half):

# %%
published_scores = pd.DataFrame(
    {
        "points rule with decay": (0.532, 0.195, 0.54),
        "last outcome": (0.561, 0.248, 0.59),
        "prior rate": (0.575, 0.235, 0.59),
        "logistic regression": (0.595, 0.235, 0.62),
        "LightGBM": (0.611, 0.260, 0.64),
    },
    index=["auc", "precision_at_10", "first_half_share"],
).T
published_scores

# %%
half_years = ["2013-01-01..2013-06-30", "2013-07-01..2013-12-31", "2014-01-01..2014-06-30", "2014-07-01..2014-12-30"]
halves = backtest(half_years, models=("challenger", "woe_scorecard"))
score_table(halves).round(3)

# %%
calibration_table(halves).round(3)

# %%
grades = grade_tables(halves)
grades["rates"].round(3)

# %%
grades["differences"].round(3)

# %%
grades["lifts"].round(3)

# %% [markdown]
# What each half-year can and cannot claim:

# %%
claims = {
    fold.window.name: [str(claim) for claim in cohort_claims(fold.cohort, model=halves.model, among=halves.baselines)]
    for fold in halves.folds
    if fold.cohort
}
claims

# %%
workspace.close()
folder.cleanup()
