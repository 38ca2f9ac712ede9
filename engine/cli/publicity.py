"""``xinheng publish``: the public site as plain files."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption, as_of_date
from engine.cli.output import StageClock, current_translate, show_json, show_line
from engine.messages import N_, Message

SiteOption = Annotated[Path, typer.Option("--out", help=N_("Folder of the site; an older site there is replaced."))]
DemoOption = Annotated[
    bool, typer.Option("--demo", help=N_("Mark every page as a demonstration; needed for simulated draws."))
]


def publish(
    *,
    out: SiteOption,
    as_of: AsOfOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    demo: DemoOption = False,
    profile: ProfileOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Write item lists, draws with certificates and the verifier, and results per firm."""
    from engine.api.publication import publish as write_site
    from engine.api.workspace import open_workspace
    from engine.store.documents import load_policies

    clock = StageClock(quiet=as_json)
    opened = open_workspace(workspace, create=False)
    try:
        site = write_site(
            opened, out, as_of=as_of_date(as_of), is_demo=demo, book=load_policies(profile), progress=clock
        )
    finally:
        opened.close()
    clock.close()
    if as_json:
        show_json(site.as_json())
        return
    said = Message(
        N_("Published {n_items} items, {n_draws} draws and {n_results} results of {n_firms} firms in {folder}."),
        site.as_json(),
    )
    show_line(said.render(current_translate()))
