"""A ratio that two persons put in force holds for every draw committed from its day on, however old the grades are."""

from datetime import date
from pathlib import Path

import pytest

from engine.api.policies.amendment import approve_policy
from engine.api.policies.drafts import draft_from_ratios
from tests.plan_world import ANNA, CHEN, at, carry_through, draw, line, make


@pytest.mark.parametrize(("valid_from", "ratio"), [(date(2026, 3, 1), 0.8), (date(2026, 4, 1), 0.6)])
def test_a_draw_takes_the_ratio_of_the_day_of_its_commitment(tmp_path: Path, valid_from: date, ratio: float) -> None:
    workspace = make(tmp_path)
    carry_through(workspace, line("L1", ratio="1"))
    options = {"profile": "default", "reason": "x", "reference": "Doc 1"}
    drafted = draft_from_ratios(
        workspace, {"key": {"D": "4/5"}}, valid_from=valid_from, actor=ANNA, clock=at(date(2026, 2, 10)), **options
    )
    approve_policy(workspace, drafted.draft_id, actor=CHEN, clock=at(date(2026, 2, 11)), reason="y")

    draw(workspace, "D1", "L1", day=date(2026, 3, 2))

    strata = workspace.warehouse.read("strata").execute()
    workspace.close()
    assert set(strata.loc[strata["grade"] == "D", "design_probability"]) == {ratio}
