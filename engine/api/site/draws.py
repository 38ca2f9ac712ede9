"""Which content of which draw may stand on the public site, and what its pages show of each draw."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from engine.api.draws.disclosure import draw_disclosure, read_limits
from engine.api.draws.document import page_content
from engine.api.draws.order import written
from engine.api.reading.draws import DrawRecord, DrawState
from engine.draw.committing.commitment import read_commitment
from engine.draw.populations.frame import CELL_SEPARATOR
from engine.draw.protocol.encoding import canonical_json, read_json
from engine.draw.publishing.bundle import COMMITMENT, is_withheld
from engine.errors import DrawError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.publicity.pages import PublicDraw
from engine.store.draws.bundles import read_bundle
from engine.store.outputs.certificate_document import certificate_pdf
from engine.store.outputs.site import SiteFolder

SEALED_FILE, DOCUMENT = "sealed.json", "certificate.pdf"


@dataclass(frozen=True, slots=True)
class Contents:
    """What is held back.

    Parameters
    ----------
    sealed : draws whose release lies ahead.
    linkable : draws whose content would give classes away beside names, with the reasons.
    """

    sealed: frozenset[str]
    linkable: Mapping[str, tuple[Message, ...]]


def judge_contents(held: Iterable[DrawRecord], *, book: PolicyBook, as_of: date, at: datetime) -> Contents:
    """Return what must be held back of the draws that were held.

    Parameters
    ----------
    as_of, at : day of the publication and time of the clock; a sealed content waits for both.
    """
    limits = read_limits(book, on=as_of)
    end_of_day = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), tzinfo=at.tzinfo)
    now = written(min(at, end_of_day))
    sealed, linkable = set(), {}
    for draw in held:
        if draw.state is not DrawState.DRAWN:
            continue
        if is_withheld(read_commitment(_commitment(draw)), now=now):
            sealed.add(draw.draw_id)
        elif problems := draw_disclosure(draw.bundle, limits=limits).problems:
            linkable[draw.draw_id] = problems
    return Contents(frozenset(sealed), linkable)


def refuse_simulated(held: Iterable[DrawRecord], *, is_demo: bool) -> None:
    """Raise when a simulated draw would stand on a site that is no demonstration.

    Raises
    ------
    DrawError
    """
    simulated = [draw.draw_id for draw in held if draw.is_simulated]
    if simulated and not is_demo:
        raise DrawError(
            problem=Message(N_("draw {draw_id} is simulated and decides nothing"), {"draw_id": simulated[0]}),
            remedy=Message(N_("publish it with --demo, which marks every page")),
        )


def refuse_both(
    linkable: Mapping[str, tuple[Message, ...]], *, with_names: bool, earlier: Iterable[Mapping[str, Any]]
) -> None:
    """Raise when names and linkable content would both be public, the other one from an earlier publication.

    Parameters
    ----------
    earlier : ``names`` and ``linkable`` of earlier publications.

    Raises
    ------
    DrawError
    """
    for entry in earlier:
        if with_names and entry["linkable"]:
            raise DrawError(
                problem=Message(
                    N_("the content of draw {draw_id} was published; names beside it would give classes away"),
                    {"draw_id": entry["linkable"][0]},
                ),
                remedy=Message(N_("publish with --without-names")),
            )
        if not with_names and entry["names"] and linkable:
            raise DrawError(
                problem=Message(
                    N_("results by name were published; the content of draw {draw_id} would give classes away"),
                    {"draw_id": next(iter(linkable))},
                ),
                remedy=Message(N_("publish with names; the content of this draw is then withheld")),
            )


def put_draw(draw: DrawRecord, site: SiteFolder, *, contents: Contents, with_names: bool) -> PublicDraw:
    """Copy what may be public of a draw into the site and return what its pages show."""
    record = _commitment(draw)
    withheld = contents.linkable.get(draw.draw_id, ()) if with_names else ()
    is_sealed = draw.draw_id in contents.sealed
    is_open = draw.state is DrawState.DRAWN and not withheld and not is_sealed
    files = _put_files(draw, record, site, is_sealed=is_sealed, is_withheld=bool(withheld))
    result = (
        {} if is_sealed or draw.state is not DrawState.DRAWN else read_json(draw.certificate.read_bytes())["result"]
    )
    drawn = _per_item({cell: int(found["n"]) for cell, found in result.items()})
    listed = _per_item(record["counts"])
    return PublicDraw(
        draw_id=draw.draw_id,
        plan=str(record["plan"]),
        plan_digest=str(record["plan_digest"]),
        state=DrawState.SEALED.value if is_sealed else draw.state.value,
        suite=draw.suite,
        committed_at=draw.committed_at,
        issued_at=draw.issued_at,
        commit_digest=draw.commit_digest,
        certificate_digest=draw.certificate_digest,
        seed=draw.seed if is_open else "",
        reason=draw.reason,
        release=str(record["release"] or ""),
        events=tuple((event.source, event.event, event.value) for event in draw.entropy),
        n_frame=draw.n_frame,
        n_visits=None if is_sealed or not draw.issued_at else draw.n_visits,
        n_checks=None if is_sealed or not draw.issued_at else draw.n_checks,
        items=tuple((item, n_rows, drawn.get(item, 0) if result else None) for item, n_rows in sorted(listed.items())),
        files=tuple(files),
        withheld=withheld,
    )


def _put_files(
    draw: DrawRecord, record: Mapping[str, Any], site: SiteFolder, *, is_sealed: bool, is_withheld: bool
) -> list[str]:
    target = f"draws/{draw.draw_id}"
    if is_sealed:
        digests = {"commit_digest": draw.commit_digest, "certificate_digest": draw.certificate_digest}
        site.write(f"{target}/{SEALED_FILE}", canonical_json({"v": 2, "commit": dict(record), **digests}).decode())
        return [SEALED_FILE]
    if is_withheld:
        return site.copy_file(draw.bundle / COMMITMENT, path=target)
    files = site.copy_folder(draw.bundle, path=target)
    if draw.state in (DrawState.DRAWN, DrawState.VOID):
        site.write_bytes(f"{target}/{DOCUMENT}", certificate_pdf(page_content(read_bundle(draw.bundle))))
        files.append(DOCUMENT)
    return files


def _commitment(draw: DrawRecord) -> dict[str, Any]:
    record: dict[str, Any] = read_json((draw.bundle / COMMITMENT).read_bytes())
    return record


def _per_item(cells: Mapping[str, int]) -> dict[str, int]:
    """Return the sums over ``item|stratum`` per item."""
    found: dict[str, int] = {}
    for cell, n in cells.items():
        item = cell.split(CELL_SEPARATOR)[0]
        found[item] = found.get(item, 0) + int(n)
    return found
