"""Fairness and drift on a synthetic city: how often what holds is called wrong, and how soon what broke is seen.

Chances are the city's own true ones, findings are drawn from them, so a model that holds is at hand; what is planted is
known too: one district whose chances are said too low, a level that moves in a month of the third year. On permuted
history every row keeps its chance and finding and the days are dealt out anew: nothing drifts, whatever the city did.
"""

from datetime import date

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import beta

from engine.estimation.drift import FALSE_ALARM, watch_calibration
from engine.estimation.parity import parity_table
from engine.estimation.reliability import population_shift
from engine.simulation.catalogue import ITEM_CODES
from engine.simulation.city import simulate_city
from engine.simulation.layout import plain

LAST_DAY = date(2025, 12, 31)
ON = date(2025, 6, 30)
MONTHS, BREAK_MONTH, SHIFT = 36, 24, 0.5
PER_MONTH = 250
FULL, SMALL = (20_000, 1_000), (2_000, 15)
GRADE_SHARES = (0.654, 0.253, 0.077, 0.016)
GROUPS = ("district_code", "entity_type", "industry")


def city_rows(n_entities, *, seed=4):
    """Entities with their groups and the true chance that one check finds something."""
    city = simulate_city(n_entities=n_entities, years=4, last_day=LAST_DAY, seed=seed)
    entities = plain(city.tables["entities"], "entities").to_pandas()
    entities = entities.sort_values("known_at").drop_duplicates("entity_id", keep="last", ignore_index=True)
    items = np.random.default_rng(seed).choice(np.array(ITEM_CODES[:8]), len(entities))
    chance = city.truth.adverse_probability(entities["entity_id"], items, on=ON)
    return entities.assign(chance=chance, industry=entities["industry_code"].astype(str).str[:1])


def upper(k, n):
    return 1.0 if k == n else float(beta.ppf(0.975, k + 1, n - k))


def lower(k, n):
    return 0.0 if k == 0 else float(beta.ppf(0.025, k, n - k + 1))


def fairness(rows, *, rounds):
    """Counts: a group is called apart though none is; the planted one is named; another is named beside it."""
    wrong, named, others = dict.fromkeys(GROUPS, 0), 0, 0
    chance = rows["chance"].to_numpy()
    planted = rows["district_code"].value_counts().index[0]
    shifted = expit(logit(chance) + 0.6 * (rows["district_code"] == planted).to_numpy())
    for seed in rounds:
        rng = np.random.default_rng([23, seed])
        outcome = (rng.random(len(rows)) < chance).astype(float)
        for group in GROUPS:
            wrong[group] += bool(parity_table(chance, outcome, rows[group])["is_apart"].any())
        table = parity_table(chance, (rng.random(len(rows)) < shifted).astype(float), rows["district_code"])
        apart = set(table.loc[table["is_apart"], "group"])
        named += planted in apart
        others += bool(apart - {planted})
    return {f"wrong_{group}": count for group, count in wrong.items()} | {"named": named, "others": others}


def month_rows(rows, rng, *, shift=0.0):
    """Random checks of 36 months; from the break month on the level has moved by ``shift`` log-odds."""
    picked = rng.integers(len(rows), size=MONTHS * PER_MONTH)
    chance = rows["chance"].to_numpy()[picked]
    month = np.repeat(np.arange(MONTHS), PER_MONTH)
    true = expit(logit(chance) + shift * (month >= BREAK_MONTH))
    outcome = (rng.random(len(chance)) < true).astype(float)
    days = np.datetime64("2023-01-01") + month * 30 + rng.integers(0, 30, len(month))
    return chance, outcome, days, month


def monthly_test_alarms(chance, outcome, month):
    """Whether a fixed test, repeated every month at 5 %, ever fires: the practice to compare with."""
    by = pd.DataFrame({"m": month, "y": outcome, "p": chance, "v": chance * (1 - chance)}).groupby("m").sum()
    return bool((np.abs(by["y"] - by["p"]) / np.sqrt(by["v"]) > 1.96).any())


def drift(rows, *, rounds):
    """Counts: alarms on histories that hold and on permuted ones, the planted shift seen, and after how many months."""
    false = fixed = permuted = found = early = 0
    delays = []
    for seed in rounds:
        rng = np.random.default_rng([29, seed])
        chance, outcome, days, month = month_rows(rows, rng)
        false += watch_calibration(chance, outcome, days).alarm_on is not None
        fixed += monthly_test_alarms(chance, outcome, month)
        chance, outcome, days, month = month_rows(rows, rng, shift=SHIFT)
        alarm = watch_calibration(chance, outcome, days).alarm_on
        began = pd.Timestamp("2023-01-01") + pd.Timedelta(days=30 * BREAK_MONTH)
        early += alarm is not None and alarm < began
        if alarm is not None and alarm >= began:
            found += 1
            delays.append((alarm - began).days / 30)
        # nothing rises anywhere on permuted history; the level of all its rows is the chances' own again
        level = np.log(outcome.sum() / (len(outcome) - outcome.sum())) - np.log(
            chance.sum() / (len(chance) - chance.sum())
        )
        dealt = rng.permutation(days)
        permuted += watch_calibration(expit(logit(chance) + level), outcome, dealt).alarm_on is not None
    counts = {"false": false, "fixed": fixed, "permuted": permuted, "found": found, "early": early}
    return counts | {"delays": delays}


def stability(*, rounds):
    """The customary limit of .2 and the p-value of the population shift, without drift, by sample size."""
    rng = np.random.default_rng(31)
    lines = []
    for n in (50, 300, 5_000):
        fixed = by_p = 0
        for _ in range(rounds):
            before, after = rng.multinomial(n, GRADE_SHARES), rng.multinomial(n, GRADE_SHARES)
            shift = population_shift(before, after)
            fixed += shift.psi > 0.2
            by_p += shift.p_value < 0.05
        lines.append({"n": n, "limit_of_point_two_fires": fixed / rounds, "p_value_below_5_percent": by_p / rounds})
    return lines


def count(rows, *, rounds):
    """Counts of both halves over the rounds named; rounds may be counted apart and added up."""
    return {"rounds": len(rounds)} | fairness(rows, rounds=rounds) | drift(rows, rounds=rounds)


def run(*, full):
    n_entities, rounds = FULL if full else SMALL
    rows = city_rows(n_entities)
    return verdict(count(rows, rounds=range(rounds)), entities=n_entities, full=full)


def verdict(counts, *, entities, full):
    """The claim from the counts."""
    n = counts["rounds"]
    never_above = [counts["false"], counts["permuted"], *(counts[f"wrong_{group}"] for group in GROUPS)]
    holds = all(lower(k, n) <= FALSE_ALARM for k in never_above)
    finds = lower(counts["named"], n) >= 0.8 and lower(counts["found"], n) >= 0.8
    delays = counts["delays"]
    return {
        "name": "fairness_and_drift",
        "n": n,
        "value": counts["false"] / n,
        "low": lower(counts["false"], n),
        "high": upper(counts["false"], n),
        "passed": bool(holds and (finds or not full)),
        "entities": entities,
        "random_rows_per_month": PER_MONTH,
        "shift": SHIFT,
        "fairness": {
            "called_unfair_though_fair": {group: counts[f"wrong_{group}"] / n for group in GROUPS},
            "called_unfair_high": {group: upper(counts[f"wrong_{group}"], n) for group in GROUPS},
            "planted_district_named": counts["named"] / n,
            "planted_named_low": lower(counts["named"], n),
            "another_district_named_beside": counts["others"] / n,
        },
        "drift": {
            "false_alarm_ever": counts["false"] / n,
            "false_alarm_high": upper(counts["false"], n),
            "false_alarm_on_permuted_history": counts["permuted"] / n,
            "permuted_high": upper(counts["permuted"], n),
            "fixed_monthly_test_ever": counts["fixed"] / n,
            "planted_shift_seen": counts["found"] / n,
            "seen_low": lower(counts["found"], n),
            "alarms_before_it": counts["early"] / n,
            "months_until_seen_median": float(np.median(delays)) if delays else None,
            "months_until_seen_p90": float(np.quantile(delays, 0.9)) if delays else None,
        },
        "population_shift": stability(rounds=1_000 if full else 100),
    }
