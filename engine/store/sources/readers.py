"""Source files as SQL relations: CSV in UTF-8 or GB18030, XLSX, Parquet.

Every relation has the file's columns and, beside them, ``~file`` (its name) and ``~line`` (1 = first line, so the
first row of a file with a header is 2; a quoted cell with line breaks is one line). CSV and XLSX cells arrive as text:
both are read once into Parquet inside the staging folder, in parallel and in bounded memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from engine.contracts.sql import identifier, literal
from engine.contracts.translation import FILE, LINE
from engine.errors import NoDataFileError, SourceNotFoundError
from engine.messages import N_, Message
from engine.pipeline.ports import Progress, silent
from engine.store.duck import quieted
from engine.store.sources import delimited, spreadsheets
from engine.store.sources.spreadsheets import unusable

SUFFIXES = (".csv", ".parquet", ".xlsx")


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
    if suffix not in SUFFIXES:
        raise unusable(path, Message(N_("only CSV, XLSX and Parquet files can be read")))
    content = delimited.read_bytes(path)
    if suffix == ".parquet":
        return SourceFile(path, content.sha256, content.n_bytes, _parquet_columns(path))
    if suffix == ".xlsx":
        header = [str(cell).strip() for cell in next(spreadsheets.first_sheet(path), [])]
        return SourceFile(path, content.sha256, content.n_bytes, _text_columns(path, header))
    if not content.encoding:
        raise unusable(path, Message(N_("it is neither UTF-8 nor GB18030")))
    dialect = delimited.dialect_of(path, content.encoding)
    columns = _text_columns(path, dialect.header)
    return SourceFile(path, content.sha256, content.n_bytes, columns, content.encoding, dialect.delimiter)


def source_files(paths: list[Path]) -> list[Path]:
    """Return the data files among ``paths``: files as given, of folders the data files directly inside, by name.

    Raises
    ------
    SourceNotFoundError
        A path is not there.
    NoDataFileError
        A folder holds no data file.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES and each.is_file())
            if not inside:
                raise NoDataFileError(path=path)
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise SourceNotFoundError(path=path)
    return found


def relation(source: SourceFile, *, staging: Path, progress: Progress = silent) -> str:
    """Return the SQL of a source's rows with ``~file`` and ``~line``; CSV and XLSX are read into ``staging`` first."""
    path, header = _readable(source, staging, progress), int(source.path.suffix.lower() != ".parquet")
    line, hidden = f"file_row_number + {1 + header}", "file_row_number"
    if LINE not in source.columns and LINE in pq.read_schema(path).names:
        line, hidden = identifier(LINE), f"file_row_number, {identifier(LINE)}"
    return (
        f"SELECT * EXCLUDE ({hidden}), {literal(source.name)} AS {identifier(FILE)}, {line} AS {identifier(LINE)} "
        f"FROM read_parquet({literal(str(path))}, file_row_number=true)"
    )


def rejected_lines(source: SourceFile, *, staging: Path) -> str:
    """Return the SQL of the lines of a CSV that cannot be split (``line``, ``text``, ``problem``); empty without any.

    Only after :func:`relation` read the file.
    """
    path = delimited.rejected_path(_target(source, staging))
    return f"SELECT * FROM read_parquet({literal(str(path))})" if path.exists() else ""


def _target(source: SourceFile, staging: Path) -> Path:
    return staging / f"{source.sha256[:16]}.parquet"


def _readable(source: SourceFile, staging: Path, progress: Progress) -> Path:
    """The Parquet file to read a source from: itself, or what it was read into, once per load."""
    suffix, target = source.path.suffix.lower(), _target(source, staging)
    if suffix == ".parquet":
        return source.path
    if not target.exists():
        if suffix == ".csv":
            dialect = delimited.Dialect(source.encoding, source.delimiter, tuple(source.columns))
            delimited.convert(source.path, dialect, target=target, progress=progress)
        else:
            spreadsheets.convert(source.path, tuple(source.columns), target=target)
    return target


def _text_columns(path: Path, header: Sequence[str]) -> dict[str, str]:
    if not any(header):
        raise unusable(path, Message(N_("it is empty, or its first line is: the first line names the columns")))
    if not all(header):
        said = {"at": header.index("") + 1, "first": next(filter(None, header))}
        text = N_("its first line, {first}, names no column {at}: nothing may stand above the names of the columns")
        raise unusable(path, Message(text, said))
    twice = next((name for at, name in enumerate(header) if name in header[:at]), None)
    if twice is not None:
        raise unusable(path, Message(N_("its first line names the column {name} twice"), {"name": twice}))
    return {name: "VARCHAR" for name in header}


def _parquet_columns(path: Path) -> dict[str, str]:
    try:
        with quieted(duckdb.connect()) as connection:
            rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})").fetchall()
    except duckdb.Error as error:
        raise unusable(path, Message(N_("it is damaged or not Parquet"))) from error
    return {str(name): str(kind) for name, kind, *_ in rows}
