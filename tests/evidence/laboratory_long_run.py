"""A policy without exploration goes blind: uniform, graded, optimised and greedy ratios over five years.

40 synthetic cities of 20,000 firms, 1,600 checks a year, all assumptions in ``engine.simulation.yearly_world``. In year
3 firms that looked safe begin to violate more and nobody complains about it. Claims, over the cities:

1. Before the shift the optimised ratios find more than the graded ones, and these more than the uniform draw.
2. Greedy ratios without a floor draw nobody in class A in any year: its rate cannot be stated, and most violations of
   the city happen where nobody is drawn.
3. After the shift all violations rise by half or more; the greedy findings do not show it (they change by less than a
   tenth), while the estimates of the other three follow the truth within 5 %.
4. In the last year greedy, which chooses for findings alone, finds no more than the optimised ratios (their difference
   less greedy's is not below 0 by 95 %).
5. Without a shift greedy finds most: what floors and precision cost while nothing changes is said beside it.

Grades are made by the product's scorecards and cuts from what the city has records for; the indicator of an industry's
adverse rate carries a part of what changed from firms that were checked to firms that were not.
"""

from dataclasses import replace
from datetime import date

import numpy as np

from engine.api.policies.long_run import LongRunOrder, long_run
from engine.simulation.yearly_world import Reactions

ORDER = LongRunOrder(date(2026, 1, 1))
CERTAIN = (
    "graded finds more than uniform",
    "greedy never looks at class A",
    "most violations where greedy draws nobody",
    "the others follow the truth",
)
UNIFORM, GRADED, OPTIMISED, GREEDY = "uniform", "graded", "optimised", "greedy_without_floor"


def means(found, measure):
    """Mean over cities by policy (rows) and year (columns)."""
    own = found[found["measure"] == measure]
    return own.groupby(["policy", "year"])["value"].mean().unstack("year")


def paired(found, one, other, years):
    """Mean difference of findings between two policies in the same cities, and its standard error."""
    own = found[(found["measure"] == "findings") & found["year"].isin(years)]
    sums = own.groupby(["policy", "repeat"])["value"].sum()
    gap = sums[one] - sums[other]
    return float(gap.mean()), float(gap.std() / np.sqrt(len(gap)))


def run(*, full):
    """40 cities, or 3 of a quarter of the size."""
    order = replace(ORDER, repeats=40) if full else replace(ORDER, repeats=3, n_firms=5_000)
    shifted = long_run(order)
    steady = long_run(replace(order, reactions=replace(Reactions(), shift_year=0)))
    findings, violations = means(shifted, "findings"), means(shifted, "violations")
    estimated, unseen = means(shifted, "estimated"), means(shifted, "unseen_share")
    seen_in_a = means(shifted, "class_a_checks").loc[GREEDY]
    off = (estimated / violations - 1).loc[[UNIFORM, GRADED, OPTIMISED]]
    rise = float(violations.loc[GREEDY, [3, 4, 5]].mean() / violations.loc[GREEDY, [1, 2]].mean())
    shown = float(findings.loc[GREEDY, [3, 4, 5]].mean() / findings.loc[GREEDY, [1, 2]].mean())
    gaps = {
        "graded - uniform, years 1-2": paired(shifted, GRADED, UNIFORM, [1, 2]),
        "optimised - graded, years 1-2": paired(shifted, OPTIMISED, GRADED, [1, 2]),
        "optimised - greedy, year 5": paired(shifted, OPTIMISED, GREEDY, [5]),
        "greedy - optimised, no shift, years 1-5": paired(steady, GREEDY, OPTIMISED, [1, 2, 3, 4, 5]),
    }
    lost = 1 - means(steady, "findings").loc[OPTIMISED].sum() / means(steady, "findings").loc[GREEDY].sum()
    claims = {
        "graded finds more than uniform": gaps["graded - uniform, years 1-2"][0] > 0,
        "optimised finds more than graded": gaps["optimised - graded, years 1-2"][0] > 0,
        "greedy never looks at class A": bool((seen_in_a == 0).all()),
        "most violations where greedy draws nobody": bool((unseen.loc[GREEDY] > 0.5).all()),
        "violations rise by half, greedy findings do not show it": rise >= 1.5 and abs(shown - 1) < 0.1,
        "the others follow the truth": bool((off.abs() <= (0.05 if full else 0.25)).to_numpy().all()),
        "greedy finds no more in the end": gaps["optimised - greedy, year 5"][0]
        + 1.96 * gaps["optimised - greedy, year 5"][1]
        >= 0,
    }
    # a few small cities show what follows from the rules, not differences of a few per cent
    needed = claims if full else {name: claims[name] for name in CERTAIN}
    gap, error = gaps["optimised - greedy, year 5"]
    return {
        "name": "laboratory_long_run",
        "n": order.repeats,
        "value": gap,
        "low": gap - 1.96 * error,
        "high": gap + 1.96 * error,
        "passed": all(needed.values()),
        "claims": claims,
        "paired_differences": {name: {"mean": mean, "error": own} for name, (mean, own) in gaps.items()},
        "rise_of_violations": rise,
        "rise_of_greedy_findings": shown,
        "findings_lost_to_floors_without_a_shift": float(lost),
        "class_a_visits_per_firm": means(shifted, "class_a_visits_per_firm").to_dict("index"),
        "estimated_over_true_minus_1": off.to_dict("index"),
        "findings": findings.to_dict("index"),
        "violations": violations.to_dict("index"),
        "unseen_share": unseen.to_dict("index"),
    }
