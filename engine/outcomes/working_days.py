"""Working days by the official holidays and make-up days, and deadlines counted on them.

The day of the event does not count; a deadline in calendar days that ends on a holiday ends on the next working day
(民法典 arts 201, 203). Years whose holidays are not announced yet count by weekday and make a deadline provisional.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from chinese_calendar import constants, is_workday

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message

_ANNOUNCED = range(min(constants.holidays).year, max(constants.holidays).year + 1)
WORKING, CALENDAR, HOURS = "working_days", "calendar_days", "hours"
_HOURS_A_DAY = 24
_SATURDAY = 5
_ONE = timedelta(days=1)


@cache
def _is_announced_working(day: date) -> bool:
    """Whether the announced calendar has offices work; the library looks through all its years on every call."""
    return bool(is_workday(day))


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day on which something is in time; ``is_provisional`` while its holidays are not announced."""

    on: date
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The calendar: the announced years, with the days of a policy over them.

    Parameters
    ----------
    off, on : days that are, against the announced calendar, no working day, or one.
    years : further years for which ``off`` and ``on`` say everything beside the weekends.
    """

    off: frozenset[date] = field(default_factory=frozenset)
    on: frozenset[date] = field(default_factory=frozenset)
    years: frozenset[int] = field(default_factory=frozenset)

    def is_working(self, day: date) -> bool:
        """Return whether offices work on a day."""
        if day in self.off or day in self.on:
            return day in self.on
        return _is_announced_working(day) if day.year in _ANNOUNCED else day.weekday() < _SATURDAY

    def is_announced(self, year: int) -> bool:
        """Return whether the holidays of a year are known."""
        return year in _ANNOUNCED or year in self.years

    def after(self, event: date, n: int, *, unit: str = WORKING) -> Deadline:
        """Return the last day of a time limit of ``n`` working days, calendar days or hours after the day of an event.

        Parameters
        ----------
        n : >= 0; 0 is the day of the event itself.

        Raises
        ------
        PolicyInconsistentError
            The unit is none of the three, or ``n`` is negative.
        """
        if unit not in (WORKING, CALENDAR, HOURS) or n < 0:
            problem = Message(N_("a time limit of {n} {unit} cannot be counted"), {"n": n, "unit": unit})
            raise PolicyInconsistentError(name="deadlines", problem=problem)
        day = event
        if unit == HOURS:
            day += -(-n // _HOURS_A_DAY) * _ONE
        if unit == CALENDAR:
            day += n * _ONE
            while n and not self.is_working(day):
                day += _ONE
        left = n if unit == WORKING else 0
        while left:
            day += _ONE
            left -= self.is_working(day)
        years = range(event.year, day.year + 1)
        return Deadline(day, is_provisional=not all(map(self.is_announced, years)))


def working_days_of(value: Mapping[str, Sequence[Any]]) -> WorkingDays:
    """Return the calendar that policy ``deadlines.working_days`` states: ``{off: [...], on: [...], years: [...]}``.

    Raises
    ------
    PolicyInconsistentError
        A day is no date, or stands in both lists.
    """
    off, on = frozenset(value.get("off", ())), frozenset(value.get("on", ()))
    wrong = sorted(str(day) for day in off | on if type(day) is not date) + sorted(map(str, off & on))
    if wrong:
        problem = Message(N_("{day} is no date or is listed as both"), {"day": wrong[0]})
        raise PolicyInconsistentError(name="deadlines.working_days", problem=problem)
    return WorkingDays(off, on, frozenset(map(int, value.get("years", ()))))
