"""The published bundle of a draw, as bytes: a folder of files for any size, and one compact JSON file.

Folder: ``manifest.json``, ``commitment.json``, ``certificate.json``, ``roster.json`` and the frame in shards of 2^14
rows by handle. A shard is the handles (32 bytes each) followed, item by item, by one 16-bit big-endian code per row:
the position in the manifest's list of strata, 65535 where the row is not in that item's frame. Each shard is a subtree
of the frame's Merkle tree and its root stands in the manifest. The compact form is the layout of the published
examples with further keys. Before its release a sealed draw shows its commitment and its certificate's digest only.
Source: docs/spec/draw-protocol.md §9.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.draw.committing.commitment import Commitment
from engine.draw.entropy.policy import read_time
from engine.draw.populations.frame import ABSENT, BlindedFrame, HashedFrame
from engine.draw.populations.roster import Officer
from engine.draw.protocol.encoding import DIGEST_BYTES, PROTOCOL, canonical_json
from engine.draw.protocol.merkle import SHARD_ROWS
from engine.draw.publishing.certificate import Certificate
from engine.errors import BundleUnreadableError, DrawError
from engine.messages import N_, Message

MANIFEST, COMMITMENT, CERTIFICATE, ROSTER = "manifest.json", "commitment.json", "certificate.json", "roster.json"
ABSENT_CODE = 0xFFFF


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file of a bundle.

    Parameters
    ----------
    path : relative, with ``/``.
    content : its bytes.
    """

    path: str
    content: bytes


def shard_path(number: int) -> str:
    """Return the path of a shard (0-based)."""
    return f"frame/{number:06d}.bin"


def shard_bytes(frame: BlindedFrame, *, number: int) -> bytes:
    """Return the bytes of one shard.

    Raises
    ------
    DrawError
        The frame has more strata than a 16-bit code can name.
    """
    if len(frame.strata) >= ABSENT_CODE:
        raise DrawError(
            problem=Message(N_("a frame with {n} strata does not fit the shards"), {"n": len(frame.strata)}),
            remedy=Message(N_("merge strata or split the draw")),
        )
    first, last = number * SHARD_ROWS, min((number + 1) * SHARD_ROWS, frame.size)
    codes = frame.codes[first:last]
    packed = np.where(codes == ABSENT, ABSENT_CODE, codes).astype(">u2")
    return frame.handles[first * DIGEST_BYTES : last * DIGEST_BYTES] + packed.T.tobytes()


def frame_from_shards(shards: Sequence[bytes], *, items: Sequence[str], strata: Sequence[str]) -> BlindedFrame:
    """Return the frame of consecutive shards.

    Raises
    ------
    BundleUnreadableError
        A shard's length does not fit, or a code names no stratum.
    """
    width = DIGEST_BYTES + 2 * len(items)
    handles, blocks = [], []
    for number, shard in enumerate(shards):
        n_rows, rest = divmod(len(shard), width)
        if rest or not 0 < n_rows <= SHARD_ROWS or (n_rows < SHARD_ROWS and number < len(shards) - 1):
            raise BundleUnreadableError(
                where=shard_path(number), problem=Message(N_("its length does not fit its rows"))
            )
        handles.append(shard[: n_rows * DIGEST_BYTES])
        packed = np.frombuffer(shard, dtype=">u2", offset=n_rows * DIGEST_BYTES).reshape(len(items), n_rows).T
        codes = np.where(packed == ABSENT_CODE, ABSENT, packed.astype(np.int32)).astype(np.int32)
        if codes.size and codes.max() >= len(strata):
            raise BundleUnreadableError(where=shard_path(number), problem=Message(N_("a code names no stratum")))
        blocks.append(codes)
    empty = np.zeros((0, len(items)), dtype=np.int32)
    return BlindedFrame(tuple(items), tuple(strata), b"".join(handles), np.concatenate(blocks) if blocks else empty)


def is_withheld(commitment: Commitment, *, now: str | None) -> bool:
    """Whether a sealed draw's content must still be withheld; ``now`` None means it was released."""
    release = commitment.record.get("release")
    return now is not None and release is not None and read_time(now, where="now") < read_time(release, where="release")


def bundle_files(
    commitment: Commitment, certificate: Certificate, *, frame: HashedFrame, roster: Sequence[Officer]
) -> Iterator[BundleFile]:
    """Yield the files of a bundle, shards first, the manifest last.

    A folder without a manifest is unfinished.
    """
    for number in range(len(frame.shards)):
        yield BundleFile(shard_path(number), shard_bytes(frame.rows, number=number))
    yield BundleFile(COMMITMENT, canonical_json(commitment.record))
    yield BundleFile(CERTIFICATE, certificate.content)
    yield BundleFile(ROSTER, canonical_json([officer.record() for officer in roster]))
    manifest = {
        "v": 2,
        "protocol": PROTOCOL,
        "class": commitment.record["class"],
        "draw": commitment.record["draw"],
        "commit_digest": commitment.digest.hex(),
        "certificate_digest": certificate.digest,
        "items": list(frame.rows.items),
        "strata": list(frame.rows.strata),
        "shard_rows": SHARD_ROWS,
        "shards": [root.hex() for root in frame.shards],
    }
    yield BundleFile(MANIFEST, canonical_json(manifest))


def compact_bundle(
    commitment: Commitment, certificate: Certificate, *, frame: HashedFrame, roster: Sequence[Officer]
) -> dict[str, Any]:
    """Return the compact form: the certificate's own keys with ``commit``, ``rows``, ``roster`` and ``entropy``.

    For large frames :func:`compact_chunks` writes the same bytes without holding them.
    """
    return {
        **_compact_head(commitment, certificate, roster=roster),
        "rows": [[handle, cells] for handle, cells in frame.rows.published_rows()],
    }


def withheld_bundle(commitment: Commitment, certificate: Certificate) -> dict[str, Any]:
    """Return what a sealed draw shows before its release: the commitment and the digest of its certificate."""
    return {
        "v": 2,
        "commit": dict(commitment.record),
        "commit_digest": commitment.digest.hex(),
        "certificate_digest": certificate.digest,
    }


def compact_chunks(
    commitment: Commitment,
    certificate: Certificate,
    *,
    frame: BlindedFrame,
    roster: Sequence[Officer],
    attached: Mapping[str, Any] | None = None,
) -> Iterator[bytes]:
    """Yield the compact form as canonical JSON, piece by piece, 2^14 rows at a time.

    Parameters
    ----------
    attached : what is published beside the certificate, by name.
    """
    head = {**_compact_head(commitment, certificate, roster=roster), **(attached or {}), "rows": None}
    opener = b"{"
    for key in sorted(head):
        yield opener + canonical_json(key) + b":"
        opener = b","
        if key == "rows":
            yield from _row_chunks(frame)
        else:
            yield canonical_json(head[key])
    yield b"}"


def _row_chunks(frame: BlindedFrame) -> Iterator[bytes]:
    texts: dict[bytes, str] = {}
    width = 2 * DIGEST_BYTES
    yield b"["
    for first in range(0, frame.size, SHARD_ROWS):
        codes = frame.codes[first : first + SHARD_ROWS]
        told = frame.handles[first * DIGEST_BYTES : (first + len(codes)) * DIGEST_BYTES].hex()
        patterns = [row.tobytes() for row in codes]
        for row, pattern in enumerate(patterns, start=first):
            if pattern not in texts:
                texts[pattern] = canonical_json(frame.cells_of(row)).decode()
        rows = [f'["{told[k * width : (k + 1) * width]}",{texts[pattern]}]' for k, pattern in enumerate(patterns)]
        yield (b"," if first else b"") + ",".join(rows).encode()
    yield b"]"


def _compact_head(commitment: Commitment, certificate: Certificate, *, roster: Sequence[Officer]) -> dict[str, Any]:
    used: Sequence[Mapping[str, Any]] = certificate.record.get("entropy_used", [])
    return {
        **certificate.record,
        "commit": dict(commitment.record),
        "entropy": {value["id"]: value["value"] for value in used},
        "roster": [officer.record() for officer in roster],
    }
