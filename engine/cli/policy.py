"""``xinheng policy check``."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption, as_of_date
from engine.cli.output import current_translate, show_json, show_line
from engine.errors import PolicyError
from engine.messages import N_

DraftOption = Annotated[
    Path | None, typer.Option("--draft", help=N_("YAML file of policy values that stand in place of the profile's."))
]


def check(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    draft: DraftOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> int:
    """Say every rule that a ratio policy breaks; exit status 12 when there is one."""
    from engine.api.policies.check import check_policy
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    found = check_policy(opened, profile=profile, as_of=as_of_date(as_of), draft=draft)
    translate = current_translate()
    sentences = [violation.render(translate) for violation in found.violations]
    if as_json:
        show_json(
            {
                "ok": not sentences,
                "profile": found.profile,
                "as_of": found.as_of,
                "digest": found.digest,
                "items": found.n_items,
                "violations": sentences,
            }
        )
    elif sentences:
        for sentence in sentences:
            show_line(f"✗ {sentence}")
    else:
        text = N_("✓ Ratio policy {profile} of {as_of} breaks no rule for the {n_items} items of the list.")
        params = {"profile": found.profile, "as_of": found.as_of, "n_items": found.n_items}
        show_line(translate(text).format(**params))
    return PolicyError.exit_status if sentences else 0
