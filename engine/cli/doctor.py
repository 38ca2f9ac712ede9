"""``xinheng doctor``: what works on this machine and what is missing."""

import typer

from engine.api.installation import check_installation
from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line
from engine.messages import N_


def doctor(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Check this installation; leaves with 1 if something is missing."""
    translate = current_translate()
    checks = check_installation(workspace)
    ok = all(check.ok for check in checks)
    if as_json:
        rows = [{"name": c.name, "ok": c.ok, "detail": c.detail.render(translate)} for c in checks]
        show_json({"ok": ok, "checks": rows})
    else:
        for check in checks:
            show_line(f"{'✓' if check.ok else '✗'} {check.name:24} {check.detail.render(translate)}")
        wrong = sum(not check.ok for check in checks)
        verdict = N_("Everything that is needed is there.") if ok else N_("{n} thing(s) to mend, marked ✗ above.")
        show_line(translate(verdict).format(n=wrong))
    raise typer.Exit(0 if ok else 1)
