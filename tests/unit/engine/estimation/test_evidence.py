"""The claims of ``make evidence`` at a size that fits a test run."""

import pytest

from tests.evidence import (
    estimation_experiments,
    estimation_intervals,
    estimation_policy_value,
    estimation_targeting,
)

CLAIMS = [estimation_experiments, estimation_intervals, estimation_policy_value, estimation_targeting]


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_claim_holds_when_scaled_down(claim):
    outcome = claim.run(full=False)

    assert outcome["passed"], outcome["lines"]


def test_the_pooled_and_the_unguarded_interval_break_where_ratios_differ():
    lines = [line for line in estimation_intervals.run(full=False)["lines"] if line["profile"] == "steep"]

    assert all(line["pooled_coverage"] < 0.5 for line in lines)
    assert min(line["plain_coverage"] for line in lines) < 0.93 < min(line["coverage"] for line in lines)
