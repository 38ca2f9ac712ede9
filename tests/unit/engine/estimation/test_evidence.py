"""The claims of ``make evidence`` at a size that fits a test run."""

import numpy as np
import pytest
from scipy.stats import poisson

from tests.evidence import (
    estimation_experiments,
    estimation_intervals,
    estimation_policy_value,
    estimation_targeting,
)
from tests.evidence.least_width import least_poisson_width, lot_free_coverage, lot_free_width

CLAIMS = [estimation_experiments, estimation_intervals, estimation_policy_value, estimation_targeting]


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_claim_holds_when_scaled_down(claim):
    outcome = claim.run(full=False)

    assert outcome["passed"], outcome["lines"]


def test_the_pooled_and_the_unguarded_interval_break_where_ratios_differ():
    lines = [line for line in estimation_intervals.run(full=False)["lines"] if line["profile"] == "steep"]

    assert all(line["pooled_coverage"] < 0.5 for line in lines)
    assert min(line["plain_coverage"] for line in lines) < 0.93 < min(line["coverage"] for line in lines)


def test_no_rule_is_shorter_than_the_proven_width_and_lots_are_what_lies_between():
    """Of 0 findings the upper limit without lots is -ln .035; with them its mean is less by 1 - .035."""
    for mean in (0.2, 0.9, 2.0):
        assert least_poisson_width(mean) < lot_free_width(100_000, mean)
    nothing = lot_free_width(100_000, 1e-6)
    assert nothing == pytest.approx(-np.log(0.035), rel=1e-3)
    assert least_poisson_width(1e-6) == pytest.approx(nothing - (1 - 0.035), abs=0.2)


def test_where_a_count_has_no_tail_to_miss_coverage_is_forced_up():
    mean = 2.0
    below, above = poisson.cdf(np.arange(30), mean), poisson.sf(np.arange(30) - 1, mean)
    missed = below[below <= 0.035].max(initial=0) + above[above <= 0.035].max()

    assert lot_free_coverage(100_000, mean) == pytest.approx(1 - missed, abs=1e-4)
    assert lot_free_coverage(100_000, mean) > 0.975
