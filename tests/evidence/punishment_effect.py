"""Does punishment work? On the synthetic city with detection, regression to the mean and immortal time planted.

A planted null and a planted fall of 30 % are each covered by the 95 % interval in 181–197 of 200 seeds, and the fall is
found (p < .05) in at least 80 % of them. What three naive readings of the same histories say is reported beside.
"""

import numpy as np
import pandas as pd

from engine.estimation.check_hazard import hazard_probabilities
from engine.estimation.recurrence import recurrence
from tests.punished_world import COVARIATES, LAST_DAY, city_risks, live

FULL, SMALL = (30_000, 200), (12_000, 4)
EFFECTS = {"null": 0.0, "fall_of_30": 0.3}
LOW, HIGH, POWER = 181, 197, 0.8
YEAR = pd.Timedelta(days=365)


def run(*, full):
    n_entities, n_seeds = FULL if full else SMALL
    risk = city_risks(n_entities)
    return [one for name, effect in EFFECTS.items() for one in planted(risk, name, effect, n_seeds=n_seeds, full=full)]


def planted(risk, name, effect, *, n_seeds, full):
    bases = {"random": [], "hazard": []}
    naive = []
    for seed in range(n_seeds):
        findings, drawn, every, exposure = live(risk, effect=effect, seed=1000 + seed)
        chances = hazard_probabilities(every, exposure, strata=["band", "is_under"])
        for basis, checks in (("random", drawn), ("hazard", every.assign(inclusion_probability=chances))):
            found = recurrence(findings, checks, covariates=COVARIATES, last_day=LAST_DAY)
            bases[basis].append((found.ratio, found.low, found.high, found.p_value))
        if seed < 40:
            naive.append(naive_ratios(findings, drawn, every))
    readings = dict(zip(("counted", "before_after", "from_the_finding"), np.mean(naive, axis=0), strict=True))
    for basis, rows in bases.items():
        ratio, low, high, p_value = np.array(rows).T
        covered = int(((low <= 1 - effect) & (1 - effect <= high)).sum())
        power = float((p_value < 0.05).mean())
        yield {
            "name": f"punishment_effect_{name}" + ("" if basis == "random" else "_by_hazard"),
            "n": n_seeds,
            "value": covered / n_seeds,
            "low": LOW / FULL[1],
            "high": HIGH / FULL[1],
            "covered": covered,
            "planted_ratio": 1 - effect,
            "mean_ratio": float(np.exp(np.log(ratio).mean())),
            "rejected": power,
            "naive_ratios": readings,
            "entities": len(risk),
            "passed": bool(not full or (LOW <= covered <= HIGH and (effect == 0 or power >= POWER))),
        }


def naive_ratios(findings, drawn, every):
    """Three readings that the traps mislead: findings counted, before and after, followed from the finding on."""
    measured = findings[findings["measured_on"].notna()]
    never = findings[findings["measured_on"].isna()]
    with_day, without_day = measured["measured_on"], never["found_on"] + pd.Timedelta(days=60)
    counted = found_a_year(measured, with_day, every) / found_a_year(never, without_day, every)
    before = rate(measured, measured["found_on"] - YEAR, measured["found_on"] + pd.Timedelta(days=1), drawn)
    after = rate(measured, with_day, with_day + YEAR, drawn)
    ever = rate(measured, measured["found_on"], measured["found_on"] + YEAR, drawn)
    not_ever = rate(never, never["found_on"], never["found_on"] + YEAR, drawn)
    return counted, after / before, ever / not_ever


def within(rows, begins, ends, checks):
    spans = pd.DataFrame({"entity_id": rows["entity_id"], "begins": begins, "ends": ends})
    seen = spans.merge(checks, on="entity_id")
    return seen[seen["occurred_on"].gt(seen["begins"]) & seen["occurred_on"].lt(seen["ends"])]


def found_a_year(rows, begins, checks):
    return within(rows, begins, begins + YEAR, checks)["is_adverse"].sum() / len(rows)


def rate(rows, begins, ends, checks):
    return within(rows, begins, ends, checks)["is_adverse"].mean()
