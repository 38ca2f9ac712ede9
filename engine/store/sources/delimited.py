"""CSV in UTF-8 or GB18030, read once into text Parquet; lines that cannot be split are kept apart, whole.

Encodings are tried in strict order, UTF-8 first: half of all short Chinese UTF-8 texts decode as GB18030 without an
error, none the other way round. A stray opening quote makes a reader swallow every line up to the next quote; its line
is set aside and the file read again, until no line swallows another.
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
from engine.store.sources.spreadsheets import unusable

ENCODINGS = ("utf-8-sig", "gb18030")
_BLOCK = 1 << 18
_HEADER_BYTES = 1 << 20
_DELIMITERS = ",;\t|"
_MOST_TURNS = 40
_CUT = "⟨cut⟩"
_UNCLOSED = "Value with unterminated quote found."
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

    Cost: one pass of DuckDB's parallel reader, memory bounded; one more when lines cannot be split, and one more each
    time half of the stray quotes that swallow lines are set aside.

    Raises
    ------
    ContractError
        Lines are swallowed and it cannot be told where.
    """
    source = path
    if dialect.encoding != ENCODINGS[0]:
        source = target.with_suffix(".csv")
        _transcode(path, source, dialect.encoding)
    message = Message(N_("Read {file}"), {"file": path.name})
    cut: list[str] = []
    for turn in range(_MOST_TURNS):
        with quieted(duckdb.connect(":memory:", config=settings(target.parent))) as connection:
            watched(connection, _copied(_read(source, dialect), target), progress, message)
            rejects = connection.execute(
                "SELECT line, min(line_byte_position), min(csv_line), min(error_message) FROM reject_errors "
                "GROUP BY line ORDER BY line"
            ).fetchall()
            swallowing = [(int(at) - 1, text) for _, at, text, _ in rejects if text and "\n" in text.strip("\r\n")]
            if rejects and not swallowing:
                _number_lines(connection, target, [(line, text, why) for line, _, text, why in rejects], dialect, cut)
        if not swallowing:
            break
        without = target.with_suffix(f".{turn}.csv")
        _set_aside(source, swallowing, without, dialect, cut, name=path.name)
        if source != path:
            source.unlink()
        source = without
    else:
        raise unusable(path, Message(N_("quotes that are not closed swallow its lines")))
    if source != path:
        source.unlink()


def _read(source: Path, dialect: Dialect) -> str:
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in dialect.header)
    cells = ", ".join(map(identifier, dialect.header))
    return (
        f"SELECT {cells} FROM read_csv({literal(str(source))}, auto_detect=false, header=true, "
        f"columns={{{columns}}}, delim={literal(dialect.delimiter)}, quote='\"', escape='\"', store_rejects=true)"
    )


def _copied(sql: str, target: Path) -> str:
    return f"COPY ({sql}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION snappy)"


def _set_aside(
    source: Path, swallowing: list[tuple[int, str]], target: Path, dialect: Dialect, cut: list[str], *, name: str
) -> None:
    """Copy the file with a placeholder, which no reader can split, for each line that swallows others."""
    with source.open("rb") as file, target.open("wb") as out:
        for at, text in sorted(swallowing):
            while file.tell() < at:
                out.write(file.read(min(_BLOCK, at - file.tell())))
            line = file.readline()
            said = line.decode("utf-8-sig", errors="replace").rstrip("\r\n")
            if said != text.replace("\r\n", "\n").split("\n")[0]:
                raise unusable(Path(name), Message(N_("quotes that are not closed swallow its lines")))
            out.write(f"{_CUT}{len(cut)}{dialect.delimiter * len(dialect.header)}x\n".encode())
            cut.append(said)
        while block := file.read(_BLOCK):
            out.write(block)


def _number_lines(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    rejects: list[tuple[int, str | None, str]],
    dialect: Dialect,
    cut: list[str],
) -> None:
    """Give every row its line, counting records, and keep the rejected ones beside it."""
    # from the n-th accepted row on, so many records came before that were rejected
    steps = {"since": [line - 2 - at for at, (line, _, _) in enumerate(rejects)], "shift": range(1, len(rejects) + 1)}
    connection.register("steps", pa.table({name: pa.array(values, pa.int64()) for name, values in steps.items()}))
    cells = ", ".join(map(identifier, dialect.header))
    aside = target.with_suffix(".unnumbered")
    target.replace(aside)
    sql = (
        f"SELECT {cells}, file_row_number + 2 + coalesce(shift, 0) AS {identifier(LINE)} "
        f"FROM read_parquet({literal(str(aside))}, file_row_number=true) r "
        f"ASOF LEFT JOIN (SELECT since, max(shift) AS shift FROM steps GROUP BY since) s "
        f"ON r.file_row_number >= s.since ORDER BY {identifier(LINE)}"
    )
    connection.execute(_copied(sql, target))
    aside.unlink()
    rows = []
    for line, text, problem in rejects:
        is_cut = bool(text) and str(text).startswith(_CUT)
        original = cut[int(str(text)[len(_CUT) :].split(dialect.delimiter)[0])] if is_cut else text
        rows.append({"line": line, "text": original or "", "problem": _UNCLOSED if is_cut else problem})
    pq.write_table(pa.Table.from_pylist(rows, schema=_REJECTED), rejected_path(target))


def _transcode(path: Path, target: Path, encoding: str) -> None:
    with path.open(encoding=encoding, newline="") as file, target.open("w", encoding="utf-8", newline="") as out:
        while block := file.read(_BLOCK):
            out.write(block)
