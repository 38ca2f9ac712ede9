"""A published draw after reading: everything of the right type, nothing believed yet.

Reading checks form only; :mod:`engine.draw.verifying.verification` checks substance. A withheld (sealed) draw has no
rows.
Source: docs/spec/draw-protocol.md §9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.draw.committing import schema
from engine.draw.populations.frame import BlindedFrame, frame_from_rows
from engine.draw.populations.roster import Officer, officer_from_record
from engine.draw.publishing.attachments import ATTACHMENTS, read_attachments
from engine.draw.publishing.certificate import DIGEST_KEY
from engine.errors import BundleUnreadableError
from engine.messages import N_, Message

_OUTSIDE_CERTIFICATE = frozenset({"commit", "entropy", "rows", "roster", "opening", *ATTACHMENTS})


@dataclass(frozen=True, slots=True, eq=False)
class PublishedDraw:
    """What a bundle holds.

    Parameters
    ----------
    version : 1 or 2.
    commit : the commitment record, unchecked.
    commit_digest : hex, as published.
    certificate : version 2: the certificate record; version 1: entropy, seed, result, visits, match; a withheld draw
        has only the digest.
    frame : rows as published, None when withheld or void.
    entropy : value by source as published.
    roster : officers as published; version 1 has none.
    opening : one object's own row, if the file carries it.
    shards : roots of the frame's shards as a folder's manifest states them.
    attached : what is published beside the certificate, by name.
    """

    version: int
    commit: Mapping[str, Any]
    commit_digest: str
    certificate: Mapping[str, Any]
    frame: BlindedFrame | None
    entropy: Mapping[str, str]
    roster: tuple[Officer, ...]
    opening: Mapping[str, Any] | None
    shards: tuple[str, ...] | None
    attached: Mapping[str, Any]

    @property
    def is_withheld(self) -> bool:
        """Whether the content of a sealed draw is not there yet."""
        return self.frame is None and "kind" not in self.certificate

    @property
    def is_void(self) -> bool:
        """Whether this is the certificate of a draw that was not held."""
        return self.certificate.get("kind") == "void"


_COMMIT = schema.record({}, closed=False)
_ROWS = schema.listing(schema.listing(lambda value, where: None, length=2))
_CELLS = schema.mapping(schema.code, schema.code)


def read_compact(bundle: Any, *, frame: BlindedFrame | None = None) -> PublishedDraw:
    """Return the draw of a compact JSON object.

    Parameters
    ----------
    frame : its rows where they were read apart (:mod:`engine.draw.verifying.compact_rows`); None reads those it holds.

    Raises
    ------
    BundleUnreadableError, NotCanonicalError, CommitmentRefusedError
        A key is missing, unknown or of the wrong type.
    """
    schema.record({"commit": _COMMIT, "commit_digest": schema.digest}, closed=False)(bundle, "bundle")
    version = 1 if "v" not in bundle["commit"] else 2
    rows, opening = bundle.get("rows") if frame is None else None, bundle.get("opening")
    if opening is not None:
        schema.OPENING(opening, "opening")
    if rows is not None:
        frame = _read_rows(rows)
    roster = read_roster(bundle.get("roster", []))
    if version == 1:
        schema.CERTIFICATE_1(bundle, "bundle")
        keys = ("entropy", "seed", "result", "visits", "match")
        certificate = {key: bundle[key] for key in keys}
    else:
        certificate = {key: value for key, value in bundle.items() if key not in _OUTSIDE_CERTIFICATE}
    return assemble(
        version=version,
        commit=bundle["commit"],
        commit_digest=bundle["commit_digest"],
        certificate=certificate,
        frame=frame,
        entropy=bundle.get("entropy"),
        roster=roster,
        opening=opening,
        shards=None,
        attached=read_attachments(bundle) if version == 2 else {},
    )


def assemble(
    *,
    version: int,
    commit: Mapping[str, Any],
    commit_digest: str,
    certificate: Mapping[str, Any],
    frame: BlindedFrame | None,
    entropy: Mapping[str, str] | None,
    roster: tuple[Officer, ...],
    opening: Mapping[str, Any] | None,
    shards: tuple[str, ...] | None,
    attached: Mapping[str, Any],
) -> PublishedDraw:
    """Return the draw of parts read from a folder or a compact file.

    Parameters
    ----------
    entropy : value by source; None takes it from the certificate.
    shards : stated roots of the frame's shards; a compact file has none.
    attached : from :func:`engine.draw.publishing.attachments.read_attachments`.

    Raises
    ------
    BundleUnreadableError, CommitmentRefusedError
        The certificate is not of its form, or rows are missing.
    """
    if version == 2:
        _read_certificate(certificate, has_rows=frame is not None)
        used = {value["id"]: value["value"] for value in certificate.get("entropy_used", [])}
        entropy = used if entropy is None else entropy
    elif frame is None:
        raise BundleUnreadableError(where="rows", problem=Message(N_("the rows are missing")))
    stated = entropy if entropy is not None else {}
    schema.mapping(schema.text, schema.text)(stated, "entropy")
    return PublishedDraw(version, commit, commit_digest, certificate, frame, stated, roster, opening, shards, attached)


def _read_certificate(certificate: Mapping[str, Any], *, has_rows: bool) -> None:
    kind = certificate.get("kind")
    if kind == "void":
        schema.VOID(certificate, "certificate")
    elif kind is None and not has_rows:
        withheld = {"v": schema.one_of(2), "commit_digest": schema.digest, DIGEST_KEY: schema.digest}
        schema.record(withheld)(certificate, "certificate")
    else:
        schema.CERTIFICATE_2(certificate, "certificate")
        if not has_rows:
            raise BundleUnreadableError(where="rows", problem=Message(N_("the rows are missing")))


def _read_rows(rows: Any) -> BlindedFrame:
    _ROWS(rows, "rows")
    for row, (handle, cells) in enumerate(rows):
        schema.digest(handle, f"rows[{row}]")
        _CELLS(cells, f"rows[{row}]")
    return frame_from_rows((bytes.fromhex(handle), cells) for handle, cells in rows)


def read_roster(records: Any) -> tuple[Officer, ...]:
    """Return the officers of a published roster, in the order given.

    Raises
    ------
    BundleUnreadableError
        A record is not of its form.
    """
    schema.listing(schema.OFFICER)(records, "roster")
    listed: Sequence[Mapping[str, Any]] = records
    return tuple(officer_from_record(record) for record in listed)
