"""All samples of toy frames, enumerated in fractions: estimates are right on average, exactly."""

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest

from engine.estimation.variance import (
    Strata,
    clustered_variance,
    row_scores,
    stratified_total,
    stratified_variance,
)


def _exact(values):
    return np.array([Fraction(v) for v in values], dtype=object)


def samples(frame, drawn):
    """Every stratified sample of ``frame`` (a list of strata of values): values and stratum codes."""
    choices = [list(combinations(range(len(s)), n)) for s, n in zip(frame, drawn, strict=True)]
    for chosen in product(*choices):
        values = [frame[h][i] for h, picks in enumerate(chosen) for i in picks]
        codes = [h for h, picks in enumerate(chosen) for _ in picks]
        yield _exact(values), np.array(codes)


def strata_of(frame, drawn, groups=None):
    return Strata(_exact([len(s) for s in frame]), _exact(drawn), np.array(groups or range(len(frame))))


FRAMES = [
    ([[0, 0, 1, 0, 1, 0], [1, 1, 0, 1, 0, 0]], [2, 3]),
    ([[3, 0, 5, 1, 0, 2], [7, 1, 0, 0, 2, 4]], [3, 2]),
    ([[1, 0, 2], [4, 1, 1, 0]], [3, 2]),
]


@pytest.mark.parametrize(("frame", "drawn"), FRAMES)
def test_the_mean_estimate_is_the_truth_and_the_mean_variance_the_true_variance(frame, drawn):
    strata = strata_of(frame, drawn)
    found = [(stratified_total(v, c, strata), stratified_variance(v, c, strata)) for v, c in samples(frame, drawn)]
    truth = sum(map(sum, frame))
    estimates = [estimate for estimate, _ in found]

    assert all(isinstance(estimate, Fraction) for estimate in estimates)
    assert sum(estimates) / len(estimates) == truth
    true_variance = sum((e - truth) ** 2 for e in estimates) / Fraction(len(estimates))
    assert sum(variance for _, variance in found) / len(found) == true_variance


@pytest.mark.parametrize(("frame", "drawn"), FRAMES)
def test_inverse_probabilities_sum_to_the_frame_and_a_count_at_its_own_ratio_is_returned(frame, drawn):
    strata = strata_of(frame, drawn)
    for values, codes in samples(frame, drawn):
        probability = (strata.drawn / strata.sizes)[codes]
        assert stratified_total(_exact([1] * len(codes)), codes, strata) == sum(map(len, frame))
        assert stratified_total(probability * values, codes, strata) == sum(values)
        assert stratified_total(2 * probability * values, codes, strata) == 2 * sum(values)


@pytest.mark.parametrize("frame", [[[0, 0, 1], [1, 0, 1, 1]], [[2, 0], [0, 5]], [[1, 1, 1], [1, 1, 1]]])
def test_single_draws_borrow_the_partner_and_never_understate_on_average(frame):
    strata = strata_of(frame, [1, 1], groups=[0, 0])
    found = [(stratified_total(v, c, strata), stratified_variance(v, c, strata)) for v, c in samples(frame, [1, 1])]
    truth = sum(map(sum, frame))
    true_variance = sum((e - truth) ** 2 for e, _ in found) / Fraction(len(found))

    assert sum(v for _, v in found) / len(found) >= true_variance


def test_two_single_draws_of_equal_strata_differ_as_the_text_book_says():
    # Cochran §5A.12: v = (N y1 - N y2)^2.
    strata = Strata(np.array([10.0, 10.0]), np.array([1.0, 1.0]), np.array([0, 0]))

    assert stratified_variance(np.array([3.0, 1.0]), np.array([0, 1]), strata) == pytest.approx(400)


def test_a_published_stratified_case():
    # Cochran, 3rd ed., p. 94 setting: one stratum N = 10, n = 4 of 2, 4, 4, 6: total 40, s^2 = 8/3,
    # v = 100 * .6 * (8/3) / 4 = 40.
    strata = Strata(np.array([10.0]), np.array([4.0]), np.array([0]))
    values, codes = np.array([2.0, 4.0, 4.0, 6.0]), np.zeros(4, dtype=int)

    assert stratified_total(values, codes, strata) == pytest.approx(40)
    assert stratified_variance(values, codes, strata) == pytest.approx(40)


def test_a_full_stratum_adds_no_variance():
    strata = Strata(np.array([3.0, 1.0]), np.array([3.0, 1.0]), np.array([0, 1]))

    assert stratified_variance(np.array([0.0, 1.0, 0.0, 9.0]), np.array([0, 0, 0, 1]), strata) == 0


def test_row_scores_are_the_root_of_the_variance_and_add_up_inside_clusters():
    rng = np.random.default_rng(2)
    strata = Strata(np.array([50.0, 9.0, 8.0]), np.array([6.0, 1.0, 2.0]), np.array([0, 2, 2]))
    codes = np.repeat([0, 1, 2], [6, 1, 2])
    values = rng.random(9)
    scores = row_scores(values, codes, strata)

    assert clustered_variance(scores, np.arange(9)) == pytest.approx(stratified_variance(values, codes, strata))
    assert clustered_variance(scores, np.zeros(9, dtype=int)) == pytest.approx(scores.sum() ** 2)
