"""``xinheng policy draft``, ``approve``, ``withdraw``, ``diff``, ``history``."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    AsOfOption,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

if TYPE_CHECKING:
    from engine.api.policies.amendment import DraftedPolicy

FileArgument = Annotated[
    Path, typer.Argument(help=N_("YAML file of new dated values, in the form of the policy files."))
]
DraftArgument = Annotated[str, typer.Argument(help=N_("Name of the draft, e.g. P-0001."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why; stands in the ledger."))]
KeyOption = Annotated[
    str | None, typer.Option("--key", help=N_("Idempotency key: the same key and draft are entered once."))
]
ToOption = Annotated[str | None, typer.Option("--to", help=N_("Profile to compare with."))]
ToDateOption = Annotated[str | None, typer.Option("--to-date", help=N_("Day of the other policy, YYYY-MM-DD."))]
ToDraftOption = Annotated[str | None, typer.Option("--to-draft", help=N_("Draft to compare with, e.g. P-0001."))]


def draft(
    file: FileArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Enter a draft; it is checked as it would stand on each of its days, and holds once a second person approves."""
    from engine.api.policies.amendment import draft_policy
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    found = draft_policy(
        opened,
        file,
        profile=profile,
        reason=reason,
        actor=current_actor(),
        clock=current_time,
        idempotency_key=key,
    )
    text = N_("Draft {draft_id} of {profile} would hold from {valid_from}; a second person approves it.")
    _show(found, text, as_json=as_json)


def approve(
    draft_id: DraftArgument,
    reason: ReasonOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Approve a draft; another person than the one who drafted it."""
    from engine.api.policies.amendment import approve_policy
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    found = approve_policy(opened, draft_id, actor=current_actor(), clock=current_time, reason=reason)
    text = N_("Draft {draft_id} of {profile} is approved by {approved_by} and holds from {valid_from}.")
    _show(found, text, as_json=as_json)


def withdraw(
    draft_id: DraftArgument,
    reason: ReasonOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Close a draft; nothing changes."""
    from engine.api.policies.amendment import withdraw_policy
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    withdraw_policy(opened, draft_id, actor=current_actor(), clock=current_time, reason=reason)
    if as_json:
        show_json({"draft_id": draft_id, "withdrawn": True})
        return
    show_line(current_translate()(N_("Draft {draft_id} is withdrawn; nothing changes.")).format(draft_id=draft_id))


def diff(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    to: ToOption = None,
    to_date: ToDateOption = None,
    to_draft: ToDraftOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say every value that differs from another profile, another day or a draft, with what each rests on."""
    from engine.api.policies.amendment import policy_changes
    from engine.api.workspace import open_workspace

    found = policy_changes(
        open_workspace(workspace, create=False),
        profile=profile,
        on=as_of_date(as_of),
        other_profile=to,
        other_on=as_of_date(to_date) if to_date else None,
        draft_id=to_draft,
    )
    if as_json:
        show_json({"changes": [asdict(change) for change in found]})
        return
    translate = current_translate()
    if not found:
        show_line(translate(N_("Nothing differs.")))
        return
    heads = [N_("parameter"), N_("part"), N_("before"), N_("after"), N_("reference after")]
    rows = [
        [change.parameter, change.key, change.before or "–", change.after or "–", change.reference_after or "–"]
        for change in found
    ]
    show_table(translate(N_("What differs")), [translate(head) for head in heads], rows)


def history(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List what happened to ratio policies: who, when, why."""
    from engine.api.policies.amendment import policy_history
    from engine.api.workspace import open_workspace

    found = policy_history(open_workspace(workspace, create=False))
    if as_json:
        show_json({"history": found.to_dict("records")})
        return
    translate = current_translate()
    words = {"drafted": N_("drafted"), "approved": N_("approved"), "withdrawn": N_("withdrawn")}
    names = ["entered_at", "draft_id", "event", "valid_from", "actor", "reason"]
    heads = [N_("entered at"), N_("draft"), N_("what"), N_("holds from"), N_("who"), N_("why")]
    rows = [
        [translate(words[row["event"]]) if name == "event" else row[name] for name in names]
        for row in found.to_dict("records")
    ]
    show_table(translate(N_("History of policies")), [translate(head) for head in heads], rows)


def _show(found: "DraftedPolicy", text: str, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(found))
        return
    show_line(current_translate()(text).format(**asdict(found)))
