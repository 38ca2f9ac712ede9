"""Who may sign in: accounts are added, changed and revoked by entries of the ledger and read from there every time."""

from engine.access.accounts import ACTIONS, ADDED, GRANTED, REVOKED, Account, accounts_of, particulars
from engine.access.rights import Role
from engine.access.scope import Scope
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import Ledger
from engine.store.workspaces.workspace import Workspace

__all__ = ["Account", "accounts", "accounts_in_sight", "add_account", "grant_account", "revoke_account"]


def accounts(workspace: Workspace) -> dict[str, Account]:
    """Return every account by what it is called, revoked ones too. Cost: the entries of the ledger on accounts."""
    return accounts_in(Ledger(workspace.decisions))


def accounts_in_sight(workspace: Workspace) -> dict[str, Account]:
    """Return the accounts whose rows lie inside the scope of the workspace: of a district, its own."""
    return {name: each for name, each in accounts(workspace).items() if workspace.scope.includes(each.scope)}


def accounts_in(ledger: Ledger) -> dict[str, Account]:
    """Return the accounts as a ledger has them."""
    entries = [entry for action in ACTIONS for entry in ledger.entries(action=action)]
    entries.sort(key=lambda entry: entry.sequence)
    return accounts_of((entry.action, entry.subject, entry.particulars) for entry in entries)


def add_account(
    workspace: Workspace, account: str, *, name: str, role: Role, scope: Scope, actor: Actor, clock: Clock
) -> Account:
    """Let somebody sign in; a revoked account comes back this way.

    Raises
    ------
    UsageError
        The account is there and active, or has no name.
    """
    account, name = account.strip(), name.strip()
    if not account or not name:
        raise UsageError(what="account", value=account or name, remedy=Message(N_("give an account and a name")))
    held = accounts(workspace).get(account)
    if held is not None and held.is_active:
        raise UsageError(
            what="account", value=account, remedy=Message(N_("it is there already; change it with account grant"))
        )
    return _said(workspace, ADDED, Account(account, name, role, scope, True), actor=actor, clock=clock)


def grant_account(
    workspace: Workspace, account: str, *, role: Role, scope: Scope, actor: Actor, clock: Clock
) -> Account:
    """Give an active account another role or other rows; it holds from the person's next click.

    Raises
    ------
    UsageError
        There is no active account of that name, or it is the actor's own.
    """
    held = _active(workspace, account)
    if held.name == actor.name:
        raise UsageError(what="account", value=account, remedy=Message(N_("somebody else grants your own rights")))
    return _said(workspace, GRANTED, Account(account, held.name, role, scope, True), actor=actor, clock=clock)


def revoke_account(workspace: Workspace, account: str, *, reason: str, actor: Actor, clock: Clock) -> Account:
    """Take an account's rights away; it is out from the person's next click.

    Raises
    ------
    UsageError
        There is no active account of that name.
    """
    held = _active(workspace, account)
    workspace.ledger.append(REVOKED, subject=account, content={}, actor=actor, at=clock(), reason=reason)
    return Account(account, held.name, held.role, held.scope, is_active=False)


def _active(workspace: Workspace, account: str) -> Account:
    held = accounts(workspace).get(account)
    if held is None or not held.is_active:
        raise UsageError(
            what="account", value=account, remedy=Message(N_("there is no such active account; see account list"))
        )
    return held


def _said(workspace: Workspace, action: str, account: Account, *, actor: Actor, clock: Clock) -> Account:
    with workspace.writing():
        workspace.ledger.append(
            action,
            subject=account.account,
            content=particulars(account.name, account.role, account.scope),
            actor=actor,
            at=clock(),
        )
    return account
