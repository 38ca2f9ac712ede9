"""Who was inspected, and what that does to a model: a synthetic city whose true chances are known.

The same firms on the same dates, their findings drawn from the city's true chances; only who is visited differs:

* ``random``: everyone with the same probability;
* ``observed``: firms whose last results were worse are visited more often, by a known probability;
* ``hidden``: firms are visited by their true risk, which no record shows (tips, a nose for trouble), beside a small
  random draw.

Each is fitted naively and with weights, and judged on every firm half a year later against the true chances: slope and
level of the calibration line, the area under the curve that the true chances give, and rank correlation with them. In
``hidden`` the weights can only be guessed from the records; there the line from score to chance is taken from the
random rows alone (:mod:`models.fitting.recalibration`). How near its slope comes to 1 depends on how many random rows
there are, so that is shown for random draws of several sizes: the mean over many draws (is the line right?), the
spread, how often a single draw lies inside .9 to 1.1, and how often the interval that the model itself states holds the
truth.
"""

import tempfile
from contextlib import closing, suppress
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from engine.api.records.simulation import simulate
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import open_workspace
from engine.errors import NothingToLearnError
from engine.estimation.reliability import calibration_line
from engine.features.registry import FEATURES
from engine.simulation.catalogue import ITEM_CODES
from engine.store.documents import load_policies
from models.demonstrations.shared import china_morning, load_records
from models.fitting.population import train_population
from models.fitting.recalibration import calibrated_on_random
from models.learners.admission import has_record, is_admitted
from models.learners.challenger import CANDIDATES
from models.learners.examples import Basis
from models.stored.application import ModelScorer

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

SHARES = (0.0125, 0.05, 0.2, 0.5)
"""Share of the firms in one quarter's random draw."""

FULL, SMALL = (20_000, 12, CANDIDATES[:2]), (3_000, 3, CANDIDATES[1:2])
"""Entities, random draws per fit and share, configurations."""

ROUNDS = {"random": 10, "observed": 10, "hidden": 20}
"""Rounds of fits by scenario at full size; one each when scaled down."""

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


NOT_FEATURES = ["label", "known_at", "inclusion_probability", "is_random", "true_chance"]


def recalibrated(model, random):
    labels = random[["entity_id", "as_of", "label", "known_at", "inclusion_probability"]]
    features = random.drop(columns=NOT_FEATURES)
    return calibrated_on_random(model, features, labels, known_by=TEST_DATE - timedelta(days=1))


def true_slope(model, table):
    """Slope of the true chances over the model's own log-odds, before any calibration."""
    return calibration_line(expit(model.ranker.log_odds(table)), table["true_chance"]).slope


def random_draws(tables, model, *, share, draws, rng):
    """Slope and level against the truth after each of many random draws.

    ``is_held``: whether the limits that the model states hold the slope of everybody on the days of the draws, which
    is what a random draw speaks of; the day half a year later is another question.
    """
    test = graded(tables[TEST_DATE])
    drawn_from = true_slope(model, graded(pd.concat([tables[day] for day in TRAIN_DATES], ignore_index=True)))
    lines = []
    for _ in range(draws):
        parts = []
        for day in TRAIN_DATES:
            drawn = tables[day][rng.random(len(tables[day])) < share]
            outcome = (rng.random(len(drawn)) < drawn["true_chance"]).astype(float)
            marks = {"known_at": day + timedelta(days=20), "inclusion_probability": share, "is_random": True}
            parts.append(drawn.assign(label=outcome, **marks))
        random = pd.concat(parts, ignore_index=True)
        told = recalibrated(model, random)
        found = against_truth(told, test)
        low, high = (float(told.card.inputs[f"calibration_slope_{end}"]) for end in ("low", "high"))
        now = drawn_from / told.card.calibration.outer_slope
        lines.append(
            {"rows": len(random), "slope": found["slope"], "level": found["level"], "slope_then": now}
            | {"is_held": low <= now <= high, "reach": (high - low) / 2}
        )
    return pd.DataFrame(lines).assign(share=share)


def fitted(rows, *, basis, candidates, seed):
    labels = rows[["entity_id", "as_of", "label", "known_at", "inclusion_probability"]]
    return train_population(
        rows.drop(columns=NOT_FEATURES),
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
    return table[has_record(table, features=[feature for feature in FEATURES if is_admitted(feature)])]


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
        models["random_calibrated"] = recalibrated(naive, random)
        with suppress(NothingToLearnError):
            models["random_alone"] = fitted(random, basis=Basis.RANDOM, candidates=candidates, seed=seed)
    else:
        models["weighted"] = fitted(chosen, basis=Basis.RANDOM, candidates=candidates, seed=seed)
    test = graded(tables[TEST_DATE])
    return models, {name: against_truth(model, test) for name, model in models.items()}


def by_size(draws):
    """One object per share: mean slope with its limits over the draws, spread, share inside, share held."""
    lines = []
    for share, table in draws.groupby("share"):
        mean, spread = float(table["slope"].mean()), float(table["slope"].std(ddof=1))
        # draws of one fit share that fit; the limits treat each fit as one figure
        by_fit = table.groupby("fit")["slope"].mean()
        error = float(by_fit.std(ddof=1) / np.sqrt(len(by_fit))) if len(by_fit) > 1 else spread / np.sqrt(len(table))
        lines.append(
            {
                "share_per_quarter": share,
                "random_rows": round(float(table["rows"].mean())),
                "draws": len(table),
                "slope": mean,
                "slope_low": mean - 1.96 * error,
                "slope_high": mean + 1.96 * error,
                "slope_sd": spread,
                "slope_on_the_days_of_the_draws": float(table["slope_then"].mean()),
                "slope_inside": float(table["slope"].between(*SLOPE).mean()),
                "level": float(table["level"].mean()),
                "level_inside": float(table["level"].between(*LEVEL).mean()),
                "own_interval_holds": float(table["is_held"].mean()),
                "own_interval_reach": float(table["reach"].mean()),
            }
        )
    return lines


SCENARIOS = ("random", "observed", "hidden")


def one_piece(tables, scenario, *, seed, draws, candidates, shares=SHARES):
    """Figures of every fit of one round of one scenario, and its random draws (None but where they matter)."""
    models, figures = one_round(tables, scenario, candidates=candidates, seed=seed)
    if scenario != "hidden":
        return figures, None
    rng = np.random.default_rng([seed, 71])
    drawn = [
        random_draws(tables, models["naive"], share=share, draws=draws, rng=rng).assign(fit=seed) for share in shares
    ]
    return figures, pd.concat(drawn, ignore_index=True)


def run(*, full):
    """Mean and spread over the rounds, by scenario and fit; in the last scenario by size of the random draw too."""
    n_entities, draws, candidates = FULL if full else SMALL
    tables = world(n_entities)
    shares = SHARES if full else SHARES[1:]  # the smallest draw of a small city has too few adverse rows for a line
    pieces = {
        (scenario, seed): one_piece(tables, scenario, seed=seed, draws=draws, candidates=candidates, shares=shares)
        for scenario in SCENARIOS
        for seed in range(ROUNDS[scenario] if full else 1)
    }
    return verdict(pieces, graded(tables[TEST_DATE]), full=full)


def verdict(pieces, test, *, full):
    """The claim from the pieces by (scenario, seed) and the rows that all were judged on."""
    lines = []
    for scenario in SCENARIOS:
        found = [figures for (name, _), (figures, _) in pieces.items() if name == scenario]
        for fit in found[0]:
            table = pd.DataFrame([one[fit] for one in found if fit in one])
            lines.append(
                {"scenario": scenario, "fit": fit, "rounds": len(table)}
                | {name: float(table[name].mean()) for name in table}
            )
    by = {(line["scenario"], line["fit"]): line for line in lines}
    sizes = by_size(pd.concat([draws for _, draws in pieces.values() if draws is not None], ignore_index=True))
    usual = next(line for line in sizes if line["share_per_quarter"] == RANDOM_SHARE)
    # a line from 800 random rows is right on average but its level is a coin's throw: shown, not claimed
    claimed = [line for line in sizes if line["share_per_quarter"] >= RANDOM_SHARE]
    holds = all(SLOPE[0] <= line["slope"] <= SLOPE[1] and LEVEL[0] <= line["level"] <= LEVEL[1] for line in claimed)
    is_stated = all(line["own_interval_holds"] >= 0.9 for line in sizes)
    shows = abs(np.log(by["hidden", "naive"]["level"])) > abs(np.log(usual["level"]))
    return {
        "name": "selection_scenarios",
        "n": usual["draws"],
        "value": usual["slope"],
        "low": usual["slope_low"],
        "high": usual["slope_high"],
        "passed": bool(shows and (not full or (holds and is_stated))),
        "entities": len(test),
        "base_rate": float(test["true_chance"].mean()),
        "best_auc": best_area(test),
        "lines": lines,
        "random_draws": sizes,
    }
