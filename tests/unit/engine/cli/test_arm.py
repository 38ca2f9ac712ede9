"""``xinheng arm``: registered before the results, analysed after them, refused otherwise."""

import json
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from engine.api.figures.control_arm import plan_arm, register_arm
from engine.api.records.intake import ingest
from engine.cli import main
from engine.store.workspaces.workspace import Workspace
from tests.measured_world import drawn_rows
from tests.unit.engine.cli.test_measure import ACTOR, _inspections, _items

DRAW = "2026-001"
PLAN = {"draw_ids": (DRAW,), "assigned_by": "object", "graded_rate": 0.05, "control_rate": 0.15, "power": 0.8}
PLAN |= {"control_share": 0.3, "design_effect": 1.5}


def drawn_with_arms():
    """One draw whose frame was split by lot: strata of the control arm stand beside those of the graded one."""
    graded, sizes = drawn_rows(draw_id=DRAW, scale=4)
    control, more = drawn_rows(draw_id=DRAW, seed=2, scale=4, rates={"d1": 2.0, "d2": 2.0})
    control = control.assign(stratum="c" + control["stratum"], entity_id=control["entity_id"] + "c", arm="control")
    rows = pd.concat([graded.assign(arm="graded"), control], ignore_index=True)
    return rows, pd.concat([sizes, more.assign(stratum="c" + more["stratum"])], ignore_index=True)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arm")
    opened = Workspace(folder / "workspace")
    (folder / "items.csv").write_text(_items(), encoding="utf-8")
    ingest(opened, [folder / "items.csv"], actor=ACTOR, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    for name, blind in (("control-2026", False), ("blind-2026", True)):
        plan = plan_arm(name=name, outcome="violation", is_blind_tried=blind, **PLAN)
        register_arm(opened, plan, actor=ACTOR, clock=lambda: datetime(2026, 1, 5, tzinfo=UTC))
    results, strata = drawn_with_arms()
    _inspections(results.drop(columns="arm"), DRAW).to_csv(folder / "inspections.csv", index=False)
    ingest(opened, [folder / "inspections.csv"], actor=ACTOR, clock=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    kept = ["draw_id", "entity_id", "item_code", "stratum", "grade", "district_code", "inclusion_probability", "arm"]
    results["visit_id"] = results["entity_id"]
    kept.append("visit_id")
    visits = results[["draw_id", "visit_id"]].drop_duplicates(ignore_index=True)
    visits["is_grade_blind"] = visits.index % 2 == 0
    selections = results[kept].assign(is_drawn=True, design_probability=results["inclusion_probability"])
    opened.warehouse.write_run(
        {"selections": selections, "strata": strata, "visits": visits},
        kind="draw",
        as_of=date(2025, 12, 31),
        manifest={"draw_id": DRAW},
        actor=ACTOR,
        at=datetime(2026, 1, 10, tzinfo=UTC),
    )
    return opened


def answer(capsys, *words):
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["arm", *words, "--json", "--lang", "en"])
    return left.value.code, json.loads(capsys.readouterr().out)


def test_power_says_how_many_checks_each_arm_needs(capsys):
    status, found = answer(capsys, "power", "--graded-rate", "0.05", "--control-rate", "0.08")

    assert status == 0
    assert found["power"] >= 0.8
    assert found["n_control"] == pytest.approx(found["n_graded"] / 9, rel=0.01)


def test_a_registered_experiment_is_analysed(workspace, capsys):
    status, found = answer(capsys, "analyse", "control-2026", "--workspace", str(workspace.path))

    assert status == 0
    assert found["registered_at"].startswith("2026-01-05")
    assert found["effect"]["high"] < 0  # the control arm violates about twice as often
    assert found["effect"]["value"] == pytest.approx(found["graded"]["value"] - found["control"]["value"])
    assert found["checks"] == {"graded": 800, "control": 800}


def test_visits_whose_officers_do_not_see_the_class_are_set_against_the_others(workspace, capsys):
    status, found = answer(capsys, "analyse", "blind-2026", "--workspace", str(workspace.path))

    assert status == 0
    adds = found["gap_from_expectation"]
    assert adds["value"] == pytest.approx(found["gap_seen"]["value"] - found["gap_blind"]["value"])
    assert adds["low"] < 0 < adds["high"]  # the lot has nothing to do with conduct here
    assert found["gap_seen"]["value"] > 0.1


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("analyse", "unknown"), 2, "register it before its results are known"),
        (
            ("register", "late", "--draws", DRAW, "--graded-rate", "0.05", "--control-rate", "0.1"),
            15,
            "results of draw 2026-001 are known",
        ),
        (
            ("register", "odd", "--draws", DRAW, "--graded-rate", "0.05", "--control-rate", "0.1", "--outcome", "luck"),
            2,
            "choose one of violation",
        ),
    ],
)
def test_what_was_not_registered_in_time_is_refused(workspace, capsys, words, status, said):
    code, found = answer(capsys, *words, "--workspace", str(workspace.path))

    assert code == status
    assert said in found["error"]["message"]


def test_the_same_plan_again_is_the_same_entry_another_one_under_its_name_is_refused(workspace):
    early = lambda: datetime(2026, 1, 6, tzinfo=UTC)  # noqa: E731
    plan = plan_arm(name="control-2026", outcome="violation", **PLAN)
    again = register_arm(workspace, plan, actor=ACTOR, clock=early)
    assert again.entered_at.startswith("2026-01-05")

    other = plan_arm(name="control-2026", outcome="unreachable", **PLAN)
    with pytest.raises(Exception, match="was used for another decision"):
        register_arm(workspace, other, actor=ACTOR, clock=early)
