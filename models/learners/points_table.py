"""A learned scorecard as a table: every bin of every feature has its points, and a firm's score is their sum.

The table is the model: whoever holds it can score a firm with a pencil, and the reasons are its lines. Stored as JSON.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.learners.admission import known_values
from models.learners.binning import Bins

FloatArray = npt.NDArray[np.float64]

POINTS_FILE = "points.json"


@dataclass(frozen=True, slots=True)
class PointsTable:
    """Log-odds as a base and one number per bin; satisfies :class:`models.learners.ranker.Ranker`.

    Parameters
    ----------
    intercept : log-odds of a firm about which nothing is known.
    bins : of every feature read, in column order.
    slopes : what the evidence of each feature counts, >= 0; less than 1 where features say the same.
    typical : mean known value of each feature; no part of the score.
    """

    intercept: float
    bins: tuple[Bins, ...]
    slopes: tuple[float, ...]
    typical: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Columns it reads."""
        return tuple(one.feature for one in self.bins)

    def log_odds(self, rows: pd.DataFrame, *, threads: int = 1) -> FloatArray:
        """Return the log-odds of every row. Cost: rows x features."""
        return self.log_odds_of(known_values(rows, names=self.names), threads=threads)

    def log_odds_of(self, matrix: FloatArray, *, threads: int = 1) -> FloatArray:
        """Return the log-odds of a matrix with the columns ``names``, NaN where not known."""
        total = np.full(len(matrix), self.intercept)
        for place, (one, slope) in enumerate(zip(self.bins, self.slopes, strict=True)):
            total += slope * one.of(matrix[:, place])
        return total

    def shares(self, rows: pd.DataFrame, *, threads: int = 1) -> FloatArray:
        """Return the log-odds split over the columns, the base in a last column."""
        matrix = known_values(rows, names=self.names)
        split = [
            slope * one.of(matrix[:, place])
            for place, (one, slope) in enumerate(zip(self.bins, self.slopes, strict=True))
        ]
        return np.column_stack([*split, np.full(len(matrix), self.intercept)])


def table_text(table: PointsTable) -> str:
    """Return the table as JSON text, keys in order."""
    return json.dumps(asdict(table), ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def table_from_text(text: str) -> PointsTable:
    """Return the table that :func:`table_text` wrote."""
    content = json.loads(text)
    return PointsTable(
        float(content["intercept"]),
        tuple(_bins(one) for one in content["bins"]),
        _numbers(content["slopes"]),
        _numbers(content["typical"]),
    )


def _bins(content: dict[str, object]) -> Bins:
    return Bins(
        str(content["feature"]),
        _numbers(content["edges"]),
        _numbers(content["evidence"]),
        float(str(content["information"])),
    )


def _numbers(values: object) -> tuple[float, ...]:
    return tuple(float(value) for value in values) if isinstance(values, Sequence) else ()


def points_lines(table: PointsTable, *, points_per_log_odds: float) -> pd.DataFrame:
    """Return the table for people: feature, lower (inclusive), upper (exclusive), points; open ends are null.

    Notes
    -----
    Points of an unknown value are 0.
    """
    lines = []
    for one, slope in zip(table.bins, table.slopes, strict=True):
        limits = [None, *one.edges, None]
        for place, evidence in enumerate(one.evidence):
            lines.append((one.feature, limits[place], limits[place + 1], points_per_log_odds * slope * evidence))
    return pd.DataFrame(lines, columns=["feature", "lower", "upper", "points"])
