"""``xinheng contracts``: documentation pages, and what changed since the last release."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import JsonOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

OutOption = Annotated[Path, typer.Option("--out", help=N_("Folder to write to."))]


def docs(out: OutOption, as_json: JsonOption = False) -> None:
    """Write the documentation pages of every contract table, Chinese and English."""
    from engine.api.records.contracts import write_contract_pages

    written = write_contract_pages(out)
    if as_json:
        show_json({"pages": [str(path) for path in written]})
        return
    show_line(current_translate()(N_("{n} page(s) written to {path}")).format(n=len(written), path=out))


def check(
    against: Annotated[
        Path | None, typer.Option("--against", help=N_("Folder with released contracts; default: the shipped ones."))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the contracts with their last release; a change that breaks others needs a new major version."""
    from engine.api.records.contracts import RELEASED, require_released

    checks = require_released(against or RELEASED)
    if as_json:
        show_json(
            {
                "tables": [
                    {
                        "table": each.table,
                        "released": each.released,
                        "version": each.version,
                        "changes": [
                            {"kind": c.kind, "subject": c.subject, "breaks": sorted(c.breaks)} for c in each.changes
                        ],
                    }
                    for each in checks
                ]
            }
        )
        return
    translate = current_translate()
    heads = [N_("table"), N_("released"), N_("version"), N_("changes")]
    rows = [
        [each.table, each.released, each.version, "; ".join(f"{c.kind} {c.subject}" for c in each.changes) or "–"]
        for each in checks
    ]
    show_table(translate(N_("Contracts against their last release")), [translate(head) for head in heads], rows)
