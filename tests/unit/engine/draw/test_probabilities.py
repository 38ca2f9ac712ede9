"""Probabilities of the draw, scaled down from ``tests.evidence.draw_probabilities``."""

import numpy as np

from tests.evidence import draw_probabilities as claim


def test_singles_and_pairs_have_their_probabilities_and_systematic_sampling_fails():
    outcome = claim.run(full=False)

    assert outcome["passed"], outcome
    assert outcome["systematic_smallest_p"] < 1e-12


def test_the_test_sees_an_object_that_is_drawn_a_little_too_often():
    frame = claim.small_frame()
    seeds = [claim.SUITE.tagged("evidence seed", str(number)) for number in range(4_000)]
    chosen = claim.drawn(frame, seeds)["fixed"].copy()
    chosen[np.arange(0, 4_000, 10), 23] = True

    assert claim.smallest_p(chosen, *claim.exact(frame, "fixed")) * 900 < claim.LEVEL


def test_sizes_by_the_public_uniform_have_their_exact_expectation():
    assert claim.integrates_exactly("public")
    assert len(claim.size_states("public")) > 2
