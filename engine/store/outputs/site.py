"""The public site on disk: files written beside the old site and put in its place when complete."""

import csv
import io
import json
import shutil
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import pandas as pd
import xlsxwriter

from engine.errors import StoreError
from engine.messages import N_, Message

MARKER = "site.json"
_SHEET_ROWS = 1_000_000
"""A sheet of a workbook holds 1,048,576 rows."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def verifier_page() -> str:
    """Return the page that recomputes a draw, as shipped."""
    return (files("engine") / "publicity" / "verifier.html").read_text(encoding="utf-8")


class SiteFolder:
    """A site being written.

    Parameters
    ----------
    folder : where it will stand; an older site there is replaced as a whole, anything else is refused.
    """

    def __init__(self, folder: Path) -> None:
        if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARKER).is_file())):
            raise StoreError(
                workspace=folder,
                problem=Message(N_("the folder holds something that is no site")),
                remedy=Message(N_("choose an empty folder")),
            )
        self.folder = folder
        self._unfinished = folder.with_name(f".{folder.name}.unfinished")
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir(parents=True)

    def write(self, path: str, content: str) -> None:
        """Write one text file, UTF-8."""
        target = self._unfinished / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8", newline="\n")

    def write_bytes(self, path: str, content: bytes) -> None:
        """Write one file."""
        target = self._unfinished / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def write_table(self, stem: str, rows: pd.DataFrame, *, kinds: Iterable[str] = ("json", "csv", "xlsx")) -> None:
        """Write a table of text as JSON, CSV (with a byte-order mark, for spreadsheets) and XLSX."""
        for kind in kinds:
            if kind == "json":
                self.write(f"{stem}.json", json.dumps(rows.to_dict("records"), ensure_ascii=False, indent=1) + "\n")
            elif kind == "csv":
                self.write(f"{stem}.csv", _csv(rows))
            else:
                self._write_workbook(f"{stem}.xlsx", rows)

    def copy_folder(self, source: Path, *, path: str) -> list[str]:
        """Copy the files of a public folder; return their paths below ``path``."""
        copied = [each for each in sorted(source.rglob("*")) if each.is_file() and not each.name.startswith(".")]
        for each in copied:
            target = self._unfinished / path / each.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each, target)
        return [each.relative_to(source).as_posix() for each in copied]

    def copy_file(self, source: Path, *, path: str) -> list[str]:
        """Copy one file; return its name below ``path``."""
        target = self._unfinished / path / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return [source.name]

    def finish(self, content: dict[str, object]) -> None:
        """Put the site in its place; ``content`` is its ``site.json``."""
        self.write(MARKER, json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n")
        old = self.folder.with_name(f".{self.folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.folder.exists():
            self.folder.rename(old)
        self._unfinished.rename(self.folder)
        shutil.rmtree(old, ignore_errors=True)

    def _write_workbook(self, path: str, rows: pd.DataFrame) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(self._unfinished / path), options) as book:
            for start in range(0, max(len(rows), 1), _SHEET_ROWS):
                sheet = book.add_worksheet()
                sheet.write_row(0, 0, list(rows.columns))
                part = rows.iloc[start : start + _SHEET_ROWS]
                for at, row in enumerate(part.itertuples(index=False), start=1):
                    sheet.write_row(at, 0, [str(value) for value in row])


def _csv(rows: pd.DataFrame) -> str:
    """Return rows as CSV; text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    sink = io.StringIO()
    sink.write("\ufeff")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(rows.columns)
    for row in rows.itertuples(index=False):
        writer.writerow([f"'{value}" if str(value).startswith(_FORMULA) else value for value in row])
    return sink.getvalue()
