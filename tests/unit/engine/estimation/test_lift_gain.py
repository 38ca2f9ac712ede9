import numpy as np
import pandas as pd
import pytest

from engine.estimation.hit_rates import hit_rates
from engine.estimation.lift_gain import lift_gains
from engine.estimation.targeting import lift_over_uniform

RATIOS = {"A": 0.03, "B": 0.10, "C": 0.30, "D": 1.00}


def cohort(n=4_000, *, seed=1):
    """Entities of known risk, half of them inspected, some twice."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=n)
    rows = pd.DataFrame({"entity_id": [f"reg:{at:05d}" for at in range(n)], "risk": risk})
    rows = pd.concat([rows, rows.iloc[: n // 5]], ignore_index=True)
    chance = 1 / (1 + np.exp(2 - rows["risk"]))
    seen = rng.random(len(rows)) < 0.5
    adverse = np.where(seen, rng.random(len(rows)) < chance, np.nan)
    return rows.assign(adverse=adverse)


def graded_by(rows, score):
    by = score.groupby(rows["entity_id"]).first()
    cuts = by.quantile([0.6, 0.85, 0.96]).to_numpy()
    grade = pd.Series(np.array(list("ABCD"))[np.searchsorted(cuts, by)], index=by.index)
    return rows[["entity_id", "adverse"]].assign(grade=rows["entity_id"].map(grade))


def gradings(rows, *, seed=2):
    rng = np.random.default_rng(seed)
    entity = rows.groupby("entity_id")["risk"].transform("first")
    noise = pd.Series(rng.normal(size=rows["entity_id"].nunique()), index=rows["entity_id"].unique())
    noise = rows["entity_id"].map(noise)
    return {
        "sharp": graded_by(rows, entity),
        "blunt": graded_by(rows, entity + 2 * noise),
        "blind": graded_by(rows, noise),
    }


def test_value_is_the_difference_of_the_lifts():
    tables = gradings(cohort())
    gains = lift_gains(tables, reference="sharp", ratios=RATIOS, rng=np.random.default_rng(3), replicates=200)

    def lift(table):
        rates = hit_rates(table)
        units = table.groupby("grade")["entity_id"].nunique().reindex(rates["grade"]).to_numpy()
        return lift_over_uniform(rates.assign(units=units), ratios=RATIOS).value

    for name in ("blunt", "blind"):
        assert gains[name].value == pytest.approx(lift(tables["sharp"]) - lift(tables[name]))
        assert gains[name].low > 0
    assert gains["blind"].value > gains["blunt"].value


def test_a_grading_gains_nothing_over_itself():
    tables = gradings(cohort())
    same = {"sharp": tables["sharp"], "copy": tables["sharp"]}
    gain = lift_gains(same, reference="sharp", ratios=RATIOS, rng=np.random.default_rng(3), replicates=50)["copy"]

    assert (gain.value, gain.low, gain.high) == (0.0, 0.0, 0.0)


def test_pairs_are_tighter_than_two_lifts_apart():
    rows = cohort()
    tables = gradings(rows)
    near = {
        "sharp": tables["sharp"],
        "near": graded_by(rows, rows.groupby("entity_id")["risk"].transform("first") * 1.01),
    }
    gain = lift_gains(near, reference="sharp", ratios=RATIOS, rng=np.random.default_rng(4), replicates=200)["near"]

    assert gain.width < 0.05


def test_a_grade_without_outcome_leaves_the_gain_open():
    tables = gradings(cohort(400))
    silent = tables["sharp"].assign(adverse=tables["sharp"]["adverse"].where(tables["sharp"]["grade"] != "D"))
    asked = {"ratios": RATIOS, "rng": np.random.default_rng(3), "replicates": 20}

    assert lift_gains({"sharp": silent, "blunt": tables["blunt"]}, reference="sharp", **asked) == {}
    assert lift_gains({"sharp": tables["sharp"], "blunt": silent}, reference="sharp", **asked) == {}


def test_interval_covers_the_true_gain():
    """Repeated cohorts of one world: the interval holds the gain of a very large one in 95 %."""
    big = gradings(cohort(200_000, seed=99), seed=98)
    truth = lift_gains(big, reference="sharp", ratios=RATIOS, rng=np.random.default_rng(1), replicates=2)["blunt"].value
    held = 0
    for seed in range(60):
        tables = gradings(cohort(2_000, seed=seed), seed=1_000 + seed)
        pair = {name: tables[name] for name in ("sharp", "blunt")}
        gain = lift_gains(pair, reference="sharp", ratios=RATIOS, rng=np.random.default_rng(seed), replicates=120)
        held += gain["blunt"].low <= truth <= gain["blunt"].high

    assert held >= 52
