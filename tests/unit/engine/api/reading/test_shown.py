"""Before anything was measured, pages speak of what was graded; afterwards of what was measured."""

from pathlib import Path

import pytest

from engine.access.scope import scope_of
from engine.api.marts.building import build_marts
from engine.api.reading import measures as reading
from engine.api.reading.shown import shown
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests.small_workspace import ACTOR, AS_OF, EARLIER, NOW, grades, write_measured
from tests.two_districts import DAY, HERE, THERE, write_two_districts


@pytest.fixture
def graded(tmp_path: Path) -> Path:
    workspace = Workspace(tmp_path)
    for day in (EARLIER, AS_OF):
        workspace.warehouse.write_run(
            {"grades": grades(day)},
            kind="grade",
            as_of=day,
            manifest={"profile": "default"},
            actor=ACTOR,
            at=NOW,
        )
    workspace.close()
    return tmp_path


def test_days_and_populations_are_those_graded(graded: Path) -> None:
    held = shown(graded)

    assert held.as_ofs == (AS_OF, EARLIER)
    assert held.populations == ("enterprise", "individual_business")
    assert reading.hit_rates(graded, as_of=AS_OF, population="enterprise").empty
    assert reading.figures(graded, as_of=AS_OF, population="enterprise") == {}
    assert reading.figure_history(graded, population="enterprise").empty


def test_once_something_was_measured_only_that_counts(graded: Path) -> None:
    write_measured(graded, EARLIER)

    assert shown(graded) == reading.standing(graded)
    assert shown(graded).as_ofs == (EARLIER,)


def test_who_sees_one_district_learns_nothing_before_the_tables_are_made(graded: Path) -> None:
    workspace = Workspace(graded)

    assert shown(scoped(workspace, scope_of(districts=[HERE]))).as_ofs == ()
    workspace.close()


def test_who_sees_one_district_sees_the_populations_of_that_district_only(tmp_path: Path) -> None:
    write_two_districts(tmp_path / "ws")
    workspace = Workspace(tmp_path / "ws")
    table = grades(DAY).head(4).assign(entity_id=[f"reg:{n}" for n in (1, 2, 3, 4)])
    table["population"] = ["enterprise", "enterprise", "individual_business", "individual_business"]
    workspace.warehouse.write_run(
        {"grades": table}, kind="grade", as_of=DAY, manifest={"profile": "default"}, actor=ACTOR, at=NOW
    )
    build_marts(workspace, actor=ACTOR, clock=lambda: NOW)

    assert shown(workspace).populations == ("enterprise", "individual_business")
    assert shown(scoped(workspace, scope_of(districts=[HERE]))).populations == ("enterprise",)
    assert shown(scoped(workspace, scope_of(districts=[THERE]))).populations == ("individual_business",)
    workspace.close()
