"""Ranking and calibration against known truth: synthetic cities whose true chances the models never see.

In each city a model is fitted as ``xinheng train`` does it, on the findings of the city's own random draws, and every
firm with a record is scored on the next day. The truth of a firm is the chance that an assessable check of an item that
applies to it finds something, mean over those items and over the strictness of the city's inspectors. Beside each score
stands the oracle that knows this chance: no order can have a larger expected area under the curve.
"""

import tempfile
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from engine.api.records.simulation import simulate
from engine.api.scoring.assessment import cohort_on
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import open_workspace
from engine.estimation.reliability import calibration_line
from engine.features.registry import FEATURES
from engine.simulation.catalogue import ITEMS
from engine.simulation.item_list import applies
from engine.simulation.judgement import adverse_probability, unreachable_probability
from engine.store.documents import load_policies
from models.demonstrations.shared import china_morning, load_records
from models.fitting.training import fit_population
from models.judging.evaluation import PROBABILITY, score_columns
from models.learners.admission import has_record, is_admitted

LAST_DAY = AS_OF = date(2025, 12, 31)
YEARS = 8
POPULATIONS = ("enterprise", "individual_business")
FULL, SMALL = (20_000, 5), (3_000, 1)
STRICTNESS_STEPS = 7
LEVEL, SLOPE = (0.85, 1.15), (0.9, 1.1)


def truth_of(truth, firms):
    """Per firm: weight (chance that a check is assessable, mean over its items) and chance that it then finds any."""
    chance, weight = np.zeros(len(firms)), np.zeros(len(firms))
    count = np.zeros(len(firms))
    kind, industry = (firms[name].to_numpy() for name in ("entity_type", "industry_code"))
    day = np.full(len(firms), np.datetime64(AS_OF, "D"))
    assumed = truth.assumptions
    met_by = np.quantile(truth.strictness, (np.arange(STRICTNESS_STEPS) + 0.5) / STRICTNESS_STEPS)
    for item in ITEMS:
        fits = [applies(item, entity_type=t, industry_code=i) for t, i in zip(kind, industry, strict=True)]
        rows = np.flatnonzero(fits)
        ids, codes = firms["entity_id"].iloc[rows], [item.code] * len(rows)
        for strictness in met_by:
            met = truth.circumstances(ids, codes, on=day[rows], strictness=strictness)
            chance[rows] += adverse_probability(met, assumed) / STRICTNESS_STEPS
        reached = 1 - unreachable_probability(met.risk, assumed)
        trading = 1 - reached * assumed.no_activity_share
        weight[rows] += np.where(met.is_gone, assumed.gone_unreachable_share, trading)
        count[rows] += 1
    return weight / count, np.clip(chance / weight, 1e-9, 1 - 1e-9)


def expected_area(score, chance, weight):
    """Area under the curve that a score has on average over the findings; ties count half."""
    table = pd.DataFrame({"s": score, "hit": weight * chance, "miss": weight * (1 - chance)}).groupby("s").sum()
    below = table["miss"].cumsum() - table["miss"] / 2
    return float((table["hit"] * below).sum() / (table["hit"].sum() * table["miss"].sum()))


def one_city(seed, *, n_entities):
    """One line per population and score of one city."""
    book = load_policies()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        made = simulate(Path(folder) / "sources", n_entities=n_entities, years=YEARS, seed=seed, last_day=LAST_DAY)
        with closing(open_workspace(Path(folder) / "workspace", create=True)) as workspace:
            load_records(workspace, [file.path for file in made.files], at=china_morning(LAST_DAY))
            warehouse = workspace.warehouse
            builder = FeatureBuilder(warehouse, book=book)
            industries = warehouse.history("entities").select("entity_id", "known_at", "industry_code").execute()
            industries = industries.sort_values("known_at").drop_duplicates("entity_id", keep="last")
            everybody = cohort_on(warehouse, book=book, as_of=AS_OF).merge(industries[["entity_id", "industry_code"]])
            for population in POPULATIONS:
                split = AS_OF + timedelta(days=1)
                model = fit_population(warehouse, builder, book=book, population=population, split=split, seed=seed)
                firms = everybody[everybody["population"] == population].reset_index(drop=True)
                features = builder.build(firms[["entity_id", "as_of"]], on=AS_OF)
                graded = has_record(features, features=[f for f in FEATURES if is_admitted(f)])
                firms = features.loc[graded, ["entity_id"]].merge(firms, on="entity_id", validate="one_to_one")
                rng = np.random.default_rng(seed)
                features = features[graded].reset_index(drop=True)
                scores = score_columns(model, features, firms["entity_type"], book=book, on=AS_OF, rng=rng)
                lines += lines_of(scores, *truth_of(made.city.truth, firms), model=model, population=population)
    return [line | {"seed": seed} for line in lines]


def lines_of(scores, weight, chance, *, model, population):
    """Figures of every score of one population of one city."""
    oracle = expected_area(chance, chance, weight)
    lines = []
    for name in scores.drop(columns=["coverage_ratio", "scorecard_coverage", PROBABILITY]):
        values = scores[name].fillna(scores[name].mean())
        ranks = values.corr(pd.Series(chance), method="spearman")
        line = {"population": population, "score": name, "auc": expected_area(values, chance, weight)}
        lines.append(line | {"oracle_auc": oracle, "rank_correlation": float(ranks), "firms": len(scores)})
    said = scores[PROBABILITY].to_numpy()
    line = calibration_line(said, chance, weights=weight)
    level = float((weight * chance).sum() / (weight * said).sum())
    own = next(found for found in lines if found["score"] == model.card.name)
    own |= {"slope": line.slope, "observed_to_expected": level, "configuration": model.card.configuration["name"]}
    own |= {"training_rows": model.card.window.n_rows, "training_findings": model.card.window.n_adverse}
    return lines


def limits(values):
    """Mean and 95 % limits over the cities."""
    values = np.asarray(values, dtype=float)
    error = 1.96 * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return {"value": float(values.mean()), "low": float(values.mean() - error), "high": float(values.mean() + error)}


def summary(table):
    """Means over the cities, by population: each score's area, the model's gain over the best other, calibration."""
    lines = []
    for population, rows in table.groupby("population"):
        wide = rows.pivot(index="seed", columns="score", values="auc")
        own = rows[rows["slope"].notna()]
        name = own["score"].iloc[0]
        others = [score for score in wide if score != name]
        best = wide[others].mean().idxmax()
        lines.append(
            {
                "population": population,
                "firms": int(own["firms"].mean()),
                "training_rows": int(own["training_rows"].mean()),
                "training_findings": int(own["training_findings"].mean()),
                "configurations": own["configuration"].value_counts().to_dict(),
                "auc": {score: round(float(wide[score].mean()), 4) for score in wide},
                "oracle_auc": float(own["oracle_auc"].mean()),
                "share_of_what_can_be_known": float(((own["auc"] - 0.5) / (own["oracle_auc"] - 0.5)).mean()),
                "best_other": best,
                "gain_over_best_other": limits(wide[name] - wide[best]),
                "rank_correlation": limits(own["rank_correlation"]),
                "slope": limits(own["slope"]) | {"sd": float(own["slope"].std(ddof=1))},
                "observed_to_expected": limits(own["observed_to_expected"]),
                "cities_with_level_inside": float(own["observed_to_expected"].between(*LEVEL).mean()),
                "cities_with_slope_inside": float(own["slope"].between(*SLOPE).mean()),
            }
        )
    return lines


def run(*, full):
    n_entities, cities = FULL if full else SMALL
    return verdict([line for seed in range(1, cities + 1) for line in one_city(seed, n_entities=n_entities)], full=full)


def verdict(found, *, full):
    """The claim: the mean level lies inside its limits, no slope inside its own is ruled out, no other score orders
    better. Whether the mean slope itself lies inside is said beside it, not claimed."""
    lines = summary(pd.DataFrame(found))
    calibrated = all(
        LEVEL[0] <= line["observed_to_expected"]["value"] <= LEVEL[1]
        and line["slope"]["low"] <= SLOPE[1]
        and line["slope"]["high"] >= SLOPE[0]
        for line in lines
    )
    ranks = all(line["gain_over_best_other"]["value"] > (-0.005 if full else -0.05) for line in lines)
    first = lines[0]["slope"]
    return {
        "name": "known_truth",
        "n": len({line["seed"] for line in found}),
        "value": first["value"],
        "low": first["low"],
        "high": first["high"],
        "passed": bool(ranks and (calibrated or not full)),
        "mean_slope_inside": all(SLOPE[0] <= line["slope"]["value"] <= SLOPE[1] for line in lines),
        "populations": lines,
    }
