"""Tables made ready for the pages."""

from dataclasses import asdict

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import current_translate, show_json, show_line
from engine.messages import N_, Message


def build(*, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> int:
    """Compute measurements and grade shares for the rows of every account, and anchor the log of reads."""
    from engine.api.marts.building import build_marts
    from engine.api.workspace import open_workspace

    made = build_marts(open_workspace(workspace, create=False), actor=current_actor(), clock=current_time)
    if as_json:
        show_json({"marts": None if made is None else asdict(made)})
        return 0
    if made is None:
        said = Message(N_("Nothing was graded or measured yet, so there is nothing to make ready."))
    else:
        said = Message(
            N_("{rows} rows for {scopes} scope(s) are ready ({run_id})."),
            {"rows": made.n_rows, "scopes": len(made.scopes), "run_id": made.run_id},
        )
    show_line(said.render(current_translate()))
    return 0
