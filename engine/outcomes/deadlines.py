"""By when what is due: the clocks of policies ``deadlines.*``, counted on the calendar of working days.

Each clock is a dated value ``{working_days: n}``, ``{calendar_days: n}`` or ``{hours: n}`` with its reference; the one
in force on the day of the event counts. Hours run over holidays and end on the day on which the last one ends.
"""

from dataclasses import dataclass
from datetime import date

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.outcomes.working_days import CALENDAR, HOURS, WORKING, Deadline, WorkingDays, working_days_of
from engine.parameters import PolicyBook

CALENDAR_POLICY = "deadlines.working_days"
PUBLISH_RESULT = "deadlines.publish_result"
_PREFIX = "deadlines."


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to be done: by when, under which rule, how late on the day asked.

    Parameters
    ----------
    clock : name of the policy. subject : what it is about. department : who has to act.
    event : day on which the clock began.
    days_late : days after the deadline on the day asked, 0 when in time.
    """

    clock: str
    subject: str
    department: str
    event: date
    deadline: Deadline
    days_late: int
    reference: str

    @property
    def is_overdue(self) -> bool:
        """Whether the deadline has passed."""
        return self.days_late > 0


def calendar_of(book: PolicyBook, *, on: date) -> WorkingDays:
    """Return the calendar of working days as a profile has it on a day."""
    return working_days_of(book.value(CALENDAR_POLICY, on=on))


def clocks(book: PolicyBook) -> tuple[str, ...]:
    """Return the names of all clocks of a profile."""
    return tuple(name for name in sorted(book.parameters) if name.startswith(_PREFIX) and name != CALENDAR_POLICY)


def deadline(book: PolicyBook, clock: str, *, event: date, on: date) -> tuple[Deadline, str]:
    """Return the deadline that a clock sets for an event, and its reference.

    Parameters
    ----------
    event : day on which the clock begins; the value then in force counts.
    on : day asked; the calendar known then counts.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
        There is no such clock, or none yet on that day.
    PolicyInconsistentError
        The value is not one time limit in working days, calendar days or hours.
    """
    dated = book.dated(clock, on=event)
    limits = dict(dated.value)
    if len(limits) != 1 or next(iter(limits)) not in (WORKING, CALENDAR, HOURS):
        problem = Message(N_("write one of working_days, calendar_days or hours"))
        raise PolicyInconsistentError(name=clock, problem=problem)
    ((unit, n),) = limits.items()
    return calendar_of(book, on=on).after(event, int(n), unit=unit), dated.reference


def due(book: PolicyBook, clock: str, *, subject: str, department: str, event: date, as_of: date) -> Due:
    """Return one thing to be done as it stands on a day."""
    until, reference = deadline(book, clock, event=event, on=as_of)
    return Due(clock, subject, department, event, until, max(0, (as_of - until.on).days), reference)
