"""Limits of chance for a mix of classes: one class is the plain funnel, several fold exactly, the mix decides."""

import itertools

import numpy as np
import pytest

from engine.kpis.funnel import funnel_limits, verdicts
from engine.kpis.mixed_funnel import mixed_funnel


def test_one_class_is_the_plain_funnel() -> None:
    sizes, rate = np.array([20, 150, 4000]), 0.3
    found = np.array([12, 45, 1100])

    told = mixed_funnel(found[:, None], sizes[:, None], np.array([rate]))
    plain = funnel_limits(rate, sizes)

    for name in ("low_95", "high_95", "low_998", "high_998"):
        assert told[name].to_numpy() / sizes == pytest.approx(plain[name].to_numpy(), abs=1e-6)
    rows = plain.assign(value=found / sizes)
    assert list(told["verdict"]) == list(verdicts(rows, rate=rate))
    assert "below" in set(told["verdict"])


def test_several_classes_fold_to_what_every_outcome_adds_up_to() -> None:
    sizes, chance = np.array([3, 2, 2]), np.array([0.1, 0.5, 0.9])
    each = np.repeat(chance, sizes)
    mass = np.zeros(each.size + 1)
    for outcome in itertools.product((0, 1), repeat=each.size):
        mass[sum(outcome)] += np.prod(np.where(outcome, each, 1 - each))
    below = mass.cumsum()

    told = mixed_funnel(np.array([sizes]), sizes[None, :], chance).iloc[0]

    assert told["expected"] == pytest.approx(each.sum())
    at = int((below < 0.025).sum())
    assert told["low_95"] == pytest.approx(at - (below[at] - 0.025) / mass[at])
    assert told["verdict"] == ("above" if mass[-1] < 0.001 else "inside")


def test_a_group_with_worse_firms_is_not_held_to_the_rate_of_better_ones() -> None:
    rows = np.array([[400, 0], [0, 400], [200, 200]])
    chance = np.array([0.05, 0.45])
    found = np.array([[20, 0], [0, 180], [10, 90]])

    assert list(mixed_funnel(found, rows, chance)["verdict"]) == ["inside", "inside", "inside"]
    plain = mixed_funnel(found.sum(axis=1)[:, None], rows.sum(axis=1)[:, None], np.array([0.25]))
    assert list(plain["verdict"]) == ["below", "above", "inside"]


def test_so_many_lie_outside_by_chance_as_the_limits_promise() -> None:
    rng = np.random.default_rng(3)
    rows, chance = np.tile([300, 80, 20], (1200, 1)), np.array([0.03, 0.15, 0.5])
    told = mixed_funnel(rng.binomial(rows, chance), rows, chance)

    assert (told["verdict"] != "inside").mean() < 0.006
