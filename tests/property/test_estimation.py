"""What holds for estimates whatever the data."""

from fractions import Fraction

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.estimation.combination import Rates, linear_limits, ratio_limits
from engine.estimation.design import rates_by
from engine.estimation.gains import found_share, precision_at_k
from engine.estimation.hit_rates import hit_rates
from engine.estimation.intervals import clopper_pearson, finite_population
from engine.estimation.logged import logged_frame
from engine.estimation.policy_result import Estimator, EvaluationLimits
from engine.estimation.policy_value import policy_contrast, policy_value
from engine.estimation.ranking import auc
from engine.estimation.sample import design_sample
from engine.estimation.variance import Strata, stratified_total
from engine.estimation.weighted import guarded_limits

LIMITS = EvaluationLimits(max_missing_share=0.05, max_weight=20, min_effective_n=0, min_findings=0)
OUTCOMES = ("violation", "clean", "unreachable", "not_assessable", "not_done")

sizes = st.lists(st.tuples(st.integers(2, 12), st.integers(2, 12)), min_size=1, max_size=4).map(
    lambda pairs: [(max(pair), min(pair)) for pair in pairs]
)
seeds = st.integers(0, 2**32 - 1)


few = settings(max_examples=8, deadline=None)
many = settings(max_examples=60, deadline=None)


def _frame(cells, seed):
    """A logged frame of (units, drawn) strata with outcomes, alternatives and predictions by ``seed``."""
    rng = np.random.default_rng(seed)
    parts = []
    for h, (units, drawn) in enumerate(cells):
        order = rng.permutation(units)
        parts.append(
            pd.DataFrame(
                {
                    "stratum": f"s{h}",
                    "grade": "ABCD"[h],
                    "is_drawn": order < drawn,
                    "inclusion_probability": drawn / units,
                    "design_probability": drawn / units,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    n = len(table)
    table = table.assign(
        entity_id=[f"reg:{k}" for k in range(n)],
        draw_id="d1",
        item_code="F01",
        selection_mode="random",
        alternative_probability=rng.random(n),
        prediction=rng.random(n),
        outcome=rng.choice(OUTCOMES, size=n),
    )
    table["adverse"] = pd.Series(rng.random(n) < 0.4, dtype="boolean").where(table["is_drawn"])
    return table


def _value(table, estimator=Estimator.HT):
    return policy_value(logged_frame(table), estimator=estimator, limits=LIMITS)


@given(sizes, seeds, st.sampled_from(list(Estimator)))
@few
def test_the_order_of_rows_changes_no_policy_value(cells, seed, estimator):
    table = _frame(cells, seed)
    plain, shuffled = _value(table, estimator), _value(table.sample(frac=1, random_state=seed % 1000), estimator)

    for name in ("value", "low", "high", "effective_n"):
        np.testing.assert_allclose(getattr(plain, name), getattr(shuffled, name), rtol=1e-9, atol=1e-9)


@given(sizes, seeds)
@few
def test_the_order_of_rows_changes_no_rate(cells, seed):
    table = _frame(cells, seed)
    strata = table.groupby(["draw_id", "item_code", "stratum"], as_index=False).agg(
        n_units=("is_drawn", "size"), n_drawn=("is_drawn", "sum")
    )
    drawn = table[table["is_drawn"]]
    plain = rates_by(design_sample(drawn, strata), by="grade")
    shuffled = rates_by(design_sample(drawn.sample(frac=1, random_state=1), strata.iloc[::-1]), by="grade")

    pd.testing.assert_frame_equal(plain, shuffled, check_exact=False, rtol=1e-9)
    known = plain.dropna(subset="hit_rate")
    assert ((known["low"] <= known["hit_rate"] + 1e-12) & (known["hit_rate"] <= known["high"] + 1e-12)).all()


@given(sizes, seeds)
@few
def test_the_logged_policy_returns_its_count_and_contrasts_with_itself_by_nothing(cells, seed):
    table = _frame(cells, seed)
    own = logged_frame(table.assign(alternative_probability=table["inclusion_probability"]))

    assert policy_value(own, estimator=Estimator.HT, limits=LIMITS).value == int(table["adverse"].sum())
    for estimator in Estimator:
        found = policy_contrast(own, estimator=estimator, limits=LIMITS)
        assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


@given(sizes, seeds, st.floats(0, 1))
@few
def test_the_value_is_linear_in_the_alternative_and_never_falls_when_a_ratio_rises(cells, seed, mix):
    table = _frame(cells, seed)
    q = table["alternative_probability"]
    raised = q + (1 - q) * 0.5 * (table["stratum"] == "s0")
    plain, high, both = (
        logged_frame(table.assign(alternative_probability=chance))
        for chance in (q, raised, mix * q + (1 - mix) * raised)
    )

    for estimator in (Estimator.HT, Estimator.DIFFERENCE):
        low_value, high_value, mixed = (
            policy_value(logged, estimator=estimator, limits=LIMITS).value for logged in (plain, high, both)
        )
        np.testing.assert_allclose(mixed, mix * low_value + (1 - mix) * high_value, rtol=1e-9, atol=1e-9)
        assert estimator is Estimator.DIFFERENCE or high_value >= low_value - 1e-12


@given(sizes)
@many
def test_inverse_probabilities_sum_to_the_frame_in_fractions(cells):
    units, drawn = (np.array([Fraction(x) for x in column], dtype=object) for column in zip(*cells, strict=True))
    codes = np.repeat(np.arange(len(cells)), [n for _, n in cells])
    ones = np.array([Fraction(1)] * len(codes), dtype=object)

    assert stratified_total(ones, codes, Strata(units, drawn, np.arange(len(cells)))) == sum(units)


@given(st.integers(0, 200), st.integers(1, 200), st.floats(0.5, 0.999))
@many
def test_exact_limits_hold_the_share_and_narrow_with_the_finite_population(hits, n, confidence):
    hits = min(hits, n)
    limits = clopper_pearson(hits, n, confidence=confidence)
    low, high = finite_population(hits, n, n_units=2 * n, confidence=confidence)

    assert limits.low <= hits / n <= limits.high
    assert low <= hits / n <= high
    assert finite_population(hits, n, n_units=n, confidence=confidence) == (hits / n, hits / n)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.5))
@many
def test_guarded_limits_stay_in_range_and_hold_the_value(value, spread, weight):
    limits = guarded_limits(np.array([value]), np.array([spread * value * (1 - value)]), next_weight=weight)

    assert 0 <= limits.low[0] <= value <= limits.high[0] <= 1


rates = st.lists(
    st.tuples(st.floats(0, 0.9), st.floats(0, 0.05), st.floats(0, 0.05), st.floats(0.01, 1), st.floats(0.01, 1)),
    min_size=2,
    max_size=5,
)


@given(rates)
@many
def test_combinations_hold_their_value(rows):
    value, below, above, a, b = (np.array(column) for column in zip(*rows, strict=True))
    own = Rates(value, np.maximum(value - below, 0), value + above)
    low, high = linear_limits(a - b, own)
    assert low <= (a - b) @ value <= high
    if b @ value > 1e-6:
        low, high = ratio_limits(a, b, own)
        ratio = (a @ value) / (b @ value)
        assert low <= ratio + 1e-9 and ratio - 1e-9 <= high


scored = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30).filter(
    lambda rows: len({outcome for _, outcome in rows}) == 2
)


@given(scored, st.randoms(use_true_random=False))
@many
def test_ranking_measures_do_not_see_the_order_of_rows(rows, random):
    shuffled = random.sample(rows, len(rows))
    (s, y), (s2, y2) = (zip(*part, strict=True) for part in (rows, shuffled))
    k = len(rows) // 2

    assert auc(s, y) == auc(s2, y2)
    assert precision_at_k(s, y, k=k) == precision_at_k(s2, y2, k=k)
    assert abs(found_share(s, y) - found_share(s2, y2)) < 1e-12
    assert abs(auc(s, y) + auc([-x for x in s], y) - 1) < 1e-12


@given(st.lists(st.tuples(st.sampled_from("ABCDU"), st.sampled_from([True, False, None])), min_size=1, max_size=40))
@many
def test_hit_rates_account_for_every_row(rows):
    table = hit_rates(pd.DataFrame(rows, columns=["grade", "adverse"]).astype({"adverse": "boolean"}))

    assert table["units"].sum() == len(rows)
    assert table["n"].sum() == sum(outcome is not None for _, outcome in rows)
    assert abs(table["share"].sum() - 1) < 1e-12
