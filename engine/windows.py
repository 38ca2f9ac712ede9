"""Arithmetic on ``as_of``: lookback windows before it, label windows after it.

``as_of`` is a date and means the end of that day. Lookback windows are half-open, ``(as_of - lookback, as_of]``;
label windows are ``(as_of, as_of + window]``. Months are calendar months; a day that the target month does not have
becomes its last day (2024-08-31 minus 6 months is 2024-02-29).
"""

import calendar
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from engine.errors import LabelWindowOpenError, UsageError

if TYPE_CHECKING:  # the command line starts without ibis
    import ibis
from engine.messages import N_, Message


def add_months(day: date, months: int) -> date:
    """Return ``day`` moved by ``months`` calendar months (negative = back), clipped to the month's last day."""
    index = day.year * 12 + (day.month - 1) + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class LabelWindow:
    """The time after ``as_of`` in which an outcome counts.

    Parameters
    ----------
    months : length, calendar months, > 0.
    result_lag_days : days until a result that occurred in the window is known, >= 0.
    """

    months: int
    result_lag_days: int = 0

    def __post_init__(self) -> None:
        if self.months <= 0 or self.result_lag_days < 0:
            raise UsageError(
                what=Message(N_("label window")),
                value=(self.months, self.result_lag_days),
                remedy=Message(N_("give at least one month and no negative lag")),
            )

    def last_day(self, as_of: date) -> date:
        """Return the last day on which an outcome counts (inclusive)."""
        return add_months(as_of, self.months)

    def require_closed(self, as_of: date, *, known_until: date) -> None:
        """Raise unless every outcome of the window is known by ``known_until``.

        Raises
        ------
        LabelWindowOpenError
            The window plus the result lag ends after ``known_until``.
        """
        closes = date.fromordinal(self.last_day(as_of).toordinal() + self.result_lag_days)
        if closes > known_until:
            raise LabelWindowOpenError(as_of=as_of, closes=closes)


def parse_date(text: str, *, what: str) -> date:
    """Return the date written as YYYY-MM-DD.

    Raises
    ------
    UsageError
        The text is not such a date.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(what=what, value=text, remedy=Message(N_("write the date as YYYY-MM-DD"))) from None


def move_months(day: "ibis.expr.types.DateValue", *, months: int) -> "ibis.expr.types.DateValue":
    """Return the date expression ``day`` moved by ``months``, by the same rule as :func:`add_months`."""
    import ibis

    moved = day + ibis.interval(months=months) if months >= 0 else day - ibis.interval(months=-months)
    return moved.cast("timestamp").cast("date")  # engines widen date plus interval to a timestamp


def is_known(
    versions: "ibis.expr.types.Table", *, on: "date | ibis.expr.types.DateValue"
) -> "ibis.expr.types.BooleanValue":
    """Return whether each record version is the one known at the end of the day ``on``.

    Parameters
    ----------
    versions : table expression with ``known_at`` and ``superseded_at`` (null for the latest version).
    on : a date or a date expression over the same rows.
    """
    return (versions.known_at <= on) & (versions.superseded_at.isnull() | (versions.superseded_at > on))
