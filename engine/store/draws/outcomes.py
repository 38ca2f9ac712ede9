"""Lists and outcomes of somebody else's draws, as CSV files."""

import csv
from collections.abc import Iterator
from pathlib import Path

from engine.errors import SourceNotFoundError, UsageError
from engine.messages import N_, Message

ROW, DRAW = "object_id", "draw"


def read_list(path: Path) -> list[str]:
    """Return the column ``object_id`` of a CSV file, in its order.

    Raises
    ------
    SourceNotFoundError, UsageError
        The file is not there, is not CSV in UTF-8, or lacks the column.
    """
    return [row[ROW] for row in _rows(path, columns=(ROW,))]


def read_outcomes(path: Path) -> dict[str, list[str]]:
    """Return draw → drawn ``object_id`` of a CSV file with columns ``draw`` and ``object_id``.

    Raises
    ------
    SourceNotFoundError, UsageError
        The file is not there, is not CSV in UTF-8, or lacks a column.
    """
    found: dict[str, list[str]] = {}
    for row in _rows(path, columns=(DRAW, ROW)):
        found.setdefault(row[DRAW], []).append(row[ROW])
    return found


def _rows(path: Path, *, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    if not path.is_file():
        raise SourceNotFoundError(path=path)
    remedy = Message(N_("give a CSV file in UTF-8 with the columns {columns}"), {"columns": ", ".join(columns)})
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            if not set(columns) <= set(reader.fieldnames or ()):
                raise UsageError(what=str(path), value=", ".join(reader.fieldnames or ()), remedy=remedy)
            yield from reader
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UsageError(what=str(path), value=str(problem), remedy=remedy) from None
