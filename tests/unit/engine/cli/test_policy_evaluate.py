"""``xinheng policy evaluate``: other gradings, models and predictions, and what is refused by name."""

import json
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from engine.api.draws.order import COMMITTED
from engine.api.policies.amendment import approve_policy, draft_policy
from engine.api.records.intake import ingest
from engine.cli import main
from engine.parameters import DatedValue, Parameter
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from tests.unit.engine.cli.test_laboratory import ACTOR, workspace_with
from tests.unit.engine.pipeline.test_laboratory import selections

FROZEN, LATE = date(2025, 12, 31), date(2026, 3, 1)
DIGESTS = {"early": "a" * 64, "late": "b" * 64, "lost": "c" * 64}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """One draw with results of 1 February 2026, gradings before and after them, and models trained before and after."""
    folder = tmp_path_factory.mktemp("evaluate")
    opened = workspace_with(folder)
    objects = sorted("reg:" + name for name in selections()["entity_id"].unique())
    _load_register(opened, folder, objects)
    for name, day in (("early", "2025-11-30"), ("late", "2026-02-01")):
        card = opened.path / "models" / DIGESTS[name] / "card.json"
        card.parent.mkdir(parents=True)
        card.write_text(json.dumps({"window": {"known_by": day}}), encoding="utf-8")
    reversed_grades = pd.DataFrame(
        {"entity_id": objects, "grade": [{"A": "D", "D": "A"}.get(o[5], o[5]) for o in objects]}
    )
    for as_of in (FROZEN, LATE):
        _run(opened, {"grades": reversed_grades.assign(population="enterprise")}, kind="grade", as_of=as_of)
    scores = pd.DataFrame({"entity_id": objects, "score": range(len(objects)), "population": "enterprise"})
    scores = scores.assign(as_of=FROZEN, coverage_ratio=1.0, probability=0.2)
    for name, digest in DIGESTS.items():
        _run(opened, {"scores": scores.assign(model=name)}, kind="score", as_of=FROZEN, models={name: digest})
    _run(opened, {"scores": scores.assign(model="points", probability=None)}, kind="score", as_of=FROZEN)
    opened.ledger.append(COMMITTED, subject="2026-001", actor=ACTOR, at=datetime(2026, 1, 1, tzinfo=UTC), content={})
    _run(opened, {"scores": scores.assign(model="after")}, kind="score", as_of=FROZEN)
    return opened


def _load_register(workspace, folder, objects):
    register = pd.DataFrame({"entity_id": objects, "name": "Firm", "entity_type": "enterprise"})
    register = register.assign(
        population="enterprise",
        industry_code="H62",
        district_code="d1",
        status="active",
        occurred_on="2010-01-01",
        known_at="2010-01-01",
    )
    register.to_csv(folder / "entities.csv", index=False)
    ingest(workspace, [folder / "entities.csv"], actor=ACTOR, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))


def _run(workspace, tables, *, kind, as_of, models=None):
    workspace.warehouse.write_run(
        {name: table.assign(as_of=as_of) for name, table in tables.items()},
        kind=kind,
        as_of=as_of,
        manifest={"models": models or {}},
        actor=ACTOR,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def in_december():
    return datetime(2025, 12, 1, tzinfo=UTC)


def parameter(name, value):
    unit = load_policies().parameter(name).unit
    return {name: Parameter(name, unit, {date(2026, 1, 1): DatedValue(value, "notice")})}


def answer(capsys, workspace, *words):
    capsys.readouterr()
    place = ["--as-of", "2026-01-01", "--workspace", str(workspace.path), "--json", "--lang", "en"]
    with pytest.raises(SystemExit) as left:
        main(["policy", "evaluate", *words, *place])
    return left.value.code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("method", ["ht", "hajek", "difference"])
def test_every_method_answers_with_the_keys_that_programs_read(workspace, capsys, method):
    status, found = answer(capsys, workspace, "--profile", "uniform", "--method", method)

    assert status == 0
    assert {"value", "low", "high", "effective_n", "identified", "method"} <= set(found)
    assert found["method"] == method
    assert found["low"] <= found["value"] <= found["high"]
    assert found["placebo"]["bits"] == 200
    assert found["prediction"] == ("cross-fitted" if method == "difference" else None)


def test_another_grading_changes_who_is_drawn_how_often(workspace, capsys):
    _, own = answer(capsys, workspace)
    status, other = answer(capsys, workspace, "--grading", "2025-12-31")

    assert status == 0
    assert other["grading"].startswith("grade-20251231")
    assert other["checks"] == pytest.approx(own["checks"])  # as many D as A
    assert other["contrast"]["value"] == pytest.approx(own["contrast"]["value"])  # and as many findings in each


def test_a_model_is_cut_into_grades_by_its_scores(workspace, capsys):
    status, found = answer(capsys, workspace, "--model", "early")

    assert status == 0
    assert found["grading"].endswith("/early")
    _, own = answer(capsys, workspace)
    assert found["checks"] < own["checks"]  # far fewer objects in D than the frame's quarter


def test_a_frozen_prediction_is_named_with_its_digest(workspace, capsys):
    status, found = answer(capsys, workspace, "--method", "difference", "--prediction", "early")

    assert status == 0
    name, digest = found["prediction"].split(" ")
    assert name.startswith("score-20251231")
    assert len(digest) == 12


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--grading", "2026-03-01"), "grade-20260301"),
        (("--model", "late"), "late bbbbbbbbbbbb"),
        (("--method", "difference", "--prediction", "late"), "late bbbbbbbbbbbb"),
    ],
)
def test_what_learned_from_the_draw_is_refused_by_name(workspace, capsys, words, named):
    status, found = answer(capsys, workspace, *words)

    assert status == 15
    assert found["error"]["code"] == "estimation.self_evaluation"
    assert named in found["error"]["message"]
    assert "2026-001" in found["error"]["message"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--method", "difference", "--prediction", "after"), 15, "was not on record before draw 2026-001"),
        (("--method", "difference", "--prediction", "points"), 15, "points gives scores but no probabilities"),
        (("--prediction", "early"), 2, "goes with --method difference only"),
        (("--grading", "2025-12-31", "--model", "early"), 2, "give one of the two"),
        (("--grading", "1999-01-01"), 2, "name a run or the date of one"),
        (("--model", "nobody"), 2, "name a model that has scored"),
        (("--model", "lost"), 20, "the card of model cccccccccccc is missing"),
        (("--method", "magic"), 2, "choose ht, hajek or difference"),
        (("--draws", "2030-001"), 2, "name draws that were run: 2026-001"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(workspace, capsys, words, status, said):
    code, found = answer(capsys, workspace, *words)

    assert code == status
    assert said in found["error"]["message"]


@pytest.mark.parametrize("mode", ["scheduled", "directed"])
def test_rows_of_other_grounds_are_refused(tmp_path, capsys, mode):
    status, found = answer(capsys, workspace_with(tmp_path, mode=mode))

    assert status == 15
    assert mode in found["error"]["message"]


def test_a_period_of_one_draw_is_that_draw_and_has_no_contrast(workspace, capsys):
    _, draw = answer(capsys, workspace, "--profile", "uniform")
    status, period = answer(capsys, workspace, "--profile", "uniform", "--period")

    assert status == 0
    assert period["value"] == pytest.approx(draw["value"])
    assert period["contrast"] is None


def test_the_policy_is_the_one_that_stands_in_the_workspace(tmp_path, capsys):
    opened = workspace_with(tmp_path)
    amended = parameter("ratios.general", {"A": "1/10", "B": "1/5", "C": "1/4", "D": "2/5", "U": "1/4"})
    _, before = answer(capsys, opened)
    drafted = draft_policy(opened, amended, profile="default", reason="test", actor=ACTOR, clock=in_december)
    approve_policy(opened, drafted.draft_id, actor=Actor("Wang Wu", "leader"), clock=in_december)
    _, after = answer(capsys, opened)

    assert after["checks"] != before["checks"]
