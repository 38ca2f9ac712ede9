"""Shrunken rates and rank intervals of groups: they hold what was put in, and few rows never lead a list."""

import numpy as np
import pytest
from scipy.special import expit, logit

from engine.estimation.group_effects import group_effects

GROUPS, REPEATS = 24, 25


def simulated(rng: np.random.Generator, spread: float) -> tuple[np.ndarray, ...]:
    """Findings and rows of groups in three classes of risk, the classes' rates, and every group's standardised rate."""
    chance = np.array([0.04, 0.12, 0.4])
    rows = rng.integers(5, 120, (GROUPS, 3)) * np.array([3, 2, 1])
    step = rng.normal(0.0, spread, GROUPS)
    truth = expit(logit(chance)[None, :] + step[:, None])
    found = rng.binomial(rows, truth)
    mix = rows.sum(axis=0) / rows.sum()
    return found, rows, found.sum(axis=0) / rows.sum(axis=0), truth @ mix


@pytest.mark.parametrize("spread", [0.15, 0.5])
def test_intervals_hold_the_truth_as_often_as_they_say_and_the_spread_is_found(spread: float) -> None:
    rng = np.random.default_rng(7)
    held, ranked, spreads, better = [], [], [], []
    for _ in range(REPEATS):
        found, rows, chance, truth = simulated(rng, spread)
        told = group_effects(found, rows, chance)
        rank = 1 + (truth[None, :] > truth[:, None]).sum(axis=1)
        held.append(((told.low <= truth) & (truth <= told.high)).mean())
        ranked.append(((told.rank_low <= rank) & (rank <= told.rank_high)).mean())
        spreads.append(told.spread)
        raw = found.sum(axis=1) / rows.sum(axis=1)
        better.append(((told.rate - truth) ** 2).mean() < ((raw - truth) ** 2).mean())

    assert 0.92 <= np.mean(held) <= 0.98
    assert 0.93 <= np.mean(ranked) <= 1.0
    assert np.mean(spreads) == pytest.approx(spread, abs=0.25 * spread + 0.03)
    assert np.mean(better) > 0.95


def test_without_differences_nobody_is_first_and_rates_are_everybodys() -> None:
    rng = np.random.default_rng(5)
    rows = rng.integers(20, 200, (GROUPS, 1))
    found = rng.binomial(rows, 0.1)
    told = group_effects(found, rows, np.array([found.sum() / rows.sum()]))

    assert np.ptp(told.rate) < 0.4 * np.ptp(found[:, 0] / rows[:, 0])
    assert (told.rank_high - told.rank_low).mean() > 0.7 * GROUPS


def test_two_of_two_never_lead_groups_with_many_findings() -> None:
    found = np.array([[2], [130], [90], [110], [100], [95]])
    rows = np.array([[2], [1000], [1000], [1000], [1000], [1000]])
    told = group_effects(found, rows, np.array([found.sum() / rows.sum()]))

    assert told.rate[0] < 0.3
    assert told.rank_high[0] - told.rank_low[0] >= 4
    assert told.rank_high[1] - told.rank_low[1] < told.rank_high[0] - told.rank_low[0]


def test_a_clear_order_has_narrow_ranks_and_the_order_of_the_groups_does_not_matter() -> None:
    found, rows = np.array([[50], [500], [1500]]), np.full((3, 1), 10_000)
    told = group_effects(found, rows, np.array([found.sum() / rows.sum()]))
    assert list(told.rank_low) == list(told.rank_high) == [3.0, 2.0, 1.0]

    turned = group_effects(found[::-1], rows, np.array([found.sum() / rows.sum()]))
    assert turned.rate[::-1] == pytest.approx(told.rate)


def test_where_everybody_does_everything_few_rows_are_less_sure_and_no_row_says_nothing() -> None:
    found = rows = np.array([[5], [500], [0]])
    told = group_effects(found, rows, np.array([1.0]))

    assert told.low[0] < told.low[1] < 1.0
    assert told.low[1] > 0.98
    assert list(told.rank_low[:2]) == [1.0, 1.0] and list(told.rank_high[:2]) == [2.0, 2.0]
    assert np.isnan(told.rate[2]) and np.isnan(told.rank_low[2])
