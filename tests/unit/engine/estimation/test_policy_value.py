import math
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from engine.errors import EstimationError, SchemaMismatchError, SelectionModeError
from engine.estimation.design import row_variance, total
from engine.estimation.logged import logged_frame
from engine.estimation.policy_result import Estimator, EvaluationLimits
from engine.estimation.policy_value import policy_contrast, policy_value

LIMITS = EvaluationLimits(max_missing_share=0.05, max_weight=20, min_effective_n=0, min_findings=0)
HT, HAJEK, DIFFERENCE = Estimator.HT, Estimator.HAJEK, Estimator.DIFFERENCE

TRUTH = [np.array([1, 0, 0, 1]), np.array([1, 1, 0])]
Q = [np.array([0.9, 0.1, 0.4, 0.3]), np.array([0.2, 1.0, 0.5])]
PREDICTION = [np.array([0.7, 0.2, 0.1, 0.3]), np.array([0.4, 0.4, 0.9])]


def frame_of(drawn, *, truth=TRUTH, q=Q, prediction=PREDICTION, ratio=None):
    """The logged frame in which the units of ``drawn`` (one tuple of positions per stratum) were drawn."""
    parts = []
    for h, picks in enumerate(drawn):
        size = len(truth[h])
        is_drawn = np.isin(np.arange(size), picks)
        part = pd.DataFrame({"stratum": f"s{h}", "is_drawn": is_drawn, "adverse": truth[h].astype(bool)})
        part["entity_id"] = [f"reg:{h}-{k}" for k in range(size)]
        part["inclusion_probability"] = len(picks) / size
        part["design_probability"] = len(picks) / size if ratio is None else ratio[h]
        part["alternative_probability"] = q[h]
        part["prediction"] = prediction[h]
        parts.append(part)
    table = pd.concat(parts, ignore_index=True).assign(draw_id="d1", item_code="F01", selection_mode="random")
    table["adverse"] = table["adverse"].astype("boolean").where(table["is_drawn"])
    return table


def _all_draws(n):
    return product(*(combinations(range(len(t)), k) for t, k in zip(TRUTH, n, strict=True)))


def test_every_sample_enumerated_ht_and_difference_are_unbiased_and_hajek_nearly():
    truth = sum(float(q @ y) for q, y in zip(Q, TRUTH, strict=True))
    found = {estimator: [] for estimator in Estimator}
    for draw in _all_draws((2, 2)):
        logged = logged_frame(frame_of(draw))
        for estimator in Estimator:
            found[estimator].append(policy_value(logged, estimator=estimator, limits=LIMITS).value)

    assert np.mean(found[HT]) == pytest.approx(truth, abs=1e-12)
    assert np.mean(found[DIFFERENCE]) == pytest.approx(truth, abs=1e-12)
    bias = np.mean(found[HAJEK]) - truth
    assert 1e-3 < abs(bias) < 0.1 * truth  # a ratio of two totals: biased, little


@pytest.mark.parametrize("estimator", [HT, DIFFERENCE])
def test_every_sample_enumerated_the_mean_variance_is_the_true_variance(estimator):
    values, variances = [], []
    for draw in _all_draws((3, 2)):
        logged = logged_frame(frame_of(draw))
        values.append(policy_value(logged, estimator=estimator, limits=LIMITS).value)
        drawn = logged.rows.loc[logged.at]
        residual = drawn["adverse"].astype(float) - (drawn["prediction"] if estimator is DIFFERENCE else 0.0)
        variances.append(
            row_variance(logged.sample, (drawn["alternative_probability"] * residual).to_numpy(dtype=float))
        )

    assert np.mean(variances) == pytest.approx(np.var(values), abs=1e-12)


def test_the_logged_policy_returns_its_count_and_twice_it_twice_the_count():
    for draw in _all_draws((2, 2)):
        table = frame_of(draw)
        count = int(table["adverse"].sum())
        own = table.assign(alternative_probability=table["inclusion_probability"])
        assert policy_value(logged_frame(own), estimator=HT, limits=LIMITS).value == count
        half = table.assign(alternative_probability=table["inclusion_probability"] / 2)
        assert policy_value(logged_frame(half), estimator=HT, limits=LIMITS).value == count / 2


@pytest.mark.parametrize("estimator", list(Estimator))
def test_the_contrast_with_the_logged_policy_is_exactly_nothing(estimator):
    table = frame_of([(0, 2, 3), (1, 2)])
    logged = logged_frame(table.assign(alternative_probability=table["inclusion_probability"]))
    found = policy_contrast(logged, estimator=estimator, limits=LIMITS)

    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("estimator", list(Estimator))
def test_a_contrast_is_the_difference_of_two_values(estimator):
    table = frame_of([(0, 2, 3), (1, 2)])
    own = table.assign(alternative_probability=table["inclusion_probability"])
    found = policy_contrast(logged_frame(table), estimator=estimator, limits=LIMITS)
    values = [policy_value(logged_frame(t), estimator=estimator, limits=LIMITS).value for t in (table, own)]

    assert found.value == pytest.approx(values[0] - values[1])
    assert found.low < found.value < found.high


def test_a_new_grading_that_crosses_old_strata_is_not_the_shortcut():
    # 100 units in one stratum, 20 drawn; the 4 violators among them all carry the new grade D (5 of the drawn).
    adverse = np.array([1] * 4 + [0] * 96)
    q = np.array([1.0] * 5 + [0.1] * 95)
    table = frame_of([tuple(range(20))], truth=[adverse], q=[q], prediction=[q])
    found = policy_value(logged_frame(table), estimator=HT, limits=LIMITS)

    assert found.value == pytest.approx(5 * 4 * 1.0)  # N/n times q y; the shortcut N q_mean y_mean gives 2.9
    assert q.mean() * 100 * 0.2 == pytest.approx(2.9)


def test_one_ratio_for_all_scales_the_limits_of_the_total():
    table = frame_of(
        [tuple(range(40)), tuple(range(30))],
        truth=[np.tile([1, 0, 0, 0], 25), np.tile([1, 0], 30)],
        q=[np.full(100, 0.2), np.full(60, 0.2)],
        prediction=[np.zeros(100), np.zeros(60)],
    )
    logged = logged_frame(table)
    whole = total(logged.sample, logged.sample.rows["adverse"].astype(bool), measure="violations")

    for estimator in (HT, DIFFERENCE):  # a prediction of 0 adds nothing
        found = policy_value(logged, estimator=estimator, limits=LIMITS)
        assert (found.value, found.low, found.high) == pytest.approx(
            (0.2 * whole.value, 0.2 * whole.low, 0.2 * whole.high)
        )


def test_a_perfect_prediction_leaves_only_what_an_unseen_row_could_add():
    truth = [np.tile([1, 0, 0, 0], 25)]
    table = frame_of([tuple(range(50))], truth=truth, q=[np.full(100, 0.3)], prediction=[truth[0].astype(float)])
    found, plain = (policy_value(logged_frame(table), estimator=e, limits=LIMITS) for e in (DIFFERENCE, HT))

    assert found.high - found.low < (plain.high - plain.low) / 2
    assert found.value == pytest.approx(0.3 * 25)


def test_units_that_could_not_be_drawn_leave_bounds_only():
    table = frame_of([(0, 1), ()])
    found = policy_value(logged_frame(table), estimator=HT, limits=LIMITS)

    assert math.isnan(found.value)
    assert not found.is_identified and found.n_outside == 3
    assert found.high >= 1.7  # all that the alternative would draw there could be violators
    assert "not identified" in str(found.cautions[0])


def test_units_neither_policy_draws_change_nothing():
    q = [Q[0], np.zeros(3)]
    found = policy_value(logged_frame(frame_of([(0, 1), ()], q=q)), estimator=HT, limits=LIMITS)

    assert found.is_identified
    assert found.value == pytest.approx(1.8)  # 4/2 * (.9 * 1 + .1 * 0)


def test_a_stratum_that_rounding_left_empty_joins_its_partner():
    found = policy_value(logged_frame(frame_of([(0, 1), ()], ratio=[0.5, 0.1])), estimator=HT, limits=LIMITS)

    assert found.is_identified
    assert found.value == pytest.approx(7 / 2 * 0.9)
    assert "joined" in str(found.cautions[-1])


def _with_missing(n_missing):
    truth = [np.tile([1, 0, 0, 0], 25)]
    table = frame_of([tuple(range(0, 100, 2))], truth=truth, q=[np.full(100, 0.5)], prediction=[np.full(100, 0.25)])
    drawn = table.index[table["is_drawn"]]
    table.loc[drawn[:n_missing], "adverse"] = pd.NA
    return table


def test_few_missing_results_widen_the_limits():
    whole, some = (policy_value(logged_frame(_with_missing(k)), estimator=HT, limits=LIMITS) for k in (0, 2))

    assert some.missing_share == 0.04
    assert some.value == pytest.approx(50 * 24 / 48)
    assert some.low < whole.low and some.high > whole.high - 1


def test_many_missing_results_leave_bounds_only():
    found = policy_value(logged_frame(_with_missing(10)), estimator=HT, limits=LIMITS)

    assert math.isnan(found.value)
    assert found.low < 20 < 30 < found.high
    assert "20.0%" in str(found.cautions[0])


def test_without_any_result_there_is_nothing_to_evaluate():
    with pytest.raises(EstimationError, match="no drawn unit has a result"):
        policy_value(logged_frame(_with_missing(50)), estimator=HT, limits=LIMITS)


def test_cross_fitted_predictions_use_the_probability_of_their_fold():
    table = frame_of([(0, 1, 2), (0, 1)])
    table["fold"] = [0, 1, 0, 1, 0, 1, 0]
    logged = logged_frame(table)

    # Stratum 0: fold 0 holds units 0, 2 (both drawn), fold 1 units 1, 3 (one drawn); stratum 1: fold 0 units 0, 2
    # (one drawn), fold 1 unit 1 (drawn).
    assert logged.probability.tolist() == [1, 0.5, 1, 0.5, 0.5, 1, 0.5]
    found = policy_value(logged, estimator=DIFFERENCE, limits=LIMITS)
    m, q, y = np.concatenate(PREDICTION), np.concatenate(Q), np.concatenate(TRUTH)
    drawn = table["is_drawn"].to_numpy()
    expected = q @ m + ((q / logged.probability) * (y - m))[drawn].sum()
    assert found.value == pytest.approx(expected)


def test_remarks_name_what_a_reader_must_know():
    strict = EvaluationLimits(max_missing_share=0.05, max_weight=1.5, min_effective_n=100, min_findings=20)
    found = policy_value(logged_frame(frame_of([(0, 1), (0, 1)])), estimator=DIFFERENCE, limits=strict)

    texts = " ".join(map(str, found.cautions))
    assert "times as often" in texts and "effective sample" in texts and "ht estimator" in texts


def test_a_prediction_is_needed_for_every_frame_row():
    table = frame_of([(0, 1), (0, 1)])

    with pytest.raises(SchemaMismatchError):
        policy_value(logged_frame(table.drop(columns="prediction")), estimator=DIFFERENCE, limits=LIMITS)
    table.loc[2, "prediction"] = np.nan
    with pytest.raises(EstimationError, match="not only the drawn ones"):
        policy_contrast(logged_frame(table), estimator=DIFFERENCE, limits=LIMITS)


def test_rows_of_unknown_design_are_refused_by_name():
    with pytest.raises(SelectionModeError, match="scheduled"):
        logged_frame(frame_of([(0, 1), (0, 1)]).assign(selection_mode="scheduled"))


@pytest.mark.parametrize("chance", [1.2, -0.1, np.nan])
def test_probabilities_outside_their_range_are_refused(chance):
    table = frame_of([(0, 1), (0, 1)])
    table.loc[0, "alternative_probability"] = chance

    with pytest.raises(EstimationError, match="alternative_probability"):
        logged_frame(table)


def test_a_frame_without_a_draw_is_refused():
    with pytest.raises(EstimationError, match="no unit"):
        logged_frame(frame_of([(), ()], ratio=[0.1, 0.1]))


@pytest.mark.parametrize("estimator", list(Estimator))
def test_an_alternative_that_draws_nothing_finds_nothing(estimator):
    table = frame_of([(0, 1), (0, 1)]).assign(alternative_probability=0.0)
    found = policy_value(logged_frame(table), estimator=estimator, limits=LIMITS)

    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_contrast_with_an_alternative_that_draws_nothing_is_minus_the_count():
    table = frame_of([(0, 1, 3), (0, 1)]).assign(alternative_probability=0.0)
    found = policy_contrast(logged_frame(table), estimator=HAJEK, limits=LIMITS)

    assert found.value == pytest.approx(-4)


def test_no_weight_on_drawn_rows_leaves_hajek_without_information():
    q = [np.array([0.0, 0.0, 0.5, 0.5]), np.zeros(3)]
    found = policy_value(logged_frame(frame_of([(0, 1), (0, 1)], q=q)), estimator=HAJEK, limits=LIMITS)

    assert (found.low, found.high) == (0.0, 1.0)
