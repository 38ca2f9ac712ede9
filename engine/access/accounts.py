"""Accounts as what the ledger says of them: added, given a role and rows, revoked; the last word counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.access.rights import Role
from engine.access.scope import Scope

ADDED, GRANTED, REVOKED = "account.added", "account.granted", "account.revoked"
ACTIONS = (ADDED, GRANTED, REVOKED)


@dataclass(frozen=True, slots=True)
class Account:
    """One person who may sign in.

    Parameters
    ----------
    account : str, what the identity provider calls the person (the claim named in the settings, usually the e-mail).
    name : str, the person's name as the organisation knows it; it stands under decisions.
    role : what the person is. scope : the rows the person may see.
    is_active : false once revoked.
    """

    account: str
    name: str
    role: Role
    scope: Scope
    is_active: bool


def accounts_of(said: Iterable[tuple[str, str, Mapping[str, Any]]]) -> dict[str, Account]:
    """Return the accounts by what they are called.

    Parameters
    ----------
    said : (action, account, particulars) in the order of the ledger.
    """
    found: dict[str, Account] = {}
    for action, account, told in said:
        if action == REVOKED:
            held = found[account]
            found[account] = Account(account, held.name, held.role, held.scope, is_active=False)
        else:
            found[account] = Account(account, told["name"], Role(told["role"]), _scope(told), is_active=True)
    return found


def particulars(name: str, role: Role, scope: Scope) -> dict[str, object]:
    """Return what the ledger keeps of an account."""
    return {"name": name, "role": role.value, "districts": scope.districts, "departments": scope.departments}


def _scope(told: Mapping[str, Any]) -> Scope:
    districts, departments = (told[name] for name in ("districts", "departments"))
    return Scope(None if districts is None else tuple(districts), None if departments is None else tuple(departments))
