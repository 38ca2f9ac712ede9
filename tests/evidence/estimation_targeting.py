"""Do the intervals of lift, rate ratio and AUC hold? Repeated cohorts with known rates and clustered visits."""

import numpy as np
import pandas as pd

from engine.estimation.intervals import clopper_pearson
from engine.estimation.ranking import auc, auc_interval
from engine.estimation.targeting import lift_over_uniform, rate_ratio

RATIOS = {"A": 0.03, "B": 0.10, "C": 0.30, "D": 1.00}
COHORTS = {
    "many_common": ((6540, 2530, 770, 160), (0.12, 0.18, 0.26, 0.36)),
    "few_common": ((654, 253, 77, 16), (0.12, 0.18, 0.26, 0.36)),
    "many_rare": ((6540, 2530, 770, 160), (0.005, 0.01, 0.03, 0.08)),
    "flat": ((2000, 1500, 800, 300), (0.05, 0.05, 0.05, 0.05)),
}


def lift_line(name, sizes, rates, repeats, rng):
    """Coverage of lift and rate ratio over repeated cohorts."""
    n, p = np.array(sizes), np.array(rates)
    visits = n * np.array(list(RATIOS.values()))
    truth = float((visits @ p / visits.sum()) / (n @ p / n.sum()))
    covered = {"lift": 0, "rate_ratio_d_a": 0}
    for hits in rng.binomial(n, p, size=(repeats, 4)):
        limits = clopper_pearson(hits, n)
        table = pd.DataFrame(
            {
                "grade": list("ABCD"),
                "units": n,
                "n": n,
                "hit_rate": hits / n,
                "low": limits.low,
                "high": limits.high,
                "effective_n": n.astype(float),
            }
        )
        lift, ratio = lift_over_uniform(table, ratios=RATIOS), rate_ratio(table)
        covered["lift"] += lift.low <= truth <= lift.high
        covered["rate_ratio_d_a"] += ratio.low <= p[3] / p[0] <= ratio.high
    return [{"name": f"{measure}_{name}", "coverage": count / repeats} for measure, count in covered.items()]


def visits_of(firms, rng):
    """Score, outcome and firm of clustered visits: a firm's visits share its risk."""
    count = rng.integers(1, 7, size=firms)
    firm = np.repeat(np.arange(firms), count)
    risk = rng.normal(size=firms)[firm]
    score = risk + rng.normal(0, 1, size=firm.size)
    return score, rng.random(firm.size) < 1 / (1 + np.exp(2.0 - 1.2 * risk)), firm


def auc_lines(repeats, replicates, rng):
    """Coverage of the interval over firms, and of the one that takes visits as independent."""
    score, adverse, _ = visits_of(100_000, rng)
    truth = auc(score, adverse)
    together = apart = 0
    for _ in range(repeats):
        score, adverse, firm = visits_of(250, rng)
        for name, clusters in (("together", firm), ("apart", np.arange(firm.size))):
            found = auc_interval(score, adverse, clusters=clusters, rng=rng, replicates=replicates)
            together += name == "together" and found.low <= truth <= found.high
            apart += name == "apart" and found.low <= truth <= found.high
    return [
        {"name": "auc_by_firm", "coverage": together / repeats},
        {"name": "auc_by_visit", "coverage": apart / repeats},
    ]


def run(*, full):
    """2,000 cohorts and 400 bootstraps of 400, or 100 and 40 of 150."""
    repeats, bootstraps, replicates = (2_000, 400, 400) if full else (100, 40, 150)
    rng = np.random.default_rng(17)
    lines = [line for name, (n, p) in COHORTS.items() for line in lift_line(name, n, p, repeats, rng)]
    areas = auc_lines(bootstraps, replicates, rng)
    claimed = [line["coverage"] for line in lines]
    error, area_error = (2 * np.sqrt(0.05 * 0.95 / count) for count in (repeats, bootstraps))
    return {
        "name": "estimation_targeting",
        "n": repeats * len(COHORTS) + bootstraps,
        "value": min(claimed),
        "low": min(claimed),
        "high": max(claimed),
        "passed": bool(min(claimed) >= 0.94 - error and areas[0]["coverage"] >= 0.93 - area_error),
        "lines": lines + areas,
    }
