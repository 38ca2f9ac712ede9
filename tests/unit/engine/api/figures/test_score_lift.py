"""What the lift page reads: an honest nothing, cut points that move nobody unchanged, windows that are not over."""

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd

from engine.api.figures.score_lift import kept_backtest, recut, score_bands, score_lift, shares_in_force
from engine.api.policies.amendment import approve_policy
from engine.grading.cutoffs import TargetShares
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW
from tests.small_workspace import AS_OF, write_measured
from tests.unit.engine.api.policies.test_amendment import LEADER, clock, entered, text
from tests.unit.engine.api.policies.test_check import workspace_with

ENTERPRISE = {"as_of": AS_OF, "population": "enterprise"}


def write(workspace, tables, *, kind="assess", manifest=None):
    workspace.warehouse.write_run(tables, kind=kind, as_of=AS_OF, manifest=manifest or {}, actor=ACTOR, at=NOW)


def graded(in_force, n=1000):
    scores = pd.Series(np.random.default_rng(2).integers(0, 300, n).astype(float))
    limits = TargetShares(tuple(Fraction(each) for each in in_force)).limits(scores)
    letters = np.array(list("ABCD"), dtype=object)[np.searchsorted(np.asarray(limits), scores, side="left")]
    return pd.DataFrame(
        {
            "entity_id": [f"reg:{at:05d}" for at in range(n)], "as_of": AS_OF, "population": "enterprise",
            "grade": letters, "model": "scorecard", "score": scores, "score_grade": letters,
        }
    )  # fmt: skip


def test_without_scores_or_results_there_is_nothing_and_no_nought(tmp_path):
    write_measured(tmp_path)
    workspace = Workspace(tmp_path)

    assert score_lift(workspace, **ENTERPRISE) is None
    assert kept_backtest(workspace, population="enterprise") is None


def test_the_shares_in_force_move_nobody_and_others_move_some(tmp_path):
    workspace = workspace_with(tmp_path)
    in_force = shares_in_force(workspace, **ENTERPRISE)
    write(workspace, {"grades": graded(in_force)})
    same = recut(workspace, shares=in_force, **ENTERPRISE)
    other = recut(workspace, shares=("0.5", "0.3", "0.15", "0.05"), **ENTERPRISE)

    assert (same["from_grade"] == same["to_grade"]).all()
    assert same["n"].sum() == other["n"].sum() == 1000
    assert other.loc[other["from_grade"] != other["to_grade"], "n"].sum() > 100
    assert score_bands(workspace, **ENTERPRISE)["n"].sum() == 1000


def test_shares_that_two_persons_amended_are_the_shares_in_force(tmp_path):
    workspace, day = workspace_with(tmp_path), date(2026, 7, 1)
    value = "{default: {A: 0.5, B: 0.3, C: 0.15, D: 0.05}, populations: {}}"
    entered(workspace, tmp_path, text("grading.shares", value=value))
    before = shares_in_force(workspace, as_of=day, population="enterprise")
    approve_policy(workspace, "P-0001", actor=LEADER, clock=clock)

    assert before != ("0.5", "0.3", "0.15", "0.05")
    assert shares_in_force(workspace, as_of=day, population="enterprise") == ("0.5", "0.3", "0.15", "0.05")


def test_a_window_whose_results_are_still_coming_in_is_not_called_complete(tmp_path):
    workspace = Workspace(tmp_path)
    rows = {"name": "scorecard", "population": "enterprise", "base_rate": 0.1, "auc_value": 0.7, "auc_low": 0.6,
            "auc_high": 0.8, "brier": None, "calibration_slope": None, "observed_to_expected": None,
            "precision_at_10": 0.3}  # fmt: skip
    windows = pd.DataFrame(
        [{**rows, "split": "2025-07-01..2025-12-31", "n": 200}, {**rows, "split": "2026-01-01..2026-06-30", "n": 90}]
    ).astype({name: float for name in ("brier", "calibration_slope", "observed_to_expected")})
    means = pd.DataFrame(
        [{"population": "enterprise", "resampled_by": "entity_id", "measure": "auc", "score": "scorecard",
          "mean_value": 0.7, "mean_low": 0.6, "mean_high": 0.8, "gain_value": 0.0, "gain_low": -0.1, "gain_high": 0.1}]
    )  # fmt: skip
    said = {"mature_on": "2026-07-30", "last_known": "2026-07-10"}
    write(workspace, {"backtest_windows": windows, "backtest_gains": means}, kind="backtest", manifest=said)
    kept = kept_backtest(workspace, population="enterprise")

    assert kept is not None
    assert list(kept.windows["is_mature"]) == [True, False]
    assert list(kept.windows["k"]) == [20, 9]
    assert ((kept.windows["low"] < 3.0) & (3.0 < kept.windows["high"])).all()
    assert kept_backtest(workspace, population="facility") is None
