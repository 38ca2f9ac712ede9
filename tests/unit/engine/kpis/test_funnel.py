"""Limits of chance: they hold what they promise, close in as n grows, and single out only who lies beyond."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from engine.kpis.funnel import funnel_limits, verdicts


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.9])
def test_limits_enclose_the_rate_and_close_in(rate: float) -> None:
    found = funnel_limits(rate, np.array([50, 500, 5000]))

    assert (found["low_998"] <= found["low_95"]).all()
    assert (found["low_95"] <= rate).all() and (rate <= found["high_95"]).all()
    assert (found["high_95"] <= found["high_998"]).all()
    assert (found["high_998"] - found["low_998"]).is_monotonic_decreasing


def test_so_many_lie_outside_by_chance_as_the_limits_promise() -> None:
    n, rate = 400, 0.3
    limits = funnel_limits(rate, np.array([n])).iloc[0]
    hits = np.arange(n + 1)
    outside = (hits / n < limits["low_95"]) | (hits / n > limits["high_95"])

    assert binom.pmf(hits[outside], n, rate).sum() == pytest.approx(0.05, abs=0.012)


def test_all_of_n_is_not_beyond_chance_where_it_is_common() -> None:
    rows = pd.DataFrame({"value": [1.0], "n": [96]})

    assert list(verdicts(rows, rate=0.978)) == ["inside"]


def test_seven_inspections_are_never_singled_out_but_many_are() -> None:
    rows = pd.DataFrame({"value": [3 / 7, 0.6, 0.1, 0.31], "n": [7, 500, 500, 500]})

    assert list(verdicts(rows, rate=0.3)) == ["inside", "above", "below", "inside"]
