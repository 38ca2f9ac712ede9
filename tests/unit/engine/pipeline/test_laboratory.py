"""Logged draws become cells; planned ratios follow the caps; other grounds than the draw are refused."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from engine.errors import SelectionModeError
from engine.estimation.logged import logged_frame
from engine.estimation.policy_result import Estimator, EvaluationLimits
from engine.estimation.policy_value import policy_contrast, policy_value
from engine.laboratory.experiment import set_up
from engine.laboratory.optimum import optimise
from engine.laboratory.problem import LimitKind
from engine.pipeline.best_ratios import Wishes, best_ratio_question
from engine.pipeline.laboratory import laboratory_frame, planned_ratios, with_findings
from engine.ratios.policy import read_ratio_policy
from tests import policies

POLICY = read_ratio_policy(policies.shipped(), on=date(2026, 1, 1))
EFFORTS = policies.shipped().value("capacity.effort", on=date(2026, 1, 1))
LIMITS = EvaluationLimits(max_missing_share=0.05, max_weight=20, min_effective_n=100, min_findings=20)
ITEMS = pd.DataFrame(
    {
        "item_code": ["g1", "k1"],
        "item_class": ["general", "key"],
        "department_code": ["X", "Y"],
        "ratio_cap": ["0.05", None],
        "basis": ["law g", "law k"],
    }
)


def selections(size=100, drawn=50):
    """Return the frame of one draw: two items, four grades, one district, half of every stratum drawn."""
    rows = [
        (f"o{grade}{at}", item, grade, at < drawn) for item in ("g1", "k1") for grade in "ABCD" for at in range(size)
    ]
    table = pd.DataFrame(rows, columns=["entity_id", "item_code", "grade", "is_drawn"])
    share = drawn / size
    return table.assign(
        draw_id="2026-001",
        stratum=table["grade"],
        district_code="d1",
        design_probability=share,
        inclusion_probability=share,
    )


def results(frame, mode="random"):
    drawn = frame[frame["is_drawn"]]
    found = np.arange(len(drawn)) % 5 == 0
    codes = np.where(found, "corrected", "no_problem")
    return drawn[["entity_id", "item_code"]].assign(selection_mode=mode, result_codes=codes)


def test_cells_count_what_random_rows_showed():
    logged = with_findings(selections(), results(selections()))

    cells = laboratory_frame(logged, ITEMS, POLICY, efforts=EFFORTS).cells

    assert len(cells) == 8
    assert set(cells["n_units"]) == {100}
    assert set(cells["n_observed"]) == {50}
    assert cells["n_findings"].sum() == 80
    assert set(cells["effort"]) == {0.5}
    assert cells.set_index("item_code")["rounding"].to_dict() == {"g1": "cum", "k1": "ceil"}


@pytest.mark.parametrize("mode", ["scheduled", "directed"])
def test_rows_of_another_ground_are_refused_by_name(mode):
    with pytest.raises(SelectionModeError, match=mode):
        with_findings(selections(), results(selections(), mode=mode))


def test_an_unreachable_firm_is_no_finding_and_no_missing_result():
    found = results(selections())
    found.loc[found.index[0], "result_codes"] = "unreachable"
    found.loc[found.index[1], "result_codes"] = None

    adverse = with_findings(selections(), found)["adverse"]

    assert adverse.iloc[0] is np.False_ or not adverse.iloc[0]
    assert adverse.iloc[1] is pd.NA


def test_planned_ratios_scale_a_general_item_to_its_cap():
    logged = with_findings(selections(), results(selections()))
    cells = laboratory_frame(logged, ITEMS, POLICY, efforts=EFFORTS).cells

    ratios = planned_ratios(cells, POLICY, ITEMS)

    general = (cells["item_code"] == "g1").to_numpy()
    assert (ratios * cells["n_units"])[general].sum() == pytest.approx(20)
    assert ratios[~general].tolist() == [0.02, 0.04, 0.2, 0.6]


@pytest.mark.parametrize("estimator", [Estimator.HT, Estimator.HAJEK])
def test_the_logged_policy_would_have_found_what_it_found(estimator):
    logged = with_findings(selections(), results(selections()))
    frame = logged_frame(logged.assign(alternative_probability=0.5))

    assert policy_value(frame, estimator=estimator, limits=LIMITS).value == pytest.approx(80)
    assert policy_contrast(frame, estimator=estimator, limits=LIMITS).value == 0


def test_the_best_ratios_keep_floor_cap_order_and_capacity():
    logged = with_findings(selections(), results(selections()))
    frame = laboratory_frame(logged, ITEMS, POLICY, efforts=EFFORTS)
    experiment = set_up(frame.cells, frame.memberships, draws=20, generator=np.random.default_rng(0))
    wishes = Wishes(checks=None, person_days={"Y": 40.0}, total_cv=0.5, class_a_cv=None, by_item=True)

    question = best_ratio_question(experiment, POLICY, ITEMS, wishes=wishes)
    best = optimise(question.problem)

    held = dict(zip(question.names, best.ratios, strict=True))
    assert min(held.values()) >= 0.002 - 1e-12
    assert sum(held[("g1", grade)] * 100 for grade in "ABCD") <= 20 * (1 + 1e-9)
    assert sum(held[("k1", grade)] * 50 for grade in "ABCD") <= 40 * (1 + 1e-9)
    for item in ("g1", "k1"):
        ratios = [held[(item, grade)] for grade in "ABCD"]
        assert all(mild <= risky + 1e-9 for mild, risky in zip(ratios, ratios[1:], strict=False))
    assert {limit.kind for limit in question.problem.linear} == {LimitKind.ORDER, LimitKind.CAP, LimitKind.CAPACITY}
