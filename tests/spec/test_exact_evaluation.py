"""What the evaluation promises, shown exactly: every sample of a small frame is drawn and counted in fractions.

Two strata, six units, two or three drawn of each. An alternative gives every unit its own probability, so a new grading
crosses the old strata.
"""

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest

from engine.estimation.variance import Strata, stratified_total, stratified_variance

TRUTH = [1, 0, 1, 1, 0, 0]
Q = [Fraction(9, 10), Fraction(1, 10), Fraction(2, 5), Fraction(1, 5), Fraction(1), Fraction(1, 2)]
PREDICTION = [Fraction(7, 10), Fraction(1, 5), Fraction(1, 10), Fraction(2, 5), Fraction(2, 5), Fraction(9, 10)]
BIAS = Fraction(211, 31500)
"""Of the scaled weights below, in findings."""
LAYOUTS = [((4, 2), (2, 2)), ((3, 3), (2, 2)), ((3, 3), (3, 2)), ((4, 2), (3, 2)), ((3, 3), (2, 3))]


def samples(sizes, drawn):
    """Every sample: positions of the drawn units, stratum after stratum."""
    starts = np.cumsum((0, *sizes))[:-1]
    picks = [combinations(range(start, start + size), n) for start, size, n in zip(starts, sizes, drawn, strict=True)]
    for chosen in product(*picks):
        yield [unit for part in chosen for unit in part]


def design(sizes, drawn):
    numbers = [np.array([Fraction(n) for n in values], dtype=object) for values in (sizes, drawn)]
    return Strata(*numbers, groups=np.arange(len(sizes)))


def exact(values):
    return np.array([Fraction(value) for value in values], dtype=object)


def estimate(sizes, drawn, coefficients, outcome):
    """Value and estimated variance over every sample: sum of q y / pi and its variance, in fractions."""
    strata = design(sizes, drawn)
    stratum = np.repeat(np.arange(len(drawn)), drawn)
    products = exact(coefficients) * exact(outcome)
    found = [
        (stratified_total(products[unit], stratum, strata), stratified_variance(products[unit], stratum, strata))
        for unit in samples(sizes, drawn)
    ]
    return [value for value, _ in found], [variance for _, variance in found]


def mean(values):
    return sum(values, Fraction(0)) / len(values)


def spread(values):
    return mean([value * value for value in values]) - mean(values) ** 2


@pytest.mark.parametrize(("sizes", "drawn"), LAYOUTS)
def test_weights_alone_give_the_truth_on_average_and_the_true_variance(sizes, drawn):
    values, variances = estimate(sizes, drawn, Q, TRUTH)

    assert mean(values) == sum(q * y for q, y in zip(Q, TRUTH, strict=True))
    assert mean(variances) == spread(values)


@pytest.mark.parametrize(("sizes", "drawn"), LAYOUTS)
def test_a_fixed_prediction_leaves_the_truth_on_average_and_the_true_variance(sizes, drawn):
    residual = [y - m for y, m in zip(TRUTH, PREDICTION, strict=True)]
    parts, variances = estimate(sizes, drawn, Q, residual)
    predicted = sum(q * m for q, m in zip(Q, PREDICTION, strict=True))

    assert mean([predicted + part for part in parts]) == sum(q * y for q, y in zip(Q, TRUTH, strict=True))
    assert mean(variances) == spread(parts)


@pytest.mark.parametrize(("sizes", "drawn"), LAYOUTS)
def test_the_logged_policy_returns_its_count_twice_it_twice_the_count_and_contrasts_are_nothing(sizes, drawn):
    logged = [Fraction(n, size) for size, n in zip(sizes, drawn, strict=True) for _ in range(size)]
    strata, stratum = design(sizes, drawn), np.repeat(np.arange(len(drawn)), drawn)
    for sample in samples(sizes, drawn):
        count = sum(TRUTH[unit] for unit in sample)
        for factor in (1, 2):
            products = exact([factor * p * y for p, y in zip(logged, TRUTH, strict=True)])
            assert stratified_total(products[sample], stratum, strata) == factor * count
        contrast = exact([(p - p) * y for p, y in zip(logged, TRUTH, strict=True)])
        assert stratified_total(contrast[sample], stratum, strata) == 0
        assert sum(1 / logged[unit] for unit in sample) == sum(sizes)


@pytest.mark.parametrize(("sizes", "drawn"), LAYOUTS)
def test_the_value_is_linear_in_the_alternative(sizes, drawn):
    other = [Fraction(1, 3)] * 6
    mixed = [Fraction(1, 4) * q + Fraction(3, 4) * p for q, p in zip(Q, other, strict=True)]
    ours, theirs, both = (estimate(sizes, drawn, chances, TRUTH)[0] for chances in (Q, other, mixed))

    assert both == [Fraction(1, 4) * a + Fraction(3, 4) * b for a, b in zip(ours, theirs, strict=True)]


def test_scaled_weights_are_off_by_a_stated_amount():
    """Hájek: sum q times (sum q y / pi) / (sum q / pi); two of three drawn in both strata."""
    sizes, drawn = (3, 3), (2, 2)
    above, _ = estimate(sizes, drawn, Q, TRUTH)
    below, _ = estimate(sizes, drawn, Q, [1] * 6)
    values = [sum(Q) * a / b for a, b in zip(above, below, strict=True)]
    truth = sum(q * y for q, y in zip(Q, TRUTH, strict=True))

    bias = mean(values) - truth
    assert bias == BIAS
    assert abs(bias) < truth / 100


def test_a_new_grading_that_crosses_the_old_strata_is_counted_unit_by_unit():
    """Old strata (0 1 2) and (3 4 5); the new class D holds units 0, 3 and 4: drawn for sure, the others never."""
    sizes, drawn = (3, 3), (2, 2)
    is_d = [1, 0, 0, 1, 1, 0]
    values, _ = estimate(sizes, drawn, is_d, TRUTH)
    held = [sum(is_d[:3]), sum(is_d[3:])]  # units of class D in each old stratum
    shortcut = mean(
        [
            sum(held[h] * Fraction(sum(TRUTH[unit] for unit in sample[2 * h : 2 * h + 2]), 2) for h in range(2))
            for sample in samples(sizes, drawn)
        ]
    )

    assert mean(values) == 2  # units 0 and 3
    assert shortcut == Fraction(4, 3)  # stratum shares times stratum means: a third too low
