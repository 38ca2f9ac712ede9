"""The briefing's two lists: what waits for whoever looks, and what changed since the run before."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.api.reading.changes import changes
from engine.api.reading.waiting import Kind, waiting
from engine.store.workspaces.workspace import Workspace
from tests import graded_world as world
from tests.unit.dashboards.test_hold_draw import Page
from tests.unit.dashboards.test_pages import words_of


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> world.GradedWorld:
    return world.write_graded(tmp_path_factory.mktemp("graded"))


@pytest.fixture
def page(made: world.GradedWorld, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(made.folder, monkeypatch)


def lists(app: AppTest) -> dict[str, list[list[str]]]:
    """Return the tables of the two lists by their first column's name."""
    return {str(each.value.columns[0]): each.value.astype(str).to_numpy().tolist() for each in app.table}


def test_it_lists_what_this_person_may_decide_though_nothing_was_measured(page: Page, made: world.GradedWorld) -> None:
    workspace = Workspace(made.folder)
    grades = waiting(workspace, kind=Kind.GRADES, person="leader@all", on=world.NOW)
    objections = waiting(workspace, kind=Kind.OBJECTIONS, person="leader@all", on=world.NOW)
    workspace.close()

    rows = {row[0]: row[1:] for row in lists(page.opened("briefing", "leader@all", day=world.NOW))["事项"]}

    assert rows["待确认的 D 类"][:2] == [str(grades.n), "0"]
    assert rows["待决定的异议"] == [str(objections.n), "0", "0", str(objections.first_due)]


def test_who_decides_nothing_sees_clocks_only(page: Page) -> None:
    rows = lists(page.opened("briefing", "auditor@all", day=world.NOW)).get("事项", [])

    assert not {row[0] for row in rows} & {"待确认的 D 类", "待决定的异议"}


@pytest.mark.parametrize(("language", "foreign"), [("zh", r"[A-Za-z]{3,}"), ("en", r"[\u4e00-\u9fff]+")])
def test_the_lists_are_in_one_language(language: str, foreign: str, page: Page) -> None:
    app = page.opened("briefing", "leader@all", day=world.NOW, lang=language)

    assert not app.exception
    said = re.sub(r"xinheng\S*|demo|\b[0-9a-f]{8,}\b|语言 Language|\w+@\w+|material/\w+", "", words_of(app))
    assert not re.findall(foreign, said)


def test_what_changed_is_what_the_run_stored(page: Page, made: world.GradedWorld) -> None:
    workspace = Workspace(made.folder)
    moves = changes(workspace).moves
    workspace.close()

    shown = lists(page.opened("briefing", "leader@all", day=world.NOW))["原因"]

    assert [[int(cell) for cell in row[1:]] for row in shown] == moves[["riskier", "milder"]].to_numpy().tolist()


def test_a_district_sees_its_own(page: Page, made: world.GradedWorld, tmp_path: Path) -> None:
    near = lists(page.opened("briefing", "leader@near", day=world.NOW))
    whole = lists(page.opened("briefing", "leader@all", day=world.NOW))

    def n(held: dict[str, list[list[str]]]) -> int:
        return int(next(row[1] for row in held["事项"] if row[0] == "待确认的 D 类"))

    assert 0 < n(near) < n(whole)
