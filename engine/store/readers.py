"""Source files as SQL relations: CSV in UTF-8 or GB18030, XLSX, Parquet.

Every relation has the file's columns and, beside them, ``~file`` (its name) and ``~line`` (1 = first line, so the
first row of a file with a header is 2). CSV and XLSX cells arrive as text. Encodings are tried in strict order, UTF-8
first: half of all short Chinese UTF-8 texts decode as GB18030 without an error, none the other way round.
"""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from engine.contracts.expressions import LOST_DIGITS
from engine.contracts.sql import identifier, literal
from engine.contracts.translation import FILE, LINE
from engine.errors import ContractError, SourceNotFoundError
from engine.messages import N_, Message
from engine.store.duck import quieted

SUFFIXES = (".csv", ".parquet", ".xlsx")
_BLOCK = 1 << 22
_HEADER_BYTES = 1 << 20
_DELIMITERS = ",;\t|"
_EXACT = 1e15
"""Spreadsheets keep 15 significant digits; what is longer has lost the rest."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One source file, looked at but not read.

    Parameters
    ----------
    path : Path. sha256 : str, hex digest of its bytes. n_bytes : int.
    columns : mapping of column name to SQL type.
    encoding : str, of CSV. delimiter : str, of CSV.
    """

    path: Path
    sha256: str
    n_bytes: int
    columns: Mapping[str, str]
    encoding: str = ""
    delimiter: str = field(default=",")

    @property
    def is_spreadsheet(self) -> bool:
        """Whether numbers in it may have lost digits."""
        return self.path.suffix.lower() == ".xlsx"

    @property
    def name(self) -> str:
        """File name without folders."""
        return self.path.name


def look_at(path: Path) -> SourceFile:
    """Return what can be said of a file from its bytes and header; one pass over the bytes.

    Raises
    ------
    SourceNotFoundError
        It is not there.
    ContractError
        It is of another kind, damaged, in another encoding, or its header names a column twice.
    """
    if not path.is_file():
        raise SourceNotFoundError(path=path)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _look_at_csv(path)
    sha256, n_bytes = _digest(path)
    if suffix == ".parquet":
        return SourceFile(path, sha256, n_bytes, _parquet_columns(path))
    if suffix == ".xlsx":
        header = next(_xlsx_rows(path), [])
        return SourceFile(path, sha256, n_bytes, _text_columns(path, [str(cell) for cell in header]))
    raise _unusable(path, Message(N_("only CSV, XLSX and Parquet files can be read")))


def source_files(paths: list[Path]) -> list[Path]:
    """Return the data files among ``paths``: files as given, of folders the data files directly inside, by name.

    Raises
    ------
    SourceNotFoundError
        A path is not there, or a folder holds no data file.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES and each.is_file())
            if not inside:
                raise SourceNotFoundError(path=f"{path}/*.csv, *.xlsx, *.parquet")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise SourceNotFoundError(path=path)
    return found


def relation(source: SourceFile, *, staging: Path, rejects: str | None = None) -> str:
    """Return the SQL of a source's rows with ``~file`` and ``~line``.

    Parameters
    ----------
    staging : folder for what must be converted first (GB18030, XLSX).
    rejects : name of a temporary table for lines that cannot be split; None skips them silently.
    """
    suffix = source.path.suffix.lower()
    if suffix == ".csv":
        return _csv_relation(source, staging=staging, rejects=rejects)
    path, header = source.path, 0
    if suffix == ".xlsx":
        path, header = _converted_xlsx(source, staging), 1
    return (
        f"SELECT * EXCLUDE (file_row_number), {literal(source.name)} AS {identifier(FILE)}, "
        f"file_row_number + {1 + header} AS {identifier(LINE)} "
        f"FROM read_parquet({literal(str(path))}, file_row_number=true)"
    )


def _csv_relation(source: SourceFile, *, staging: Path, rejects: str | None) -> str:
    path = source.path
    if source.encoding == "gb18030":
        path = staging / f"{source.sha256[:16]}.csv"
        if not path.exists():
            _transcode(source.path, path)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in source.columns)
    kept = f"store_rejects=true, rejects_table={literal(rejects)}, rejects_scan={literal(f'{rejects}_scan')}"
    return (
        f"SELECT *, {literal(source.name)} AS {identifier(FILE)}, row_number() OVER () + 1 AS {identifier(LINE)} "
        f"FROM read_csv({literal(str(path))}, auto_detect=false, header=true, columns={{{columns}}}, "
        f"delim={literal(source.delimiter)}, quote='\"', escape='\"', "
        f"{kept if rejects else 'ignore_errors=true'})"
    )


def _look_at_csv(path: Path) -> SourceFile:
    sha256, n_bytes = _digest(path)
    encoding = next((name for name in ("utf-8-sig", "gb18030") if _decodes(path, name)), None)
    if encoding is None:
        raise _unusable(path, Message(N_("it is neither UTF-8 nor GB18030")))
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(_HEADER_BYTES)
    first = head.splitlines()[0] if head else ""
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), [])
    return SourceFile(path, sha256, n_bytes, _text_columns(path, header), encoding, delimiter)


def _digest(path: Path) -> tuple[str, int]:
    digest, n_bytes = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            n_bytes += len(block)
    return digest.hexdigest(), n_bytes


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _transcode(path: Path, target: Path) -> None:
    with path.open(encoding="gb18030", newline="") as file, target.open("w", encoding="utf-8", newline="") as out:
        while block := file.read(_BLOCK):
            out.write(block)


def _text_columns(path: Path, header: list[str]) -> dict[str, str]:
    names = [name.strip() for name in header]
    if not names or any(not name for name in names) or len(set(names)) != len(names):
        raise _unusable(path, Message(N_("its first line must name every column once")))
    return {name: "VARCHAR" for name in names}


def _parquet_columns(path: Path) -> dict[str, str]:
    try:
        with quieted(duckdb.connect()) as connection:
            rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})").fetchall()
    except duckdb.Error as error:
        raise _unusable(path, Message(N_("it is damaged or not Parquet"))) from error
    return {str(name): str(kind) for name, kind, *_ in rows}


def _xlsx_rows(path: Path) -> Iterator[list[object]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        yield from workbook.get_sheet_by_index(0).iter_rows()
    except CalamineError as error:
        raise _unusable(path, Message(N_("it is damaged or not XLSX"))) from error


def xlsx_cells(path: Path) -> Iterator[tuple[str, Iterator[list[str | None]]]]:
    """Yield every sheet of a workbook: its name and its rows, cells as text.

    Raises
    ------
    SourceNotFoundError, ContractError
        It is not there, damaged or of another kind.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    if not path.is_file():
        raise SourceNotFoundError(path=path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).iter_rows()
            yield name, ([_cell(cell) for cell in row] for row in rows)
    except CalamineError as error:
        raise _unusable(path, Message(N_("it is damaged or not XLSX"))) from error


def _converted_xlsx(source: SourceFile, staging: Path) -> Path:
    """Write the first sheet as Parquet text, in batches; whole numbers and dates lose nothing but their formatting."""
    target = staging / f"{source.sha256[:16]}.parquet"
    if target.exists():
        return target
    names = list(source.columns)
    schema = pa.schema([(name, pa.string()) for name in names])
    rows = _xlsx_rows(source.path)
    next(rows)
    with pq.ParquetWriter(target, schema) as writer:
        batch: list[list[str | None]] = []
        for row in rows:
            batch.append([_cell(row[at]) if at < len(row) else None for at in range(len(names))])
            if len(batch) == 10_000:
                writer.write_table(_text_table(batch, schema))
                batch = []
        writer.write_table(_text_table(batch, schema))
    return target


def _text_table(rows: list[list[str | None]], schema: pa.Schema) -> pa.Table:
    columns = ([row[at] for row in rows] for at in range(len(schema)))
    return pa.table([pa.array(cells, pa.string()) for cells in columns], schema=schema)


def _cell(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _EXACT:
        return f"{LOST_DIGITS}{value:.0f}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _unusable(path: Path, problem: Message) -> ContractError:
    return ContractError(table=path.name, problem=problem, remedy=Message(N_("correct the file and load it again")))
