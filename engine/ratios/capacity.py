"""Person-days by department and district: read from dated policy, reduced by what the year has used, kept by a draw.

What lies above the floors is reduced in one proportion, each ratio rounded down to a millionth, so ratios still rise
with risk. Strata drawn in full because a legal floor is due are never trimmed. Limits are applied one after another in
the order of their names; since a limit only lowers ratios, all of them hold in the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import floor
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import PolicyInconsistentError, UsageError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.ratios.policy import exact_ratio
from engine.ratios.quota import Quota

PERSON_DAYS = "capacity.person_days"
EFFORT = "capacity.effort"
_FIELDS = frozenset({"department", "district", "person_days"})
_MILLIONTH = 1_000_000


@dataclass(frozen=True, slots=True)
class CapacityLimit:
    """Most person-days of a department in a district; None = all of them.

    Parameters
    ----------
    department, district : codes; with neither, and no ``items``, the limit is that of all departments together.
    person_days : exact, >= 0.
    reference : what the limit rests on.
    items : item codes that alone count, empty = all. label : what people call these items, e.g. a plan line.
    """

    department: str | None
    district: str | None
    person_days: Fraction
    reference: str
    items: frozenset[str] = frozenset()
    label: str = ""

    @property
    def name(self) -> str:
        """Label, department and district, as sentences name the limit."""
        return " ".join(part for part in (self.label, self.department, self.district) if part)


def rows_of_limits(
    limits: Sequence[CapacityLimit], rows: pd.DataFrame, departments: Mapping[str, str]
) -> list[npt.NDArray[np.bool_]]:
    """Return for each limit which rows (item_code, district_code) count against it.

    Notes
    -----
    Codes are compared as whole numbers, so that hundreds of limits over thousands of cells cost milliseconds.
    """
    item, items = pd.factorize(rows["item_code"])
    district, districts = pd.factorize(rows["district_code"])
    own = np.array([departments.get(str(code), "") for code in items], dtype=object)[item]
    department, names = pd.factorize(own)
    at_district = {str(code): at for at, code in enumerate(districts)}
    at_department = {str(code): at for at, code in enumerate(names)}
    found = []
    for limit in limits:
        meant = np.ones(len(rows), dtype=bool)
        if limit.items:
            meant &= np.isin(item, [at for at, code in enumerate(items) if str(code) in limit.items])
        if limit.department is not None:
            meant &= department == at_department.get(limit.department, -1)
        if limit.district is not None:
            meant &= district == at_district.get(limit.district, -1)
        found.append(meant)
    return found


@dataclass(frozen=True, slots=True)
class Capacity:
    """What departments can do in a year, or in one draw of it (:meth:`left_for`).

    Parameters
    ----------
    limits : person-days; what no limit names is not limited.
    effort : exact person-days of one check by item; every item that a limit covers must be named.
    """

    limits: tuple[CapacityLimit, ...]
    effort: Mapping[str, Fraction]

    def left_for(self, done: pd.DataFrame | None, departments: Mapping[str, str], *, draws_left: int) -> "Capacity":
        """Return what one of the remaining draws may use: an equal part of what earlier draws of the year left.

        Parameters
        ----------
        done : this year's draws so far: item_code, district_code, n_drawn; None before the first.
        departments : department of each item. draws_left : this draw included, >= 1.
        """
        found = []
        is_first = done is None or done.empty
        counted = [None] * len(self.limits) if done is None else rows_of_limits(self.limits, done, departments)
        for limit, own_rows in zip(self.limits, counted, strict=True):
            used = Fraction(0)
            if done is not None and not is_first:
                own = done[own_rows]
                used = sum(
                    (
                        self.effort[str(item)] * int(n)
                        for item, n in own.groupby("item_code")["n_drawn"].sum().items()
                        if item in self.effort
                    ),
                    Fraction(0),
                )
            found.append(replace(limit, person_days=max(Fraction(0), limit.person_days - used) / draws_left))
        return Capacity(tuple(found), self.effort)


def read_efforts(book: PolicyBook, items: pd.DataFrame, *, on: date) -> dict[str, Fraction]:
    """Return the exact person-days of one check of every item of the list.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        An effort is no positive number in quotes.
    """
    value = book.value(EFFORT, on=on)
    own = {str(code): exact_ratio(days, name=f"{EFFORT} {code}") for code, days in (value["items"] or {}).items()}
    usual = exact_ratio(value["default"], name=f"{EFFORT} default")
    for name, days in {"default": usual, **own}.items():
        if days <= 0:
            _refuse(EFFORT, N_("{item}: the effort {days} must be above 0"), item=name, days=str(days))
    return {str(code): own.get(str(code), usual) for code in items["item_code"]}


def read_capacity(book: PolicyBook, items: pd.DataFrame, *, on: date) -> Capacity:
    """Return the person-days of a year in force on a day.

    Parameters
    ----------
    items : item_code, department_code.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        A limit names nobody, an unknown field, the same place twice, or no positive number; a department has no item.
    """
    dated = book.dated(PERSON_DAYS, on=on)
    if not isinstance(dated.value, list):
        _refuse(PERSON_DAYS, N_("it must be a list of limits"))
    limits: dict[tuple[str | None, str | None], CapacityLimit] = {}
    for entry in dated.value:
        limit = _limit(entry, dated.reference)
        key = (limit.department, limit.district)
        if key in limits:
            _refuse(PERSON_DAYS, N_("{limit} is limited twice"), limit=limit.name)
        if limit.department is not None and limit.department not in set(items["department_code"]):
            _refuse(PERSON_DAYS, N_("department {department} has no item in the list"), department=limit.department)
        limits[key] = limit
    return Capacity(tuple(limits.values()), read_efforts(book, items, on=on) if limits else {})


def _limit(entry: object, reference: str) -> CapacityLimit:
    if not isinstance(entry, Mapping) or not set(entry) <= _FIELDS or "person_days" not in entry or len(entry) < 2:
        _refuse(PERSON_DAYS, N_("{entry}: write department, district or both, and person_days"), entry=str(entry))
    days = exact_ratio(entry["person_days"], name=PERSON_DAYS)
    department, district = (str(entry[name]) if name in entry else None for name in ("department", "district"))
    limit = CapacityLimit(department, district, days, reference)
    if days <= 0:
        _refuse(PERSON_DAYS, N_("{limit}: {days} person-days must be above 0"), limit=limit.name, days=str(days))
    return limit


def apply_capacity(
    by_item: Mapping[str, Sequence[Quota]],
    capacity: Capacity,
    *,
    cells: pd.DataFrame,
    departments: Mapping[str, str],
    notes: list[Message],
    violations: list[Message],
) -> None:
    """Reduce the quotas of every place whose person-days do not suffice; say what was trimmed and what cannot be kept.

    Parameters
    ----------
    by_item : quotas by item, changed in place.
    cells : key (item_code, stratum, district_code …): n_units; a stratum's checks fall on its districts by their units.
    departments : department of each item.

    Raises
    ------
    UsageError
        An item that a limit covers has no effort.
    """
    limits = sorted(capacity.limits, key=lambda each: each.name)
    quotas = {(code, quota.stratum): quota for code, held in by_item.items() for quota in held}
    keys = list(zip(cells["item_code"].tolist(), cells["stratum"].tolist(), strict=True))
    sizes = cells["n_units"].tolist()
    for limit, own in zip(limits, rows_of_limits(limits, cells, departments), strict=True):
        units: dict[tuple[str, str], int] = {}
        for at in np.flatnonzero(own).tolist():
            units[keys[at]] = units.get(keys[at], 0) + int(sizes[at])
        missing = sorted({code for code, _ in units} - capacity.effort.keys())
        if missing:
            remedy = Message(N_("say how many person-days one check takes"))
            raise UsageError(what=Message(N_("effort of item")), value=missing[0], remedy=remedy)
        weighted = [
            (quotas[key], capacity.effort[key[0]] * Fraction(n, quotas[key].n_units))
            for key, n in sorted(units.items())
            if quotas[key].n_units
        ]
        _trim(weighted, limit, notes, violations)


def _trim(
    weighted: Sequence[tuple[Quota, Fraction]], limit: CapacityLimit, notes: list[Message], violations: list[Message]
) -> None:
    days = limit.person_days
    wanted = sum((quota.units * effort for quota, effort in weighted), Fraction(0))
    if wanted <= days:
        return
    # a cap may already lie below the floor: then the cap is the least
    least = sum((min(quota.floor, quota.units) * effort for quota, effort in weighted), Fraction(0))
    share = max(Fraction(0), (days - least) / (wanted - least)) if wanted > least else Fraction(0)
    for quota, _ in weighted:
        _reduce(quota, share=share)
    params: dict[str, object] = {
        "limit": limit.name,
        "days": f"{float(days):.1f}",
        "wanted": f"{float(wanted):.1f}",
        "share": f"{float(share):.1%}",
        "reference": limit.reference,
    }
    text = N_(
        "{limit}: {wanted} person-days needed, {days} available: {share} of what exceeds the floors is kept "
        "({reference})"
    )
    notes.append(Message(text, params))
    if least > days:
        text = N_("{limit}: the floors alone need {least} person-days, {days} are available ({reference})")
        violations.append(Message(text, params | {"least": f"{float(least):.1f}"}))


def _reduce(quota: Quota, *, share: Fraction) -> None:
    least = min(quota.floor, quota.units)
    excess = quota.units - least
    if excess == 0 or quota.n_units == 0:
        return
    ratio = Fraction(floor((least + excess * share) / quota.n_units * _MILLIONTH), _MILLIONTH)
    quota.units = max(least, ratio * quota.n_units)
    quota.trimmed_by = "capacity"


def _refuse(name: str, template: str, **params: object) -> NoReturn:
    raise PolicyInconsistentError(name=name, problem=Message(template, params))
