"""A simulated city as source files: one CSV or Parquet file per contract table, and the truth beside them.

    OUT/entities.csv …            columns exactly those of the contracts
    OUT/truth/parameters.json     seed, span and every assumption; written last, so a folder with it is complete
    OUT/truth/entity_risk.parquet, entity_gone.parquet, inspector_strictness.parquet, item_difficulty.parquet

Files are written aside and moved into place; the same city gives the same bytes.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from engine.errors import SourceNotFoundError, UsageError, file_refusal
from engine.messages import N_, Message
from engine.pipeline.ports import Progress, silent
from engine.simulation.assumptions import Assumptions
from engine.simulation.city import City
from engine.simulation.layout import SCHEMAS, plain
from engine.simulation.truth import Truth

FORMATS = ("csv", "parquet")
TRUTH_FOLDER = "truth"
FAULTS = "faults.csv"
DIRTY_NAMES = (
    "entities.csv",
    "entities-gb18030.csv",
    "entities-sheet.xlsx",
    "inspections.csv",
    "penalties.csv",
    "complaints.csv",
)
"""Files that :mod:`engine.store.simulated.dirty_files` writes; here, so that a folder knows its own."""
_PARAMETERS = "parameters.json"
_NOTICE = "SIMULATED: invented entities, invented conduct"
_BATCH_ROWS = 131_072
_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file of a simulation: table, path, rows (header not counted) and bytes."""

    table: str
    path: Path
    n_rows: int
    n_bytes: int


def write_city(
    city: City, out: Path, *, file_format: str = "csv", progress: Progress = silent
) -> tuple[WrittenFile, ...]:
    """Write the tables and the truth of ``city`` into ``out``; O(rows), one batch of rows in memory.

    Parameters
    ----------
    out : folder; made if missing, and it may hold an earlier simulation, which is replaced.
    file_format : ``csv`` (UTF-8, header, ISO dates, empty = null) or ``parquet``.

    Returns
    -------
    tuple of the table files, in contract order; the files under ``truth/`` are not listed.

    Raises
    ------
    UsageError
        The format is unknown, or the folder holds files that no simulation wrote.
    FileRefusedError
        The folder or disk refuses.
    """
    if file_format not in FORMATS:
        raise UsageError(what="--format", value=file_format, remedy=Message(N_("choose csv or parquet")))
    require_free(out)
    message = Message(N_("Writing files"))
    with _translated(out):
        _clear(out)
        (out / TRUTH_FOLDER).mkdir(parents=True, exist_ok=True)
        written = []
        for at, (name, table) in enumerate(city.tables.items()):
            progress(message, at / len(city.tables))
            written.append(_write_table(name, table, out / f"{name}.{file_format}"))
        _write_truth(city.truth, out / TRUTH_FOLDER)
        progress(message, 1.0)
    return tuple(written)


def require_free(out: Path) -> None:
    """Refuse a folder that holds anything but an earlier simulation.

    Raises
    ------
    UsageError
        ``out`` is a file, or holds files that no simulation wrote.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(what="--out", value=str(out), remedy=Message(N_("name a folder, not a file")))
    if out.is_dir():
        own = {path.name for path in _own_files(out)} | {TRUTH_FOLDER}
        strangers = sorted(path.name for path in out.iterdir() if path.name not in own)
        if strangers or (own != {TRUTH_FOLDER} and not (out / TRUTH_FOLDER).is_dir()):
            remedy = Message(N_("it holds files that no simulation wrote, name an empty or new folder"))
            raise UsageError(what="--out", value=str(out), remedy=remedy)


def _own_files(out: Path) -> list[Path]:
    names = [f"{table}.{ending}{partial}" for table in SCHEMAS for ending in FORMATS for partial in ("", _PARTIAL)]
    names += [name for name in DIRTY_NAMES if name not in names]
    return [out / name for name in names if (out / name).exists()]


def _clear(out: Path) -> None:
    for name in (_PARAMETERS, FAULTS):
        (out / TRUTH_FOLDER / name).unlink(missing_ok=True)
    for path in _own_files(out):
        path.unlink()


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as refused:
        found = file_refusal(refused, path=str(folder))
        if found is None:
            raise
        raise found from refused


def _plain_batches(name: str, table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, _BATCH_ROWS):
        yield plain(table.slice(start, _BATCH_ROWS), name)


def _write_table(name: str, table: pa.Table, path: Path) -> WrittenFile:
    partial = path.with_name(path.name + _PARTIAL)
    schema = SCHEMAS[name]
    if path.suffix == ".csv":
        with pa_csv.CSVWriter(partial, schema, write_options=pa_csv.WriteOptions(quoting_style="needed")) as writer:
            for batch in _plain_batches(name, table):
                writer.write_table(batch)
    else:
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            for batch in _plain_batches(name, table):
                writer.write_table(batch)
    partial.replace(path)
    return WrittenFile(name, path, table.num_rows, path.stat().st_size)


def _write_truth(truth: Truth, folder: Path) -> None:
    n = len(truth.entity_ids)
    identifiers = pa.array(truth.entity_ids, pa.string())
    with pq.ParquetWriter(
        folder / "entity_risk.parquet",
        pa.schema([("entity_id", pa.string()), ("year", pa.int32()), ("risk", pa.float64())]),
        compression="zstd",
    ) as writer:
        for at, year in enumerate(truth.years):
            years = pa.array(np.full(n, year), pa.int32())
            writer.write_table(pa.table({"entity_id": identifiers, "year": years, "risk": truth.risk[:, at]}))
    gone_on = pa.array(truth.gone_on, mask=np.isnat(truth.gone_on))
    pq.write_table(pa.table({"entity_id": identifiers, "gone_on": gone_on}), folder / "entity_gone.parquet")
    strictness = {"inspector_code": pa.array(truth.inspector_codes, pa.string()), "strictness": truth.strictness}
    pq.write_table(pa.table(strictness), folder / "inspector_strictness.parquet")
    difficulty = {"item_code": truth.difficulty.index.tolist(), "difficulty": truth.difficulty.to_numpy()}
    pq.write_table(pa.table(difficulty), folder / "item_difficulty.parquet")
    parameters = {
        "notice": _NOTICE,
        "seed": truth.seed,
        "first_day": truth.first_day.isoformat(),
        "last_day": truth.last_day.isoformat(),
        "n_entities": n,
        "truth_years": truth.years.tolist(),
        "assumptions": truth.assumptions.as_json(),
    }
    partial = folder / (_PARAMETERS + _PARTIAL)
    partial.write_text(json.dumps(parameters, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    partial.replace(folder / _PARAMETERS)


def read_truth(folder: Path) -> Truth:
    """Return the truth written by :func:`write_city`, from the simulation's folder or its ``truth`` folder.

    Raises
    ------
    SourceNotFoundError
        The folder holds no complete truth.
    """
    place = folder / TRUTH_FOLDER if (folder / TRUTH_FOLDER).is_dir() else folder
    if not (place / _PARAMETERS).is_file():
        raise SourceNotFoundError(path=str(place / _PARAMETERS))
    parameters = json.loads((place / _PARAMETERS).read_text(encoding="utf-8"))
    with _translated(place):
        gone = pq.read_table(place / "entity_gone.parquet")
        risk = pq.read_table(place / "entity_risk.parquet", columns=["risk"])["risk"].to_numpy()
        strictness = pq.read_table(place / "inspector_strictness.parquet").to_pandas()
        difficulty = pq.read_table(place / "item_difficulty.parquet").to_pandas()
    years = np.array(parameters["truth_years"], np.int64)
    return Truth(
        seed=parameters["seed"],
        first_day=date.fromisoformat(parameters["first_day"]),
        last_day=date.fromisoformat(parameters["last_day"]),
        assumptions=_assumptions(parameters["assumptions"]),
        entity_ids=pd.Index(gone["entity_id"].to_pandas()),
        risk=np.ascontiguousarray(risk.reshape(len(years), gone.num_rows).T),
        years=years,
        gone_on=gone["gone_on"].to_numpy().astype("datetime64[D]"),
        inspector_codes=pd.Index(strictness["inspector_code"]),
        strictness=strictness["strictness"].to_numpy(),
        difficulty=difficulty.set_index("item_code")["difficulty"],
    )


def _assumptions(stored: dict[str, Any]) -> Assumptions:
    return Assumptions(**{field.name: _as_tuples(stored[field.name]) for field in fields(Assumptions)})


def _as_tuples(value: Any) -> Any:
    return tuple(_as_tuples(part) for part in value) if isinstance(value, list) else value
