"""``xinheng draw own-row``: what one object gets to find its own row, as a file and as a QR code."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line
from engine.messages import N_, Message

DrawArgument = Annotated[str, typer.Argument(help=N_("Name of the draw."))]
ObjectArgument = Annotated[str, typer.Argument(help=N_("Identifier of the object, e.g. uscc:9133…"))]
OutOption = Annotated[Path, typer.Option("--out", help=N_("File for the object, JSON; it goes to nobody else."))]
CodeOption = Annotated[Path | None, typer.Option("--qr", help=N_("QR code of the same content, SVG."))]
PageOption = Annotated[str, typer.Option("--page", help=N_("Address of the verifier page, put before the content."))]


def own_row(
    draw_id: DrawArgument,
    object_id: ObjectArgument,
    *,
    out: OutOption,
    qr: CodeOption = None,
    page: PageOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write what one object needs to check its own row."""
    from engine.api.draws.own_row import own_row_file, row_code
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    try:
        content = own_row_file(opened, draw_id, object_id=object_id)
    finally:
        opened.close()
    if qr is not None:
        qr.write_bytes(row_code(content, page=page))
    out.write_bytes(content)
    written = {"draw_id": draw_id, "object_id": object_id, "out": str(out), "qr": None if qr is None else str(qr)}
    if as_json:
        show_json(written)
        return
    said = Message(N_("Own row of {object_id} in draw {draw_id}: {out}"), written)
    show_line(said.render(current_translate()))
