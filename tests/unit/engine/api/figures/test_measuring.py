"""Reading draws for measurement: several runs, what a frame left out as visited, what the strata record."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from engine.api.draws.logged import first_results, latest_runs, logged_draws, spared_rows
from engine.api.figures.measuring import change_by, measure_by, read_drawn
from engine.api.results.draw import draw_results
from engine.errors import UsageError
from engine.pipeline.small_cells import SmallCellRule
from engine.store.draws.folders import DrawFolder, PrivateDraw
from tests import policies
from tests.unit.engine.cli.test_measure import ACTOR, DRAWS, FEW_REACHED, ONE_TEAM, workspace

__all__ = ["workspace"]


def test_every_draw_is_read_from_the_run_that_wrote_it(workspace):
    assert list(latest_runs(workspace.warehouse)) == [*FEW_REACHED, *ONE_TEAM, *DRAWS]
    for draw_id in DRAWS:
        rows = draw_results(workspace, draw_id=draw_id)
        assert set(rows["draw_id"]) == {draw_id}
        assert rows["result_codes"].notna().all()
    assert set(logged_draws(workspace)["draw_id"]) == {*FEW_REACHED, *ONE_TEAM, *DRAWS}
    assert first_results(workspace, draw_ids=["2025-001"]) == {"2025-001": date(2025, 2, 10)}
    with pytest.raises(UsageError, match="name draws that were run"):
        latest_runs(workspace.warehouse, draw_ids=["1999-001"])


def test_two_draws_of_a_period_are_measured_together(workspace):
    book = policies.shipped()
    one, both = (
        measure_by(read_drawn(workspace, draw_ids=draws, book=book), by="grade").set_index("domain")
        for draws in (["2025-001"], ["2025-001", "2025-002"])
    )

    assert both["n"][""] > 1.9 * one["n"][""]
    assert both["high"]["A"] - both["low"]["A"] < one["high"]["A"] - one["low"]["A"]


def test_the_policy_in_force_says_what_becomes_of_small_domains(workspace):
    book = policies.shipped()
    drawn = read_drawn(workspace, draw_ids=["2025-001"], book=book)
    few = replace(drawn, least_units=10**6)
    withheld, widened = (
        measure_by(replace(few, small_cells=rule), by="grade").set_index("domain") for rule in SmallCellRule
    )

    assert drawn.small_cells is SmallCellRule.WITHHELD
    assert withheld["rate"].isna().all()
    assert widened["rate"].notna().all()
    assert (widened["status"] == "widened").all()


def test_a_change_withholds_what_its_period_withholds(workspace):
    book = policies.shipped()
    earlier, later = (read_drawn(workspace, draw_ids=[draw], book=book) for draw in ("2025-001", "2026-001"))
    open_, closed = (
        change_by(replace(earlier, least_units=least), later, by="grade") for least in (earlier.least_units, 10**6)
    )

    assert open_["change"].notna().any()
    assert closed[["earlier", "change"]].isna().all(axis=None)
    assert closed[["low", "high"]].notna().all(axis=None)


def test_what_a_frame_left_out_as_visited_is_read_from_what_the_agency_keeps(tmp_path):
    frame = pd.DataFrame(
        {
            "object_id": ["a", "b", "c", "d"],
            "item_code": "F01",
            "stratum": "s",
            "exclusion": [None, "visited", "status", "visit_cap"],
        }
    )
    empty = pd.DataFrame({"object_id": pd.Series(dtype="str")})
    private = PrivateDraw(
        key=b"k" * 32,
        frame=frame,
        roster=empty,
        recusals=empty,
        rotations=empty,
        cells=empty,
        units=empty,
        settings={"as_of": "2026-01-01"},
    )
    DrawFolder(tmp_path, draw_id="2026-002").write(b"{}", private)
    found = spared_rows(tmp_path, draw_ids=["2026-002", "2026-001"])

    assert list(found) == ["2026-002"]  # nothing is kept of the other
    assert found["2026-002"]["entity_id"].tolist() == ["b", "d"]


def test_a_stratum_that_law_makes_due_is_marked_on_its_rows(workspace, tmp_path):
    table = workspace.warehouse.read("selections", run_id=latest_runs(workspace.warehouse)["2026-001"])
    rows = pd.DataFrame(table.drop("run_id").execute()).assign(draw_id="2026-009")
    strata = rows[["draw_id", "item_code", "stratum"]].drop_duplicates(ignore_index=True)
    strata = strata.assign(is_due=strata["stratum"].str.endswith("D"), merge_into=None)
    workspace.warehouse.write_run(
        {"selections": rows, "strata": strata},
        kind="draw",
        as_of=date(2025, 12, 31),
        manifest={"draw_id": "2026-009"},
        actor=ACTOR,
        at=datetime(2026, 6, 1, tzinfo=UTC),
    )
    logged = logged_draws(workspace, draw_ids=["2026-001", "2026-009"])
    own = logged[logged["draw_id"] == "2026-009"]

    assert (own["is_due"] == own["stratum"].str.endswith("D")).all()
    assert own["adverse"].isna().all()
