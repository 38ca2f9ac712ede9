"""What law fixes whatever the score says: dated rules that raise a grade while a listing is in force.

A rule names a list, the grade it leads to, its reference and how long a listing counts at most. Rules only raise the
risk grade; the grade from the score stays beside it as ``score_grade``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.errors import LookaheadError, PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import GRADES, RISK_GRADES, Grade, TableShape
from engine.windows import add_months

OVERRIDES = "grading.overrides"
LISTINGS_IN_FORCE = TableShape(
    "listings in force",
    ("entity_id", "listing_id"),
    {"list_type": "abnormal, serious_violation, judgment_defaulter", "occurred_on": "day of listing"},
)
_OVERRIDE_COLUMNS = ("override_code", "override_reference", "override_until")
_ENDS = ("in_force_until", "ended_on")
"""First date on which a listing no longer counts (repaired or withdrawn), first date off the list."""

SEVERITY = {Grade.UNCLASSIFIED: -1} | {grade: place for place, grade in enumerate(RISK_GRADES)}
"""Order of the grades, U below A."""


@dataclass(frozen=True, slots=True)
class OverrideRule:
    """One statutory override.

    Parameters
    ----------
    code : str, stable name.
    list_type : str, the list that triggers it.
    grade : Grade, what the entity is at least raised to.
    lasts_months : int or None, longest time a listing counts without a removal on record.
    reference : str, the law it rests on.
    """

    code: str
    list_type: str
    grade: Grade
    lasts_months: int | None
    reference: str


def read_overrides(book: PolicyBook, *, on: date) -> tuple[OverrideRule, ...]:
    """Read policy ``grading.overrides``: list of ``{code, list_type, grade, lasts_months, reference}``.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        A rule is incomplete, leads to no risk grade, or a code occurs twice.
    """
    rules = tuple(_rule(entry) for entry in book.value(OVERRIDES, on=on))
    if len({rule.code for rule in rules}) != len(rules):
        raise PolicyInconsistentError(name=OVERRIDES, problem=Message(N_("a rule's code occurs twice")))
    return rules


def apply_overrides(
    grades: pd.DataFrame, listings: pd.DataFrame, *, rules: Sequence[OverrideRule], as_of: date
) -> pd.DataFrame:
    """Return the grades with every override that is in force on ``as_of``.

    Parameters
    ----------
    grades : table ``grades``, all rows of this ``as_of``.
    listings : listings as known on ``as_of``, key (entity_id, listing_id); reads list_type, occurred_on and, if there,
        known_at, in_force_until (first date it no longer counts) and ended_on (first date off the list).
    rules : of the day.
    as_of : date.

    Returns
    -------
    DataFrame like ``grades``, with override_code, override_reference and override_until (null) of the rule; those that
    were there stay where none applies. If several rules apply, the riskiest grade wins, then the first in the list.

    Raises
    ------
    LookaheadError
        A listing became known only after ``as_of``.
    """
    GRADES.check(grades)
    LISTINGS_IN_FORCE.check(listings)
    _require_known(listings, as_of=as_of)
    result = grades.copy()
    for name in _OVERRIDE_COLUMNS:
        if name not in result.columns:
            result[name] = pd.Series(None, index=grades.index, dtype="object")
    # last write wins, so the riskiest grade and, within it, the first rule come last
    for rule in sorted(reversed(rules), key=lambda rule: SEVERITY[rule.grade]):
        listed = listings.loc[_is_triggered(listings, rule, as_of=as_of), "entity_id"]
        # a firm that the score alone puts there keeps the legal ground as well
        is_not_riskier = grades["grade"].map(SEVERITY) <= SEVERITY[rule.grade]
        hit = result["entity_id"].isin(listed) & is_not_riskier
        result.loc[hit, list(_OVERRIDE_COLUMNS)] = None
        result.loc[hit, "grade"] = rule.grade.value
        result.loc[hit, "override_code"] = rule.code
        result.loc[hit, "override_reference"] = rule.reference
    return result


def _is_triggered(listings: pd.DataFrame, rule: OverrideRule, *, as_of: date) -> pd.Series:
    end_of_day = pd.Timestamp(as_of)
    listed_on = pd.to_datetime(listings["occurred_on"])
    is_triggered = (listings["list_type"] == rule.list_type) & (listed_on <= end_of_day)
    if rule.lasts_months is not None:
        # calendar months are clipped per day, so count each listing's own end
        ends = listed_on.map(
            lambda day: pd.Timestamp(add_months(day.date(), rule.lasts_months or 0)), na_action="ignore"
        )
        is_triggered &= pd.to_datetime(ends) > end_of_day
    for name in _ENDS:
        if name in listings.columns:
            until = pd.to_datetime(listings[name])
            is_triggered &= until.isna() | (until > end_of_day)
    return is_triggered


def _require_known(listings: pd.DataFrame, *, as_of: date) -> None:
    if "known_at" not in listings.columns:
        return
    late = pd.to_datetime(listings["known_at"]) > pd.Timestamp(as_of)
    if late.any():
        raise LookaheadError(table=LISTINGS_IN_FORCE.name, n_rows=int(late.sum()), as_of=as_of)


def _rule(entry: Mapping[str, Any]) -> OverrideRule:
    wanted = {"code", "list_type", "grade", "lasts_months", "reference"}
    if set(entry) != wanted or not entry["reference"] or entry["grade"] not in RISK_GRADES:
        text = N_("each rule needs {wanted}, with a grade A to D and a reference")
        raise PolicyInconsistentError(name=OVERRIDES, problem=Message(text, {"wanted": ", ".join(sorted(wanted))}))
    months = entry["lasts_months"]
    return OverrideRule(
        str(entry["code"]),
        str(entry["list_type"]),
        Grade(entry["grade"]),
        None if months is None else int(months),
        str(entry["reference"]),
    )
