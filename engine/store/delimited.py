"""CSV in UTF-8 or GB18030, read once into text Parquet; lines that cannot be split are kept apart, whole.

Encodings are tried in strict order, UTF-8 first: half of all short Chinese UTF-8 texts decode as GB18030 without an
error, none the other way round. A stray opening quote makes a reader swallow every line up to the next quote; such a
record is taken apart again, and of its lines those that split into the file's columns are rows like any other.
"""

import codecs
import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from engine.contracts.sql import identifier, literal
from engine.contracts.translation import LINE
from engine.messages import N_, Message
from engine.pipeline.ports import Progress
from engine.store.duck import quieted, settings, watched

ENCODINGS = ("utf-8-sig", "gb18030")
_BLOCK = 1 << 18
_HEADER_BYTES = 1 << 20
_DELIMITERS = ",;\t|"
_REJECTED = pa.schema([("line", pa.int64()), ("text", pa.string()), ("problem", pa.string())])


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written; ``header`` holds the column names as they stand there."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bytes:
    """A file's content: hex SHA-256, length, and its encoding; empty when it is in none of :data:`ENCODINGS`."""

    sha256: str
    n_bytes: int
    encoding: str


def read_bytes(path: Path) -> Bytes:
    """Return digest, length and encoding; one pass over UTF-8, a second over anything else."""
    digest, n_bytes = hashlib.sha256(), 0
    decoder = codecs.getincrementaldecoder(ENCODINGS[0])("strict")
    is_utf8 = True
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            n_bytes += len(block)
            is_utf8 = is_utf8 and _decodes(decoder, block)
    if is_utf8 and _decodes(decoder, b"", final=True):
        return Bytes(digest.hexdigest(), n_bytes, ENCODINGS[0])
    return Bytes(digest.hexdigest(), n_bytes, ENCODINGS[1] if _is_gb18030(path) else "")


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final=final)
    except UnicodeDecodeError:
        return False
    return True


def _is_gb18030(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder(ENCODINGS[1])("strict")
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if not _decodes(decoder, block):
                return False
    return _decodes(decoder, b"", final=True)


def dialect_of(path: Path, encoding: str) -> Dialect:
    """Return delimiter and header: the delimiter is the one that occurs most often in the first line."""
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(_HEADER_BYTES)
    first = head.splitlines()[0] if head else ""
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), [])
    return Dialect(encoding, delimiter, tuple(name.strip() for name in header))


def rejected_path(converted: Path) -> Path:
    """Return where the lines that cannot be split stand, beside a converted file; absent when there are none."""
    return converted.with_suffix(".rejected.parquet")


def convert(path: Path, dialect: Dialect, *, target: Path, progress: Progress) -> None:
    """Write the rows of a CSV as Parquet, all cells text; ``~line`` only where it does not follow from the order.

    Cost: one pass of DuckDB's parallel reader, memory bounded; a second pass when lines cannot be split.
    """
    source = path
    if dialect.encoding != ENCODINGS[0]:
        source = target.with_suffix(".csv")
        _transcode(path, source, dialect.encoding)
    with quieted(duckdb.connect(":memory:", config=settings(target.parent))) as connection:
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in dialect.header)
        cells = ", ".join(map(identifier, dialect.header))
        sql = (
            f"SELECT {cells} FROM read_csv({literal(str(source))}, auto_detect=false, header=true, "
            f"columns={{{columns}}}, delim={literal(dialect.delimiter)}, quote='\"', escape='\"', store_rejects=true)"
        )
        watched(connection, _copied(sql, target), progress, Message(N_("Read {file}"), {"file": path.name}))
        rejects = connection.execute(
            "SELECT line, min(csv_line), min(error_message) FROM reject_errors GROUP BY line ORDER BY line"
        ).fetchall()
        if rejects:
            _number_lines(connection, target, rejects, dialect)
    if source != path:
        source.unlink()


def _copied(sql: str, target: Path) -> str:
    return f"COPY ({sql}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION snappy)"


def _number_lines(
    connection: duckdb.DuckDBPyConnection, target: Path, rejects: list[tuple[int, str, str]], dialect: Dialect
) -> None:
    """Give every row its line, counting records; rows found in swallowed lines come in at theirs."""
    shifts: list[tuple[int, int]] = []  # from the n-th accepted row on, so many records came before that were rejected
    bad: list[tuple[int, str, str]] = []
    found: list[tuple[int, *tuple[str | None, ...]]] = []
    extra = 0
    for at, (record, text, problem) in enumerate(rejects):
        lines = _taken_apart(text or "")
        for number, line in enumerate(lines, start=record + extra):
            split = _split(line, dialect) if len(lines) > 1 else None
            if split is None:
                bad.append((number, line, problem))
            else:
                found.append((number, *split))
        extra += len(lines) - 1
        shifts.append((record - 2 - at, at + 1 + extra))
    names = [*dialect.header, LINE]
    recovered = pa.table(
        [pa.array([row[at + 1] for row in found], pa.string()) for at in range(len(dialect.header))]
        + [pa.array([row[0] for row in found], pa.int64())],
        names=names,
    )
    steps = pa.table({"since": [at for at, _ in shifts], "shift": [shift for _, shift in shifts]})
    connection.register("recovered", recovered)
    connection.register("steps", steps)
    cells = ", ".join(map(identifier, dialect.header))
    aside = target.with_suffix(".unnumbered")
    target.replace(aside)
    sql = (
        f"SELECT {cells}, file_row_number + 2 + coalesce(shift, 0) AS {identifier(LINE)} "
        f"FROM read_parquet({literal(str(aside))}, file_row_number=true) r "
        f"ASOF LEFT JOIN (SELECT since, max(shift) AS shift FROM steps GROUP BY since) s "
        f"ON r.file_row_number >= s.since "
        f"UNION ALL SELECT {cells}, {identifier(LINE)} FROM recovered ORDER BY {identifier(LINE)}"
    )
    connection.execute(_copied(sql, target))
    aside.unlink()
    if bad:
        rows = [dict(zip(_REJECTED.names, row, strict=True)) for row in bad]
        pq.write_table(pa.Table.from_pylist(rows, schema=_REJECTED), rejected_path(target))


def _taken_apart(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


def _split(line: str, dialect: Dialect) -> tuple[str | None, ...] | None:
    """Return the cells of one line, null where empty; None when it does not split into the file's columns."""
    try:
        cells = next(csv.reader([line], delimiter=dialect.delimiter, strict=True), [])
    except csv.Error:
        return None
    return tuple(cell or None for cell in cells) if len(cells) == len(dialect.header) else None


def _transcode(path: Path, target: Path, encoding: str) -> None:
    with path.open(encoding=encoding, newline="") as file, target.open("w", encoding="utf-8", newline="") as out:
        while block := file.read(_BLOCK):
            out.write(block)
