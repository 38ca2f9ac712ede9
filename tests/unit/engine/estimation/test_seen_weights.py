"""Outcomes stand for everybody of their band."""

import numpy as np
import pandas as pd
import pytest

from engine.estimation.hit_rates import hit_rates
from engine.estimation.seen_weights import UNKNOWN_BAND, seen_weights, value_bands


def _rows(bands):
    """Rows from {band: (found, clean, never inspected)}."""
    rows = [
        (band, outcome)
        for band, (found, clean, unseen) in bands.items()
        for outcome in [1.0] * found + [0.0] * clean + [None] * unseen
    ]
    table = pd.DataFrame(rows, columns=["band", "adverse"]).astype({"adverse": float})
    return table.assign(entity_id=[f"e{place}" for place in range(len(table))])


def test_weights_of_the_seen_add_up_to_the_band():
    rows = _rows({"low": (5, 15, 60), "high": (30, 30, 0)})
    weight = seen_weights(rows, band="band")
    assert weight[rows["band"] == "low"].unique() == pytest.approx([4.0])
    assert weight[rows["band"] == "high"].unique() == pytest.approx([1.0])
    assert weight[rows["adverse"].notna()].sum() == pytest.approx(len(rows))


def test_nobody_seen_weighs_nothing_and_an_unknown_band_is_a_band():
    rows = _rows({"low": (0, 0, 7), None: (1, 1, 2)})
    weight = seen_weights(rows, band="band")
    assert weight[rows["band"] == "low"].unique().tolist() == [0.0]
    assert weight[rows["band"].isna()].unique() == pytest.approx([2.0])


def test_an_entity_seen_in_one_of_two_items_is_seen():
    rows = pd.DataFrame(
        {"entity_id": ["a", "a", "b"], "band": ["x", "x", "x"], "adverse": [1.0, None, None]},
    )
    assert seen_weights(rows, band="band").tolist() == [2.0, 2.0, 2.0]


def test_selection_by_band_is_undone():
    """A band that fails often is seen twice as often: the plain rate is too high, the weighted one is right."""
    rng = np.random.default_rng(1)
    band = rng.random(200_000) < 0.3
    adverse = rng.random(band.size) < np.where(band, 0.4, 0.1)
    seen = rng.random(band.size) < np.where(band, 0.8, 0.4)
    rows = pd.DataFrame({"entity_id": np.arange(band.size).astype(str), "grade": "A", "band": band})
    rows["adverse"] = np.where(seen, adverse, np.nan)
    rows["weight"] = seen_weights(rows, band="band")
    plain, weighted = (hit_rates(rows, weight=name)["hit_rate"].iloc[0] for name in (None, "weight"))
    assert plain > 0.23
    assert weighted == pytest.approx(0.19, abs=0.004)


def test_bands_are_equal_shares_with_ties_together():
    values = pd.Series([1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, None])
    found = value_bands(values)
    assert found.iloc[:3].nunique() == 1
    assert found.iloc[-1] == UNKNOWN_BAND
    assert found.iloc[:-1].is_monotonic_increasing
    assert found.iloc[:-1].nunique() == 5


def test_bands_of_a_column_that_says_nothing():
    assert value_bands(pd.Series([None, None], dtype=float)).tolist() == [UNKNOWN_BAND] * 2
    assert value_bands(pd.Series([3.0, 3.0])).nunique() == 1
