"""The credit record page: each part in one language, what it shows is what the functions return, ways to objections."""

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import words
from engine.access.rights import Role
from engine.api.marts.peers import build_peers
from engine.api.reading.grade_steps import grade_steps
from engine.api.reading.peers import peer_places
from engine.api.reading.prospects import grade_prospects
from engine.api.scoring.assessment import explain
from engine.store.workspaces.workspace import Workspace
from tests import graded_world as world
from tests.small_sources import ACTOR, NOW
from tests.two_districts import SECRET
from tests.unit.dashboards.test_grades import CODES, NAMES, TEXTS
from tests.unit.dashboards.test_hold_draw import Page
from tests.unit.dashboards.test_pages import KEPT, words_of

PARTS = ("why", "changes", "known", "course")
OWN = re.compile(r"\S+\.(?:csv|parquet)|\bj\d+\b|\bi\d+\b|\bk\d+\b|Object H62")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = world.graded_once(tmp_path_factory).folder
    path = tmp_path_factory.mktemp("record") / "workspace"
    workspace = Workspace(shutil.copytree(made, path))
    build_peers(workspace, actor=ACTOR, clock=lambda: NOW)
    workspace.close()
    return path


@pytest.fixture
def page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(folder, monkeypatch)


def opened(page: Page, person: str, part: str, entity: str = world.CONTESTED, **asked: str) -> AppTest:
    return page.opened("record", person, day=world.NOW, search=entity, entity=entity, part_of_record=part, **asked)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("language", "foreign"), [("zh", r"[A-Za-z]{3,}"), ("en", r"[\u4e00-\u9fff]+")])
def test_a_part_opens_in_one_language(part: str, language: str, foreign: str, page: Page) -> None:
    app = opened(page, "leader@all", part, lang=language)

    assert not app.error, [each.value for each in app.error]
    said = OWN.sub("", CODES.sub("", TEXTS.sub("", NAMES.sub("", KEPT.sub("", words_of(app))))))
    assert sorted(set(re.findall(foreign, re.sub(r"路\d+号", "", said)))) == []


def test_a_link_that_names_the_object_alone_shows_it_until_another_is_searched(page: Page) -> None:
    app = page.opened("record", "leader@all", day=world.NOW, entity=world.CONTESTED)

    assert app.selectbox and world.CONTESTED in words_of(app) + str(app.text_input[0].value)
    app.text_input[0].set_value("").run()
    assert "请输入名称或代码的一部分查找主体" in words_of(app)


def test_the_head_shows_grade_score_and_place_as_the_functions_return_them(folder: Path, page: Page) -> None:
    workspace = Workspace(folder)
    told = explain(workspace, world.CONTESTED)
    whole, near = peer_places(workspace, entity_id=world.CONTESTED)
    workspace.close()
    app = opened(page, "inspector@near", "why", lang="en")
    cards = {card.label: (card.value, card.delta) for card in app.metric}

    assert cards["Grade"][0] == words.grade_name(str(told.grade), str)
    assert cards["Score"][0] == f"{told.score:,.1f}"
    assert cards["Riskier than others of the population"] == (words.share(whole.riskier_than), f"n={whole.n}")
    assert cards["Riskier than others of its industry and district"] == ("—", f"n={near.n} · too few")


def test_reasons_stand_row_by_row_with_records_and_what_would_be_without_them(folder: Path, page: Page) -> None:
    workspace = Workspace(folder)
    told = explain(workspace, world.CONTESTED)
    prospects = grade_prospects(workspace, entity_id=world.CONTESTED, on=world.NOW)
    workspace.close()
    assert prospects is not None
    rows = opened(page, "leader@all", "why", lang="en").table[0].value.to_dict("records")

    assert [row["Points"] for row in rows] == [f"{each.points:+,.1f}" for each in told.reasons]
    assert [row["Without it"] for row in rows] == [
        f"{each.outcome.score:,.1f} · {words.grade_tag(each.outcome.grade)}" for each in prospects.reasons
    ]
    assert rows[0]["Records behind it"] == "inspections: 1, the latest of 2021-03-10 (j4)"
    assert rows[-1]["Records behind it"] == "—"


def test_only_whoever_sees_models_sees_what_the_score_is_made_of(page: Page) -> None:
    seen = words_of(opened(page, "analyst@all", "why", lang="en"))
    unseen = words_of(opened(page, "inspector@all", "why", lang="en"))

    assert "What the score is made of" in seen
    assert "What the score is made of" not in unseen


def test_what_stands_above_the_score_is_said_where_points_alone_change_nothing(page: Page) -> None:
    app = opened(page, "leader@all", "why", world.SET, lang="en")

    assert "A rule above the score holds the grade: fewer points alone change nothing." in words_of(app)
    assert any(
        "two persons: transferred for suspected crime · 文1 · until 2021-05-01" in each.value for each in app.warning
    )
    assert all(cell.endswith(" · D ◆") for cell in app.table[0].value["Without it"])


def test_changes_and_lapses_are_those_of_the_function(folder: Path, page: Page) -> None:
    workspace = Workspace(folder)
    prospects = grade_prospects(workspace, entity_id=world.CONTESTED, on=world.NOW)
    workspace.close()
    assert prospects is not None
    app = opened(page, "leader@all", "changes", lang="en")
    records, lapses = app.dataframe[0].value, app.dataframe[1].value

    assert records["Record"].tolist() == [f"inspections {each.record_id}" for each in prospects.records]
    assert lapses["From"].tolist() == [each.on.isoformat() for each in prospects.lapses]
    assert lapses["Score and grade then"].tolist() == [
        f"{each.outcome.score:,.1f} · {words.grade_tag(each.outcome.grade)}" for each in prospects.lapses
    ]


def test_its_grades_stand_run_by_run_with_what_came_between(folder: Path, page: Page) -> None:
    workspace = Workspace(folder)
    steps = grade_steps(workspace, entity_id=world.CONTESTED, on=world.NOW)
    workspace.close()
    rows = opened(page, "leader@all", "course", lang="en").dataframe[0].value.to_dict("records")

    assert [row["As of"] for row in rows] == [each.as_of.isoformat() for each in reversed(steps)]
    assert [row["Score"] for row in rows] == [f"{each.score:,.1f}" for each in reversed(steps)]
    assert rows[0]["Newly known since"] == "inspections j4"
    assert rows[0]["Cause of the move"].endswith("new records of its own")
    assert rows[1]["Cause of the move"] == "first grade on record"


def test_the_part_that_was_chosen_is_in_the_address(page: Page) -> None:
    app = opened(page, "leader@all", "known", lang="en")

    assert app.query_params["part_of_record"] == "known"
    assert app.query_params["entity"] == world.CONTESTED


def test_an_objection_begun_on_the_record_names_it_and_leads_back(page: Page) -> None:
    app = page.opened("objections", "inspector@near", day=world.NOW, lang="en", target="j4", about=world.CONTESTED)

    assert next(each for each in app.text_input if each.label.startswith("Record")).value == "j4"
    assert f"About 此区企业4, {world.CONTESTED}" in words_of(app)


@pytest.mark.parametrize("role", [Role.LEADER, Role.INSPECTOR])
def test_an_object_of_another_district_is_not_found(role: Role, page: Page) -> None:
    said = words_of(opened(page, f"{role.value}@near", "why", world.SET_THERE, lang="en"))

    assert "No object within your districts and departments is called so." in said
    assert SECRET not in said
