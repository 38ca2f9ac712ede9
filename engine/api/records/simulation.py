"""A synthetic city on disk: what ``xinheng simulate`` and the demo begin with."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Progress, silent
from engine.simulation.city import City, simulate_city
from engine.store.simulated.city_files import TRUTH_FOLDER, WrittenFile, require_free, write_city
from engine.store.simulated.dirty_files import write_dirty_city


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a simulation wrote.

    Parameters
    ----------
    out : folder of the source files.
    files : one per contract table.
    city : the city itself, for callers that go on with it (the demo's findings).
    """

    out: Path
    files: tuple[WrittenFile, ...]
    city: City

    @property
    def rows(self) -> dict[str, int]:
        """Rows per table."""
        rows: dict[str, int] = {}
        for file in self.files:
            rows[file.table] = rows.get(file.table, 0) + file.n_rows
        return rows

    @property
    def n_records(self) -> int:
        """Rows of all tables together."""
        return sum(file.n_rows for file in self.files)

    def as_json(self) -> dict[str, object]:
        """Return the object of ``xinheng simulate --json``."""
        truth = self.city.truth
        return {
            "out": str(self.out),
            "truth": str(self.out / TRUTH_FOLDER),
            "seed": truth.seed,
            "first_day": truth.first_day.isoformat(),
            "last_day": truth.last_day.isoformat(),
            "entities": len(truth.entity_ids),
            "records": self.n_records,
            "files": [
                {"table": file.table, "path": str(file.path), "rows": file.n_rows, "bytes": file.n_bytes}
                for file in self.files
            ],
        }


def simulate(
    out: Path,
    *,
    n_entities: int,
    years: int,
    seed: int,
    last_day: date,
    file_format: str = "csv",
    is_dirty: bool = False,
    progress: Progress = silent,
) -> Simulation:
    """Simulate a city and write its source files into ``out``, with ``truth/`` beside them.

    Parameters
    ----------
    out : folder, new, empty or holding an earlier simulation (replaced).
    n_entities, years, seed, last_day : see :func:`engine.simulation.city.simulate_city`.
    file_format : ``csv`` or ``parquet``.
    is_dirty : plant faults, each listed in ``truth/faults.csv`` (:mod:`engine.store.simulated.dirty_files`).

    Raises
    ------
    UsageError
        A size is out of range, the format unknown, or the folder holds other files.
    StoreError
        The disk refuses.
    """
    require_free(out)
    city = simulate_city(n_entities=n_entities, years=years, last_day=last_day, seed=seed, report=progress)
    if is_dirty:
        if file_format != "csv":
            raise UsageError(
                what="--dirty", value=file_format, remedy=Message(N_("a dirty city is written as CSV and XLSX"))
            )
        return Simulation(out, write_dirty_city(city, out, progress=progress), city)
    return Simulation(out, write_city(city, out, file_format=file_format, progress=progress), city)
