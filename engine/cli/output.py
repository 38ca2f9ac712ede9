"""What the command line prints: one JSON object on stdout, or tables there and progress on stderr."""

import json
import shlex
import shutil
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.errors import SupervisionError
from engine.i18n import chosen_language, translator
from engine.messages import Message, Translate


def current_translate() -> Translate:
    """Return the translation of this call's language."""
    return translator(chosen_language())


def show_error(error: SupervisionError, *, translate: Translate, as_json: bool) -> int:
    """Print the one sentence of ``error`` (stderr, or JSON on stdout) and return its exit status."""
    sentence = error.render(translate)
    if as_json:
        show_json({"error": {"code": error.code, "message": sentence, "params": error.params}})
    sys.stderr.write(sentence + "\n")
    return error.exit_status


def show_json(content: object) -> None:
    """Print one JSON object on stdout, nothing else; numbers that JSON does not know become null."""
    plain_content = json.loads(json.dumps(content, ensure_ascii=False, default=plain), parse_constant=_no_number)
    sys.stdout.write(json.dumps(plain_content, ensure_ascii=False, allow_nan=False) + "\n")


def _no_number(_: str) -> None:
    """NaN and infinities are no numbers to other programs."""


def plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it: dates and fractions as text, numpy scalars as numbers."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, Mapping | Collection) and not isinstance(value, str):
        raise TypeError(f"{type(value).__name__}: JSON would hold its text instead of its parts")
    return str(value)


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on stdout, numbers right-aligned."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold")
    listed = [[str(cell) for cell in row] for row in rows]
    for at, column in enumerate(columns):
        numeric = all(row[at][:1].isdigit() or row[at][:1] in "-–" for row in listed if row[at])
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*row)
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120).print(table)


def show_line(text: str) -> None:
    """Print one line on stdout."""
    sys.stdout.write(text + "\n")


def own_call(*words: str) -> str:
    """Return a call of this program as it can be typed here: by name only where the shell finds it."""
    called, found = Path(sys.argv[0]), shutil.which("xinheng")
    if found and called.exists() and Path(found).samefile(called):
        return shlex.join(["xinheng", *words])
    here = Path.cwd()
    is_below = called.is_absolute() and called.is_relative_to(here)
    return shlex.join([str(called.relative_to(here) if is_below else called), *words])


class StageClock:
    """Progress on stderr, one line per stage, with seconds; remembers them for the summary.

    A stage begins when it is first named and ends when the next one is named or ``close`` is called. On a terminal
    the running stage shows its share; in a log each stage prints one line when it begins and its time when it ends.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.seconds: dict[str, float] = {}
        self._quiet = quiet
        self._translate = current_translate()
        self._stage: Message | None = None
        self._began = time.perf_counter()

    def __call__(self, stage: Message, share: float | None = None) -> None:
        """Take progress; a new stage closes the one before."""
        if self._stage is None or stage.template != self._stage.template:
            self.close()
            self._stage, self._began = stage, time.perf_counter()
            self._write(f"▸ {stage.render(self._translate)} …", end="" if sys.stderr.isatty() else "\n")
        elif share is not None and sys.stderr.isatty():
            self._write(f"\r▸ {stage.render(self._translate)} … {share:4.0%}", end="")

    def close(self) -> None:
        """End the running stage."""
        if self._stage is None:
            return
        name, took = self._stage.template, time.perf_counter() - self._began
        self.seconds[name] = self.seconds.get(name, 0.0) + took
        begin = "\r" if sys.stderr.isatty() else "  "
        self._write(f"{begin}✓ {self._stage.render(self._translate)} {took:.1f} s")
        self._stage = None

    def _write(self, text: str, *, end: str = "\n") -> None:
        if not self._quiet:
            sys.stderr.write(text + end)
            sys.stderr.flush()
