from itertools import permutations

import numpy as np
import pytest

from engine.errors import UndefinedEstimateError, UsageError
from engine.estimation.gains import found_share, gains, precision_at_k, visits_at

SCORES = np.array([5.0, 3.0, 3.0, 3.0, 1.0])
ADVERSE = np.array([1, 0, 1, 0, 1])


def _precisions(k):
    """Share adverse among the first k for every order of the tied rows."""
    found = []
    for order in permutations(range(5)):
        if all(SCORES[a] >= SCORES[b] for a, b in zip(order, order[1:], strict=False)):
            found.append(ADVERSE[list(order[:k])].mean())
    return found


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_ties_are_stated_as_the_enumeration_of_all_orders(k):
    found, all_orders = precision_at_k(SCORES, ADVERSE, k=k), _precisions(k)

    assert (found.worst, found.best) == pytest.approx((min(all_orders), max(all_orders)))
    assert found.expected == pytest.approx(np.mean(all_orders))


@pytest.mark.parametrize("k", [0, 6])
def test_a_capacity_outside_the_rows_is_refused(k):
    with pytest.raises(UsageError):
        precision_at_k(SCORES, ADVERSE, k=k)


def test_capacity_is_rounded_down_but_never_to_nothing():
    assert [visits_at(1665, share=0.1), visits_at(7, share=0.1), visits_at(30, share=0.1)] == [166, 1, 3]


def test_gains_run_from_nothing_to_everything():
    curve = gains(SCORES, ADVERSE)

    assert curve["visited_share"].tolist() == pytest.approx([0, 0.2, 0.8, 1])
    assert curve["found_share"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_first_half_is_the_expectation_over_ties():
    # 2.5 visits: the first finds 1; 1.5 of the 3 tied rows find .5; (1 + .5) / 3.
    assert found_share(SCORES, ADVERSE) == pytest.approx(0.5)


def test_gains_need_a_finding():
    with pytest.raises(UndefinedEstimateError):
        gains([1, 2], [False, False])
