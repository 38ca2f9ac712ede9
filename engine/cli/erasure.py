"""``xinheng erase``, ``tombstones`` and ``replay``: what law takes out, what stays of it, what comes out again."""

from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

EXIT_DIFFERS = 14


def erase(
    entity: Annotated[str, typer.Argument(help=N_("Identifier of the entity, e.g. uscc:9133…"))],
    reference: Annotated[str, typer.Option("--reference", help=N_("Law and article that orders the erasure."))],
    reason: Annotated[str, typer.Option("--reason", help=N_("The case, e.g. the number of the request."))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Erase everything stored of an entity; a tombstone with digests stays."""
    from engine.api.records.erasure import erase as run
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    done = run(opened, entity, reference=reference, reason=reason, actor=current_actor(), clock=current_time)
    if as_json:
        show_json({"tombstone": asdict(done.tombstone), "left_to_hand": done.left_to_hand})
        return
    translate = current_translate()
    heads = [N_("table"), N_("rows erased")]
    rows = [[table, f"{n:,}"] for table, n in done.tombstone.rows.items()]
    show_table(translate(N_("Erased")), [translate(head) for head in heads], rows)
    for path in done.left_to_hand:
        show_line("! " + translate(N_("{path} was brought by hand and still names it: clear it too")).format(path=path))


def tombstones(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the erasures: when, by whom, under which law, how many rows."""
    from engine.api.records.erasure import listed_tombstones
    from engine.api.workspace import open_workspace

    found = listed_tombstones(open_workspace(workspace, create=False))
    if as_json:
        show_json({"tombstones": [asdict(each) for each in found]})
        return
    translate = current_translate()
    heads = [N_("day"), N_("reference"), N_("by"), N_("reason"), N_("rows"), N_("draws")]
    rows = [
        [each.day, each.reference, each.actor, each.reason, sum(each.rows.values()), ", ".join(each.draws)]
        for each in found
    ]
    show_table(translate(N_("Erasures")), [translate(head) for head in heads], rows)


def replay(
    run: Annotated[str, typer.Argument(help=N_("Run to compute again, e.g. assess-20251231-…"))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Compute features and scores of a run again and say whether the same comes out."""
    from engine.api.grading.replay import replay as again
    from engine.api.workspace import open_workspace

    done = again(open_workspace(workspace, create=False), run)
    translate = current_translate()
    notes = [note.render(translate) for note in done.notes]
    if as_json:
        show_json({**asdict(done), "notes": notes, "ok": done.ok})
    else:
        same, text = translate(N_("the same")), translate(N_("{n} row(s) differ"))
        for table, n in done.tables.items():
            show_line(f"{table} · {done.n_rows[table]:,} · {text.format(n=n) if n else same}")
        for note in notes:
            show_line("! " + note)
    if not done.ok:
        raise typer.Exit(EXIT_DIFFERS)
