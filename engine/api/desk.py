"""The desk a person sits at: a workspace seen through that person's rights and rows; every page reads and acts here.

The account is looked up in the ledger each time something is asked, so that whoever was revoked, or was given another
role or other rows, is out at the next click, whatever a page, a cache or a link still holds. What is refused, opened
and taken away is written down.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from engine.access.rights import EVERY_RIGHT, Action, Rights, Role, read_rights
from engine.access.scope import Scope
from engine.api.accounts import accounts
from engine.api.workspace import open_workspace
from engine.errors import AccessError, AccessRevokedError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.documents import load_policies
from engine.store.ledgers.read_log import ReadEntry, ReadLog
from engine.store.workspaces.scoped import ScopedWorkspace, scoped
from engine.store.workspaces.workspace import Workspace

__all__ = ["Action", "Desk", "Role", "Scope", "Viewer", "china_time", "local_viewer"]

NOT_RECORDS = ("account.", "audit.")
"""Beginnings of ledger actions that change no figure: what is kept stays good."""
_CHINA = timezone(timedelta(hours=8))


def china_time() -> datetime:
    """Return now in China's time zone; the clock of the pages."""
    return datetime.now(_CHINA)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person as signed in.

    Parameters
    ----------
    account : what the person is called; empty for the person at this very machine in local mode.
    name : the name that stands under decisions.
    role, rights, scope : what the person is, may do, and may see.
    """

    account: str
    name: str
    role: Role
    rights: frozenset[Action]
    scope: Scope

    @property
    def actor(self) -> Actor:
        """Who stands in the ledger for what this person does."""
        return Actor(self.name, self.role.value)


def local_viewer(name: str) -> Viewer:
    """Return the person at this machine in local mode: whoever can read the folder can do everything anyway."""
    return Viewer("", name, Role.ADMIN, EVERY_RIGHT, Scope())


@dataclass(frozen=True, slots=True)
class Desk:
    """A workspace and who looks at it.

    Parameters
    ----------
    folder : the workspace.
    viewer : as signed in; what it may is asked again each time.
    clock : the time of what is done here.
    """

    folder: Path
    viewer: Viewer
    clock: Clock = china_time

    @classmethod
    def of(cls, folder: Path, account: str, *, clock: Clock = china_time) -> "Desk":
        """Return the desk of an account.

        Raises
        ------
        AccessRevokedError
            There is no active account of that name.
        WorkspaceMissingError
        """
        workspace = open_workspace(folder, create=False)
        try:
            return cls(folder, _viewer(workspace, account, clock=clock), clock)
        finally:
            workspace.close()

    def may(self, action: Action) -> bool:
        """Return whether the viewer had the right when signing in; for what a page offers, never for what it does."""
        return action in self.viewer.rights

    def require(self, action: Action) -> None:
        """Raise unless the person has the right now."""
        with self._open(action):
            pass

    def require_within(self, scope: Scope) -> None:
        """Raise where a scope reaches beyond this person's own rows: nobody gives or takes more than they have."""
        if not self.viewer.scope.includes(scope):
            raise AccessError(problem=Message(N_("these rows reach beyond your own")))

    @contextmanager
    def reading(self, action: Action) -> Iterator[Workspace]:
        """Give the workspace for reading, with the rows this person may see.

        Raises
        ------
        AccessError
            The person has no such right, or is not permitted at all any more.
        WorkspaceMissingError
            There is no workspace.
        """
        with self._open(action) as workspace:
            yield scoped(workspace, self.viewer.scope)

    @contextmanager
    def writing(self, action: Action, *, entity_ids: Sequence[str] = ()) -> Iterator[Workspace]:
        """Give the whole workspace for one act of this person, who is :attr:`Viewer.actor` in it.

        Parameters
        ----------
        entity_ids : the objects the act is about; each must be in sight of this person.

        Raises
        ------
        AccessError
            The person has no such right, or an object is out of sight.
        """
        with self._open(action) as workspace:
            seen = scoped(workspace, self.viewer.scope)
            if isinstance(seen, ScopedWorkspace) and not seen.scoped_warehouse.sees(entity_ids):
                raise AccessError(problem=Message(N_("an object of this act lies outside your districts")))
            yield workspace

    def key(self, action: Action) -> tuple[str, ...]:
        """Return what a kept answer depends on besides its question; raises like :meth:`reading`.

        Folder, role, rows, version of the records and version of the policies: two people share an answer exactly
        when all five agree.
        """
        with self._open(action) as workspace:
            version = workspace.ledger.head(without=NOT_RECORDS)
        return str(self.folder), self.viewer.role.value, self.viewer.scope.key, version, _policy_version()

    def told(self, kind: str, what: str, about: str = "") -> ReadEntry:
        """Write down what this person opened or took away; see :mod:`engine.store.ledgers.read_log`."""
        said = {
            "account": self.viewer.account or self.viewer.name,
            "role": self.viewer.role.value,
            "scope": self.viewer.scope.key,
            "kind": kind,
            "what": what,
            "about": about,
        }
        return ReadLog(self.folder).append(said, at=self.clock())

    @contextmanager
    def _open(self, action: Action) -> Iterator[Workspace]:
        workspace = open_workspace(self.folder, create=False)
        try:
            self._require_unchanged(workspace)
            if action not in self.viewer.rights:
                self.told("refused", action.value)
                raise AccessError(problem=Message(N_("your role has no right to do this")))
            yield workspace
        finally:
            workspace.close()

    def _require_unchanged(self, workspace: Workspace) -> None:
        account = self.viewer.account
        if account and _viewer(workspace, account, clock=self.clock) != self.viewer:
            raise AccessRevokedError(account=account)


def _viewer(workspace: Workspace, account: str, *, clock: Clock) -> Viewer:
    held = accounts(workspace).get(account)
    if held is None or not held.is_active:
        raise AccessRevokedError(account=account)
    rights = _rights(clock().date().isoformat()).of(held.role)
    return Viewer(account, held.name, held.role, rights, held.scope)


@cache
def _rights(day: str) -> Rights:
    return read_rights(load_policies(), on=datetime.fromisoformat(day).date())


@cache
def _policy_version() -> str:
    return load_policies().digest
