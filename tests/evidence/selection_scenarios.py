"""Who was inspected, and what that does to a model: a synthetic city whose true chances are known.

The same firms on the same dates, their findings drawn from the city's true chances; only who is visited differs:

* ``random``: everyone with the same probability;
* ``observed``: firms whose last results were worse are visited more often, by a known probability;
* ``hidden``: firms are visited by their true risk, which no record shows (tips, a nose for trouble), beside a small
  random draw.

Each is fitted naively and with weights, and judged on every firm half a year later against the true chances: slope and
level of the calibration line, the area under the curve that the true chances give, and rank correlation with them.
In ``hidden`` the weights can only be guessed from the records; there the line from score to chance is taken from the
random rows alone (:mod:`models.recalibration`).
"""

import tempfile
from contextlib import closing, suppress
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from engine.api.featuring import FeatureBuilder
from engine.api.simulation import simulate
from engine.api.workspace import open_workspace
from engine.errors import NothingToLearnError
from engine.estimation.reliability import calibration_line
from engine.features.registry import FEATURES
from engine.simulation.catalogue import ITEM_CODES
from engine.store.documents import load_policies
from models.admission import has_record, is_admissible
from models.application import ModelScorer
from models.challenger import CANDIDATES
from models.demonstration import china_morning, load_records
from models.examples import Basis
from models.fitting import train_population
from models.recalibration import calibrated_on_random

LAST_DAY = date(2025, 12, 31)
TRAIN_DATES = tuple(date(year, month, 28) for year in (2023, 2024) for month in (3, 6, 9, 12))
TEST_DATE = date(2025, 6, 30)
YEARS = 8
"""Long enough that the histories of three years that the features read are full on every date."""
POPULATION = "enterprise"
READS = "inspections_adverse_share_36m"
VISITED, RANDOM_SHARE = 0.12, 0.05
PULL = 0.8
"""Log of the probability per standard deviation of what draws the visitor."""

FULL, SMALL = (20_000, 10, CANDIDATES[:2]), (6_000, 1, CANDIDATES[1:2])
LEVEL, SLOPE = (0.85, 1.15), (0.9, 1.1)


def world(n_entities, *, seed=3):
    """Features of every enterprise on every date, and its true chance that a check finds something."""
    with tempfile.TemporaryDirectory() as folder:
        made = simulate(Path(folder) / "sources", n_entities=n_entities, years=YEARS, seed=seed, last_day=LAST_DAY)
        with closing(open_workspace(Path(folder) / "workspace", create=True)) as workspace:
            load_records(workspace, [file.path for file in made.files], at=china_morning(LAST_DAY))
            truth = made.city.truth
            entities = workspace.warehouse.history("entities").execute()
            builder = FeatureBuilder(workspace.warehouse, book=load_policies())
            known = entities[(entities["population"] == POPULATION) & entities["entity_id"].isin(truth.entity_ids)]
            born = known.groupby("entity_id")["known_at"].min()
            tables = {}
            for day in (*TRAIN_DATES, TEST_DATE):
                ids = born.index[pd.to_datetime(born) <= pd.Timestamp(day)]
                spine = pd.DataFrame({"entity_id": ids, "as_of": day})
                tables[day] = builder.build(spine, on=LAST_DAY)
    for day, table in tables.items():
        chances = [
            truth.adverse_probability(table["entity_id"], [item] * len(table), on=day) for item in ITEM_CODES[:8]
        ]
        table["true_chance"] = np.mean(chances, axis=0)
    return tables


def standardised(values):
    filled = np.where(np.isnan(values), np.nanmean(values), values)
    return (filled - filled.mean()) / filled.std()


def visited(table, scenario, rng):
    """Rows of one date with their probability; ``mode`` says whether the random draw chose them."""
    chance = table["true_chance"].to_numpy()
    pull = np.zeros(len(table))
    if scenario == "observed":
        pull = standardised(table[READS].to_numpy(dtype=float, na_value=np.nan))
    elif scenario == "hidden":
        pull = standardised(logit(chance))
    wanted = np.exp(PULL * pull * (scenario != "random"))
    probability = np.clip(wanted * VISITED / wanted.mean(), 0.005, 0.9)
    chosen = rng.random(len(table)) < probability
    drawn = rng.random(len(table)) < RANDOM_SHARE if scenario == "hidden" else np.zeros(len(table), dtype=bool)
    rows = table.assign(
        inclusion_probability=np.where(drawn, RANDOM_SHARE, probability),
        is_random=drawn,
        label=(rng.random(len(table)) < chance).astype(float),
        known_at=table["as_of"].map(lambda day: day + timedelta(days=20)),
    )
    return rows[chosen | drawn]


def guessed_probability(tables, rows):
    """Inclusion probability as far as the records show it: a logistic line on what the features say, by date."""
    everyone = pd.concat([tables[day] for day in TRAIN_DATES], ignore_index=True)
    numbers = [name for name in everyone.select_dtypes("number").columns if name != "true_chance"]

    def matrix(table):
        values = table[numbers].astype(float)
        return ((values.fillna(values.mean()).fillna(0.0) - centre) / spread).clip(-5, 5)

    values = everyone[numbers].astype(float)
    centre, spread = values.mean().fillna(0.0), values.std().replace(0, 1).fillna(1.0)
    keys = pd.MultiIndex.from_frame(rows[["entity_id", "as_of"]])
    is_seen = pd.MultiIndex.from_frame(everyone[["entity_id", "as_of"]]).isin(keys)
    fit = LogisticRegression(C=0.1, max_iter=500).fit(matrix(everyone), is_seen)
    return np.clip(fit.predict_proba(matrix(rows))[:, 1], 0.005, 1.0)


def fitted(rows, *, basis, candidates, seed):
    labels = rows[["entity_id", "as_of", "label", "known_at", "inclusion_probability"]]
    return train_population(
        rows.drop(columns=["label", "known_at", "inclusion_probability", "is_random", "true_chance"]),
        labels,
        population=POPULATION,
        known_by=TEST_DATE - timedelta(days=1),
        basis=basis,
        seed=seed,
        candidates=candidates,
        threads=2,
    )


def against_truth(model, table):
    """Calibration line, level, area under the curve and rank correlation against the true chances, of everyone."""
    said = ModelScorer(model, threads=2).score(table)["probability"].to_numpy()
    chance = table["true_chance"].to_numpy()
    line = calibration_line(said, chance)
    order = np.argsort(said, kind="stable")
    hit, miss = chance[order], 1 - chance[order]
    area = float((hit * (np.cumsum(miss) - miss / 2)).sum() / (hit.sum() * miss.sum()))
    ranks = pd.Series(said).corr(pd.Series(chance), method="spearman")
    return {"slope": line.slope, "level": float(chance.sum() / said.sum()), "auc": area, "rank_correlation": ranks}


def graded(table):
    """Rows of firms with a record: only they are graded, so of them alone a model speaks."""
    return table[has_record(table, features=[feature for feature in FEATURES if is_admissible(feature)])]


def best_area(table):
    """Area under the curve of someone who knows the true chances: no model can do better."""
    chance = np.sort(table["true_chance"].to_numpy())
    return float((chance * (np.cumsum(1 - chance) - (1 - chance) / 2)).sum() / (chance.sum() * (1 - chance).sum()))


def one_round(tables, scenario, *, candidates, seed):
    """Figures of every fit of one scenario, by name of the fit."""
    rng = np.random.default_rng([seed, len(scenario)])
    rows = pd.concat([visited(tables[day], scenario, rng) for day in TRAIN_DATES], ignore_index=True)
    chosen = rows[~rows["is_random"]]
    naive = fitted(chosen, basis=Basis.WITH_DIRECTED, candidates=candidates, seed=seed)
    models = {"naive": naive}
    if scenario == "hidden":
        guess = guessed_probability(tables, chosen)
        weighted = chosen.assign(inclusion_probability=guess)
        models["weighted"] = fitted(weighted, basis=Basis.RANDOM, candidates=candidates, seed=seed)
        random = rows[rows["is_random"]]
        features = random.drop(columns=["label", "known_at", "inclusion_probability", "is_random", "true_chance"])
        labels = random[["entity_id", "as_of", "label", "known_at", "inclusion_probability"]]
        models["random_calibrated"] = calibrated_on_random(
            naive, features, labels, known_by=TEST_DATE - timedelta(days=1)
        )
        with suppress(NothingToLearnError):
            models["random_alone"] = fitted(random, basis=Basis.RANDOM, candidates=candidates, seed=seed)
    else:
        models["weighted"] = fitted(chosen, basis=Basis.RANDOM, candidates=candidates, seed=seed)
    test = graded(tables[TEST_DATE])
    return {name: against_truth(model, test) for name, model in models.items()}


def run(*, full):
    """Mean and spread over the rounds, by scenario and fit."""
    n_entities, rounds, candidates = FULL if full else SMALL
    tables = world(n_entities)
    lines = []
    for scenario in ("random", "observed", "hidden"):
        found = [one_round(tables, scenario, candidates=candidates, seed=seed) for seed in range(rounds)]
        for fit in found[0]:
            table = pd.DataFrame([one[fit] for one in found if fit in one])
            lines.append(
                {"scenario": scenario, "fit": fit}
                | {name: float(table[name].mean()) for name in table}
                | {f"{name}_sd": float(table[name].std(ddof=1)) if rounds > 1 else None for name in ("slope", "level")}
                | {"slope_inside": float(table["slope"].between(*SLOPE).mean())}
            )
    test = graded(tables[TEST_DATE])
    by = {(line["scenario"], line["fit"]): line for line in lines}
    honest = [by["random", "weighted"], by["observed", "weighted"], by["hidden", "random_calibrated"]]
    first = by["hidden", "random_calibrated"]
    error = (first["slope_sd"] or 0.0) / np.sqrt(rounds)
    holds = all(SLOPE[0] <= line["slope"] <= SLOPE[1] and LEVEL[0] <= line["level"] <= LEVEL[1] for line in honest)
    shows = abs(np.log(by["hidden", "naive"]["level"])) > abs(np.log(first["level"]))
    return {
        "name": "selection_scenarios",
        "n": rounds,
        "value": first["slope"],
        "low": first["slope"] - 1.96 * error,
        "high": first["slope"] + 1.96 * error,
        "passed": bool(shows and (holds or not full)),
        "entities": len(test),
        "base_rate": float(test["true_chance"].mean()),
        "best_auc": best_area(test),
        "lines": lines,
    }
