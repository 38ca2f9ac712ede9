"""The page of grades: each part as each role, in both languages; who acts; another district sees nothing."""

import re
import shutil
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.access.rights import Role
from engine.api.follow_up.objection_desk import ObjectionDesk
from engine.api.grading.confirming import high_risk_grades
from engine.api.grading.months import month_migration, month_shares
from engine.api.grading.overrides import grade_overrides
from engine.api.grading.rescoring import corrected_grades
from engine.api.grading.warning_audits import warning_audits
from engine.store.workspaces.workspace import Workspace
from tests import graded_world as world
from tests.small_sources import take_in
from tests.two_districts import SECRET
from tests.unit.dashboards.test_every_page_and_role import take
from tests.unit.dashboards.test_hold_draw import Page, boxes, press, tick
from tests.unit.dashboards.test_pages import KEPT, words_of
from tests.unit.dashboards.test_rights_of_pages import pages_of

PARTS = ("month", "high_risk", "overrides", "contested", "checks")
CODES = re.compile(
    r"xinheng [^\n]*|monthly-\S+|grade-\S+|\w+@\w+|reg:\w+|\b[0-9a-f]{8,}\b|XLSX|CSV|JSON|starter|material/\w+"
)
TEXTS = re.compile(r"file seen|right|never refused a check|few firms")
"""What persons wrote, in their own language."""
NAMES = re.compile(r"此区企业\d+|彼区企业\d+|文1|移\d*")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> world.GradedWorld:
    return world.graded_once(tmp_path_factory)


@pytest.fixture
def page(made: world.GradedWorld, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(made.folder, monkeypatch)


@pytest.fixture
def own(made: world.GradedWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A copy to act on."""
    return Page(shutil.copytree(made.folder, tmp_path / "workspace"), monkeypatch)


def opened(page: Page, person: str, part: str, *, day: date = world.NOW, **asked: str) -> AppTest:
    return page.opened("grades", person, day=day, part_of_grades=part, **asked)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("language", "foreign"), [("zh", r"[A-Za-z]{3,}"), ("en", r"[\u4e00-\u9fff]+")])
def test_a_part_opens_in_one_language(part: str, language: str, foreign: str, page: Page) -> None:
    app = opened(page, "leader@all", part, lang=language)

    assert not app.error, [each.value for each in app.error]
    said = CODES.sub("", TEXTS.sub("", NAMES.sub("", KEPT.sub("", words_of(app)))))
    assert sorted(set(re.findall(foreign, said))) == []


@pytest.mark.parametrize("role", [role for role in Role if "grades" in pages_of(role)])
def test_a_role_opens_every_part_and_another_district_finds_nothing_there_nor_in_its_files(
    role: Role, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: dict[str, str] = {}
    monkeypatch.setattr("dashboards.guard.download", partial(take, taken))
    seen = {}
    for rows in ("all", "near"):
        seen[rows] = "\n".join([*_every_part(page, f"{role.value}@{rows}"), *taken.values()])
        assert taken or role is Role.INSPECTOR  # who may take nothing away is offered no file
        taken.clear()

    assert SECRET in seen["all"]
    for hidden in (SECRET, world.SET_THERE):
        assert hidden not in seen["near"]


def _every_part(page: Page, person: str) -> list[str]:
    """Open the page once and go through its parts."""
    app, said = opened(page, person, PARTS[0]), []
    for part in PARTS:
        app.query_params["part_of_grades"] = part
        app.run()
        assert not [*app.exception, *app.error], part
        assert len(app.title) == 1
        said.append(words_of(app))
    return said


def test_the_month_shows_what_the_functions_return(made: world.GradedWorld, page: Page) -> None:
    workspace = Workspace(made.folder)
    shares = month_shares(workspace, run_id=made.second).set_index("grade")
    matrix = month_migration(workspace, run_id=made.second)
    workspace.close()
    app = opened(page, "analyst@all", "month", lang="en")
    cards = {card.label: (card.value, card.delta) for card in app.metric}

    assert cards["Objects graded"][0] == str(int(shares["n"].sum())) == str(world.N)
    moved = matrix[(matrix["from_grade"] != matrix["to_grade"]) & (matrix["from_grade"] != "-")]["n"].sum()
    assert cards["Moved to a riskier grade"] == (str(moved), f"{moved / world.N:.1%} of {world.N}")
    told = words_of(app)
    for grade in "ABCD":
        assert f"{shares.loc[grade, 'share']:.1%}" in told
    assert {"set by two persons", "new records of its own"} <= set(told.splitlines())
    first = opened(page, "analyst@all", "month", lang="en", run=made.first)
    assert "There is no finished run before this one" in words_of(first)


def test_of_one_district_the_shares_and_moves_are_those_of_its_rows(page: Page) -> None:
    app = opened(page, "leader@near", "month", lang="en")
    cards = {card.label: card.value for card in app.metric}

    assert (cards["Objects graded"], cards["Moved to a riskier grade"]) == ("20", "3")


def test_movers_of_one_cause_stand_in_the_link(page: Page) -> None:
    app = opened(page, "analyst@all", "month", lang="en", cause="reviewed_began")
    listed = app.dataframe[0].value

    assert sorted(listed["Code of the object"]) == [world.SET, world.SET_THERE]
    assert app.query_params["cause"] == "reviewed_began"


def test_grade_d_is_confirmed_by_a_second_person_with_reasons_in_sight(made: world.GradedWorld, own: Page) -> None:
    watching = opened(own, "analyst@all", "high_risk", lang="en")
    assert not watching.checkbox
    assert "adds" in words_of(watching)
    assert "two persons: transferred for suspected crime" in words_of(watching)
    app = opened(own, "leader@all", "high_risk", lang="en")
    assert press(app, "Confirm grade D").error[0].value == "Nothing was chosen: tick at least one row."
    assert press(tick(app, world.SET), "Confirm grade D").error  # no reason
    app = opened(own, "leader@all", "high_risk", lang="en")
    tick(app, world.SET)
    next(each for each in app.text_input if each.label == "Why").set_value("file compared")
    done = press(app, "Confirm grade D")

    assert done.success[0].value == "1 grade(s) D confirmed."
    assert {card.label: card.value for card in done.metric}["confirmed by a person"] == "1"
    workspace = Workspace(own.folder)
    held = high_risk_grades(workspace, made.second).set_index("entity_id")
    workspace.close()
    assert held.loc[world.SET, ["status", "decided_by", "reason"]].tolist() == [
        "confirmed", "leader@all", "file compared",
    ]  # fmt: skip


def test_an_override_goes_from_proposal_to_its_end_by_two_persons(own: Page) -> None:
    app = opened(own, "analyst@all", "overrides", lang="en", override_search="reg:7")
    assert {card.label: card.value for card in app.metric}["Ending within 30 days"] == "2"
    for label, value in (("Number of the document", "文7"), ("Why", "seen on site")):
        next(each for each in app.text_input if each.label == label).set_value(value)
    next(each for each in app.selectbox if each.label == "Ground").set_value("not_on_record")
    done = press(app, "Propose")
    assert done.success[0].value == "grade-reg:7-1 waits for a second person.", [each.value for each in done.error]

    leader = opened(own, "leader@all", "overrides", lang="en")
    next(each for each in leader.selectbox if each.label == "Override").set_value("grade-reg:7-1")
    next(each for each in leader.text_input if each.label == "Why").set_value("agreed")
    press(leader, "Do it")
    assert _state(own.folder, "grade-reg:7-1") == "in_force"
    alone = opened(own, "analyst@all", "overrides", lang="en")
    assert "Another person with the right" in words_of(alone)
    leader = opened(own, "leader@all", "overrides", lang="en")
    next(each for each in leader.selectbox if each.label == "Override").set_value("grade-reg:7-1")
    leader.radio[0].set_value("withdraw")
    next(each for each in leader.text_input if each.label == "Why").set_value("put right")
    press(leader, "Do it")
    assert _state(own.folder, "grade-reg:7-1") == "withdrawn"
    assert "put right" in words_of(opened(own, "auditor@all", "overrides", lang="en", state_of_override="all"))


def _state(folder: Path, name: str) -> str:
    workspace = Workspace(folder)
    held = grade_overrides(workspace, on=world.NOW).set_index("override_id")["state"]
    workspace.close()
    return str(held[name])


def test_a_contested_grade_is_computed_again_and_kept_once_upheld(
    made: world.GradedWorld, own: Page, tmp_path: Path
) -> None:
    looked = press(opened(own, "inspector@all", "contested", lang="en"), "Compute it again from the records of today")
    assert "Computed again: grade B → B." in words_of(looked)
    workspace = Workspace(own.folder)
    take_in(workspace, world.mended(tmp_path))
    for day, step in ((date(2021, 4, 11), "accept"), (world.NOW, "decide")):
        desk = ObjectionDesk(workspace, book=world.BOOK, department="M", actor=world.LEADER, clock=world.at(day))
        desk.accept([made.objection]) if step == "accept" else desk.decide(
            [made.objection], is_corrected=True, reason="another firm's sheet"
        )
    workspace.close()

    again = press(opened(own, "leader@all", "contested", lang="en"), "Compute it again from the records of today")
    assert "Computed again: grade B → A." in words_of(again)
    assert press(again, "Keep the corrected grade").error[0].value == "Say why; it stays on record."
    app = opened(own, "leader@all", "contested", lang="en")
    next(each for each in app.text_input if each.label == "Why").set_value("sheets compared")
    press(app, "Keep the corrected grade")
    workspace = Workspace(own.folder)
    kept = corrected_grades(workspace)
    workspace.close()
    assert kept[["entity_id", "before", "after", "actor", "reason"]].to_numpy().tolist() == [
        [world.CONTESTED, "B", "A", "leader@all", "sheets compared"]
    ]
    after = words_of(opened(own, "auditor@all", "contested", lang="en"))
    assert "B → A" in after
    assert "The corrected grade is kept; the old one stays on record." in after
    assert {card.label: card.value for card in opened(own, "auditor@all", "month", lang="en").metric}[
        "Corrected on objection"
    ] == "1"


def test_what_a_random_check_showed_moves_precision_and_recall(made: world.GradedWorld, own: Page) -> None:
    app = opened(own, "inspector@all", "checks", lang="en")
    assert "No firm of any sample was checked yet" in words_of(app)
    workspace = Workspace(own.folder)
    sample = warning_audits(workspace, run_id=made.second)
    workspace.close()
    assert sorted(boxes(app)) == sorted(sample["entity_id"])
    tick(app, *sample["entity_id"].iloc[:2])
    next(each for each in app.text_input if each.label == "What was checked").set_value("licence and premises")
    done = press(app, "Enter")

    assert done.success[0].value == "2 check(s) on record."
    told = words_of(opened(own, "leader@all", "checks", lang="en"))
    assert "n=2" in told
    limited = words_of(opened(own, "leader@near", "checks", lang="en"))
    assert "Precision and recall are judged on the whole sample" in limited


def test_without_a_monthly_run_the_page_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.two_districts import write_two_districts

    write_two_districts(tmp_path / "workspace")
    app = Page(tmp_path / "workspace", monkeypatch).opened("grades", "leader@whole")

    assert app.info[0].value == "尚无已完成的月度运行。"
