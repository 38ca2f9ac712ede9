"""The page of joint punishment: figures are the command's, choices stand in the link, what is missing is said."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.api.marts import punishment as marts
from engine.api.marts.punishment import StoredEffect, build_effect
from engine.api.punishment import desk
from engine.api.records.intake import ingest
from engine.store.workspaces.workspace import Workspace
from tests.e2e.demo_city import xinheng
from tests.plan_world import BAO, at, write
from tests.unit.dashboards.test_hold_draw import Page, folder_with
from tests.unit.dashboards.test_pages import words_of

LISTED, DAY = date(2026, 3, 2), date(2026, 3, 31)
EVENTS = ("triggered", "basis_checked", "pushed", "received", "hit", "applied", "fed_back")
LEGAL, GONE = "P06", "M2015-01"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven cases of one department with a lawful measure, two of another with one that is history."""
    base = tmp_path_factory.mktemp("punished")
    made = folder_with(base)
    listings, events = [], []
    for at_row in range(13):
        name, is_first = f"L{at_row:02d}", at_row < 11
        department, measure = ("SW", LEGAL) if is_first else ("WJW", GONE)
        listings.append({"listing_event_id": name, "listing_id": name, "entity_id": f"reg:{at_row:06d}",
                         "list_type": "serious_violation", "event": "listed", "reason": "虚构", "organ_code": "SCJG",
                         "occurred_on": LISTED, "known_at": LISTED})  # fmt: skip
        for step, event in enumerate(EVENTS[: 6 if is_first and at_row else 5]):
            on = date(2026, 3, 3 + step)
            events.append({"punishment_event_id": f"{name}-{step}", "punishment_id": f"{name}-{measure}-{department}",
                           "entity_id": f"reg:{at_row:06d}", "listing_id": name, "measure_id": measure, "event": event,
                           "department_code": "SCJG", "to_department": department, "business_no": "B",
                           "occurred_on": on, "known_at": on})  # fmt: skip
    workspace = Workspace(made)
    paths = [
        write(base / "more", name, pd.DataFrame(rows))
        for name, rows in (("listings", listings), ("punishments", events))
    ]
    ingest(workspace, paths, actor=BAO, clock=at(DAY))
    workspace.close()
    return made


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch, **asked: str) -> AppTest:
    return Page(folder, monkeypatch).opened("punishment", "auditor", day=DAY, **asked)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_cards_steps_and_cells_are_those_of_the_commands(
    language: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(folder, monkeypatch, lang=language)
    cells = xinheng(folder, "punishment", "board", day=DAY)["rows"]
    steps = xinheng(folder, "punishment", "funnel", day=DAY)["rows"]
    waits = xinheng(folder, "punishment", "stalls", day=DAY)["rows"]
    of_step, of_cell = (table.value for table in app.table[:2])

    assert [card.value for card in app.metric] == ["13", str(len(waits)), "0", "0", "2"]
    assert of_step.iloc[:, 1].tolist() == [str(row["n"]) for row in steps]
    assert of_step.iloc[:, 7].tolist() == ["—" if row["n_overdue"] is None else str(row["n_overdue"]) for row in steps]
    assert of_cell.iloc[:, 2].tolist() == [str(row["n_in_time"]) for row in cells] == ["10", "0"]
    assert of_cell.iloc[:, 3].tolist() == [str(row["n"]) for row in cells] == ["11", "2"]
    assert [each[0] for each in of_cell.iloc[:, 1]] == ["✓", "✗"]
    assert [bool(each) for each in of_cell.iloc[:, 7]] == [False, True]  # two cases are too few
    assert app.dataframe[0].value.iloc[:, 0].tolist() == [row["punishment_id"] for row in waits]


@pytest.mark.parametrize(
    ("begun", "step"), [({"acted", "received"}, "acted"), ({"received", "fed_back"}, "received"), (set(), "acted")]
)
def test_the_board_opens_at_the_first_step_with_cases(
    begun: set[str], step: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = desk.board_of

    def of_begun(*found: Any, **asked: Any) -> pd.DataFrame:
        held = whole(*found, **asked)
        return held if asked["step"] in begun else held.head(0)

    monkeypatch.setattr(desk, "board_of", of_begun)
    workspace = Workspace(folder)
    assert desk.first_step(workspace, as_of=DAY) == step
    workspace.close()


def test_a_department_and_a_step_stand_in_the_link(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(folder, monkeypatch, department="WJW", punishment_step="received", lang="en")
    own = ("--applied-by", "WJW", "--step", "received")
    (cell,) = xinheng(folder, "punishment", "board", *own, day=DAY)["rows"]

    assert app.metric[0].value == "2"
    assert app.table[1].value.iloc[0, [2, 3]].tolist() == [str(cell["n_in_time"]), str(cell["n"])] == ["2", "2"]
    assert (app.query_params["department"], app.query_params["punishment_step"]) == ("WJW", "received")


@pytest.mark.parametrize("asked", [{"department": "NOBODY"}, {"punishment_step": "hit"}])
def test_what_nobody_has_is_told_in_a_sentence(
    asked: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(folder, monkeypatch, lang="en", **asked)

    assert [each.value for each in app.info if next(iter(asked.values())) in each.value]
    assert app.metric[0].value == "13" and not app.exception


def test_what_followed_is_stored_labelled_and_never_counted_by_the_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "xinheng marts build" in words_of(opened(folder, monkeypatch, lang="en"))
    workspace = Workspace(folder)
    build_effect(workspace, as_of=DAY, profile="default", actor=BAO, clock=at(DAY))
    workspace.close()
    said = words_of(opened(folder, monkeypatch, lang="zh"))

    assert "相关非因果" in said and "仅为相关" in said and DAY.isoformat() in said


def few_checks(_workspace: Workspace) -> StoredEffect:
    figures = {"ratio": 0.5, "low": 0.1, "high": 2.0, "rate_with": 0.2, "rate_without": 0.4}
    figures |= {"checks_with": 5, "checks_without": 500, "n_with": 9, "n_without": 900}
    curve = pd.DataFrame({"month": [12, 12], "is_with": [True, False], "unfound": 0.8, "low": 0.6, "high": 0.9})
    return StoredEffect(DAY, is_current=True, figures=figures, reason=None, curve=curve)


def test_what_rests_on_few_checks_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marts, "stored_effect", few_checks)
    st.cache_data.clear()
    said = words_of(opened(folder, monkeypatch, lang="zh"))

    assert "采取措施后\n20.0%\n5\n9\n0.50× (0.10× – 2.00×)\n样本不足\n" in said
    assert "40.0%\n500\n900\n—\n\n" in said
