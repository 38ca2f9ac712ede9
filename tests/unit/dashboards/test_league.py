"""Departments and districts from the store: their day is said, what changed since is named, and counted anew."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from engine.api.marts.league import build_league, stored_league
from engine.store.workspaces.workspace import Workspace
from tests.kpi_world import facts, frame
from tests.plan_world import at
from tests.small_sources import ACTOR, ENTITY_HEADER, take_in, write_lines
from tests.small_workspace import AS_OF
from tests.two_districts import HERE, object_line, write_two_districts
from tests.unit.dashboards.test_hold_draw import Page, press
from tests.unit.dashboards.test_pages import words_of

LATER = date(2026, 7, 20)
STALE = "Records or policies changed since these figures were counted"
ASKED = {"lang": "en", "kpi": "coverage"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    write_two_districts(path)
    workspace = Workspace(path)
    build_league(workspace, as_of=AS_OF, profile="default", actor=ACTOR, clock=at(AS_OF))
    workspace.close()
    return path


def test_stored_tables_are_shown_with_their_day_and_without_counting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the page counted")

    monkeypatch.setattr("engine.api.figures.league.read_facts", refused)
    app = Page(folder, monkeypatch).opened("league", "leader@whole", day=AS_OF, **ASKED)

    assert AS_OF.isoformat() in words_of(app)
    assert app.table or app.dataframe
    assert not app.warning
    assert all(button.label != "Count it anew" for button in app.button)


def test_what_changed_since_is_named_and_only_whoever_may_have_work_done_counts_anew(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(folder)
    take_in(workspace, write_lines(tmp_path / "more" / "entities.csv", ENTITY_HEADER, object_line(9, HERE, "第九家")))
    workspace.close()
    pages = Page(folder, monkeypatch)
    app = pages.opened("league", "leader@whole", day=LATER, **ASKED)

    assert app.warning[0].value.startswith(STALE)
    assert AS_OF.isoformat() in words_of(app)

    app = press(pages.opened("league", "analyst@whole", day=LATER, **ASKED), "Count it anew")
    assert not app.exception

    workspace = Workspace(folder)
    assert stored_league(workspace).as_of == LATER
    workspace.close()
    again = pages.opened("league", "leader@whole", day=LATER, **ASKED)
    assert not again.warning
    assert LATER.isoformat() in words_of(again)


def test_the_next_day_offers_to_count_though_nothing_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page(folder, monkeypatch).opened("league", "analyst@whole", day=LATER, **ASKED)

    assert not app.warning
    assert any(button.label == "Count it anew" for button in app.button)


def test_somebody_with_limits_sees_no_table_of_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page(folder, monkeypatch).opened("league", "analyst@here", day=LATER, **ASKED)

    assert not app.table
    assert not app.dataframe
    assert not any(button.label == "Count it anew" for button in app.button)


def test_the_grades_are_taken_out_by_a_switch_that_stands_in_the_address(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = tuple(
        (f"r{n}", "v", f"e{n}", "i", "M", HERE if n % 2 else "330604", "d", n)
        for n in range(60)
    )  # fmt: skip
    columns = "inspection_id visit_id entity_id item_code department_code district_code draw_id at"
    found = frame(columns, *checks).assign(
        selection_mode="random", occurred_on=pd.Timestamp("2026-03-10"), published_on=pd.Timestamp("2026-03-20"),
        due_on=pd.Timestamp("2026-04-08"), has_disposal=True, is_followed=True, channel="mobile", is_off_site=False,
    )  # fmt: skip
    found = found.assign(outcome=["violation" if n % 7 == 0 else "clean" for n in found["at"]]).drop(columns="at")
    known = facts(results=found)
    monkeypatch.setattr("engine.api.marts.league.read_facts", lambda *_, **__: known)
    workspace = Workspace(folder)
    build_league(workspace, as_of=LATER, profile="default", actor=ACTOR, clock=at(LATER))
    workspace.close()
    pages = Page(folder, monkeypatch)
    asked = {"lang": "en", "kpi": "findings"}

    raw = pages.opened("league", "leader@whole", day=LATER, **asked)
    adjusted = pages.opened("league", "leader@whole", day=LATER, adjusted="1", **asked)

    assert "Observed over expected" not in raw.table[0].value.columns
    columns = set(adjusted.table[0].value.columns)
    assert {"Observed over expected", "Limits of chance (95 %)", "Expected", "Shrunken", "Possible ranks"} <= columns
    assert adjusted.query_params["adjusted"] == "1"
