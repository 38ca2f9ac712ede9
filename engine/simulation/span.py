"""The stretch of time a city lives through, with its years and quarters."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from engine.simulation.workdays import Dates, Workdays
from engine.windows import add_months

YEARS_AHEAD = 2
"""Years after the last one for which the truth is fixed, so that later draws can be answered."""


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day of the history, and the working days around it."""

    first_day: np.datetime64
    last_day: np.datetime64
    workdays: Workdays

    @classmethod
    def ending(cls, last_day: date, *, years: int) -> "Span":
        """Return the span of ``years`` years that ends with ``last_day``."""
        first = np.datetime64(add_months(last_day, -12 * years)) + 1
        last = np.datetime64(last_day)
        return cls(first, last, Workdays.spanning(first - 30, last + 366 * (YEARS_AHEAD + 1)))

    @property
    def first_year(self) -> int:
        """Calendar year of the first day."""
        return int(self.first_day.astype(object).year)

    @property
    def last_year(self) -> int:
        """Calendar year of the last day."""
        return int(self.last_day.astype(object).year)

    @property
    def years(self) -> npt.NDArray[np.int64]:
        """Calendar years of the history."""
        return np.arange(self.first_year, self.last_year + 1)

    @property
    def truth_years(self) -> npt.NDArray[np.int64]:
        """Calendar years for which risk is fixed: the history's and ``YEARS_AHEAD`` more."""
        return np.arange(self.first_year, self.last_year + YEARS_AHEAD + 1)

    def quarters(self) -> list[tuple[str, np.datetime64, np.datetime64]]:
        """Return name, first day (not before the history) and last day of each quarter of the history."""
        begin = self.first_day.astype("datetime64[M]").astype(int) // 3
        end = self.last_day.astype("datetime64[M]").astype(int) // 3
        named = []
        for quarter in range(begin, end + 1):
            first = np.datetime64(quarter * 3, "M").astype("datetime64[D]")
            last = np.datetime64(quarter * 3 + 3, "M").astype("datetime64[D]") - 1
            name = f"{1970 + quarter // 4}Q{quarter % 4 + 1}"
            named.append((name, max(first, self.first_day), last))
        return named


def year_of(dates: Dates) -> npt.NDArray[np.int64]:
    """Return the calendar year of each date."""
    return dates.astype("datetime64[Y]").astype(np.int64) + 1970
