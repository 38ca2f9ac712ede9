import numpy as np
import pytest

from engine.errors import UsageError
from engine.publicity.audit import audit_outcomes, audit_seeded_sampling, audit_skip_sampling

LISTED = [f"r{n}" for n in range(300)]


@pytest.mark.parametrize(
    ("n_rows", "n_wanted", "n_samples", "n_never"),
    [(2_999, 1_000, 2, 999), (1_500, 600, 2, 300), (10_500, 1_000, 10, 500), (100_000, 3_000, 33, 1_000)],
)
def test_the_worked_example_of_skip_sampling(n_rows, n_wanted, n_samples, n_never):
    found = audit_skip_sampling(n_rows=n_rows, n_wanted=n_wanted)

    assert (found.n_samples, found.n_never, found.n_always) == (n_samples, n_never, 0)
    assert found.bits < 6 < found.bits_needed


@pytest.mark.parametrize(("n_rows", "n_wanted"), [(17, 5), (20, 4), (11, 8), (10, 5)])
def test_the_formula_agrees_with_every_start_tried_out(n_rows, n_wanted):
    thinning = 2 * n_wanted > n_rows
    chosen = n_rows - n_wanted if thinning else n_wanted
    step = n_rows // chosen
    samples = []
    for start in range(step):
        hit = {start + k * step for k in range(chosen)}
        samples.append(frozenset(set(range(n_rows)) - hit if thinning else hit))

    found = audit_skip_sampling(n_rows=n_rows, n_wanted=n_wanted)

    assert found.n_samples == len(set(samples))
    assert found.n_never == n_rows - len(frozenset.union(*samples))
    assert found.n_always == (len(frozenset.intersection(*samples)) if thinning and step > 1 else found.n_always)


def test_a_short_seed_lets_rows_tell_the_others():
    """By trying every seed of a small generator: the rows named leave less than one wrong seed on average."""
    n_rows, n_wanted, n_seeds = 60, 12, 4_000
    samples = [
        frozenset(np.random.default_rng(seed).permutation(n_rows)[:n_wanted].tolist()) for seed in range(n_seeds)
    ]
    found = audit_seeded_sampling(n_rows=n_rows, n_wanted=n_wanted, n_seeds=n_seeds)

    left = []
    for drawn in samples[:60]:
        known = set(sorted(drawn)[: found.rows_to_know])
        left.append(sum(known <= other for other in samples) - 1)
    assert np.mean(left) < 1
    assert len(set(samples)) <= n_seeds
    assert found.bits < found.bits_needed
    assert found.log10_share == pytest.approx(np.log10(n_seeds) - found.bits_needed * np.log10(2))
    assert found.tries_to_include == pytest.approx(5)
    assert np.mean([0 in one for one in samples]) == pytest.approx(1 / found.tries_to_include, abs=0.03)


@pytest.mark.parametrize(("n_rows", "n_wanted", "n_seeds"), [(10, 0, 9), (10, 10, 9), (10, 3, 1)])
def test_a_sample_that_is_none_is_refused(n_rows, n_wanted, n_seeds):
    with pytest.raises(UsageError):
        audit_seeded_sampling(n_rows=n_rows, n_wanted=n_wanted, n_seeds=n_seeds)


def skip_draws():
    return {str(start): LISTED[start:200:2] for start in (0, 1, 0, 1)} | {"again": LISTED[0:200:2]}


def test_skip_sampling_is_seen_in_its_outcomes():
    found = audit_outcomes(LISTED, outcomes=skip_draws())

    assert found.n_never == 100
    assert found.p_value < 1e-6
    assert (found.n_constant_gap, found.n_repeated) == (3, 1)
    assert found.log10_constant_gap < -50


def test_fair_draws_are_rejected_about_as_often_as_the_level_says():
    rng = np.random.default_rng(3)
    rejected = 0
    for _ in range(400):
        outcomes = {str(d): [LISTED[k] for k in rng.choice(300, size=100, replace=False)] for d in range(4)}
        rejected += audit_outcomes(LISTED, outcomes=outcomes).p_value < 0.05

    assert 5 <= rejected <= 38


@pytest.mark.parametrize("rows", [["r1", "r1"], ["nobody"], []])
def test_a_draw_that_does_not_fit_its_list_is_refused(rows):
    with pytest.raises(UsageError):
        audit_outcomes(LISTED, outcomes={"1": rows})


def test_a_sample_as_large_as_the_list_is_no_draw():
    with pytest.raises(UsageError):
        audit_skip_sampling(n_rows=10, n_wanted=10)
