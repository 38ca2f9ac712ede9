"""A stored model that decides must be beaten on the same checks, or the promotion waits until it can be judged."""

import json
from datetime import date

import pytest

from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace
from models.judging.promotion import verdict_rows
from models.registry.promotion_run import run_verdicts, standing_digests, standing_models
from tests.governed_world import POPULATION, SCORES, TODAY, write_backtest
from tests.model_world import fitted
from tests.unit.dashboards.test_governance import filled


@pytest.fixture(scope="module")
def model():
    return fitted(n=1200, population=POPULATION, known_by=date(2024, 12, 31))


@pytest.fixture
def workspace(tmp_path, model):
    opened = Workspace(filled(tmp_path / "workspace", model))
    yield opened
    opened.close()


def verdict(workspace, run_id):
    run = next(each for each in workspace.warehouse.runs(kind="backtest") if each.run_id == run_id)
    gains = workspace.warehouse.read("backtest_gains", run_id=run_id).execute()
    book = policies_of(workspace, "default")
    (found,) = run_verdicts(workspace, gains, json.loads(run.manifest), names=[POPULATION], book=book, on=TODAY)
    return found


def test_the_model_that_decides_is_found_from_its_day_on(workspace, model):
    book = policies_of(workspace, "default")
    asked = {"book": book, "names": [POPULATION, "individual_business"]}

    assert standing_digests(workspace, on=date(2026, 3, 31), **asked) == {}
    digests = standing_digests(workspace, on=TODAY, **asked)
    assert digests == {POPULATION: model.digest}
    # it may be judged only on checks that it learned nothing from
    assert standing_models(workspace, digests, before=date(2024, 12, 31)) == {}
    assert standing_models(workspace, digests, before=date(2025, 1, 1))[POPULATION].digest == model.digest


def test_without_it_on_the_same_checks_nothing_is_promoted(workspace, model):
    found = verdict(workspace, write_backtest(workspace, on=date(2026, 6, 2)))

    assert [model.digest[:12] in str(each) for each in found.objections] == [True]
    told = verdict_rows([found]).iloc[0]
    assert not told["is_passed"] and model.digest[:12] in told["objections"]


def test_it_is_the_champion_where_it_was_judged(workspace, model):
    scores = {**SCORES, "standing": 0.69}
    asked = {"scores": scores, "standing": {POPULATION: model.digest}, "on": date(2026, 6, 2)}
    better, worse = (verdict(workspace, write_backtest(workspace, gain=gain, **asked)) for gain in (0.01, -0.01))

    assert (better.champion, better.is_passed) == ("standing", True)
    assert any("standing" in str(each) for each in worse.objections)
