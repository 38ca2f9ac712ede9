"""What one object gets to find its own row in a public draw: a small file that a page recomputes without a network.

It holds the object's identifier and salt, so it goes to the object itself and to nobody else.
"""

import base64
import io
import zlib
from collections.abc import Mapping
from typing import Any

from engine.api.records.erasure import require_unerased_draw
from engine.draw.committing.commitment import Commitment, read_commitment
from engine.draw.populations.frame import cell_name
from engine.draw.populations.preparation import Frame, prepare_frame
from engine.draw.protocol.encoding import canonical_json, read_json
from engine.draw.publishing.attachments import PLAN_RECORD, attachment_path
from engine.errors import DrawError, StoreError
from engine.messages import N_, Message
from engine.store.draws.folders import DrawFolder
from engine.store.workspaces.workspace import Workspace

CERTIFICATE = "certificate.json"
KIND = "own_row"


def own_row(
    frame: Frame,
    *,
    commitment: Commitment,
    certificate: Mapping[str, Any],
    object_id: str,
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the own-row record of one object.

    Parameters
    ----------
    frame : the committed frame with its key.
    commitment, certificate : of a finished draw.
    object_id : ``scheme:value``.
    names : name of each item, as ``plan.json`` has them.

    Returns
    -------
    dict; kind, v, hash, class, draw, commit_digest, certificate_digest, frame_root, N, seed, opening (id, salt, index,
    proof) and cells: item, stratum, ticket group, number drawn and threshold of every item the object is listed for;
    names of these items, if any are known.

    Raises
    ------
    ContractError
        The object is not in the frame.
    """
    opening = frame.opening(object_id)
    record, result, terms = commitment.record, certificate["result"], commitment.items
    cells = []
    for item, stratum in frame.rows.cells_of(int(str(opening["index"]))).items():
        drawn = result.get(cell_name(item, stratum), {"n": 0, "tau": ""})
        cells.append(
            {"item": item, "stratum": stratum, "group": terms[item].group, "n": drawn["n"], "tau": drawn["tau"]}
        )
    own = {str(cell["item"]): names[str(cell["item"])] for cell in cells if cell["item"] in names} if names else {}
    return {
        **({"names": own} if own else {}),
        "kind": KIND,
        "v": 2,
        "hash": record["hash"],
        "class": record["class"],
        "draw": record["draw"],
        "commit_digest": commitment.digest.hex(),
        "certificate_digest": certificate["certificate_digest"],
        "frame_root": record["frame_root"],
        "N": record["N"],
        "seed": certificate["seed"],
        "opening": opening,
        "cells": cells,
    }


def own_row_file(workspace: Workspace, draw_id: str, *, object_id: str) -> bytes:
    """Return the own-row file of one object of a finished draw, canonical JSON.

    Raises
    ------
    StoreError
        Nothing was committed under this name, or nothing was drawn from it yet.
    ContractError
        The object is not in the frame.
    ErasedError
        Rows of the frame were erased by law: the tree that openings lead into cannot be built again.
    """
    folder = DrawFolder(workspace.path, draw_id=draw_id)
    commitment = read_commitment(folder.read_commitment())
    path = folder.public / CERTIFICATE
    certificate = read_json(path.read_bytes()) if path.is_file() else {}
    if certificate.get("kind") != "draw":
        raise StoreError(
            workspace=folder.public,
            problem=Message(N_("nothing was drawn from this commitment")),
            remedy=Message(N_("run the draw first")),
        )
    require_unerased_draw(workspace, draw_id)
    private = folder.read_private()
    frame = prepare_frame(private.frame, key=private.key, suite=commitment.suite)
    plan = folder.public / attachment_path(PLAN_RECORD)
    names = read_json(plan.read_bytes()).get("item_names") if plan.is_file() else None
    return canonical_json(
        own_row(frame, commitment=commitment, certificate=certificate, object_id=object_id, names=names)
    )


def packed_row(content: bytes) -> str:
    """Return an own-row file as text short enough for a QR code: deflated (RFC 1951), in base64 for addresses."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.urlsafe_b64encode(squeezer.compress(content) + squeezer.flush()).decode().rstrip("=")


def row_address(content: bytes, *, page: str) -> str:
    """Return the address that opens the verifier page on this row; what follows ``#`` never leaves the browser.

    Parameters
    ----------
    page : address of the verifier page, empty for the bare text, which can be pasted on the page.
    """
    return f"{page}#rowz={packed_row(content)}"


def row_code(content: bytes, *, page: str) -> bytes:
    """Return the address of an own-row file as a QR code (ISO/IEC 18004, error correction L), SVG.

    The names of the items are left out where they do not fit.

    Raises
    ------
    DrawError
        The row has too many items for one code.
    """
    import segno

    bare = {key: value for key, value in read_json(content).items() if key != "names"}
    address = row_address(content, page=page)
    try:
        try:
            code = segno.make_qr(address, error="l", boost_error=False)
        except segno.DataOverflowError:
            address = row_address(canonical_json(bare), page=page)
            code = segno.make_qr(address, error="l", boost_error=False)
    except segno.DataOverflowError as error:
        raise DrawError(
            problem=Message(N_("{n} characters do not fit one QR code"), {"n": len(address)}),
            remedy=Message(N_("give the object the file instead")),
        ) from error
    sink = io.BytesIO()
    code.save(sink, kind="svg", scale=3, border=4)
    return sink.getvalue()
