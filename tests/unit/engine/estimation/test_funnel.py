"""Funnel limits, spread between units, smoothed rates and ranks on units whose true rates are known."""

import numpy as np
import pandas as pd
import pytest

from engine.estimation.funnel import NORMAL_SCORE, between_units, compare, rank_limits
from engine.estimation.sample import design_sample

UNITS = 40
STRATA = {"A": (1_200, 60, 0.03), "B": (500, 50, 0.06), "D": (60, 60, 0.3)}


def sample_of(effects, seed):
    """Districts whose rates are those of everybody times an effect."""
    rng = np.random.default_rng(seed)
    parts, sizes = [], []
    for at, effect in enumerate(effects):
        for grade, (units, n, rate) in STRATA.items():
            found = rng.random(n) < rate * effect
            name = f"{at:02d}{grade}"
            parts.append(
                pd.DataFrame({"outcome": np.where(found, "violation", "clean")}).assign(
                    stratum=name, grade=grade, district=f"{at:02d}", inclusion_probability=n / units
                )
            )
            sizes.append(("d", "i", name, units, n, grade))
    rows = pd.concat(parts, ignore_index=True).assign(draw_id="d", item_code="i", selection_mode="random")
    rows["entity_id"] = rows.index.astype(str)
    columns = ["draw_id", "item_code", "stratum", "n_units", "n_drawn", "grade"]
    return design_sample(rows, pd.DataFrame(sizes, columns=columns))


def effects_of(spread, rng):
    return np.exp(rng.normal(0, spread, UNITS) - spread**2 / 2)


def test_without_real_differences_few_units_stand_out():
    outside = [
        (compare(sample_of(np.ones(UNITS), seed), by="district").table["position"] != "inside").mean()
        for seed in range(12)
    ]

    assert np.mean(outside) < 0.08  # 5 % at 95 % limits


def test_the_spread_between_units_is_recovered_and_widens_the_funnel():
    rng = np.random.default_rng(4)
    found = [compare(sample_of(effects_of(0.5, rng), seed), by="district") for seed in range(12)]

    assert np.mean([one.between for one in found]) == pytest.approx(0.25, abs=0.05)  # square-root scale halves it
    outside = np.mean([(one.table["position"] != "inside").mean() for one in found])
    assert outside < 0.10  # what differs between all units is not an alarm about each


def test_smoothed_rates_are_nearer_to_the_truth_than_the_ratios_and_their_intervals_hold():
    rng = np.random.default_rng(9)
    nearer, covered = [], []
    for seed in range(12):
        effects = effects_of(0.4, rng)
        found = compare(sample_of(effects, seed), by="district")
        truth = found.rate * effects / effects.mean()
        table = found.table
        raw = found.rate * table["ratio"]
        nearer.append(np.square(table["shrunken_rate"] - truth).sum() / np.square(raw - truth).sum())
        covered.append(((table["shrunken_low"] <= truth) & (truth <= table["shrunken_high"])).mean())

    assert np.mean(nearer) < 0.8
    assert 0.88 < np.mean(covered) < 0.99


def test_rank_intervals_hold_all_true_ranks_at_once():
    rng = np.random.default_rng(2)
    held = []
    for seed in range(12):
        effects = effects_of(0.5, rng)
        table = compare(sample_of(effects, seed), by="district").table
        rank = pd.Series(effects).rank().to_numpy()
        held.append(bool(((table["rank_low"] <= rank) & (rank <= table["rank_high"])).all()))

    assert np.mean(held) >= 0.9
    assert (table["rank_high"] - table["rank_low"]).min() < UNITS - 1  # and they say something


def test_ranks_by_hand():
    own, spread = np.array([0.5, 1.0, 1.4, 3.0]), np.array([0.1, 0.1, 0.1, 0.1])
    low, high = rank_limits(own, spread, judged=np.array([True, True, True, False]), confidence=0.95)

    # Three judged units: 2.394 spreads to either side; the first lies wholly below, the other two overlap.
    assert low[:3].tolist() == [1, 2, 2]
    assert high[:3].tolist() == [1, 3, 3]
    assert np.isnan(low[3])


def test_scores_of_chance_alone_show_no_spread_on_average():
    rng = np.random.default_rng(1)
    phi = [np.square(np.clip(z, *np.quantile(z, [0.1, 0.9]))).mean() for z in rng.normal(size=(400, 400))]

    assert np.mean(phi) == pytest.approx(NORMAL_SCORE, abs=0.005)
    assert between_units(np.array([1.0, 1.2]), np.array([0.1, 0.1])) == 0  # two units say nothing about a spread


def test_a_unit_with_next_to_nothing_expected_is_named_and_not_judged():
    sample = sample_of([1.0, 1.0, 1.0, 1.0], 3)
    district = sample.rows["district"].where((sample.rows.index > 0) | (sample.rows["grade"] != "A"), "lone")
    found = compare(design_sample(sample.rows.assign(district=district), _sizes()), by="district").table.set_index(
        "district"
    )

    assert found["position"]["lone"] == "not_judged"
    assert np.isnan(found["rank_low"]["lone"])


def _sizes():
    rows = [
        ("d", "i", f"{at:02d}{grade}", units, n, grade) for at in range(4) for grade, (units, n, _) in STRATA.items()
    ]
    return pd.DataFrame(rows, columns=["draw_id", "item_code", "stratum", "n_units", "n_drawn", "grade"])
