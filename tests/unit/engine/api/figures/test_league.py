"""Departments beside each other: shrunken shares and ranks stand beside the raw ones; the grades can be taken out."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.api.figures.league import ADJUSTABLE, COLUMNS, league_table
from engine.store.workspaces.workspace import Workspace
from tests.kpi_world import facts, frame
from tests.two_districts import write_two_districts

DAY = date(2026, 12, 31)
MIXES = {"M": {"A": (300, 15), "D": (20, 9)}, "F": {"A": (20, 1), "D": (300, 135)}, "T": {"A": (2, 1), "D": (1, 1)}}
"""Checks and findings by department and grade: the first two find as often as everybody, grade by grade."""


def checked() -> pd.DataFrame:
    """Facts of departments whose objects differ in grade, not in conduct."""
    checks, results = [], []
    for department, grades in MIXES.items():
        for grade, (n, hits) in grades.items():
            for at in range(n):
                key = ("d", f"{department}{grade}{at}", f"i{department}")
                checks.append((*key, grade))
                results.append((*key, department, "violation" if at < hits else "clean"))
    known = facts()
    place = {"district_code": "330602", "draw_id": "d"}
    drawn = frame("draw_id entity_id item_code grade", *checks).assign(**place, department_code="")
    found = frame("draw_id entity_id item_code department_code outcome", *results).assign(
        **place, selection_mode="random", occurred_on=pd.Timestamp("2026-03-10")
    )
    return known, drawn, found


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    known, drawn, found = checked()
    spare = found.assign(
        inspection_id=found.index.astype(str), visit_id="v", published_on=pd.Timestamp("2026-03-20"),
        due_on=pd.Timestamp("2026-04-08"), has_disposal=True, is_followed=True, channel="mobile", is_off_site=False,
    )  # fmt: skip
    held = known.checks.head(0)
    checks = pd.concat([held, drawn.reindex(columns=held.columns)], ignore_index=True)
    checks = checks.assign(
        state="published", mode="random", drawn_on=pd.Timestamp("2026-03-02"), is_enterprise=True,
        window_end=pd.Timestamp("2026-06-30"), visit_id="v", department_code="M",
    )  # fmt: skip
    write_two_districts(tmp_path / "ws")
    workspace = Workspace(tmp_path / "ws")
    told = league_table(workspace, period="2026", by="department", as_of=DAY, facts=facts(checks=checks, results=spare))
    workspace.close()
    return told[told["kpi"] == "findings"].set_index(["is_adjusted", "code"])


def test_who_checks_riskier_firms_is_beyond_chance_until_the_grades_are_taken_out(table: pd.DataFrame) -> None:
    raw, adjusted = table.loc[False], table.loc[True]

    assert ADJUSTABLE == ("findings",)
    assert (raw.loc["M", "verdict"], raw.loc["F", "verdict"]) == ("below", "above")
    assert set(adjusted["verdict"]) == {"inside"}
    assert adjusted.loc["M", "value"] == pytest.approx(1.0, abs=0.1)
    assert adjusted.loc["F", "value"] == pytest.approx(1.0, abs=0.1)
    assert adjusted["numerator"].sum() == raw["numerator"].sum() == 162
    assert adjusted.loc["M", "numerator"] / adjusted.loc["M", "expected"] == pytest.approx(adjusted.loc["M", "value"])


def test_a_handful_of_checks_is_drawn_in_and_shares_its_rank(table: pd.DataFrame) -> None:
    raw = table.loc[False]

    assert raw.loc["T", "value"] == pytest.approx(2 / 3)
    assert raw.loc["T", "shrunken"] < raw.loc["T", "value"]
    assert (raw.loc["T", "rank_low"], raw.loc["T", "rank_high"], raw.loc["T", "ranked"]) == (1, 2, 3)
    assert raw.loc["M", "rank_low"] > raw.loc["F", "rank_low"]
    assert ((raw["shrunken_low"] <= raw["shrunken"]) & (raw["shrunken"] <= raw["shrunken_high"])).all()


def test_limits_of_chance_of_an_adjusted_group_lie_about_one_and_raw_ones_about_everybodys_share(
    table: pd.DataFrame,
) -> None:
    adjusted, raw = table.loc[True], table.loc[False]

    big = adjusted.loc[["M", "F"]]
    assert ((big["low_998"] < big["low_95"]) & (big["low_95"] < 1) & (1 < big["high_95"])).all()
    assert ((raw["low_95"] <= raw["overall"]) & (raw["overall"] <= raw["high_95"])).all()
    assert raw["expected"].notna().sum() == 0
    assert np.isfinite(adjusted["expected"]).all()
    assert set(COLUMNS) - {"is_adjusted", "code"} <= set(table.columns)
