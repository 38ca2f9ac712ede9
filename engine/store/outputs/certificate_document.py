"""The certificate of a draw as a page for people: PDF by typst, with a QR code of its digests.

The font is shipped and system fonts are not looked at, the date is left out, so that the same certificate gives the
same bytes on every machine. Characters outside GB 2312 that no shipped font holds are named, not silently lost.
"""

import io
import json
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any

from engine.errors import StoreError
from engine.messages import N_, Message

TEMPLATE = files("engine.store") / "templates" / "certificate.typ"
FONTS = files("engine.store") / "fonts"
FONT_FILE = "NotoSansSC-gb2312.otf"


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
    import typst  # noqa: PLC0415 - loaded only when a page is wanted

    code = {name: content[name] for name in ("draw", "commit_digest", "certificate_digest")}
    inputs = {"certificate": json.dumps(content, ensure_ascii=False, sort_keys=True), "code": _code(code)}
    with as_file(FONTS) as fonts, as_file(TEMPLATE) as template:
        try:
            pdf = typst.compile(
                str(template), font_paths=[str(fonts)], ignore_system_fonts=True, format="pdf", sys_inputs=inputs
            )
        except RuntimeError as problem:
            raise StoreError(
                workspace=FONT_FILE,
                problem=Message(N_("the certificate page cannot be set ({reason})"), {"reason": problem}),
                remedy=Message(N_("report this")),
            ) from problem
    return bytes(pdf)


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
