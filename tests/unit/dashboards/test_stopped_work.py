"""Work whose process died: the page says so and what to do, starts it again, and never waits for it for ever."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.api.desk import Desk
from engine.api.jobs.board import JobState, start_job
from engine.store.outputs.job_files import read_job, read_jobs, write_job
from tests.plan_world import at
from tests.small_workspace import AS_OF
from tests.two_districts import write_two_districts
from tests.unit.dashboards.test_hold_draw import Page, press
from tests.unit.dashboards.test_pages import words_of

NOBODY = 2**22 + 1
"""No process has this number."""


@pytest.fixture
def died(tmp_path: Path) -> tuple[Path, str]:
    """A workspace whose count of departments and districts was asked for and died while it waited."""
    folder = tmp_path / "workspace"
    write_two_districts(folder)
    made = start_job(Desk.of(folder, "analyst@whole", clock=at(AS_OF - timedelta(days=1))), "league")
    write_job(folder, replace(made, state=JobState.WAITING, pid=NOBODY))
    return folder, made.job_id


def test_the_page_says_that_it_stopped_and_starts_it_again(
    died: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, name = died
    pages = Page(folder, monkeypatch)
    watching = pages.opened("league", "leader@whole", day=AS_OF, lang="en")
    assert "stopped: its process ended" in watching.warning[0].value
    assert "start it again" in watching.warning[0].value
    assert all(button.label != "Start it again" for button in watching.button)

    app = press(pages.opened("league", "analyst@whole", day=AS_OF, lang="en"), "Start it again")
    assert not app.warning
    assert "Departments and districts are counted." in words_of(app)
    assert [each.state for each in read_jobs(folder)].count(JobState.DONE) == 1
    assert read_job(folder, name).state is JobState.STOPPED


def test_the_list_of_jobs_calls_it_stopped_and_offers_it_until_it_was_asked_for_again(
    died: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _name = died
    pages = Page(folder, monkeypatch)
    app = pages.opened("audit", "", day=AS_OF, lang="en", part="jobs")
    assert "stopped" in set(words_of(app).splitlines())
    again = press(app, "Start it again")

    assert not again.warning
    assert {"stopped", "done"} <= set(words_of(again).splitlines())
