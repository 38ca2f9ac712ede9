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
FULL, SMALL = (20_000, 1_000), (2_000, 20)
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


def fairness(rows, *, rounds, rng):
    """Share of rounds in which a group is called apart though none is, and in which the planted one is named."""
    wrong, named, others = dict.fromkeys(GROUPS, 0), 0, 0
    chance = rows["chance"].to_numpy()
    planted = rows["district_code"].value_counts().index[0]
    shifted = expit(logit(chance) + 0.6 * (rows["district_code"] == planted).to_numpy())
    for _ in range(rounds):
        outcome = (rng.random(len(rows)) < chance).astype(float)
        for group in GROUPS:
            wrong[group] += bool(parity_table(chance, outcome, rows[group])["is_apart"].any())
        table = parity_table(chance, (rng.random(len(rows)) < shifted).astype(float), rows["district_code"])
        apart = set(table.loc[table["is_apart"], "group"])
        named += planted in apart
        others += bool(apart - {planted})
    return {
        "called_unfair_though_fair": {group: count / rounds for group, count in wrong.items()},
        "called_unfair_high": {group: upper(count, rounds) for group, count in wrong.items()},
        "planted_district_named": named / rounds,
        "planted_named_low": lower(named, rounds),
        "another_district_named_beside": others / rounds,
    }


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


def drift(rows, *, rounds, rng):
    """False alarms on histories that hold and on permuted ones; months until a planted shift is seen."""
    false = permuted = fixed = found = early = 0
    delays = []
    for _ in range(rounds):
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
    return {
        "false_alarm_ever": false / rounds,
        "false_alarm_high": upper(false, rounds),
        "false_alarm_on_permuted_history": permuted / rounds,
        "permuted_high": upper(permuted, rounds),
        "fixed_monthly_test_ever": fixed / rounds,
        "planted_shift_seen": found / rounds,
        "seen_low": lower(found, rounds),
        "alarms_before_it": early / rounds,
        "months_until_seen_median": float(np.median(delays)) if delays else None,
        "months_until_seen_p90": float(np.quantile(delays, 0.9)) if delays else None,
    }


def stability(*, rounds, rng):
    """The customary limit of .2 and the p-value of the population shift, without drift, by sample size."""
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


def run(*, full):
    n_entities, rounds = FULL if full else SMALL
    rows = city_rows(n_entities)
    rng = np.random.default_rng(23)
    fair = fairness(rows, rounds=rounds, rng=rng)
    watched = drift(rows, rounds=rounds, rng=rng)
    holds = (
        lower(round(watched["false_alarm_ever"] * rounds), rounds) <= FALSE_ALARM
        and lower(round(watched["false_alarm_on_permuted_history"] * rounds), rounds) <= FALSE_ALARM
        and all(lower(round(rate * rounds), rounds) <= 0.05 for rate in fair["called_unfair_though_fair"].values())
    )
    finds = fair["planted_named_low"] >= 0.8 and watched["seen_low"] >= 0.8
    return {
        "name": "fairness_and_drift",
        "n": rounds,
        "value": watched["false_alarm_ever"],
        "low": lower(round(watched["false_alarm_ever"] * rounds), rounds),
        "high": watched["false_alarm_high"],
        "passed": bool(holds and (finds or not full)),
        "entities": len(rows),
        "random_rows_per_month": PER_MONTH,
        "shift": SHIFT,
        "fairness": fair,
        "drift": watched,
        "population_shift": stability(rounds=rounds, rng=rng),
    }
