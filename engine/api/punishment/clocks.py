"""The clock of each step of joint punishment: since when a case waits for it, by when it is due, when it was taken.

A case waits for a step from the step before. It leaves without it when it is refused or its listing ends: then there is
nothing to do but the release. Where a file of another system lacks a step, nobody waits for it once a later one was
taken. What is still open is open, never left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.outcomes.deadlines import calendar_of
from engine.parameters import PolicyBook

LIMITS, RECEIPT = "kpi.punishment_days", "kpi.receipt_days"
_SINCE = {
    "triggered": "listed_on",
    "basis_checked": "triggered_on",
    "pushed": "basis_checked_on",
    "received": "pushed_on",
    "hit": "received_on",
    "acted": "hit_on",
    "fed_back": "acted_on",
    "repaired": "listed_on",
    "release_pushed": "ended_on",
    "released": "release_pushed_on",
}
"""Step to the day from which a case waits for it."""
FUNNEL = ("listed", *_SINCE)
RELEASE = ("release_pushed", "released")


@dataclass(frozen=True, slots=True)
class Clock:
    """One step over all cases, a value per case; days are timestamps, null where there is none.

    Parameters
    ----------
    since : from when the case waits. done : when the step was taken.
    left : when the case stopped waiting without it. due : last day to take it; all null where no limit is set.
    """

    since: pd.Series
    done: pd.Series
    left: pd.Series
    due: pd.Series

    @property
    def is_open(self) -> pd.Series:
        """Whether the case waits now."""
        return self.since.notna() & self.done.isna() & self.left.isna()

    def is_late(self, on: pd.Timestamp) -> pd.Series:
        """Whether the step was taken after its last day, or is open past it."""
        return self.done.gt(self.due) | (self.is_open & self.due.lt(on))


def limits_on(book: PolicyBook, *, on: date) -> Mapping[str, int]:
    """Return the working days that each step may take, by step; the release has its own clock in hours."""
    return {**book.value(LIMITS, on=on), "received": book.value(RECEIPT, on=on)}


def clock_of(found: pd.DataFrame, step: str, *, book: PolicyBook, on: date) -> Clock:
    """Return the clock of a step.

    Parameters
    ----------
    found : see :func:`engine.api.punishment.standing.standing_cases`. step : one of :data:`FUNNEL` after ``listed``.
    """
    ends_on = found["listing_ends_on"]
    days = {name: found[name] for name in found.columns if name.endswith("_on")}
    days["acted_on"] = found[["applied_on", "declined_on"]].min(axis=1)
    days["ended_on"] = ends_on.where(found["pushed_on"].notna())
    days["repaired_on"] = ends_on.where(found["end_reason"] == "repaired")
    since, done = days[_SINCE[step]], days[f"{step}_on"]
    steps = list(_SINCE)
    later = [days[f"{each}_on"] for each in steps[steps.index(step) + 1 : steps.index("repaired")]]
    gone = [ends_on] if step == "repaired" else [found["refused_on"], ends_on, found["release_pushed_on"], *later]
    left = pd.concat(gone, axis=1).min(axis=1).where(done.isna())
    if step in RELEASE:
        left = found["released_on"].where(done.isna())
    if step == "release_pushed":
        return Clock(since, done, left, found["release_due_on"])
    return Clock(since, done, left, _due(since, limits_on(book, on=on).get(step), book=book, on=on))


def _due(since: pd.Series, n: int | None, *, book: PolicyBook, on: date) -> pd.Series:
    if n is None:
        return pd.Series(pd.NaT, index=since.index, dtype="datetime64[ns]")
    calendar = calendar_of(book, on=on)
    last = {day: pd.Timestamp(calendar.after(day.date(), n).on) for day in since.dropna().unique()}
    return pd.to_datetime(since.map(last))
