"""Records that say themselves when they end: by a date of their own, or by a later event of the same matter.

Licences, outside grades and relations carry their last day; punishments, referrals, objections, rectifications and
warnings are matters of several events, over once a closing event is known. For small tables: the rows of one entity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.validity.records import IN_FORCE, VALIDITY_OVER

ENDED = "ended"
"""Status of what stands in the history but is over: a lifted listing, a closed matter, a link that no longer exists."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A table of events: the column that names the matter, and the events that close it."""

    column: str
    closing: frozenset[str]


LAST_DAYS: Mapping[str, tuple[str, str]] = {
    "licences": ("valid_until", VALIDITY_OVER),
    "external_grades": ("valid_until", VALIDITY_OVER),
    "relations": ("ended_on", ENDED),
}
MATTERS: Mapping[str, Matter] = {
    "punishments": Matter("punishment_id", frozenset({"refused", "released"})),
    "referrals": Matter("referral_id", frozenset({"returned", "closed"})),
    "objections": Matter("objection_id", frozenset({"rejected", "corrected", "maintained", "withdrawn"})),
    "rectifications": Matter("rectification_id", frozenset({"closed"})),
    "warnings": Matter("warning_id", frozenset({"dismissed", "closed"})),
}


def own_status(rows: pd.DataFrame, *, table: str, as_of: date) -> pd.DataFrame:
    """Return ``rows`` with ``status`` and ``in_force_until`` (first day on which it no longer stands, or null).

    Parameters
    ----------
    rows : versions of one table known at the end of ``as_of``.
    table : contract table; one without an end of its own is in force throughout.
    """
    found = rows.assign(status=IN_FORCE, in_force_until=None)
    if rows.empty:
        return found
    if table in LAST_DAYS:
        column, reason = LAST_DAYS[table]
        return _dated(found, ends=pd.to_datetime(found[column]) + pd.Timedelta(days=1), reason=reason, as_of=as_of)
    if table in MATTERS:
        matter = MATTERS[table]
        closing = found[found["event"].isin(matter.closing)]
        occurred, known = pd.to_datetime(closing["occurred_on"]), pd.to_datetime(closing["known_at"])
        first = occurred.where(occurred > known, known).groupby(closing[matter.column]).min()
        closed_on = pd.Series(
            [first.get(key) for key in found[matter.column]], index=found.index, dtype="datetime64[ns]"
        )
        ends = closed_on.mask(found["event"].isin(matter.closing))
        return _dated(found, ends=ends, reason=ENDED, as_of=as_of)
    return found


def _dated(rows: pd.DataFrame, *, ends: pd.Series, reason: str, as_of: date) -> pd.DataFrame:
    is_over = (ends <= pd.Timestamp(as_of)).fillna(False)
    until = pd.Series([None if pd.isna(day) else day.date() for day in ends], index=rows.index, dtype=object)
    return rows.assign(status=rows["status"].mask(is_over, reason), in_force_until=until)
