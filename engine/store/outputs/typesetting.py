"""Pages set by typst: one shipped font, no system fonts, no date, so that the same input gives the same bytes."""

import json
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any

from engine.errors import StoreError
from engine.messages import N_, Message

FONTS = files("engine.store") / "fonts"
FONT_FILE = "NotoSansSC-gb2312.otf"
_TEMPLATES = files("engine.store") / "templates"


def page_pdf(template: str, name: str, content: Mapping[str, Any], *, refused: str, **inputs: str) -> bytes:
    """Return the PDF that a template makes of a content.

    Parameters
    ----------
    template : file among the shipped templates.
    name, content : what the template reads, as JSON under this name.
    refused : English template of what to say where the page cannot be set, with ``{reason}``.
    inputs : further texts that the template reads.

    Raises
    ------
    StoreError
        The page cannot be set.
    """
    import typst  # noqa: PLC0415 - loaded only when a page is wanted

    told = {name: json.dumps(content, ensure_ascii=False, sort_keys=True), **inputs}
    with as_file(FONTS) as fonts, as_file(_TEMPLATES / template) as file:
        try:
            pdf = typst.compile(
                str(file), font_paths=[str(fonts)], ignore_system_fonts=True, format="pdf", sys_inputs=told
            )
        except RuntimeError as problem:
            raise StoreError(
                workspace=FONT_FILE,
                problem=Message(refused, {"reason": problem}),
                remedy=Message(N_("report this")),
            ) from problem
    return bytes(pdf)
