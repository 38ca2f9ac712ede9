"""The desk: rights and rows asked anew each time, acts by the right person only, and all of it written down."""

from pathlib import Path

import pytest

from engine.access.rights import EVERY_RIGHT, Action, Role
from engine.access.scope import scope_of
from engine.api.accounts import accounts, accounts_in_sight, add_account, grant_account, revoke_account
from engine.api.desk import Desk, local_viewer
from engine.errors import AccessError, AccessRevokedError, UsageError
from engine.pipeline.ports import Actor
from engine.store.ledgers.read_log import ReadLog
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW
from tests.two_districts import HERE, THERE, write_two_districts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_two_districts(tmp_path / "ws")
    return tmp_path / "ws"


def desk(folder: Path, account: str) -> Desk:
    return Desk.of(folder, account, clock=lambda: NOW)


def change(folder: Path, what: object, *args: object, **options: object) -> None:
    workspace = Workspace(folder)
    try:
        what(workspace, *args, actor=ACTOR, clock=lambda: NOW, **options)  # type: ignore[operator]
    finally:
        workspace.close()


def test_an_account_sees_its_rows_and_its_key_differs_from_others(folder: Path) -> None:
    keys = set()
    for account, n in (("analyst@here", 2), ("analyst@there", 2), ("analyst@whole", 4), ("leader@here", 2)):
        sitting = desk(folder, account)
        with sitting.reading(Action.SEE_ENTITIES) as workspace:
            assert workspace.warehouse.table("entities").count().execute() == n
        keys.add(sitting.key(Action.SEE_ENTITIES))

    assert len(keys) == 4


def test_a_right_the_role_lacks_is_refused_and_written_down(folder: Path) -> None:
    sitting = desk(folder, "inspector@here")

    for ask in (sitting.require, sitting.key):
        with pytest.raises(AccessError):
            ask(Action.SEE_FIGURES)
    with pytest.raises(AccessError), sitting.reading(Action.TRY_RATIOS):
        pass
    assert [entry.kind for entry in ReadLog(folder).entries()] == ["refused"] * 3


def test_a_revoked_account_is_out_at_the_next_question(folder: Path) -> None:
    sitting = desk(folder, "analyst@here")
    sitting.require(Action.SEE_ENTITIES)

    change(folder, revoke_account, "analyst@here", reason="left the bureau")

    for ask in (lambda: sitting.require(Action.SEE_ENTITIES), lambda: sitting.key(Action.SEE_ENTITIES)):
        with pytest.raises(AccessRevokedError):
            ask()
    with pytest.raises(AccessRevokedError):
        desk(folder, "analyst@here")


def test_other_rows_take_effect_on_a_desk_that_was_open(folder: Path) -> None:
    sitting = desk(folder, "analyst@whole")

    change(folder, grant_account, "analyst@whole", role=Role.ANALYST, scope=scope_of(districts=[HERE]))

    with pytest.raises(AccessRevokedError), sitting.reading(Action.SEE_ENTITIES):
        pass
    with desk(folder, "analyst@whole").reading(Action.SEE_ENTITIES) as workspace:
        assert workspace.warehouse.table("entities").count().execute() == 2


def test_an_act_goes_to_the_whole_workspace_but_only_about_seen_objects(folder: Path) -> None:
    sitting = desk(folder, "inspector@here")
    assert sitting.viewer.actor == Actor("inspector of here", "inspector")

    with sitting.writing(Action.ENTER_RESULT, entity_ids=["reg:1"]) as workspace:
        assert workspace.warehouse.table("entities").count().execute() == 4
    with pytest.raises(AccessError), sitting.writing(Action.ENTER_RESULT, entity_ids=["reg:1", "reg:3"]):
        pass
    with pytest.raises(AccessError), sitting.writing(Action.APPROVE_POLICY):
        pass


def test_whoever_sits_at_the_machine_may_everything(folder: Path) -> None:
    sitting = Desk(folder, local_viewer("local operator"), clock=lambda: NOW)

    assert all(sitting.may(action) for action in EVERY_RIGHT)
    with sitting.reading(Action.SEE_ENTITIES) as workspace:
        assert workspace.warehouse.table("entities").count().execute() == 4


def test_accounts_come_and_go_and_nobody_raises_oneself(folder: Path) -> None:
    change(folder, revoke_account, "leader@here", reason="moved")
    change(folder, add_account, "leader@here", name="leader of here", role=Role.AUDITOR, scope=scope_of())
    workspace = Workspace(folder)
    held = accounts(workspace)
    workspace.close()

    assert (held["leader@here"].role, held["leader@here"].is_active) == (Role.AUDITOR, True)
    with pytest.raises(UsageError):
        change(folder, add_account, "leader@here", name="x", role=Role.ADMIN, scope=scope_of())
    with pytest.raises(UsageError):
        change(folder, revoke_account, "nobody", reason="x")
    workspace = Workspace(folder)
    with pytest.raises(UsageError):
        own = Actor("leader of here", "leader")
        grant_account(workspace, "leader@here", role=Role.ADMIN, scope=scope_of(), actor=own, clock=lambda: NOW)
    workspace.close()


def test_nobody_gives_or_sees_more_than_their_own_rows(folder: Path) -> None:
    sitting = desk(folder, "analyst@here")
    sitting.require_within(scope_of(districts=[HERE]))
    for beyond in (scope_of(), scope_of(districts=[THERE]), scope_of(districts=[HERE, THERE])):
        with pytest.raises(AccessError):
            sitting.require_within(beyond)
    with sitting.reading(Action.SEE_FIGURES) as workspace:
        assert set(accounts_in_sight(workspace)) == {"analyst@here", "inspector@here", "leader@here"}
