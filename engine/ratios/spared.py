"""Whom law makes due for an item, and whom a document, a visit or the register's status keeps out of a draw.

Every number and ground is dated policy: ``ratios.legal_floor``, ``ratios.visit_cap``, ``ratios.exemptions``. Sources:
市场监管总局令第49号 (floor), 国办发〔2024〕54号 (cap); docs/spec/ratios.md §5 (who is due, who stays outside).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import JOINER, NOT_ASSESSABLE_RESULTS, RISK_GRADES, Grade, ResultCode, SelectionMode

LEGAL_FLOOR = "ratios.legal_floor"
VISIT_CAP = "ratios.visit_cap"
EXEMPTIONS = "ratios.exemptions"
NOT_REACHED = frozenset({*NOT_ASSESSABLE_RESULTS, ResultCode.UNREACHABLE})
"""Results of a visit at which nothing could be checked."""

_FLOOR_FIELDS = frozenset(
    {"name", "items", "item_specialities", "industries", "tags"}
    | {"interval_months", "full_check_modes", "records_complete_from", "reference"}
)
_EXEMPTION_FIELDS = frozenset({"name", "items", "industries", "tags", "entity_types", "reference"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows of a frame a rule speaks of; an empty set does not restrict.

    Parameters
    ----------
    items : item codes. specialities : of the item; either makes the item one of the rule's.
    industries : sections by letter, or divisions. tags, entity_types : of the object.
    """

    items: frozenset[str] = frozenset()
    specialities: frozenset[str] = frozenset()
    industries: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    entity_types: frozenset[str] = frozenset()

    def holds(self, rows: pd.DataFrame) -> pd.Series:
        """Return which rows are meant, boolean, index of ``rows``.

        Parameters
        ----------
        rows : reads item_code, specialities, industry_code, tags, entity_type.
        """
        meant = pd.Series(data=True, index=rows.index)
        if self.items or self.specialities:
            meant &= rows["item_code"].isin(self.items) | _shares_part(rows["specialities"], self.specialities)
        if self.industries:
            meant &= in_industries(rows["industry_code"], self.industries)
        if self.tags:
            meant &= _shares_part(rows["tags"], self.tags)
        if self.entity_types:
            meant &= rows["entity_type"].isin(self.entity_types)
        return meant


@dataclass(frozen=True, slots=True)
class LegalFloor:
    """A check that law demands at least every so many months.

    Parameters
    ----------
    interval_months : >= 1.
    full_check_modes : ways of selection whose checks count as full ones.
    records_complete_from : first day from which every full check is on record here; None = not stated, then nobody can
        be called due.
    """

    name: str
    scope: Scope
    interval_months: int
    full_check_modes: frozenset[str]
    records_complete_from: date | None
    reference: str

    def covers_items(self, items: pd.DataFrame) -> pd.Series:
        """Return which items (item_code, specialities) the floor covers for every object; never where it is of some."""
        scope = self.scope
        if scope.industries or scope.tags or scope.entity_types or scope == Scope():
            return pd.Series(data=False, index=items.index)
        return scope.holds(items)


@dataclass(frozen=True, slots=True)
class Exemption:
    """Objects or items that a document spares."""

    name: str
    scope: Scope
    reference: str


@dataclass(frozen=True, slots=True)
class VisitCap:
    """Most random visits per entity and calendar year; ``by_grade`` never exceeds ``legal``."""

    legal: int | None
    by_grade: Mapping[str, int]
    reference: str

    def of(self, grade: pd.Series) -> pd.Series:
        """Return the cap of each grade, null where there is none."""
        caps = {one.value: self.by_grade.get(one.value, self.legal) for one in Grade}
        return grade.map(caps).astype("Float64")


def read_legal_floors(book: PolicyBook, *, on: date) -> tuple[LegalFloor, ...]:
    """Return the legal floors in force on a day.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        A rule names no item, an unknown field or mode, no whole number of months, or no reference.
    """
    floors = []
    for rule in _rules(book, LEGAL_FLOOR, on=on, fields=_FLOOR_FIELDS):
        months, start = rule.get("interval_months"), rule.get("records_complete_from")
        modes = _words(rule, "full_check_modes", parameter=LEGAL_FLOOR)
        scope = _scope(rule, parameter=LEGAL_FLOOR)
        if not (scope.items or scope.specialities):
            _refuse(LEGAL_FLOOR, N_("rule {rule} names neither items nor item_specialities"), rule=rule["name"])
        if not isinstance(months, int) or isinstance(months, bool) or months < 1:
            _refuse(LEGAL_FLOOR, N_("rule {rule}: interval_months must be a whole number from 1"), rule=rule["name"])
        if not modes or not modes <= {mode.value for mode in SelectionMode}:
            _refuse(LEGAL_FLOOR, N_("rule {rule}: full_check_modes must name ways of selection"), rule=rule["name"])
        if start is not None and not isinstance(start, date):
            _refuse(LEGAL_FLOOR, N_("rule {rule}: records_complete_from must be a date"), rule=rule["name"])
        floors.append(LegalFloor(str(rule["name"]), scope, months, modes, start, str(rule["reference"])))
    return tuple(floors)


def read_exemptions(book: PolicyBook, *, on: date) -> tuple[Exemption, ...]:
    """Return the exemptions in force on a day.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        A rule restricts nothing (it would spare everybody), names an unknown field such as a class, or no document.
    """
    found = []
    for rule in _rules(book, EXEMPTIONS, on=on, fields=_EXEMPTION_FIELDS):
        scope = _scope(rule, parameter=EXEMPTIONS)
        if scope == Scope():
            _refuse(EXEMPTIONS, N_("rule {rule} would spare everybody; say whom it spares"), rule=rule["name"])
        found.append(Exemption(str(rule["name"]), scope, str(rule["reference"])))
    return tuple(found)


def read_visit_cap(book: PolicyBook, *, on: date) -> VisitCap:
    """Return the cap on random visits in force on a day.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        A cap is no whole number from 1, stands above the legal one, or is lower for C or D than the legal one.
    """
    dated = book.dated(VISIT_CAP, on=on)
    value = dated.value
    if (
        not isinstance(value, Mapping)
        or set(value) != {"legal", "by_grade"}
        or not isinstance(value["by_grade"], Mapping)
    ):
        _refuse(VISIT_CAP, N_("it must hold legal and by_grade"))
    legal, by_grade = value["legal"], dict(value["by_grade"])
    for cap in [*by_grade.values(), *([] if legal is None else [legal])]:
        if not isinstance(cap, int) or isinstance(cap, bool) or cap < 1:
            _refuse(VISIT_CAP, N_("{cap} is no whole number of visits from 1"), cap=str(cap))
    for grade, cap in by_grade.items():
        if grade not in {one.value for one in Grade}:
            _refuse(VISIT_CAP, N_("it names the unknown grade {grade}"), grade=str(grade))
        if legal is not None and cap > legal:
            _refuse(VISIT_CAP, N_("the cap of grade {grade} is above the legal one"), grade=grade)
        if grade in RISK_GRADES[2:] and cap != legal:
            _refuse(
                VISIT_CAP,
                N_("grade {grade} knows only the legal cap, or a visit would tell it that it is safe"),
                grade=grade,
            )
    return VisitCap(legal, by_grade, dated.reference)


def due_rows(rows: pd.DataFrame, checks: pd.DataFrame, floors: Sequence[LegalFloor], *, by: date) -> pd.Series:
    """Return which rows law makes due by a day, boolean, index of ``rows``.

    Parameters
    ----------
    rows : see :meth:`Scope.holds`; also entity_id, established_on (date, may be null).
    checks : entity_id, item_code, selection_mode, result_codes (joined by ;), occurred_on: what is known.
    by : last day of the draw's inspections.

    Notes
    -----
    The clock starts at the last full check of that item, or else when the object was established, or else when
    the records become complete, whichever is latest. A visit at which nothing could be checked is no check.
    """
    due = pd.Series(data=False, index=rows.index)
    for floor in floors:
        if floor.records_complete_from is None:
            continue
        counted = checks[checks["selection_mode"].isin(floor.full_check_modes) & reached(checks["result_codes"])]
        last = pd.to_datetime(counted["occurred_on"]).groupby([counted["entity_id"], counted["item_code"]]).max()
        keys = pd.MultiIndex.from_frame(rows[["entity_id", "item_code"]])
        starts = pd.DataFrame(
            {
                "checked": last.reindex(keys).to_numpy(),
                "established": pd.to_datetime(rows["established_on"]).to_numpy(),
                "recorded": pd.Timestamp(floor.records_complete_from),
            },
            index=rows.index,
        )
        clock = starts.max(axis=1)
        due |= floor.scope.holds(rows) & (clock + pd.DateOffset(months=floor.interval_months) <= pd.Timestamp(by))
    return due


def reached(result_codes: pd.Series) -> pd.Series:
    """Return which results say that something was checked."""
    return result_codes.map(lambda joined: bool(set(str(joined).split(JOINER)) - NOT_REACHED)).astype(bool)


def in_industries(codes: pd.Series, industries: frozenset[str]) -> pd.Series:
    """Return which industry codes lie in the named sections (letters) or divisions."""
    text = codes.astype("string").fillna("")
    return text.isin(industries) | text.str[:1].isin(industries) | text.str[:3].isin(industries)


def _shares_part(joined: pd.Series, wanted: frozenset[str]) -> pd.Series:
    distinct = {text: bool(set(text.split(JOINER)) & wanted) for text in joined.dropna().unique()}
    return joined.map(distinct).eq(True)  # noqa: FBT003 -- null is neither


def _rules(book: PolicyBook, name: str, *, on: date, fields: frozenset[str]) -> list[Mapping[str, object]]:
    value = book.value(name, on=on)
    if not isinstance(value, list):
        _refuse(name, N_("it must be a list of rules"))
    for rule in value:
        if not isinstance(rule, Mapping) or not rule.get("name") or not rule.get("reference"):
            _refuse(name, N_("every rule needs a name and a reference"))
        if unknown := sorted(set(rule) - fields):
            _refuse(name, N_("rule {rule} has the unknown field {field}"), rule=rule["name"], field=unknown[0])
    return list(value)


def _scope(rule: Mapping[str, object], *, parameter: str) -> Scope:
    return Scope(
        items=_words(rule, "items", parameter=parameter),
        specialities=_words(rule, "item_specialities", parameter=parameter),
        industries=_words(rule, "industries", parameter=parameter),
        tags=_words(rule, "tags", parameter=parameter),
        entity_types=_words(rule, "entity_types", parameter=parameter),
    )


def _words(rule: Mapping[str, object], field: str, *, parameter: str) -> frozenset[str]:
    given = rule.get(field, [])
    if isinstance(given, list) and all(isinstance(word, str) and word for word in given):
        return frozenset(given)
    _refuse(parameter, N_("rule {rule}: {field} must be a list of words"), rule=rule["name"], field=field)


def _refuse(name: str, template: str, **params: object) -> NoReturn:
    raise PolicyInconsistentError(name=name, problem=Message(template, params))
