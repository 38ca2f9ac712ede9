"""Stored lift and calibration come back as they were computed; what changed since is computed, not shown old."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.access.scope import scope_of
from engine.api.figures.score_lift import Calibration, ScoreLift
from engine.api.marts import lift as lift_marts
from engine.api.marts.lift import build_lift, held_lift
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.reliability import CalibrationLine
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW
from tests.small_workspace import AS_OF

ASKED = {"as_of": AS_OF, "population": "enterprise"}
OBSERVED = Estimate("rate", 0.1, 0.05, 0.2, 40, float("inf"), "wilson", Basis.DESIGN)
FOUND = ScoreLift(
    deciding="scorecard",
    n_drawn=50,
    n_reached=40,
    last_result=date(2026, 5, 3),
    lifts=pd.DataFrame(
        {"budget": [0.01, 0.1], "n": [0, 9], "lift": [np.nan, 2.5], "note": ["nobody", ""], "score": "a"}
    ),
    gains=pd.DataFrame({"score": ["a"], "reached": [0.5], "n": [9], "found": [0.8], "low": [0.6], "base": [0.1]}),
    bins=pd.DataFrame({"score": ["a"], "bin": ["1"], "n": [4], "predicted": [0.1], "is_small": [True]}),
    grades=pd.DataFrame({"score": ["a"], "bin": ["D"], "n": [4], "predicted": [0.4], "is_small": [False]}),
    overall={
        "a": Calibration(40, 4, 0.12, OBSERVED, 0.08, 0.09, CalibrationLine(0.1, -0.2, 0.4, 0.9, 0.5, 1.3)),
        "b": Calibration(40, 4, float("nan"), OBSERVED, 0.08, 0.09, None),
    },
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    held = Workspace(tmp_path)
    results = pd.DataFrame({"entity_id": ["reg:1"], "population": ["enterprise"]})
    held.warehouse.write_run({"graded_results": results}, kind="measure", as_of=AS_OF, manifest={}, actor=ACTOR, at=NOW)
    monkeypatch.setattr(lift_marts, "score_lift", lambda *_, **__: FOUND)
    assert build_lift(held, as_of=AS_OF, actor=ACTOR, clock=lambda: NOW) is not None
    monkeypatch.setattr(lift_marts, "score_lift", lambda *_, **__: None)
    yield held
    held.close()


def test_what_is_stored_comes_back_as_it_was(workspace: Workspace) -> None:
    held = held_lift(workspace, **ASKED)

    assert held is not None
    for name in ("deciding", "n_drawn", "n_reached", "last_result"):
        assert getattr(held, name) == getattr(FOUND, name)
    for name in ("lifts", "gains", "bins", "grades"):
        pd.testing.assert_frame_equal(getattr(held, name), getattr(FOUND, name), check_dtype=False)
    assert held.overall["a"] == FOUND.overall["a"]
    assert np.isnan(held.overall["b"].expected)
    assert held.overall["b"].line is None


def test_it_is_built_once_and_a_newer_run_of_what_it_rests_on_ends_it(workspace: Workspace) -> None:
    assert build_lift(workspace, as_of=AS_OF, actor=ACTOR, clock=lambda: NOW) is None
    scores = pd.DataFrame({"entity_id": ["reg:1"], "model": ["a"], "score": [1.0]})
    workspace.warehouse.write_run({"scores": scores}, kind="score", as_of=AS_OF, manifest={}, actor=ACTOR, at=NOW)

    assert held_lift(workspace, **ASKED) is None  # computed anew: here by the replaced function


def test_somebody_with_limits_and_another_population_read_nothing_stored(workspace: Workspace) -> None:
    assert held_lift(scoped(workspace, scope_of(districts=["330602"])), **ASKED) is None
    assert held_lift(workspace, as_of=AS_OF, population="individual_business") is None
