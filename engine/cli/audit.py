"""``xinheng audit reads, decisions, check``: who looked and who decided, and whether both records are unbroken."""

from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

NewestOption = Annotated[int, typer.Option("--newest", min=1, help=N_("Only so many of the newest lines."))]
KindOption = Annotated[
    str, typer.Option("--kind", help=N_("Only this kind: sign_in, page, export or refused; all if empty."))
]


def reads(
    newest: NewestOption = 100,
    kind: KindOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List what was seen, taken away and refused on the pages, the latest first."""
    from engine.api.access_log import access_log
    from engine.api.workspace import open_workspace

    rows = access_log(open_workspace(workspace, create=False))
    rows = (rows[rows["kind"] == kind] if kind else rows).head(newest)
    if as_json:
        show_json({"reads": rows.to_dict("records")})
        return
    translate = current_translate()
    heads = [N_("no."), N_("at"), N_("account"), N_("what happened"), N_("page, file or right"), N_("digest")]
    cells = [
        [row["sequence"], row["at"], row["account"] or "–", row["kind"], row["what"], row["digest"][:12]]
        for row in rows.to_dict("records")
    ]
    show_table(translate(N_("Reads and exports")), [translate(head) for head in heads], cells)


def decided(
    newest: NewestOption = 100, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """List the entries of the ledger, the latest first."""
    from engine.api.access_log import decisions
    from engine.api.workspace import open_workspace

    rows = decisions(open_workspace(workspace, create=False), newest=newest)
    if as_json:
        show_json({"decisions": rows.to_dict("records")})
        return
    translate = current_translate()
    heads = [N_("no."), N_("at"), N_("who"), N_("action"), N_("subject"), N_("digest")]
    cells = [
        [row["sequence"], row["entered_at"], row["actor"], row["action"], row["subject"], row["digest"][:12]]
        for row in rows.to_dict("records")
    ]
    show_table(translate(N_("Decisions")), [translate(head) for head in heads], cells)


def check(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> int:
    """Say whether the log of reads and the ledger still are what they were; status 1 where one is not."""
    from engine.api.access_log import check_access_log, check_decisions
    from engine.api.workspace import open_workspace

    held = open_workspace(workspace, create=False)
    found = {"reads": check_access_log(held), "decisions": check_decisions(held)}
    holds = all(each.holds for each in found.values())
    if as_json:
        show_json({name: {**asdict(each), "holds": each.holds} for name, each in found.items()})
        return 0 if holds else 1
    translate = current_translate()
    names = {"reads": N_("Reads and exports"), "decisions": N_("Decisions")}
    unbroken, changed = N_("{name}: all {n} follow from one another; head {head}"), N_("{name}: {at} was changed")
    lost = N_("{name}: line {at}, which the ledger keeps, is gone or different")
    for name, each in found.items():
        said = unbroken if each.holds else changed if each.first_break is not None else lost
        at = each.first_break if each.first_break is not None else each.lost
        show_line(translate(said).format(name=translate(names[name]), n=f"{each.n:,}", head=each.head[:16], at=at))
    return 0 if holds else 1
