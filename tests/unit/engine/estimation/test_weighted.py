import math

import numpy as np
import pytest

from engine.estimation.intervals import clopper_pearson, zero_finding_bound
from engine.estimation.weighted import WeightedShare, effective_size, share_of_weights, weighted_limits


@pytest.mark.parametrize(("hits", "n"), [(0, 12), (1, 50), (7, 30), (30, 30), (49, 50)])
def test_equal_weights_give_clopper_pearson_exactly(hits, n):
    p = hits / n
    share = share_of_weights(p, p * (1 - p) / n, np.full(n, 1 / n))
    exact = clopper_pearson(hits, n)

    assert weighted_limits(share) == pytest.approx((float(exact.low), float(exact.high)), abs=1e-12)
    assert effective_size(share) == pytest.approx(n)


def test_nothing_found_leaves_the_bound_of_the_weight_that_matters():
    # Sum of cubes 60 * .01^3 + 8 * .05^3 = .00106, of squares .026: one more finding would weigh .0407692.
    share = share_of_weights(0.0, 0.0, np.array([0.01] * 60 + [0.05] * 8))
    low, high = weighted_limits(share)

    assert share.next_weight == pytest.approx(0.0407692, abs=1e-7)
    assert low == 0
    # Sum of weights 1: e = .026^2 / .00106 = .637736, so .862 (the least) of a finding is added: 3.35 of its weights.
    assert share.added == 0.862
    whole = zero_finding_bound(1 / share.next_weight, confidence=0.975)
    assert 0.88 * whole < high < 0.93 * whole


def test_what_is_added_follows_how_even_the_weights_are():
    # 100 of .008 and 10 of .02: e = (100 * .008^2 + 10 * .02^2)^2 / (100 * .008^3 + 10 * .02^3) = .824390.
    share = share_of_weights(0.0, 0.0, np.array([0.008] * 100 + [0.02] * 10))

    assert share.added == pytest.approx((1 + 0.0104**2 / 0.0001312) / 2)
    assert share_of_weights(0.0, 0.0, np.full(50, 0.02)).added == pytest.approx(1.0)


def test_no_side_of_a_count_that_nothing_smooths_is_missed_more_often():
    # One rare stratum of great weight among many light rows that find nothing: Poisson counts of mean m.
    weights = np.array([1e-6] * 10_000 + [0.001] * 990)
    share = share_of_weights(0.0, 0.0, weights)

    assert math.exp(-weighted_limits(share)[1] / share.next_weight) <= 0.0355


def test_light_findings_smooth_the_steps_and_narrow_the_limits():
    weights = np.array([0.0005] * 1000 + [0.01] * 50)
    light, heavy = np.arange(weights.size) < 400, np.arange(weights.size) >= 1040
    p = float(weights[light].sum() + weights[heavy].sum())
    plain, smooth, clustered = (
        share_of_weights(p, 0.001, weights, found=found, degrees=degrees)
        for found, degrees in ((None, math.inf), (light | heavy, math.inf), (light | heavy, 5000.0))
    )
    # step = sum w^3 / sum w^2 = (1000 * .0005^3 + 50 * .01^3) / (1000 * .0005^2 + 50 * .01^2) = .0095244;
    # 400 light findings: .0001 / (.15 step^2) = 7.35, so fully smooth.
    assert plain.smooth == clustered.smooth == 0
    assert smooth.smooth == 1
    low, high = weighted_limits(smooth)
    assert weighted_limits(plain)[0] < low < p < high < weighted_limits(plain)[1]
    few = np.arange(weights.size) < 20  # 20 * .0005^2 / (.15 step^2) = .3675
    part = share_of_weights(0.01, 0.001, weights, found=few, freedom=0.5)
    assert part.smooth == pytest.approx(0.5 * 20 * 0.0005**2 / (0.15 * smooth.next_weight**2))


def test_equal_weights_are_never_smoothed():
    found = np.arange(40) < 7

    assert share_of_weights(7 / 40, 0.0036, np.full(40, 1 / 40), found=found).smooth == 0


def test_weights_may_be_given_with_their_counts():
    rows = share_of_weights(0.1, 0.01, np.array([0.01] * 60 + [0.05] * 8))
    counted = share_of_weights(0.1, 0.01, np.array([0.01, 0.05]), counts=np.array([60.0, 8.0]))

    assert counted.next_weight == pytest.approx(rows.next_weight)
    assert counted.null_size == pytest.approx(rows.null_size)


def test_what_was_seen_in_full_has_no_width():
    share = share_of_weights(0.3, 0.0, np.zeros(10))

    assert weighted_limits(share) == (0.3, 0.3)
    assert math.isinf(effective_size(share))
    assert math.isinf(effective_size(share_of_weights(0.0, 0.0, np.zeros(4))))
    assert weighted_limits(share_of_weights(1.0, 0.0, np.zeros(4))) == (1.0, 1.0)


def test_few_clusters_widen_the_interval():
    many = WeightedShare(0.2, 0.0016, 0.01, 100.0)
    few = WeightedShare(0.2, 0.0016, 0.01, 100.0, degrees=5)

    # t with 5 degrees: 2.570582; (1.959964 / 2.570582)^2 = .581345.
    assert effective_size(few) == pytest.approx(100 * 0.581345, rel=1e-5)
    assert weighted_limits(few)[0] < weighted_limits(many)[0] < 0.2 < weighted_limits(many)[1] < weighted_limits(few)[1]
