from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update

from engine.errors import StoreError
from engine.pipeline.ports import Actor
from engine.store.ledgers.decisions import LEDGER
from engine.store.ledgers.ledger import GENESIS
from engine.store.workspaces.workspace import Workspace

ACTOR = Actor("Li Si (fictional)", "analyst")
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    with workspace.writing():
        pass
    yield workspace
    workspace.close()


def say(workspace, subject, **options):
    return workspace.ledger.append(
        "override.set", subject=subject, content={"grade": "D"}, actor=ACTOR, at=NOW, **options
    )


def test_entries_form_a_chain(workspace):
    first, second = say(workspace, "reg:1"), say(workspace, "reg:2", reason="listed")

    assert (first.sequence, first.previous_digest) == (1, GENESIS)
    assert (second.sequence, second.previous_digest) == (2, first.digest)
    assert workspace.ledger.head() == second.digest
    assert workspace.ledger.first_break() is None
    assert [e.subject for e in workspace.ledger.entries(subject="reg:2")] == ["reg:2"]
    assert second.particulars == {"grade": "D"}


@pytest.mark.parametrize("column", ["content", "actor", "entered_at"])
def test_an_edited_entry_breaks_the_chain(workspace, column):
    for subject in ("a", "b", "c"):
        say(workspace, subject)
    with workspace.decisions.writing() as connection:
        connection.execute(update(LEDGER).where(LEDGER.c.sequence == 2).values({column: "{}"}))

    assert workspace.ledger.first_break() == 2


def test_a_removed_entry_breaks_the_chain(workspace):
    for subject in ("a", "b", "c"):
        say(workspace, subject)
    with workspace.decisions.writing() as connection:
        connection.execute(delete(LEDGER).where(LEDGER.c.sequence == 2))

    assert workspace.ledger.first_break() == 3


def test_the_same_key_is_one_entry(workspace):
    first = say(workspace, "a", idempotency_key="k")

    assert say(workspace, "a", idempotency_key="k") == first
    assert len(workspace.ledger.entries()) == 1


def test_the_same_key_for_something_else_is_refused(workspace):
    say(workspace, "a", idempotency_key="k")

    with pytest.raises(StoreError, match="another decision"):
        say(workspace, "b", idempotency_key="k")


def test_an_entry_that_fails_with_its_transaction_leaves_nothing(workspace):
    with pytest.raises(RuntimeError), workspace.decisions.writing() as connection:
        say(workspace, "a", connection=connection)
        raise RuntimeError

    assert workspace.ledger.entries() == []
