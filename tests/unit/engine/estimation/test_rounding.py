"""Draws rounded by `cum`: the uniform integrated and all samples enumerated, in fractions."""

from fractions import Fraction
from itertools import combinations, product
from math import floor

import numpy as np
import pandas as pd
import pytest

from engine.errors import EstimationError
from engine.estimation.rounding import RoundedStrata, rounded_total, rounded_variance, total_over_rounding


def _exact(values):
    return np.array([Fraction(v) for v in values], dtype=object)


def _sizes_over_uniform(targets):
    """(length of the interval of U, sizes drawn in it), exactly."""
    sums = [sum(targets[: h + 1], Fraction(0)) for h in range(len(targets))]
    edges = sorted({Fraction(0), Fraction(1), *(1 - s % 1 for s in sums)})
    for left, right in zip(edges, edges[1:], strict=False):
        at = [floor(s + left) for s in [Fraction(0), *sums]]
        yield right - left, [b - a for a, b in zip(at, at[1:], strict=False)]


def _expectations(frame, ratios, groups):
    """Mean, true variance and mean variance estimate of the total, exactly."""
    sizes = [Fraction(len(s)) for s in frame]
    first = second = variance = Fraction(0)
    for chance, drawn in _sizes_over_uniform([r * n for r, n in zip(ratios, sizes, strict=True)]):
        design = RoundedStrata(
            _exact(sizes),
            _exact(drawn),
            _exact(ratios),
            np.zeros(len(frame), dtype=int),
            np.arange(len(frame)),
            np.array(groups),
        )
        choices = list(product(*(combinations(s, k) for s, k in zip(frame, drawn, strict=True))))
        for picks in choices:
            values = _exact([v for chosen in picks for v in chosen])
            codes = np.array([h for h, chosen in enumerate(picks) for _ in chosen])
            total = rounded_total(values, codes, design)
            weight = chance / len(choices)
            first += weight * total
            second += weight * total * total
            variance += weight * rounded_variance(values, codes, design)
    return first, second - first * first, variance


@pytest.mark.parametrize(
    ("frame", "ratios"),
    [
        ([[0, 0, 1, 0, 1, 0], [1, 1, 0, 1, 0, 0]], [Fraction(5, 12), Fraction(5, 12)]),
        ([[0, 0, 1, 0, 1], [1, 1, 0, 1, 0, 1]], [Fraction(1, 2), Fraction(2, 5)]),
        ([[3, 0, 1, 0, 2], [7, 1, 0, 0]], [Fraction(1, 2), Fraction(3, 4)]),
        ([[1, 0, 0, 1], [1, 1, 0, 0], [0, 0, 0, 1]], [Fraction(5, 8), Fraction(5, 8), Fraction(5, 8)]),
    ],
)
def test_the_mean_is_exact_and_the_variance_estimate_not_below_the_true_one(frame, ratios):
    mean, true_variance, mean_variance = _expectations(frame, ratios, groups=range(len(frame)))

    assert mean == sum(map(sum, frame))
    assert mean_variance >= true_variance
    assert mean_variance <= 2 * true_variance


def test_single_draws_borrow_their_partner():
    frame, ratios = [[0, 1, 0], [1, 1, 0]], [Fraction(1, 2), Fraction(1, 2)]
    mean, true_variance, mean_variance = _expectations(frame, ratios, groups=[0, 0])

    assert mean == 3
    assert mean_variance >= true_variance


def test_whole_targets_leave_no_rounding_and_the_plain_variance():
    frame, ratios = [[0, 0, 1, 0], [1, 1, 0, 1]], [Fraction(1, 2), Fraction(3, 4)]
    mean, true_variance, mean_variance = _expectations(frame, ratios, groups=[0, 1])

    assert (mean, mean_variance) == (4, true_variance)


def _tables(drawn, hits, ratio=(0.25, 0.25)):
    strata = pd.DataFrame({"stratum": ["a", "b"], "n_units": [10, 10], "n_drawn": drawn, "design_probability": ratio})
    rows = pd.DataFrame(
        [(s, f"reg:{s}{k}", d / 10, k < h) for s, d, h in zip("ab", drawn, hits, strict=True) for k in range(d)],
        columns=["stratum", "entity_id", "inclusion_probability", "is_hit"],
    ).assign(selection_mode="random")
    return (table.assign(draw_id="d1", item_code="F01") for table in (rows, strata))


def test_a_total_reads_the_ratio_before_rounding():
    rows, strata = _tables([2, 3], [1, 1])
    found = total_over_rounding(rows, strata, indicator="is_hit", measure="violations")

    assert found.value == pytest.approx(2 / 0.25)
    assert 2 <= found.low < found.value < found.high
    assert found.method == "horvitz_thompson_cum"


def test_sizes_that_rounding_cannot_give_are_refused():
    rows, strata = _tables([4, 3], [1, 1])
    with pytest.raises(EstimationError, match="rounded by cum"):
        total_over_rounding(rows, strata, indicator="is_hit", measure="violations")
    rows, strata = _tables([2, 3], [1, 1], ratio=(0.0, 0.25))
    with pytest.raises(EstimationError, match="rounded by cum"):
        total_over_rounding(rows, strata, indicator="is_hit", measure="violations")


def test_a_missing_row_is_noticed():
    rows, strata = _tables([2, 3], [1, 1])
    with pytest.raises(EstimationError, match="do not match"):
        total_over_rounding(rows.iloc[1:], strata, indicator="is_hit", measure="violations")
