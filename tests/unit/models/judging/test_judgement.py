"""What is said about scores and grades, on cases small enough to count by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from models.judging.cohort_judgement import judge_cohort
from models.judging.judgement import judge_inspection_level

RATIOS = {"A": 0.03, "B": 0.1, "C": 0.3, "D": 1.0}


def _graded(counts):
    """Rows from {grade: (found, clean, never inspected)}."""
    rows = [
        (grade, outcome)
        for grade, (found, clean, unseen) in counts.items()
        for outcome in [1.0] * found + [0.0] * clean + [None] * unseen
    ]
    table = pd.DataFrame(rows, columns=["grade", "adverse"]).astype({"adverse": float})
    return table.assign(entity_id=[f"e{place}" for place in range(len(table))])


def _judge(counts):
    return judge_cohort(_graded(counts), name="challenger", ratios=RATIOS, level=0.95)


def test_rates_shares_and_lift_by_hand():
    # arrange
    judged = _judge({"A": (10, 90, 300), "B": (10, 40, 50), "C": (10, 10, 30), "D": (8, 2, 40)})
    # act
    rates = judged.rates.set_index("grade")
    # assert: 600 entities, of whom A holds 400
    assert rates["hit_rate"].tolist() == [0.1, 0.2, 0.5, 0.8]
    assert rates["share"].tolist() == pytest.approx([400 / 600, 100 / 600, 50 / 600, 50 / 600])
    assert rates.loc["A", "unseen_share"] == pytest.approx(0.75)
    assert judged.base_rate == pytest.approx(38 / 180)
    assert judged.never_inspected_share == pytest.approx(420 / 600)
    assert judged.rate_ratio.value == pytest.approx(8)
    visits = np.array([12, 10, 15, 50])
    expected = (visits @ [0.1, 0.2, 0.5, 0.8]) / visits.sum()
    uniform = np.array([400, 100, 50, 50]) @ [0.1, 0.2, 0.5, 0.8] / 600
    assert judged.lift.value == pytest.approx(expected / uniform)
    assert judged.is_rising
    assert judged.is_separated
    assert judged.trend_p < 0.001


def test_newcomers_are_a_row_of_their_own_outside_every_figure():
    counts = {"A": (10, 90, 0), "B": (10, 40, 0), "C": (10, 10, 0), "D": (8, 2, 0)}
    plain, joined = _judge(counts), _judge(counts | {"U": (60, 20, 0)})
    assert joined.rates["grade"].tolist() == ["A", "B", "C", "D", "U"]
    assert joined.rates["share"].iloc[-1] == pytest.approx(80 / 260)
    assert joined.base_rate == plain.base_rate
    assert joined.lift == plain.lift
    assert joined.trend_p == plain.trend_p


def test_an_entity_with_several_checked_items_is_one_unit():
    one = _graded({"A": (10, 90, 0), "B": (10, 40, 0), "C": (10, 10, 0), "D": (8, 2, 0)})
    twice = pd.concat([one, one[one["grade"] == "D"]], ignore_index=True)
    rates = judge_cohort(twice, name="x", ratios=RATIOS, level=0.95, cluster="entity_id").rates.set_index("grade")
    assert rates.loc["D", ["units", "n", "hits"]].tolist() == [10, 20, 16]
    assert rates["units"].sum() == 180


def test_falling_rates_are_not_called_rising():
    judged = _judge({"A": (30, 70, 0), "B": (10, 40, 0), "C": (10, 10, 0), "D": (1, 9, 0)})
    assert not judged.is_rising
    assert not judged.is_separated


def test_a_grade_without_outcome_is_said_and_not_guessed():
    judged = _judge({"A": (10, 90, 0), "B": (10, 40, 0), "C": (10, 10, 0), "D": (0, 0, 12)})
    assert judged.rate_ratio is None
    assert judged.lift is None
    assert "grade D" in judged.note
    assert judged.trend_p is not None


def test_the_json_has_no_nan():
    judged = _judge({"A": (10, 90, 0), "B": (10, 40, 0), "C": (10, 10, 0), "D": (0, 0, 12), "U": (0, 0, 3)})
    entry = json.loads(json.dumps(judged.as_json(), allow_nan=False))
    assert [row["grade"] for row in entry["grades"]] == ["A", "B", "C", "D", "U"]
    assert set(entry["grades"][0]) >= {"grade", "share", "n", "hits", "hit_rate", "low", "high"}
    assert entry["grades"][3]["hit_rate"] is None


def _scored(n=400, *, seed=1):
    rng = np.random.default_rng(seed)
    chance = rng.uniform(0.05, 0.6, size=n)
    return pd.DataFrame(
        {
            "entity_id": [f"e{place // 2}" for place in range(n)],
            "adverse": (rng.random(n) < chance).astype(float),
            "model": 1000 * chance,
            "probability": chance,
            "flat": 1.0,
        }
    )


def test_a_score_is_judged_beside_a_flat_one():
    # act
    found = judge_inspection_level(
        _scored(),
        names=("model", "flat"),
        reference="model",
        probability={"model": "probability"},
        rng=np.random.default_rng(1),
    )
    model, flat = found
    # assert
    assert model.auc.low < model.auc.value < model.auc.high
    assert model.difference is None
    assert flat.auc.value == pytest.approx(0.5)
    assert flat.difference.value == pytest.approx(0.5 - model.auc.value)
    assert flat.difference.high < 0
    assert flat.brier is None
    assert model.observed_to_expected == pytest.approx(1, abs=0.25)
    assert model.calibration.slope_low < 1 < model.calibration.slope_high


def test_ties_are_stated_best_worst_and_expected():
    flat = judge_inspection_level(_scored(), names=("flat",), rng=np.random.default_rng(1), shares=(0.1,))[0]
    assert flat.precision[0.1].worst == 0
    assert flat.precision[0.1].best == 1
    assert flat.precision[0.1].expected == pytest.approx(flat.base_rate)
    assert flat.first_half_share == pytest.approx(0.5)
    assert flat.as_json()["precision_at"] == {"0.1": pytest.approx(flat.base_rate)}


def test_entities_are_resampled_whole():
    # arrange: every row ten times over is no more evidence
    scored = _scored()
    copied = pd.concat([scored] * 10, ignore_index=True)
    # act
    once, tenfold = (
        judge_inspection_level(rows, names=("model",), rng=np.random.default_rng(1))[0].auc for rows in (scored, copied)
    )
    # assert
    assert tenfold.high - tenfold.low == pytest.approx(once.high - once.low, rel=0.15)
