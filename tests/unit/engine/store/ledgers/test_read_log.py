"""The log of reads: a chain that shows edits, removals and half lines."""

import json
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.store.ledgers.ledger import GENESIS
from engine.store.ledgers.read_log import ReadLog

AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
SAID = {"account": "a@x", "role": "leader", "scope": "*", "kind": "page", "what": "briefing", "about": ""}


def test_lines_are_chained_from_the_first(tmp_path: Path) -> None:
    log = ReadLog(tmp_path)
    assert log.head() == (0, GENESIS)
    assert list(log.entries()) == []

    first = log.append(SAID, at=AT)
    second = log.append({**SAID, "about": "企业 a\nb"}, at=AT)

    assert (first.sequence, second.sequence, second.previous_digest) == (1, 2, first.digest)
    assert list(log.entries()) == [first, second]
    assert log.head() == (2, second.digest)
    assert log.first_break() is None


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda lines: [lines[0].replace("leader", "auditor"), *lines[1:]], 1),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[0], "no json\n", lines[2]], 2),
    ],
)
def test_an_edit_or_a_removal_shows(tmp_path: Path, change: object, broken: int) -> None:
    log = ReadLog(tmp_path)
    for _ in range(3):
        log.append(SAID, at=AT)
    lines = log.path.read_text(encoding="utf-8").splitlines(keepends=True)

    log.path.write_text("".join(change(lines)), encoding="utf-8")  # type: ignore[operator]

    assert log.first_break() == broken


def test_nothing_is_written_behind_a_half_line(tmp_path: Path) -> None:
    log = ReadLog(tmp_path)
    log.append(SAID, at=AT)
    with log.path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"sequence": 2})[:5])

    with pytest.raises(StoreError):
        log.append(SAID, at=AT)


def test_writers_in_several_processes_make_one_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path,)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    log = ReadLog(tmp_path)
    assert log.head()[0] == 60
    assert log.first_break() is None


def _write(folder: Path) -> None:
    for _ in range(20):
        ReadLog(folder).append(SAID, at=AT)
