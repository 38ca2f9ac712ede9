"""By when a department's lines must be in, and by how many days one is late (R23: end of January)."""

from collections.abc import Mapping
from datetime import date

from engine.parameters import PolicyBook

DEADLINE = "plan.deadline"


def submission_deadline(book: PolicyBook, *, year: int) -> date:
    """Return the last day on which lines of a year's plan are in time.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    """
    value: Mapping[str, int] = book.value(DEADLINE, on=date(year, 1, 1))
    return date(year, int(value["month"]), int(value["day"]))


def days_late(submitted_on: date, deadline: date) -> int:
    """Return how many days after the deadline a line came, 0 when in time."""
    return max(0, (submitted_on - deadline).days)
