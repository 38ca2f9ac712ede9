"""A dirty city as source files: spoilt on purpose, every fault listed in ``truth/faults.csv``.

    OUT/entities.csv            UTF-8          OUT/entities-gb18030.csv    OUT/entities-sheet.xlsx
    OUT/inspections.csv         UTF-8          OUT/penalties.csv           GB18030
    OUT/complaints.csv          UTF-8 with BOM
    OUT/truth/faults.csv        file, line, table, kind, treatment, check, column, planted, original

The other tables are written as they are. The same city and seed give the same files.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import xlsxwriter

from engine.pipeline.ports import Progress, silent
from engine.simulation.city import City
from engine.simulation.faults import DirtyFile, Fault, as_text, cut_numbers, dirty_file
from engine.simulation.stream import stream
from engine.store.documents import load_contracts
from engine.store.simulated.city_files import FAULTS, TRUTH_FOLDER, WrittenFile, write_city

SHARE = 0.001
"""Rows per kind of fault and file."""
_SHEET_ROWS = 1_000
_LOST_NUMBERS = 12
_LINES = pa_csv.WriteOptions(quoting_style="needed", include_header=False)
_FILES = {
    "entities": (("entities.csv", "utf-8", 0.7), ("entities-gb18030.csv", "gb18030", 1.0)),
    "inspections": (("inspections.csv", "utf-8", 1.0),),
    "penalties": (("penalties.csv", "gb18030", 1.0),),
    "complaints": (("complaints.csv", "utf-8-sig", 1.0),),
}
_SHEET = "entities-sheet.xlsx"


def write_dirty_city(
    city: City, out: Path, *, share: float = SHARE, progress: Progress = silent
) -> tuple[WrittenFile, ...]:
    """Write the city with faults planted into entities, inspections, penalties and complaints; see the module.

    Raises
    ------
    UsageError, FileRefusedError
        As :func:`engine.store.simulated.city_files.write_city`.
    """
    clean = write_city(city, out, progress=progress)
    written = [file for file in clean if file.table not in _FILES]
    faults: list[Fault] = []
    for table in _FILES:
        for file in _dirty_files(city, table, share=share):
            written.append(_write(file, out / file.name))
            faults += file.faults
    truth = pa.Table.from_pylist([asdict(fault) for fault in faults])
    pa_csv.write_csv(truth, out / TRUTH_FOLDER / FAULTS)
    return tuple(written)


def _dirty_files(city: City, table: str, *, share: float) -> Iterator[DirtyFile]:
    rows = as_text(city.tables[table], table)
    key = load_contracts()[table].key
    if table == "entities":
        generator = stream(city.truth.seed, "faults", "sheet")
        n = min(_SHEET_ROWS, rows.num_rows // 4)
        sheet, rows = rows.slice(rows.num_rows - n), rows.slice(0, rows.num_rows - n)
        yield cut_numbers(sheet, name=_SHEET, n=_LOST_NUMBERS, generator=generator)
    begin = 0
    for name, encoding, until in _FILES[table]:
        end = round(until * rows.num_rows)
        generator = stream(city.truth.seed, "faults", name)
        part = rows.slice(begin, end - begin)
        yield dirty_file(table, part, key=key, name=name, encoding=encoding, share=share, generator=generator)
        begin = end


def _write(file: DirtyFile, path: Path) -> WrittenFile:
    if not file.encoding:
        _write_sheet(file, path)
    else:
        with path.open("w", encoding=file.encoding, newline="") as out:
            out.write(",".join(file.rows.column_names) + "\n")
            out.write(_lines(file.rows.slice(0, file.broken_after)))
            out.writelines(line + "\n" for line in file.broken)
            out.write(_lines(file.rows.slice(file.broken_after)))
    return WrittenFile(file.table, path, file.rows.num_rows + len(file.broken), path.stat().st_size)


def _lines(rows: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(rows, sink, write_options=_LINES)
    return bytes(sink.getvalue()).decode("utf-8")


def _write_sheet(file: DirtyFile, path: Path) -> None:
    numeric = set(file.numeric)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        sheet = workbook.add_worksheet(file.table)
        names = file.rows.column_names
        sheet.write_row(0, 0, names)
        for at, row in enumerate(file.rows.to_pylist()):
            for place, name in enumerate(names):
                if (at, name) in numeric:
                    sheet.write_number(at + 1, place, float(row[name]))
                elif row[name] is not None:
                    sheet.write_string(at + 1, place, row[name])
