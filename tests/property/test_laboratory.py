"""The simulated policy: more checks never find less, no change changes nothing, and order does not matter."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.laboratory.experiment import set_up
from engine.laboratory.posterior import fit_prior, posterior_mean
from engine.laboratory.simulation import difference, precision, simulate
from tests.unit.engine.laboratory.test_simulation import layout


def ready(cells, memberships):
    return set_up(cells, memberships, draws=60, generator=np.random.default_rng(0))


CELLS, MEMBERSHIPS, _ = layout(size=120)
EXPERIMENT = ready(CELLS, MEMBERSHIPS)
RATIOS = st.lists(st.floats(0.001, 1.0), min_size=len(CELLS), max_size=len(CELLS)).map(np.array)


@given(RATIOS, st.integers(0, len(CELLS) - 1), st.floats(0.0, 1.0), st.sampled_from(["cum", "ceil"]))
@settings(max_examples=60, deadline=None)
def test_raising_one_ratio_never_lowers_expected_findings(ratios, cell, target, rounding):
    experiment = ready(CELLS.assign(rounding=rounding), MEMBERSHIPS)
    raised = ratios.copy()
    raised[cell] = max(raised[cell], target)

    before, after = simulate(experiment, ratios), simulate(experiment, raised)

    assert all(after.expected_findings[grade] >= found - 1e-9 for grade, found in before.expected_findings.items())
    assert after.checks >= before.checks - 1e-9
    assert after.visited_share >= before.visited_share - 1e-12
    assert (after.missed <= before.missed + 1e-9).all()
    assert (before.missed >= -1e-9).all()


@given(RATIOS)
@settings(max_examples=30, deadline=None)
def test_a_policy_against_itself_differs_by_exactly_nothing(ratios):
    one = simulate(EXPERIMENT, ratios)
    gaps = difference(one, simulate(EXPERIMENT, ratios.copy()))

    per_finding = gaps.pop("days_per_finding")
    assert {(gap.mean, gap.spread.p10, gap.spread.p50, gap.spread.p90) for gap in gaps.values()} == {(0, 0, 0, 0)}
    if one.findings.sum(axis=1).min() > 0:
        assert (per_finding.mean, per_finding.spread.p90) == (0, 0)
    else:  # a future without findings has no cost per finding, and none is stated
        assert np.isnan(per_finding.mean)


@given(RATIOS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_and_items_does_not_matter(ratios, random):
    order = list(range(len(CELLS)))
    random.shuffle(order)
    moved = CELLS.iloc[order].reset_index(drop=True)
    places = np.argsort(order)
    members = pd.DataFrame({"object": MEMBERSHIPS["object"], "cell": places[MEMBERSHIPS["cell"]]})
    members = members.sample(frac=1.0, random_state=random.randrange(2**31))
    other = ready(moved, members)

    one, two = simulate(EXPERIMENT, ratios), simulate(other, ratios[order])

    assert two.expected_findings == pytest.approx(one.expected_findings)
    assert two.checks == pytest.approx(one.checks)
    assert two.burden == pytest.approx(one.burden)
    assert precision(other, ratios[order])[0] == pytest.approx(precision(EXPERIMENT, ratios)[0])
    assert posterior_mean(moved, fit_prior(moved)) == pytest.approx(EXPERIMENT.mean[order])
    # the same futures; sums in another order may round one count the other way
    assert np.abs(two.findings - one.findings).max() <= 1
    assert np.abs(two.visits - one.visits).max() <= 1
    assert (two.person_days == one.person_days).all()
