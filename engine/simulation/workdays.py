"""Working days of the simulated years, near enough that no visit falls on a holiday.

Monday to Friday without the public holidays of fixed date and the Spring Festival week; make-up working days at
weekends are left out. Legal deadlines are not computed from it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Dates = npt.NDArray[np.datetime64]

FAR = np.datetime64("2262-01-01", "D")
"""Stands for "never" in arrays of dates; becomes null in tables."""

_FIXED_HOLIDAYS = ("01-01", "05-01", "05-02", "05-03", *(f"10-0{day}" for day in range(1, 8)))
_SPRING_FESTIVALS = (
    "2012-01-23", "2013-02-10", "2014-01-31", "2015-02-19", "2016-02-08", "2017-01-28", "2018-02-16", "2019-02-05",
    "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06",
    "2028-01-26", "2029-02-13", "2030-02-03",
)  # fmt: skip


def _holidays(first: np.datetime64, last: np.datetime64) -> Dates:
    years = np.arange(first.astype("datetime64[Y]"), last.astype("datetime64[Y]") + 1)
    fixed = [np.datetime64(f"{year}-{day}") for year in years for day in _FIXED_HOLIDAYS]
    eves = np.array(_SPRING_FESTIVALS, dtype="datetime64[D]") - 1
    festival = (eves[:, None] + np.arange(8)).ravel()
    return np.concatenate([np.array(fixed, dtype="datetime64[D]"), festival])


@dataclass(frozen=True, slots=True)
class Workdays:
    """The working days from ``first`` to ``last`` in order."""

    days: Dates

    @classmethod
    def spanning(cls, first: np.datetime64, last: np.datetime64) -> "Workdays":
        """Return the working days from ``first`` to ``last``, both included."""
        every = np.arange(first, last + 1, dtype="datetime64[D]")
        return cls(every[np.is_busday(every, holidays=_holidays(first, last))])

    def shift(self, dates: Dates, lags: npt.NDArray[np.integer]) -> Dates:
        """Return the date ``lags`` working days after each date (0 = that day, or the next working day)."""
        at = np.searchsorted(self.days, dates) + lags
        return self.days[np.minimum(at, len(self.days) - 1)]

    def pick(self, first: Dates, last: Dates, uniforms: npt.NDArray[np.float64]) -> Dates:
        """Return for each uniform in [0, 1) a working day from ``first`` to ``last`` (``first``'s own if none)."""
        low = np.searchsorted(self.days, first)
        high = np.maximum(np.searchsorted(self.days, last, side="right"), low + 1)
        at = low + np.floor(uniforms * (high - low)).astype(np.int64)
        return self.days[np.minimum(at, len(self.days) - 1)]
