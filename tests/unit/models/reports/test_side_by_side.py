"""A backtest side by side: every figure of a table is one that the backtest found."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models.chances.level import NO_LEVEL, Level
from models.judging.backtesting import Fold
from models.judging.cohort_judgement import judge_cohort
from models.judging.judgement import judge_inspection_level
from models.judging.windows import TestWindow
from models.reports.side_by_side import calibration_table, grade_tables, score_table

LEVEL = Level(0.4, 0.0, 0.0, error=0.3, monthly_step=0.1)


@pytest.fixture(scope="module")
def found():
    """One window whose chances are right with the level and too low without it."""
    rng = np.random.default_rng(1)
    n = 4_000
    raw = -2 + rng.normal(size=n)
    scored = pd.DataFrame(
        {
            "entity_id": [f"e{place % 1500}" for place in range(n)],
            "as_of": pd.Timestamp("2019-06-30"),
            "occurred_on": pd.Timestamp("2019-07-01"),
            "adverse": (rng.random(n) < expit(raw + LEVEL.shift)).astype(float),
            "model": raw,
            "blunt": raw + rng.normal(size=n),
            "probability": expit(raw + LEVEL.shift),
        }
    )
    judged = judge_inspection_level(
        scored, names=["model", "blunt"], reference="model", probability={"model": "probability"}, rng=rng
    )
    card = SimpleNamespace(name="model", level=LEVEL, window=SimpleNamespace(last_as_of="2018-12-31"))
    grades = np.repeat(list("ABCD"), [400, 300, 200, 100])
    rows = pd.DataFrame({"entity_id": np.arange(1000).astype(str), "grade": grades})
    rows["adverse"] = (rng.random(1000) < np.repeat([0.1, 0.2, 0.4, 0.6], [400, 300, 200, 100])).astype(float)
    plain = judge_cohort(rows, name="model", ratios={"A": 0.1, "B": 0.1, "C": 0.3, "D": 1.0}, level=0.95)
    fold = Fold(
        TestWindow(date(2019, 7, 1), date(2019, 7, 2)),
        SimpleNamespace(card=card),
        scored,
        judged,
        cohort={"model": replace(plain, reweighted=plain)},
    )
    return SimpleNamespace(folds=(fold,), model="model")


def test_scores_stand_with_what_the_model_gains_over_each(found):
    table = score_table(found).set_index("score")
    own, blunt = found.folds[0].judged
    assert table.loc["model", ["auc", "auc_low", "auc_high"]].tolist() == [own.auc.value, own.auc.low, own.auc.high]
    assert np.isnan(table.loc["model", "gain"])
    assert table.loc["blunt", "gain"] == pytest.approx(own.auc.value - blunt.auc.value)
    assert 0 < table.loc["blunt", "gain_low"] < table.loc["blunt", "gain"] < table.loc["blunt", "gain_high"]


def test_chances_add_up_with_the_level_and_not_without(found):
    (row,) = calibration_table(found).to_dict("records")
    assert row["observed_to_expected"] == pytest.approx(1, abs=0.1)
    assert row["low"] < 1 < row["high"]
    assert row["without_level"] > 1.2
    assert row["level_spread"] == pytest.approx(np.sqrt(0.3**2 + 0.1**2 * 181 / 30.4375), rel=0.01)


def test_without_a_level_both_figures_are_one(found):
    (fold,) = found.folds
    bare = SimpleNamespace(card=SimpleNamespace(**vars(fold.model.card) | {"level": NO_LEVEL}))
    (row,) = calibration_table(SimpleNamespace(folds=(replace(fold, model=bare),), model="model")).to_dict("records")
    assert row["without_level"] == pytest.approx(row["observed_to_expected"])
    assert row["level_spread"] == 0


def test_grades_stand_once_per_reading_and_a_window_without_outcomes_is_left_out(found):
    (fold,) = found.folds
    tables = grade_tables(SimpleNamespace(folds=(replace(fold, cohort={}), fold), model="model"))
    assert tables["rates"].groupby("reading")["grade"].agg("".join).to_dict() == {"plain": "ABCD", "reweighted": "ABCD"}
    assert len(tables["differences"]) == 6
    assert tables["lifts"]["lift_value"].notna().all()
    assert tables["lifts"]["gain_value"].isna().all()
    assert grade_tables(SimpleNamespace(folds=(), model="model")) == {}
