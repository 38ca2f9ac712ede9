"""The certificate: the result of a draw as one canonical JSON record with its digest.

``certificate_digest = H("certificate", canonical JSON without that field)``; the next commitment names it as ``prev``,
so that the draws of an agency form a chain. A draw that could not be held gets a void certificate and stays in the
chain. Source: docs/spec/draw-protocol.md §9.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.draw.committing.commitment import Commitment
from engine.draw.drawing import Drawn, inclusion_probability
from engine.draw.populations.frame import BlindedFrame, cell_name
from engine.draw.protocol.encoding import HashSuite, canonical_json
from engine.draw.selecting.selection import DrawnCell
from engine.draw.selecting.sizes import ratio_text

DIGEST_KEY = "certificate_digest"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate record.

    Parameters
    ----------
    record : the JSON object, its digest included.
    """

    record: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The certificate's digest in hex."""
        return str(self.record[DIGEST_KEY])

    @property
    def content(self) -> bytes:
        """The authoritative bytes: canonical JSON."""
        return canonical_json(self.record)


def certificate_digest(record: Mapping[str, Any], *, suite: HashSuite) -> str:
    """Return ``H("certificate", canonical JSON without the digest)`` in hex."""
    return suite.tagged("certificate", canonical_json({k: v for k, v in record.items() if k != DIGEST_KEY})).hex()


def plan_digest(plan: Mapping[str, Any], *, suite: HashSuite) -> str:
    """Return ``H("plan", canonical JSON)`` of an annual plan, in hex."""
    return suite.tagged("plan", canonical_json(plan)).hex()


def cell_record(cell: DrawnCell, frame: BlindedFrame) -> dict[str, Any]:
    """Return a drawn cell as written in ``result``."""
    return {
        "N": cell.size,
        "n": len(cell.rows),
        "tau": cell.threshold.hex(),
        "selected": [frame.handle(row).hex() for row in cell.rows],
        "reserves": [frame.handle(row).hex() for row in cell.reserves],
    }


def probability_table(cells: tuple[DrawnCell, ...], *, commitment: Commitment) -> dict[str, dict[str, str]]:
    """Return per cell the ratio before rounding (``design``) and n/N (``inclusion``), as exact fractions."""
    terms = commitment.items
    return {
        cell_name(*cell.cell): {
            "design": ratio_text(terms[cell.item].ratios[cell.stratum]),
            "inclusion": ratio_text(inclusion_probability(cell)),
        }
        for cell in cells
    }


def certify(drawn: Drawn, *, issued_at: str, log: Mapping[str, Any] | None = None) -> Certificate:
    """Return the certificate of a draw.

    Parameters
    ----------
    issued_at : RFC 3339 time with offset.
    log : head (size, root) of the public log that holds the commitment; None outside an agency's log.

    Returns
    -------
    Certificate; the same draw and time give the same bytes, whatever the order of the rows it came from.
    """
    frame, record = drawn.frame.rows, drawn.commitment.record
    body = {
        **_heading(drawn.commitment, kind="draw", issued_at=issued_at, log=log),
        "entropy_used": [value.record() for value in drawn.values],
        "seed": drawn.seed.hex(),
        "result": {cell_name(*cell.cell): cell_record(cell, frame) for cell in drawn.selected.cells},
        "pi": probability_table(drawn.selected.cells, commitment=drawn.commitment),
        "visits": {visit.handle.hex(): list(visit.items) for visit in drawn.visits},
        "match": drawn.match.record(),
        "code": record["code"],
    }
    return _sealed(body, suite=drawn.commitment.suite)


def void(commitment: Commitment, *, reason: str, issued_at: str, log: Mapping[str, Any] | None = None) -> Certificate:
    """Return the certificate of a commitment from which nothing was or will be drawn, with the reason."""
    body = {**_heading(commitment, kind="void", issued_at=issued_at, log=log), "reason": reason}
    return _sealed(body, suite=commitment.suite)


def _heading(commitment: Commitment, *, kind: str, issued_at: str, log: Mapping[str, Any] | None) -> dict[str, Any]:
    record = commitment.record
    return {
        "v": 2,
        "kind": kind,
        "class": record["class"],
        "draw": record["draw"],
        "seq": record["seq"],
        "prev": record["prev"],
        "commit_digest": commitment.digest.hex(),
        "log": dict(log) if log is not None else None,
        "issued_at": issued_at,
    }


def _sealed(body: dict[str, Any], *, suite: HashSuite) -> Certificate:
    return Certificate({**body, DIGEST_KEY: certificate_digest(body, suite=suite)})
