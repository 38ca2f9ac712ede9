from fractions import Fraction

import numpy as np
import pytest

from engine.publicity.disclosure import DisclosureLimits, judge_linkage

LIMITS = DisclosureLimits(least_visits=20, most_share=Fraction(1, 2), most_gain=Fraction(1, 100))


def judged(table):
    groups = np.concatenate([np.full(sum(row), number) for number, row in enumerate(table)])
    levels = np.concatenate([np.repeat(np.arange(len(row)), row) for row in table])
    return judge_linkage(groups, levels=levels)


def test_one_group_tells_no_more_than_the_base_share():
    found = judged([[30, 20, 10]])

    assert (found.n_units, found.n_groups, found.smallest) == (60, 1, 60)
    assert found.gain == 0
    assert found.problems(LIMITS) == ()


def test_groups_of_another_majority_are_won_by_the_guess():
    found = judged([[30, 10, 10], [10, 30, 20]])

    assert found.base_share == pytest.approx(40 / 110)
    assert found.guess_share == pytest.approx(60 / 110)
    assert len(found.problems(LIMITS)) == 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([[100, 50, 20], [12, 5, 2]], "smallest group"),
        ([[100, 50, 20], [10, 3, 20]], "same ratio above the lowest"),
    ],
)
def test_small_groups_and_a_prevailing_high_class_are_named(table, said):
    assert any(said in str(problem) for problem in judged(table).problems(LIMITS))


def test_a_prevailing_lowest_class_harms_nobody():
    assert judged([[100, 1, 0], [99, 1, 0]]).problems(LIMITS) == ()


def test_nothing_drawn_tells_nothing():
    assert judge_linkage(np.array([], dtype=int), levels=np.array([], dtype=int)).problems(LIMITS) == ()


def test_weights_make_every_count_an_expected_one():
    groups, levels = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    found = judge_linkage(groups, levels=levels, weights=np.array([30.0, 30.0, 5.0, 35.0]))
    counted = judged([[30, 30], [5, 35]])

    assert (found.n_units, found.smallest) == (counted.n_units, counted.smallest)
    assert found.guess_share == pytest.approx(counted.guess_share)
    assert found.top_share == pytest.approx(counted.top_share)
