"""Beside and after a draw: keys, signatures, substitutions, log, time stamps, exports, the auditor's folder."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.draw import KeyOption
from engine.cli.draw_fairness import DrawArgument
from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import current_translate, show_json, show_line
from engine.errors import MisusedCommandError
from engine.messages import N_, Message

OutOption = Annotated[Path, typer.Option("--out", help=N_("Where to write it."))]
ObjectOption = Annotated[str, typer.Option("--object", help=N_("Object that cannot be inspected, e.g. uscc:…"))]
ItemsOption = Annotated[
    list[str] | None, typer.Option("--item", help=N_("Item that cannot be checked there; all of its visit if none."))
]
VisitOption = Annotated[str, typer.Option("--visit", help=N_("Visit whose officer cannot go, 16 hex digits."))]
OfficerOption = Annotated[str, typer.Option("--officer", help=N_("Inspector code of who cannot go; empty: vacant."))]
RoleOption = Annotated[str, typer.Option("--role", help=N_("Seat to be filled; needed for a vacant one."))]
CodeOption = Annotated[str, typer.Option("--reason", help=N_("Reason code of the committed list; it is published."))]
NoteOption = Annotated[str, typer.Option("--note", help=N_("Why, in words; kept in the ledger, not published."))]
DigestOption = Annotated[str | None, typer.Option("--prove", help=N_("Digest whose entry is to be proved."))]
SinceOption = Annotated[
    int | None, typer.Option("--since", min=1, help=N_("Size of an earlier log that this one continues."))
]
CheckOption = Annotated[Path | None, typer.Option("--check", help=N_("Published log or proof to be recomputed."))]
EarlierOption = Annotated[Path | None, typer.Option("--earlier", help=N_("With --check: a log kept from before."))]
OverOption = Annotated[str, typer.Option("--over", help=N_("commitment or certificate."))]
TokenOption = Annotated[Path | None, typer.Option("--token", help=N_("Answer of a time stamping authority (DER)."))]
RequestOption = Annotated[Path | None, typer.Option("--request", help=N_("Write a request for one to this file."))]
PdfOption = Annotated[Path | None, typer.Option("--pdf", help=N_("Write the certificate for people to this file."))]
EXIT_NOT_VERIFIED = 14


def certificate(
    draw_id: DrawArgument,
    pdf: PdfOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show what the certificate of a draw says, or write it as a page for people."""
    from engine.api.reading.draws import certificate_record

    record = certificate_record(workspace, draw_id=draw_id)
    if pdf is not None:
        from engine.api.draws.document import write_certificate_pdf

        missing = write_certificate_pdf(workspace, draw_id, out=pdf)
        if missing:
            said = current_translate()(N_("The shipped font lacks {marks}; the JSON certificate holds them."))
            sys.stderr.write(said.format(marks=missing) + "\n")
    if as_json:
        show_json(record)
        return
    for key in ("kind", "class", "draw", "seq", "prev", "commit_digest", "issued_at", "seed", "certificate_digest"):
        if key in record:
            show_line(f"{key:20} {record[key]}")


def key(out: OutOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Make a signing key for the acting person and register its public half."""
    from engine.api.draws.signing import new_key
    from engine.api.workspace import open_workspace

    actor = current_actor()
    public = new_key(open_workspace(workspace, create=False), out, actor=actor, clock=current_time)
    if as_json:
        show_json({"name": actor.name, "public_key": public, "file": str(out)})
        return
    said = current_translate()(N_("Key of {name} in {file}, for its owner only; public key {public_key}."))
    show_line(said.format(name=actor.name, file=out, public_key=public))


def sign(
    draw_id: DrawArgument,
    key: KeyOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Sign a commitment, or a certificate, as the second person, after recomputing it."""
    from engine.api.draws.signing import read_signing_key, sign_draw
    from engine.api.workspace import open_workspace

    made = sign_draw(
        open_workspace(workspace, create=False),
        draw_id,
        actor=current_actor(),
        clock=current_time,
        key=read_signing_key(key),
    )
    if as_json:
        show_json(made.record())
        return
    translate = current_translate()
    words = {"commitment": N_("commitment"), "certificate": N_("certificate")}
    said = translate(N_("{name} signed the {over} of {draw_id}, digest {digest}."))
    show_line(said.format(name=made.name, over=translate(words[made.over]), draw_id=draw_id, digest=made.digest))


def substitute(
    draw_id: DrawArgument,
    reason: CodeOption,
    entity_id: ObjectOption = "",
    item: ItemsOption = None,
    visit: VisitOption = "",
    officer: OfficerOption = "",
    role: RoleOption = "",
    note: NoteOption = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Let the next reserve stand in for an object, or the next officer for one who cannot go."""
    from engine.api.draws.substitution import substitute_object, substitute_officer
    from engine.api.workspace import open_workspace

    if bool(entity_id) == bool(visit):
        raise MisusedCommandError(problem=Message(N_("give either --object or --visit")))
    opened, actor = open_workspace(workspace, create=False), current_actor()
    if entity_id:
        made = substitute_object(
            opened,
            draw_id,
            entity_id=entity_id,
            items=item or (),
            reason=reason,
            note=note,
            actor=actor,
            clock=current_time,
        )
        said = N_("Entry {n}: {reserve_id} stands in for {entity_id}, item {item}.")
    else:
        made = [
            substitute_officer(
                opened,
                draw_id,
                visit=visit,
                inspector_code=officer,
                role=role,
                reason=reason,
                note=note,
                actor=actor,
                clock=current_time,
            )
        ]
        said = N_("Entry {n}: {substitute_code} goes to visit {visit} as {role}.")
    if as_json:
        show_json({"entries": made})
        return
    for entry in made:
        show_line(current_translate()(said).format(**entry))


def log(
    prove: DigestOption = None,
    since: SinceOption = None,
    check: CheckOption = None,
    earlier: EarlierOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the public log, prove from it, or check a log or a proof without a workspace."""
    from engine.api.draws.log import check_log, log_proof, write_log
    from engine.api.workspace import open_workspace

    translate = current_translate()
    if check is not None:
        found = check_log(check, earlier=earlier)
        if as_json:
            show_json(found)
        else:
            said = N_("{kind}: holds, size {size}, root {root}") if found["ok"] else N_("{kind}: does not hold")
            show_line(translate(said).format(**found))
        raise typer.Exit(0 if found["ok"] else EXIT_NOT_VERIFIED)
    opened = open_workspace(workspace, create=False)
    if prove is not None or since is not None:
        show_json(log_proof(opened, digest=prove, old_size=since))
        return
    written = write_log(opened)
    if as_json:
        show_json(written)
        return
    for entry in written["entries"]:
        show_line(f"{entry['n']:5} {entry['kind']:12} {entry['draw']:16} {entry['at']} {entry['digest']}")
    show_line(translate(N_("Log of {size} entries, root {root}.")).format(**written))


def timestamp(
    draw_id: DrawArgument,
    over: OverOption = "commitment",
    request: RequestOption = None,
    token: TokenOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write a request for an RFC 3161 time stamp, or attach the authority's answer."""
    from engine.api.draws.timestamps import attach_timestamp, write_request
    from engine.api.workspace import open_workspace

    if (request is None) == (token is None):
        raise MisusedCommandError(problem=Message(N_("give either --request or --token")))
    opened, translate = open_workspace(workspace, create=False), current_translate()
    if request is not None:
        write_request(opened, draw_id, over=over, out=request)
        if as_json:
            show_json({"draw_id": draw_id, "over": over, "file": str(request)})
            return
        show_line(translate(N_("Request written to {file}: send it to an authority.")).format(file=request))
    elif token is not None:
        at = attach_timestamp(opened, draw_id, over=over, token=token, actor=current_actor(), clock=current_time)
        if as_json:
            show_json({"draw_id": draw_id, "over": over, "stamped_at": at.isoformat()})
            return
        show_line(translate(N_("Attached: stamped {at}.")).format(at=at.isoformat()))


def export(
    draw_id: DrawArgument,
    out: OutOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write a draw of any size as one compact JSON file."""
    from engine.api.draws.export import export_draw
    from engine.api.workspace import open_workspace

    export_draw(open_workspace(workspace, create=False), draw_id, out=out)
    if as_json:
        show_json({"draw_id": draw_id, "file": str(out)})
        return
    show_line(current_translate()(N_("Written: {file}")).format(file=out))


def audit_folder(
    draw_id: DrawArgument,
    out: OutOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the key, rows and frozen grades of a draw for its auditor; never publish them."""
    from engine.api.draws.export import write_auditors_folder
    from engine.api.workspace import open_workspace

    write_auditors_folder(
        open_workspace(workspace, create=False), draw_id, out=out, actor=current_actor(), clock=current_time
    )
    if as_json:
        show_json({"draw_id": draw_id, "folder": str(out)})
        return
    show_line(current_translate()(N_("Written for the auditor, secret: {file}")).format(file=out))
