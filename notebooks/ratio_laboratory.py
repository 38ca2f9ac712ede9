# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The ratio laboratory
#
# What would a ratio policy find, cost and measure — and which ratios are best within the limits?
# Everything below reads a workspace and changes nothing; each table is tidy and goes into a chart as it is.
#
# Run it over any workspace that has run a draw and entered results:
# `XINHENG_WORKSPACE=workspace XINHENG_AS_OF=2026-08-03 jupytext --to ipynb --execute notebooks/ratio_laboratory.py`

# %%
import os
from datetime import date
from fractions import Fraction
from pathlib import Path

import altair as alt

from engine.api.plans.bench import PlanChoice
from engine.api.policies.burden import burden_change, burden_groups
from engine.api.policies.evaluation import Question, evaluate_policy
from engine.api.policies.laboratory import Occasion, experiment_of, policy_of, prepare
from engine.api.policies.long_run import LongRunOrder, long_run, long_run_summary, stated_assumptions
from engine.api.policies.optimum import curve_table, draft_of, optimise_policy, policy_point, ratio_table
from engine.api.policies.simulation import (
    allocate_policy,
    compare_policies,
    plan_table,
    simulate_policy,
    simulated_table,
    with_ratio,
)
from engine.api.workspace import open_workspace
from engine.estimation.policy_result import Estimator
from engine.pipeline.best_ratios import Wishes
from engine.vocabulary import ItemClass

workspace = open_workspace(Path(os.environ.get("XINHENG_WORKSPACE", "workspace")), create=False)
as_of = date.fromisoformat(os.environ.get("XINHENG_AS_OF", "2026-08-03"))
futures = int(os.environ.get("XINHENG_FUTURES", "1000"))

# %% [markdown]
# ## The frame
# The draw to be simulated is the one that would be committed: the same strata, floors, caps, capacity, exclusions and
# legal floors. The policy is the profile as amended in this workspace.

# %%
bench = prepare(workspace, profile="default", occasion=Occasion.of_year(as_of))
experiment = experiment_of(bench, draws=futures, seed=0)
print(bench.frame.source, bench.frame.n_outside)
allocated = allocate_policy(bench)
for sentence in (*allocated.notes, *allocated.violations):
    print("·", sentence)
allocated.table.head()

# %% [markdown]
# ## What the policy would find and cost
# P10, P50 and P90 over simulated futures. A sentence flags every ratio outside what was ever tried.

# %%
found = simulate_policy(bench, experiment)
for flag in found.flags:
    print("!", flag)
simulated = simulated_table(found)
simulated

# %%
by_grade = simulated[(simulated["measure"] == "findings") & (simulated["grade"] != "")]
alt.Chart(by_grade).mark_errorbar(ticks=True).encode(
    x="grade:N", y=alt.Y("p10:Q", title="findings, P10–P90"), y2="p90:Q"
) + alt.Chart(by_grade).mark_point(filled=True).encode(x="grade:N", y="p50:Q")

# %% [markdown]
# ## One ratio moved
# The futures are shared, so a difference is that of the ratios alone; no change gives exactly 0.

# %%
slid = with_ratio(bench.policy, ItemClass.KEY, "C", Fraction(1, 4))
before, after = simulate_policy(bench, experiment), simulate_policy(bench, experiment, policy=slid)
print("findings:", after.simulated.hits.p50 - before.simulated.hits.p50)

# %%
compared = compare_policies(bench, experiment, policy_of(workspace, "uniform", as_of=as_of), name="uniform")
{name: (gap.spread.p10, gap.mean, gap.spread.p90) for name, gap in compared.change.items()}

# %% [markdown]
# ## Who is visited more, who less
# Expected visits by district, size and sector, before and after: a policy has winners and losers, and they should be seen
# before anybody signs.

# %%
groups = burden_groups(workspace, bench, experiment)
whom = burden_change(bench, experiment, groups, policy=slid)
whom[["by", "group", "firms", "visits_before", "visits_after", "verdict"]]

# %% [markdown]
# ## A plan
# The lines of a plan, published or not, are simulated as the draw they would be: `prepare(..., lines=PlanChoice(plan=...))`.

# %%
plan = os.environ.get("XINHENG_PLAN")
if plan:
    of_plan = prepare(workspace, profile="default", occasion=Occasion.of_year(as_of), lines=PlanChoice(plan=plan))
    for note in of_plan.plan.notes:
        print("·", note)
    print(plan_table(of_plan, experiment_of(of_plan, draws=futures, seed=0)))

# %% [markdown]
# ## What another policy would have found
# No simulation: what the draws that were run say about a uniform policy, with the interval, and a check of the method on
# 200 quantities that are known.

# %%
answer = evaluate_policy(workspace, Question(profile="uniform", as_of=as_of, estimator=Estimator.HT))
value, placebo = answer.evaluation.value, answer.evaluation.placebo
print(f"{value.value:,.1f} ({value.low:,.1f} to {value.high:,.1f}); placebo: {placebo.covered_share:.1%} held")

# %% [markdown]
# ## The best ratios
# As many checks as the policy makes; floors, caps, ratios that rise with risk and capacity hold.

# %%
wishes = Wishes(found.simulated.checks, (), None, None, by_item=False)
best = optimise_policy(bench, experiment, wishes)
for sentence in best.binding:
    print("·", sentence)
ratio_table(best)

# %%
curve = curve_table(best, present=policy_point(bench, experiment))
plans = curve[curve["grade"] == ""].pivot(index="plan", columns="measure", values="value").reset_index()
alt.Chart(plans).mark_line(point=True).encode(
    x=alt.X("total_cv:Q", title="coefficient of variation of the next estimate"),
    y=alt.Y("findings:Q", scale=alt.Scale(zero=False)),
    tooltip=["plan", "findings", "total_cv", "class_a_cv", "checks"],
)

# %% [markdown]
# A plan from the curve becomes policy only as a draft that a second person approves
# (`xinheng policy optimise --write-draft`, `policy draft`, `policy approve`). Plan 0 is the policy in force.

# %%
draft_of(bench, best, valid_from=date(as_of.year + 1, 1, 1), reference="ratio laboratory")

# %% [markdown]
# ## Over years
# The same cities, the same checks a year, four policies, grades by the product's scorecards. In year 3 firms that looked
# safe begin to violate more. What is assumed is said first.

# %%
order = LongRunOrder(as_of, n_firms=5_000, repeats=int(os.environ.get("XINHENG_REPEATS", "5")))
for sentence in stated_assumptions(order):
    print("·", sentence)
years = long_run_summary(long_run(order))
shown = years[years["measure"].isin(["findings", "violations", "estimated"])]
alt.Chart(shown).mark_line(point=True).encode(x="year:O", y="mean:Q", color="measure:N", facet="policy:N")
