import numpy as np
import pandas as pd
import pytest

from engine.errors import UndefinedEstimateError
from engine.estimation.cross_fitting import PRIOR_ROWS, cross_fitted, folds_of
from engine.estimation.logged import logged_frame
from engine.estimation.policy_result import Estimator, EvaluationLimits
from engine.estimation.policy_value import policy_value

LIMITS = EvaluationLimits(max_missing_share=0.05, max_weight=20, min_effective_n=0, min_findings=0)


def frame(seed=1, size=600, drawn=200):
    rng = np.random.default_rng(seed)
    grade = np.repeat(["A", "D"], size // 2)
    truth = np.random.default_rng(0).random(size) < np.where(grade == "A", 0.05, 0.4)
    is_drawn = np.zeros(size, dtype=bool)
    for half in (0, size // 2):
        is_drawn[half + rng.permutation(size // 2)[: drawn // 2]] = True
    table = pd.DataFrame({"entity_id": [f"reg:{k}" for k in range(size)], "grade": grade, "is_drawn": is_drawn})
    table["adverse"] = pd.Series(truth).astype("boolean").where(table["is_drawn"])
    return table.assign(
        item_code="F01",
        draw_id="d1",
        stratum=table["grade"],
        selection_mode="random",
        design_probability=drawn / size,
        inclusion_probability=drawn / size,
        alternative_probability=np.where(grade == "A", 0.1, 0.6),
        truth=truth,
    )


def test_folds_are_a_number_of_the_digest_and_rows_of_one_object_share_it():
    names = [f"reg:{k}" for k in range(400)]
    folds = folds_of(names)

    assert folds.tolist() == folds_of(names[:5] + names)[5:].tolist()
    assert folds_of(["reg:7", "reg:8", "reg:7"])[0] == folds_of(["reg:7"])[0]
    assert 160 < folds.sum() < 240


def test_a_prediction_never_reads_a_result_of_its_own_fold():
    table = frame()
    first = cross_fitted(table, by=["grade"])
    turned = table.assign(adverse=table["adverse"].where(first["fold"] == 1, ~table["adverse"]))
    second = cross_fitted(turned, by=["grade"])

    same = (first["prediction"] == second["prediction"])[first["fold"] == 0]
    assert same.all()
    assert not (first["prediction"] == second["prediction"])[first["fold"] == 1].any()


def test_a_cell_is_drawn_in_to_its_item_by_the_prior_rows():
    table = frame()
    found = cross_fitted(table, by=["grade"])
    other = table[(found["fold"] == 1) & table["is_drawn"]]
    cell = other[other["grade"] == "A"]
    overall = other["adverse"].astype(float).mean()
    expected = (cell["adverse"].astype(float).sum() + PRIOR_ROWS * overall) / (len(cell) + PRIOR_ROWS)

    mine = found.loc[(found["fold"] == 0) & (found["grade"] == "A"), "prediction"]
    assert mine.to_numpy() == pytest.approx(expected)


def test_the_cross_fitted_value_is_near_the_truth_and_no_wider_than_weights_alone():
    values, widths = [], []
    for seed in range(40):
        rows = cross_fitted(frame(seed), by=["grade"])
        found = policy_value(logged_frame(rows), estimator=Estimator.DIFFERENCE, limits=LIMITS)
        values.append(found.value)
        widths.append(found.high - found.low)
    table = frame()
    truth = float(table["alternative_probability"] @ table["truth"])
    plain = policy_value(logged_frame(table), estimator=Estimator.HT, limits=LIMITS)

    assert abs(np.mean(values) - truth) < 3 * np.std(values) / np.sqrt(len(values))
    assert np.mean(widths) < 1.1 * (plain.high - plain.low)


def test_without_results_there_is_no_prediction():
    table = frame()

    with pytest.raises(UndefinedEstimateError, match="too few results"):
        cross_fitted(table.assign(adverse=pd.NA), by=["grade"])
