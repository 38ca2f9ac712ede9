"""One object of a graded city: its place, the records behind its reasons, what would change it, its course."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from engine.access.scope import scope_of
from engine.api.marts.peers import build_peers, ranks_of
from engine.api.reading.evidence import reason_evidence
from engine.api.reading.grade_steps import grade_steps
from engine.api.reading.object_draws import found_in_draws, object_draws
from engine.api.reading.peers import peer_places
from engine.api.reading.prospects import grade_prospects, repair_from
from engine.api.scoring.assessment import explain, grade
from engine.errors import TableMissingError
from engine.store.documents import load_policies
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests import graded_world as world
from tests.small_sources import ACTOR, NOW, take_in
from tests.two_districts import HERE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.graded_once(tmp_path_factory).folder


@pytest.fixture
def held(folder: Path) -> Iterator[Workspace]:
    workspace = Workspace(folder)
    yield workspace
    workspace.close()


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy to write into."""
    workspace = Workspace(shutil.copytree(folder, tmp_path / "workspace"))
    yield workspace
    workspace.close()


def test_a_place_is_that_among_all_of_the_population_and_too_small_a_group_has_none(own: Workspace) -> None:
    with pytest.raises(TableMissingError):
        peer_places(own, entity_id=world.CONTESTED)
    assert build_peers(own, actor=ACTOR, clock=lambda: NOW)
    assert build_peers(own, actor=ACTOR, clock=lambda: NOW) is None
    scores = pd.DataFrame(own.warehouse.read("grades").execute()).set_index("entity_id")["score"]

    for entity in scores.index:
        whole, near = peer_places(own, entity_id=entity)
        others = scores.drop(entity)
        expected = ((others < scores[entity]).sum() + (others == scores[entity]).sum() / 2) / len(others)
        assert (whole.n, whole.riskier_than) == (world.N, pytest.approx(expected))
        assert (near.section, near.n, near.riskier_than) == ("H", world.N // 2, None)


def test_of_a_group_too_small_no_score_is_stored(own: Workspace) -> None:
    build_peers(own, actor=ACTOR, clock=lambda: NOW)
    rows = ranks_of(own, population="enterprise", section="H", district_code=HERE)

    assert rows["score"].isna().all()
    assert rows["n"].tolist() == [world.N // 2]


def test_a_district_is_told_the_place_of_its_own_object_in_the_city_and_of_no_other(own: Workspace) -> None:
    build_peers(own, actor=ACTOR, clock=lambda: NOW)
    near = scoped(own, scope_of(districts=[HERE]))

    assert peer_places(near, entity_id=world.CONTESTED) == peer_places(own, entity_id=world.CONTESTED)
    assert peer_places(near, entity_id=world.SET_THERE) == ()


def test_places_of_older_grades_are_no_answer(own: Workspace) -> None:
    build_peers(own, actor=ACTOR, clock=lambda: NOW)
    grade(own, as_of=world.SECOND, profile="default", actor=ACTOR, clock=lambda: NOW)

    with pytest.raises(TableMissingError):
        peer_places(own, entity_id=world.CONTESTED)


def test_nothing_changed_gives_the_stored_score_and_grade_of_every_object(held: Workspace) -> None:
    for n in range(4, world.N, 12):
        told = grade_prospects(held, entity_id=f"reg:{n}", on=world.SECOND)
        assert told is not None and told.today is not None
        assert told.today.score == pytest.approx(told.stored.score, abs=1e-9)
        assert told.today.grade == told.stored.grade


def test_without_a_reason_its_points_are_gone_and_without_the_check_the_finding_is(held: Workspace) -> None:
    said = explain(held, world.CONTESTED)
    told = grade_prospects(held, entity_id=world.CONTESTED, on=world.SECOND)

    assert told is not None and told.today is not None and said.score is not None
    for reason, without in zip(said.reasons, told.reasons, strict=True):
        assert without.outcome.score == pytest.approx(said.score - reason.points, abs=1e-5)
    alone = grade_prospects(held, entity_id=world.CONTESTED, on=world.SECOND, is_whole=False)
    assert alone is not None and (alone.reasons, alone.records, alone.note) == (told.reasons, (), None)
    (struck,) = told.records
    assert (struck.table, struck.record_id, struck.told) == ("inspections", "j4", "refused")
    assert struck.outcome.score < told.today.score
    assert struck.repair_from is None


def test_the_finding_struck_out_is_the_score_that_the_mended_record_gives(own: Workspace, tmp_path: Path) -> None:
    on = date(2021, 4, 10)
    before = grade_prospects(own, entity_id=world.CONTESTED, on=on)
    take_in(own, world.mended(tmp_path))
    after = grade_prospects(own, entity_id=world.CONTESTED, on=on)

    assert before is not None and after is not None and before.today is not None and after.today is not None
    assert after.today.score < before.today.score == before.stored.score
    assert after.records == ()  # what found nothing is nothing to object to


def test_what_two_persons_set_holds_the_grade_until_its_last_day(held: Workspace) -> None:
    told = grade_prospects(held, entity_id=world.SET, on=world.SECOND)

    assert told is not None
    assert told.stored.override_code == "reviewed.crime_transfer"
    assert {each.outcome.grade for each in told.reasons} == {"D"}
    later = [each.outcome for each in told.lapses if each.on >= date(2021, 5, 1)]
    assert later and {each.override_code for each in later} == {None}
    assert {each.grade for each in later} <= {"A", "B", "C"}


def test_time_alone_takes_points_off_on_the_day_policy_says(held: Workspace) -> None:
    told = grade_prospects(held, entity_id=world.CONTESTED, on=world.SECOND)

    assert told is not None
    first = next(each for each in told.lapses if any("last visit" in label for label, _, _ in each.indicators))
    assert first.on == date(2022, 3, 11)  # a year and a day after the check of the tenth of March
    ((_label, before, after),) = [each for each in first.indicators if "last visit" in each[0]]
    assert after == pytest.approx(0.6 * before)


def test_repair_may_be_applied_for_when_the_rule_of_the_day_says() -> None:
    row = {"occurred_on": pd.Timestamp(2026, 1, 31), "severity": "ordinary", "list_type": "serious_violation"}
    asked = {"on": date(2026, 5, 1)}
    book = load_policies()

    assert repair_from(book, "penalties", row, **asked) == date(2026, 4, 30)
    assert repair_from(book, "penalties", {**row, "severity": "serious"}, **asked) == date(2027, 1, 31)
    assert repair_from(book, "penalties", {**row, "severity": "minor"}, **asked) is None
    assert repair_from(book, "listings", row, **asked) == date(2027, 1, 31)
    assert repair_from(book, "inspections", row, **asked) is None
    assert repair_from(book, "penalties", row, on=date(2025, 1, 1)) is None


def test_the_records_behind_a_reason_are_those_that_were_known_on_its_day(held: Workspace) -> None:
    behind = {each.feature: each for each in reason_evidence(held, entity_id=world.CONTESTED)}
    (record,) = behind["inspections_adverse_decayed"].records

    assert (record.record_id, record.number, record.occurred_on) == ("j4", "j4", date(2021, 3, 10))
    assert behind["inspections_adverse_decayed"].table == "inspections"
    assert "1 on record, the latest of 2021-03-10 (j4)" in str(behind["inspections_adverse_decayed"].said)
    assert "peers_industry_adverse_rate_36m" not in behind


def test_every_run_is_a_step_with_its_cause_and_what_came_between(held: Workspace) -> None:
    first, second = grade_steps(held, entity_id=world.CONTESTED, on=world.NOW)

    assert (first.as_of, second.as_of) == (world.FIRST, world.SECOND)
    assert (first.came, first.lapsed) == ((), ())
    assert second.came == (("inspections", "j4", "known"),)
    assert second.cause == "new_records"
    assert second.is_disputed and not first.is_disputed
    assert second.score is not None and first.score is not None and second.score > first.score
    last = grade_steps(held, entity_id=world.SET, on=world.NOW)[-1]
    assert (last.cause, last.override_code) == ("reviewed_began", "reviewed.crime_transfer")


def test_grades_of_single_commands_are_steps_too(own: Workspace) -> None:
    grade(own, as_of=world.FIRST, profile="default", actor=ACTOR, clock=lambda: NOW)
    steps = grade_steps(own, entity_id=world.CONTESTED, on=world.NOW)

    assert [(each.as_of, each.is_monthly) for each in steps] == [(world.FIRST, True), (world.SECOND, True)]
    assert grade_steps(own, entity_id="reg:none", on=world.NOW) == ()


def test_a_draw_is_told_with_its_probability_and_what_was_found(own: Workspace) -> None:
    assert object_draws(own, entity_id=world.CONTESTED).empty
    for certainty in (0.25, 0.5):  # run again: the last run counts
        rows = pd.DataFrame(
            [
                ("D1", world.CONTESTED, "X", "s1", "C", True, "v1", certainty),
                ("D1", "reg:5", "X", "s1", "C", False, "", 0.5),
            ],
            columns=[
                "draw_id",
                "entity_id",
                "item_code",
                "stratum",
                "grade",
                "is_drawn",
                "visit_id",
                "design_probability",
            ],
        ).assign(inclusion_probability=0.5, selection_mode="random")
        own.warehouse.write_run(
            {"selections": rows}, kind="draw", as_of=world.SECOND, manifest={"draw_id": "D1"}, actor=ACTOR, at=NOW
        )
    (row,) = object_draws(own, entity_id=world.CONTESTED).to_dict("records")

    assert (row["draw_id"], row["item_code"], row["is_drawn"], row["visit_id"]) == ("D1", "X", True, "v1")
    assert (row["design_probability"], row["inclusion_probability"]) == (0.5, 0.5)
    assert (row["certificate_kind"], row["as_of"]) == ("", world.SECOND)
    (other,) = object_draws(own, entity_id="reg:5").to_dict("records")
    assert (other["is_drawn"], other["visit_id"]) == (False, "")
    assert found_in_draws(own, entity_id=world.CONTESTED).empty
    assert object_draws(scoped(own, scope_of(districts=["330681"])), entity_id=world.CONTESTED).empty
