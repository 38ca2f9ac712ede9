"""``xinheng registers draft, consolidate, approve, publish, editions, diff``: the item list on its way."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.registers import day_or_today
from engine.messages import N_

if TYPE_CHECKING:
    from engine.api.records.item_editions import StepDone

EditionOption = Annotated[str, typer.Option("--edition", help=N_("Edition of the item list, e.g. 2026."))]


def draft(
    path: Annotated[Path, typer.Argument(help=N_("File with the department's items, in the contract's layout."))],
    edition: EditionOption,
    department: Annotated[str, typer.Option("--department", help=N_("Code of the department that proposes."))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Propose the items of one department for an edition."""
    from engine.api.records.item_editions import draft_items
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    done = draft_items(opened, path, edition=edition, department=department, actor=current_actor(), clock=current_time)
    _show(done, as_json=as_json)


def consolidate(
    edition: EditionOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Bring the drafts of all departments together into one list."""
    from engine.api.records.item_editions import consolidate_items
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    _show(consolidate_items(opened, edition=edition, actor=current_actor(), clock=current_time), as_json=as_json)


def approve(
    edition: EditionOption,
    reference: Annotated[str, typer.Option("--reference", help=N_("Decision of the government that approves it."))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Approve the consolidated list."""
    from engine.api.records.item_editions import approve_items
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    done = approve_items(opened, edition=edition, reference=reference, actor=current_actor(), clock=current_time)
    _show(done, as_json=as_json)


def publish(
    edition: EditionOption,
    in_force_on: Annotated[
        str | None, typer.Option("--in-force-on", help=N_("First day of the edition; default: today."))
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Bring the approved list into force; items it drops end the day before."""
    from engine.api.records.item_editions import publish_items
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    day = day_or_today(in_force_on)
    _show(
        publish_items(opened, edition=edition, in_force_on=day, actor=current_actor(), clock=current_time),
        as_json=as_json,
    )


def _show(done: "StepDone", *, as_json: bool) -> None:
    translate = current_translate()
    warnings = [warning.render(translate) for warning in done.warnings]
    if as_json:
        show_json({**asdict(done), "warnings": warnings})
        return
    text = N_("Edition {edition}: {step}, {n} item(s), digest {digest}.")
    step = translate(STATES[done.step])
    show_line(translate(text).format(edition=done.edition, step=step, n=done.n_items, digest=done.digest[:12]))
    for warning in warnings:
        show_line("! " + warning)


STATES = {
    "drafted": N_("drafted"),
    "consolidated": N_("consolidated"),
    "approved": N_("approved"),
    "published": N_("published"),
    "loaded": N_("loaded as it is, without the path"),
}


def editions(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the editions of the item list and how far each is on its path."""
    from engine.api.records.item_editions import editions as read
    from engine.api.workspace import open_workspace

    found = read(open_workspace(workspace, create=False))
    if as_json:
        show_json({"editions": [asdict(each) for each in found]})
        return
    translate = current_translate()
    heads = [N_("edition"), N_("state"), N_("items"), N_("steps")]
    rows = [
        [e.edition, translate(STATES[e.state]), e.n_items,
         "; ".join(f"{translate(STATES[str(s['step'])])} {s['actor']} {str(s['at'])[:10]}" for s in e.steps) or "–"]
        for e in found
    ]  # fmt: skip
    show_table(translate(N_("Item list")), [translate(head) for head in heads], rows)


def diff(
    old: Annotated[str, typer.Argument(help=N_("The earlier edition."))],
    new: Annotated[str, typer.Argument(help=N_("The later edition."))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show how two editions differ, item by item and column by column."""
    from engine.api.records.item_editions import edition_differences
    from engine.api.workspace import open_workspace

    found = edition_differences(open_workspace(workspace, create=False), old, new)
    rows = found.astype(object).where(found.notna(), None).to_dict("records")
    if as_json:
        show_json({"changes": rows})
        return
    translate = current_translate()
    heads = [N_("item"), N_("change"), N_("column"), N_("before"), N_("after")]
    words = {"added": N_("added"), "removed": N_("removed"), "changed": N_("changed")}
    shown = [
        [r["item_code"], translate(words[r["change"]]), r["column"], _cell(r["old"]), _cell(r["new"])] for r in rows
    ]
    show_table(f"{old} → {new}", [translate(head) for head in heads], shown)


def _cell(value: object) -> object:
    return "–" if value is None else value
