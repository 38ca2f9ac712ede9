"""The certificate of a draw as a page for people: PDF by typst, with a QR code of its digests.

The same certificate gives the same bytes on every machine (:mod:`engine.store.outputs.typesetting`). Characters outside
GB 2312 that no shipped font holds are named, not silently lost.
"""

import io
import json
from collections.abc import Mapping
from typing import Any

from engine.messages import N_
from engine.store.outputs.typesetting import page_pdf


def certificate_pdf(content: Mapping[str, Any]) -> bytes:
    """Return the PDF of a certificate.

    Parameters
    ----------
    content : what the page says (:func:`engine.api.draws.document.page_content`).

    Raises
    ------
    StoreError
        The page cannot be set.
    """
    digests = {name: content[name] for name in ("draw", "commit_digest", "certificate_digest")}
    return page_pdf(
        "certificate.typ",
        "certificate",
        content,
        refused=N_("the certificate page cannot be set ({reason})"),
        code=_code(digests),
    )


def missing_characters(content: Mapping[str, Any]) -> str:
    """Return the characters of a page that the shipped font lacks, each once, in order."""
    held = _held()
    said = json.dumps(content, ensure_ascii=False)
    return "".join(dict.fromkeys(mark for mark in said if ord(mark) > 126 and mark not in held))


def _held() -> frozenset[str]:
    found = set("·—–…“”‘’✓✗§≤≥×÷‖")
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            found.update(bytes([high, low]).decode("gb2312", errors="ignore"))
    return frozenset(found)


def _code(content: Mapping[str, Any]) -> str:
    import segno  # noqa: PLC0415

    sink = io.BytesIO()
    segno.make(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False), error="m").save(
        sink, kind="svg", border=2, xmldecl=False
    )
    return sink.getvalue().decode("utf-8")
