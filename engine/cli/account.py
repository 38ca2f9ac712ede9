"""Accounts of the dashboards: who may sign in, as what, and which rows they see."""

from collections.abc import Sequence
from typing import Annotated

import typer

from engine.access.accounts import Account
from engine.access.rights import Role
from engine.access.scope import Scope, scope_of
from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import current_translate, show_json, show_table
from engine.messages import N_, Message

AccountArgument = Annotated[str, typer.Argument(help=N_("What the identity provider calls the person."))]
NameOption = Annotated[str, typer.Option("--name", help=N_("The person's name as it stands under decisions."))]
RoleOption = Annotated[Role, typer.Option("--role", help=N_("What the person is."))]
DistrictOption = Annotated[
    list[str] | None, typer.Option("--district", help=N_("District whose rows the person sees; again for several."))
]
DepartmentOption = Annotated[
    list[str] | None, typer.Option("--department", help=N_("Department whose rows the person sees; again for several."))
]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why; stands in the ledger."))]

STATES = {True: N_("active"), False: N_("revoked")}


def add(
    account: AccountArgument,
    *,
    name: NameOption,
    role: RoleOption,
    district: DistrictOption = None,
    department: DepartmentOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> int:
    """Let somebody sign in; no district and no department means all rows."""
    from engine.api.accounts import add_account
    from engine.api.workspace import open_workspace

    held = open_workspace(workspace, create=False)
    scope = scope_of(districts=district or (), departments=department or ())
    made = add_account(held, account, name=name, role=role, scope=scope, actor=current_actor(), clock=current_time)
    return _show([made], as_json=as_json)


def grant(
    account: AccountArgument,
    *,
    role: RoleOption,
    district: DistrictOption = None,
    department: DepartmentOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> int:
    """Give an account another role or other rows, in place of those it had."""
    from engine.api.accounts import grant_account
    from engine.api.workspace import open_workspace

    held = open_workspace(workspace, create=False)
    scope = scope_of(districts=district or (), departments=department or ())
    made = grant_account(held, account, role=role, scope=scope, actor=current_actor(), clock=current_time)
    return _show([made], as_json=as_json)


def revoke(
    account: AccountArgument,
    *,
    reason: ReasonOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> int:
    """Take an account's rights away, from the person's next click on."""
    from engine.api.accounts import revoke_account
    from engine.api.workspace import open_workspace

    held = open_workspace(workspace, create=False)
    return _show(
        [revoke_account(held, account, reason=reason, actor=current_actor(), clock=current_time)], as_json=as_json
    )


def listed(*, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> int:
    """List every account, revoked ones too."""
    from engine.api.accounts import accounts
    from engine.api.workspace import open_workspace

    return _show(list(accounts(open_workspace(workspace, create=False)).values()), as_json=as_json)


def _show(held: Sequence[Account], *, as_json: bool) -> int:
    """Print accounts."""
    translate = current_translate()
    if as_json:
        show_json(
            {
                "accounts": [
                    {
                        "account": each.account,
                        "name": each.name,
                        "role": each.role.value,
                        "districts": each.scope.districts,
                        "departments": each.scope.departments,
                        "active": each.is_active,
                    }
                    for each in held
                ]
            }
        )
        return 0
    heads = (N_("account"), N_("name"), N_("role"), N_("sees"), N_("status"))
    cells = [
        (each.account, each.name, each.role.value, _rows(each.scope), translate(STATES[each.is_active]))
        for each in held
    ]
    show_table(translate(N_("Accounts")), [translate(head) for head in heads], cells)
    return 0


def _rows(scope: Scope) -> str:
    """Return the rows of a scope as people write them."""
    translate = current_translate()
    if scope.is_whole:
        return translate(N_("all rows"))
    parts = ((N_("districts {codes}"), scope.districts), (N_("departments {codes}"), scope.departments))
    return "; ".join(Message(text, {"codes": ", ".join(codes)}).render(translate) for text, codes in parts if codes)
