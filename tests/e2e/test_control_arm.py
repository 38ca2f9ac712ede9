"""A control arm from plan to effect: designed in a line, assigned by a public event, drawn, checked, analysed."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from engine.api.figures.control_arm import analyse_arm, plan_arm, register_arm
from engine.api.plans.approval import draw_control_arm
from engine.api.results.draw import enter_results
from engine.cli import main
from engine.errors import EstimationError
from engine.store.documents import load_policies
from tests.plan_world import ANNA, BAO, PLAN, at, carry_through, draw, entities, line, make

DRAW, NAME = "D1", "对照2026"
REGISTERED, CHECKED, KNOWN = date(2026, 3, 8), "2026-04-10", "2026-04-12"
RATE = {"control": 0.40, "graded": 0.10}
"""Violations that are put into the world: being supervised by grade takes three tenths."""


def findings(workspace):
    """What officers found: every drawn object of the control arm at one rate, every other at another, by its place."""
    rows = workspace.warehouse.read("selections").execute()
    visits = workspace.warehouse.read("visits").execute()
    drawn = rows[rows["is_drawn"]].sort_values("entity_id").reset_index(drop=True)
    arm = drawn["arm"].fillna("graded")
    turn = drawn.groupby(arm).cumcount()
    period = arm.map({name: round(1 / rate * 2) for name, rate in RATE.items()})
    adverse = (turn * 2) % period < 2  # evenly spread, no luck in it
    leaders = visits.set_index("visit_id")["leader"] if "leader" in visits else pd.Series(dtype=object)
    return drawn[
        [
            "draw_id",
            "visit_id",
            "entity_id",
            "item_code",
            "stratum",
            "selection_mode",
            "design_probability",
            "inclusion_probability",
        ]
    ].assign(
        inspection_id=[f"i{place}" for place in range(len(drawn))],
        department_code="SCJG",
        inspector_code=drawn["visit_id"].map(leaders).astype(object).fillna("").map(lambda code: code or None),
        result_codes=np.where(adverse, "corrected", "no_problem"),
        occurred_on=pd.Timestamp(CHECKED),
        known_at=pd.Timestamp(KNOWN),
    )


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    workspace = make(tmp_path_factory.mktemp("arm"), register=entities(2400))
    armed = line("L1", control_unit="firm", control_share="1/10", control_ratio="1/2", blind_share="1/2")
    carry_through(workspace, armed)
    draw_control_arm(workspace, PLAN, value=None, book=load_policies(), actor=BAO, clock=at(date(2026, 2, 6)))
    draw(workspace, DRAW, "L1")
    plan = plan_arm(
        name=NAME,
        outcome="violation",
        draw_ids=[DRAW],
        assigned_by="object",
        graded_rate=RATE["graded"],
        control_rate=RATE["control"],
        power=0.8,
        control_share=0.1,
        design_effect=1.0,
    )
    register_arm(workspace, plan, actor=ANNA, clock=at(REGISTERED))
    enter_results(workspace, findings(workspace), draw_id=DRAW, actor=BAO, clock=at(date(2026, 4, 12)))
    return workspace


def test_the_analysis_holds_the_effect_that_was_put_in(drawn):
    found = analyse_arm(drawn, name=NAME, book=load_policies())

    rows = drawn.warehouse.read("selections").execute()
    checked = rows[rows["is_drawn"] & rows["arm"].notna()]["arm"].value_counts().to_dict()
    assert found.checks == checked
    assert found.arms.control.value == pytest.approx(RATE["control"], abs=0.06)
    assert found.arms.effect.low < RATE["graded"] - RATE["control"] < found.arms.effect.high
    assert found.arms.effect.high < 0


def test_the_command_says_the_same(drawn, capsys):
    with pytest.raises(SystemExit) as left:
        main(["arm", "analyse", NAME, "--workspace", str(drawn.path), "--json", "--lang", "en"])
    said = json.loads(capsys.readouterr().out)
    found = analyse_arm(drawn, name=NAME, book=load_policies())

    assert left.value.code == 0
    assert said["effect"]["value"] == pytest.approx(found.arms.effect.value)
    assert said["checks"] == found.checks


def test_after_the_first_result_nothing_can_be_registered(drawn):
    plan = plan_arm(
        name="too late",
        outcome="violation",
        draw_ids=[DRAW],
        assigned_by="object",
        graded_rate=0.1,
        control_rate=0.4,
        power=0.8,
        control_share=0.1,
        design_effect=1.0,
    )

    with pytest.raises(EstimationError, match="results of draw D1 are known since 2026-04-12"):
        register_arm(drawn, plan, actor=ANNA, clock=at(date(2026, 4, 13)))
