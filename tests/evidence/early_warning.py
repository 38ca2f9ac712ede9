"""Early warning on a synthetic city: false discoveries on permuted history, power on planted surges and clusters.

Permuted history: every complaint keeps its entity, the days are dealt out anew among all complaints, so nothing rises
anywhere. Planted: complaints of the last 90 days added to chosen firms, or to firms of one chosen place.
"""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.stats import beta

from engine.simulation.city import simulate_city
from engine.simulation.layout import plain
from engine.store.documents import load_policies
from engine.warnings.rules import RULES, WarningInputs, raise_warnings

LAST_DAY = date(2025, 12, 31)
FULL, SMALL = (30_000, 200), (3_000, 4)
N_SURGES, RISE, CLUSTER_RISE = 60, 8, 40


def city_tables(n_entities, *, seed=5):
    city = simulate_city(n_entities=n_entities, years=4, last_day=LAST_DAY, seed=seed)
    entities = plain(city.tables["entities"], "entities").to_pandas()
    complaints = plain(city.tables["complaints"], "complaints").to_pandas()
    entities = entities.sort_values("known_at").drop_duplicates("entity_id", keep="last")
    complaints = complaints.drop_duplicates("complaint_id")[["entity_id", "occurred_on"]]
    complaints = complaints[complaints["entity_id"].isin(entities["entity_id"])]
    return entities.reset_index(drop=True), complaints.reset_index(drop=True)


def found(entities, complaints, rng):
    empty = pd.DataFrame
    inputs = WarningInputs(
        entities=entities,
        licences=empty(columns=["entity_id", "licence_type", "doc_no", "valid_until"]),
        listings=empty(columns=["entity_id", "list_type", "occurred_on"]),
        versions=entities.head(0),
        scores=empty(columns=["entity_id", "score", "previous_score"]),
        complaints=complaints,
    )
    raised = raise_warnings(inputs, book=load_policies(), as_of=LAST_DAY, rng=rng)
    return raised[raised["rule_code"].str.startswith("complaint")]


def planted_days(n, rng):
    return [LAST_DAY - timedelta(days=int(back)) for back in rng.integers(0, 90, n)]


def upper(k, n):
    """One-sided 97.5 % Clopper-Pearson limit."""
    return 1.0 if k == n else float(beta.ppf(0.975, k + 1, n - k))


def lower(k, n):
    return 0.0 if k == 0 else float(beta.ppf(0.025, k, n - k + 1))


def run(*, full):
    n_entities, n_runs = FULL if full else SMALL
    entities, complaints = city_tables(n_entities)
    rng = np.random.default_rng(11)
    terms = load_policies().value(RULES, on=LAST_DAY)
    false_surge = 0
    rules = [f"complaint_cluster.{by}" for by in terms["complaint_cluster"]["by"]]
    false_cluster = dict.fromkeys(rules, 0)
    for _ in range(n_runs):
        shuffled = complaints.assign(occurred_on=rng.permutation(complaints["occurred_on"].to_numpy()))
        codes = set(found(entities, shuffled, rng)["rule_code"])
        false_surge += "complaint_surge" in codes
        for rule in rules:
            false_cluster[rule] += rule in codes
    rate = float(terms["complaint_surge"]["false_discovery_rate"])
    permuted = {
        "name": "early_warning_permuted",
        "n": n_runs,
        "value": false_surge / n_runs,
        "low": lower(false_surge, n_runs),
        "high": upper(false_surge, n_runs),
        "stated_rate": rate,
        "clusters_per_rule_and_year": {rule: 12 * k / n_runs for rule, k in false_cluster.items()},
        "clusters_per_rule_and_year_high": {rule: 12 * upper(k, n_runs) for rule, k in false_cluster.items()},
        "entities": n_entities,
        "complaints": len(complaints),
    }
    permuted["passed"] = bool(
        permuted["low"] <= rate and (not full or max(permuted["clusters_per_rule_and_year_high"].values()) <= 1)
    )
    return [permuted, planted(entities, complaints, rng, n_runs=max(4, n_runs // 10), rate=rate)]


def planted(entities, complaints, rng, *, n_runs, rate):
    hits = chosen_in_all = false = raised = clusters = 0
    for _ in range(n_runs):
        shuffled = complaints.assign(occurred_on=rng.permutation(complaints["occurred_on"].to_numpy()))
        chosen = rng.choice(entities["entity_id"].to_numpy(), N_SURGES, replace=False)
        extra = pd.DataFrame({"entity_id": np.repeat(chosen, RISE)})
        extra["occurred_on"] = planted_days(len(extra), rng)
        warned = found(entities, pd.concat([shuffled, extra], ignore_index=True), rng)
        names = set(warned.loc[warned["rule_code"] == "complaint_surge", "entity_id"])
        hits += len(names & set(chosen))
        false += len(names - set(chosen))
        raised += len(names)
        chosen_in_all += len(chosen)
        industry = rng.choice(entities["industry_code"].dropna().unique())
        members = entities.loc[entities["industry_code"] == industry, "entity_id"].to_numpy()
        more = pd.DataFrame({"entity_id": rng.choice(members, CLUSTER_RISE)})
        more["occurred_on"] = planted_days(len(more), rng)
        warned = found(entities, pd.concat([shuffled, more], ignore_index=True), rng)
        clusters += bool(
            ((warned["rule_code"] == "complaint_cluster.industry_code") & (warned["group"] == industry)).any()
        )
    return {
        "name": "early_warning_planted",
        "n": chosen_in_all,
        "value": hits / chosen_in_all,
        "low": lower(hits, chosen_in_all),
        "high": upper(hits, chosen_in_all),
        "false_share": false / max(raised, 1),
        "warnings": raised,
        "clusters_planted": n_runs,
        "clusters_found": clusters,
        "complaints_added_per_firm": RISE,
        "complaints_added_per_cluster": CLUSTER_RISE,
        "passed": bool(hits / chosen_in_all >= 0.8 and false / max(raised, 1) <= 2 * rate and clusters >= 0.8 * n_runs),
    }
