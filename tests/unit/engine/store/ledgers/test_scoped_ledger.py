"""The ledger of somebody with limits: steps of warnings and results in sight, and nothing that may name others."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from engine.store.ledgers.scoped_ledger import ScopedLedger
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW

IN_SIGHT = {"reg:1", "reg:2"}


class Seen:
    """Tables of which only some rows are in sight."""

    def seen_ids(self, entity_ids):
        return [each for each in entity_ids if each in IN_SIGHT]

    def run_ids_of(self, _table):
        return ["warn-1"]

    def read(self, _name, *, run_id=None):
        return SimpleNamespace(warning_id=SimpleNamespace(execute=lambda: ["w1"]))

    def table(self, _name):
        rows = pd.DataFrame({"visit_id": ["v1"], "item_code": ["i"], "department_code": ["m"]})
        return SimpleNamespace(execute=lambda: rows)


@pytest.fixture
def ledgers(tmp_path: Path):
    workspace = Workspace(tmp_path / "ws")
    with workspace.writing():
        pass
    yield workspace.ledger, ScopedLedger(workspace.decisions, Seen())
    workspace.close()


def told(ledger, action: str, subject: str = "x", **content: object) -> None:
    ledger.append(action, subject=subject, content=content, actor=ACTOR, at=NOW)


def test_steps_of_a_warning_show_when_the_warning_is_in_sight(ledgers) -> None:
    whole, cut = ledgers
    told(whole, "warning.assigned", "w1", assignee="a")
    told(whole, "warning.assigned", "w2", assignee="b")

    assert [entry.subject for entry in cut.entries(action="warning.assigned")] == ["w1"]


def test_an_entry_about_several_results_shows_those_in_sight(ledgers) -> None:
    whole, cut = ledgers
    told(whole, "result.entered", results=[["v1-i-m", "m", "D1"], ["v2-i-m", "m", "D1"]])
    told(whole, "result.entered", results=[["v2-i-m", "m", "D1"]])

    (entry,) = cut.entries(action="result.entered")
    assert entry.particulars["results"] == [["v1-i-m", "m", "D1"]]


@pytest.mark.parametrize(
    ("content", "is_seen"),
    [
        ({"entity": None, "department": "m"}, True),
        ({"entity": "reg:1"}, True),
        ({"entity": "reg:9"}, False),
    ],
)
def test_a_task_shows_unless_it_is_about_an_object_out_of_sight(ledgers, content, is_seen) -> None:
    whole, cut = ledgers
    told(whole, "task.dispatched", **content)

    assert bool(cut.entries()) is is_seen


def test_an_action_nobody_declared_harmless_is_hidden_unless_all_it_names_is_in_sight(ledgers) -> None:
    whole, cut = ledgers
    told(whole, "draw.substituted", entry={"object_id": "reg:1", "by": [{"entity_id": "reg:9"}]})
    told(whole, "draw.substituted", entry={"object_id": "reg:1", "by": [{"entity_id": "reg:2"}]})
    told(whole, "anything.new", what="somebody")
    told(whole, "account.added", "boss@x", name="n")
    told(whole, "run.score", files={})

    assert [entry.sequence for entry in cut.entries()] == [2, 5]
    assert len(whole.entries()) == 5
