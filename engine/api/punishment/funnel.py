"""Joint punishment by step: how many cases came to it, how long it took, how many wait for it and are overdue."""

from datetime import date

import pandas as pd

from engine.api.punishment.clocks import FUNNEL, clock_of, limits_on
from engine.api.punishment.standing import standing_cases
from engine.estimation.waiting_times import median_time
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace

LEVEL = "estimation.interval_level"
COLUMNS = (
    "step", "n", "share", "n_departments", "median_days", "low", "high", "n_timed", "n_open", "n_overdue", "n_late",
    "limit_days",
)  # fmt: skip


def funnel(
    workspace: Workspace, *, book: PolicyBook, as_of: date, by: str | None = None, department: str = ""
) -> pd.DataFrame:
    """Return the funnel of the cases known on a day, those of one applying department or all; see :func:`funnel_of`."""
    found = standing_cases(workspace, book=book, on=as_of, department=department)
    return funnel_of(found, book=book, as_of=as_of, by=by)


def funnel_of(found: pd.DataFrame, *, book: PolicyBook, as_of: date, by: str | None = None) -> pd.DataFrame:
    """Return how many cases came to each step, how long that took since the step before, and what still waits.

    Parameters
    ----------
    found : see :func:`engine.api.punishment.standing.standing_cases`.
    by : ``measure_id``, ``department`` or another column of a case: a funnel each; None = one over all.

    Returns
    -------
    DataFrame, key (by, step) in the order of :data:`~engine.api.punishment.clocks.FUNNEL`, :data:`COLUMNS`: n cases
    that came to the step (``repaired``: whose listing ended by repair, since the listing), share of all, n_departments
    that these are with, median_days with its interval low to high (cases that wait are counted as waiting; null where
    fewer than half came, or the interval has no end), n_timed cases it rests on, n_open that wait now, n_overdue of
    them, n_late that came after the last day, limit_days (working days). Without a limit n_overdue, n_late and
    limit_days are null; the release is due a day after the listing ended.
    """
    groups = [((), found)] if by is None else [((name,), part) for name, part in found.groupby(by, sort=True)]
    level = float(book.value(LEVEL, on=as_of))
    limits = limits_on(book, on=as_of)
    rows = [
        (*name, *_row(part, step, limits.get(step), level=level, book=book, as_of=as_of))
        for name, part in groups
        for step in FUNNEL
    ]
    kinds = {name: "Int64" for name in ("n_timed", "n_open", "n_overdue", "n_late", "limit_days")}
    kinds |= {name: "float64" for name in ("share", "median_days", "low", "high")}
    return pd.DataFrame(rows, columns=[*([by] if by else []), *COLUMNS]).astype(kinds)


def _row(
    found: pd.DataFrame, step: str, limit: int | None, *, level: float, book: PolicyBook, as_of: date
) -> tuple[object, ...]:
    today = pd.Timestamp(as_of)
    if step == FUNNEL[0]:
        came = found["listed_on"].notna()
        return (*_came(found, step, came), *([None] * 8))
    clock = clock_of(found, step, book=book, on=as_of)
    timed = clock.since.notna()
    until = clock.done.fillna(clock.left).fillna(today)
    days = (until - clock.since).dt.days.clip(lower=0)
    median = median_time(days[timed], clock.done[timed].isna(), level=level)
    is_open, is_late = clock.is_open, clock.is_late(today)
    has_limit = limit is not None or step == "release_pushed"
    overdue = (int((is_late & is_open).sum()), int((is_late & ~is_open).sum())) if has_limit else (None, None)
    return (
        *_came(found, step, clock.done.notna()), median.value, median.low, median.high, int(timed.sum()),
        int(is_open.sum()), *overdue, limit,
    )  # fmt: skip


def _came(found: pd.DataFrame, step: str, came: pd.Series) -> tuple[object, ...]:
    n = int(came.sum())
    return step, n, n / len(found) if len(found) else None, int(found.loc[came, "department"].nunique())
