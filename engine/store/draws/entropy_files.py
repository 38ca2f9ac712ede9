"""Values of public events from a file: what a bulletin or a notary's record says, as CSV or JSON.

Values are texts to the letter: ``007`` stays ``007``. Spreadsheets, which would make a number of it, are not read.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.draw.entropy.sources import EntropyValue
from engine.errors import SourceNotFoundError, UsageError
from engine.messages import N_, Message

NEEDED = ("source", "event", "value", "drawn_at")
REFERENCE = "reference"


def read_event_values(path: Path) -> list[EntropyValue]:
    """Return the values of a file, in its order.

    Parameters
    ----------
    path : CSV with the columns source, event, value, drawn_at (RFC 3339) and, if wanted, reference; or JSON, a list of
        objects with these keys.

    Raises
    ------
    SourceNotFoundError, UsageError
        There is no such file, it is neither, or a value is missing or no text.
    """
    if not path.is_file():
        raise SourceNotFoundError(path=path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = json.loads(text) if text.lstrip().startswith("[") else list(csv.DictReader(text.splitlines()))
    except ValueError:
        raise _refused(path, "-") from None
    if not isinstance(rows, list) or not rows:
        raise _refused(path, "-")
    return [_value(path, row) for row in rows]


def _value(path: Path, row: Any) -> EntropyValue:
    if not isinstance(row, Mapping) or set(row) - {*NEEDED, REFERENCE}:
        raise _refused(path, str(row))
    found = {name: row.get(name) for name in NEEDED}
    if not all(isinstance(text, str) and text.strip() for text in found.values()):
        raise _refused(path, str(dict(row)))
    source, event, value, drawn_at = (str(text).strip() for text in found.values())
    return EntropyValue(source, event, value, drawn_at, evidence=str(row.get(REFERENCE) or path.name))


def _refused(path: Path, value: str) -> UsageError:
    return UsageError(
        what=path.name,
        value=value,
        remedy=Message(N_("give CSV or JSON with source, event, value and drawn_at as texts, and reference if wanted")),
    )
