"""From yearly ratios to the ratios that one draw commits to, exact and before any rounding to whole units.

Each draw takes an equal part of what remains of the year's quota. Then a general item's cap is applied: if the expected
units exceed what the cap leaves, every ratio of the item becomes ``r_h * units left / sum of r_h N_h`` (DRAW.md §1.8).
Then capacity: where a department's person-days do not suffice, what lies above the floor is reduced in one proportion
(rounded down to a millionth), so ratios still rise with risk. Objects whose legal floor is due are drawn in full and
are never trimmed. What was trimmed, and what cannot be kept, is said in sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.ratios.policy import ItemRow, RatioPolicy, item_rows
from engine.ratios.strata import Strata
from engine.vocabulary import ItemClass

_MILLIONTH = 1_000_000
_DONE = ["n_drawn", "n_excluded"]
_CELL = ["item_code", "district_code", "grade"]


@dataclass(frozen=True, slots=True)
class DrawOfYear:
    """Which of the year's draws this is: ``number`` from 1 to ``draws``."""

    number: int
    draws: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.draws:
            remedy = Message(N_("number the year's draws from 1 to their count"))
            raise UsageError(what="draw of the year", value=f"{self.number}/{self.draws}", remedy=remedy)

    @property
    def left(self) -> int:
        """Draws that remain, this one included."""
        return self.draws - self.number + 1


@dataclass(frozen=True, slots=True)
class Capacity:
    """What departments can do in this draw.

    Parameters
    ----------
    person_days : exact person-days by department; a department not named is not limited.
    effort : exact person-days of one check by item; every item of a limited department must be named.
    """

    person_days: Mapping[str, Fraction]
    effort: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Allocation:
    """The ratios a draw commits to.

    Parameters
    ----------
    table : key (item_code, stratum), sorted: item_class, district_code, grade, is_due, n_units, yearly_units
        (Fraction, the year's expected units), ratio (Fraction in 0..1), expected_units (float, ratio x n_units),
        rounding (cum or ceil), trimmed_by (cap, capacity or empty).
    notes : what was trimmed and why.
    violations : what cannot be kept; a draw with any must not be committed.
    """

    table: pd.DataFrame
    notes: tuple[Message, ...]
    violations: tuple[Message, ...]


@dataclass(slots=True)
class _Line:
    """One stratum while it is worked on; units are expected numbers."""

    item: ItemRow
    stratum: str
    is_due: bool
    n_units: int
    yearly: Fraction
    floor: Fraction
    units: Fraction
    trimmed_by: str = ""


def committed_ratios(
    strata: Strata,
    policy: RatioPolicy,
    items: pd.DataFrame,
    *,
    draw: DrawOfYear,
    done: pd.DataFrame | None = None,
    capacity: Capacity | None = None,
) -> Allocation:
    """Return the exact ratio of every (item, stratum) for one draw.

    Parameters
    ----------
    strata : frame cut into strata.
    policy : yearly ratios; must have passed ``policy.check(items)``.
    items : item list; reads item_code, item_class, ratio_cap, basis, and department_code when capacity is given.
    draw : which draw of the year.
    done : this year's random draws so far, key (item_code, district_code, grade): n_drawn, n_excluded (drawn ones
        that are not in this frame because a visit excludes them). None before the first draw.
    capacity : limits by department, or None.

    Raises
    ------
    UsageError
        The frame holds an item that the list does not, or an effort is missing.

    Notes
    -----
    cell quota = (r (N + excluded) - drawn) / draws left, at least floor N / draws, at most N. Fractions throughout.
    """
    rows = {row.item_code: row for row in item_rows(items)}
    strange = sorted(set(strata.cells["item_code"]) - set(rows))
    if strange:
        raise UsageError(what="item", value=strange[0], remedy=Message(N_("name it in the item list")))
    table = strata.table
    lines = _lines(_with_done(strata.cells, done), policy, rows, draw=draw)
    notes: list[Message] = []
    violations: list[Message] = []
    by_item: dict[str, list[_Line]] = {}
    for line in lines.values():
        by_item.setdefault(line.item.item_code, []).append(line)
    totals = _cap_totals(_with_done(strata.cells, done))
    for code, held in sorted(by_item.items()):
        if rows[code].item_class is ItemClass.GENERAL and rows[code].cap is not None:
            _apply_cap(held, year=totals[code], draw=draw, notes=notes, violations=violations)
    if capacity is not None:
        departments = dict(zip(items["item_code"], items["department_code"], strict=True))
        _apply_capacity(by_item, capacity, departments=departments, notes=notes, violations=violations)
    ordered = [lines[(item, stratum)] for item, stratum in zip(table["item_code"], table["stratum"], strict=True)]
    return Allocation(_result(table, ordered, policy), tuple(notes), tuple(violations))


def _with_done(cells: pd.DataFrame, done: pd.DataFrame | None) -> pd.DataFrame:
    """Cells with n_drawn and n_excluded; what was done counts for the cell that is not due."""
    if done is None or done.empty:
        return cells.assign(n_drawn=0, n_excluded=0)
    sums = done.groupby(_CELL)[_DONE].sum().reset_index().assign(is_due=False)
    merged = cells.merge(sums, on=[*_CELL, "is_due"], how="left")
    return merged.assign(**{name: merged[name].fillna(0).astype("int64") for name in _DONE})


def _lines(
    cells: pd.DataFrame, policy: RatioPolicy, rows: Mapping[str, ItemRow], *, draw: DrawOfYear
) -> dict[tuple[str, str], _Line]:
    lines: dict[tuple[str, str], _Line] = {}
    names = ["item_code", "stratum", "grade", "is_due", "n_units", *_DONE]
    for code, stratum, grade, is_due, n_units, n_drawn, n_excluded in cells[names].itertuples(index=False, name=None):
        item = rows[code]
        line = lines.setdefault(
            (code, stratum), _Line(item, stratum, bool(is_due), 0, Fraction(0), Fraction(0), Fraction(0))
        )
        ratio = Fraction(1) if is_due else policy.ratios(code, item.item_class).by_grade[grade]
        yearly = ratio * (n_units + n_excluded)
        least = Fraction(n_units) if is_due else policy.floor.by_grade[grade] * n_units / draw.draws
        due_now = Fraction(n_units) if is_due else (yearly - n_drawn) / draw.left
        line.n_units += int(n_units)
        line.yearly += yearly
        line.floor += least
        line.units += min(max(due_now, least), Fraction(n_units))
    return lines


def _cap_totals(cells: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Per item: units of the year's frame, units drawn so far."""
    sums = cells.groupby("item_code")[["n_units", *_DONE]].sum()
    return {
        str(code): (int(n_units + n_excluded), int(n_drawn))
        for code, n_units, n_drawn, n_excluded in sums.itertuples(name=None)
    }


def _apply_cap(
    lines: list[_Line],
    *,
    year: tuple[int, int],
    draw: DrawOfYear,
    notes: list[Message],
    violations: list[Message],
) -> None:
    item = lines[0].item
    cap = item.cap or Fraction(0)
    left = max(0, floor(Fraction(floor(cap * year[0]) - year[1]) / draw.left))
    wanted = sum((line.units for line in lines), Fraction(0))
    if wanted <= left:
        return
    free = [line for line in lines if not line.is_due]
    taken = sum((line.units for line in lines if line.is_due), Fraction(0))
    params: dict[str, object] = {
        "item": item.item_code,
        "cap": str(cap),
        "wanted": f"{float(wanted):.1f}",
        "left": left,
        "reference": item.basis,
    }
    room = max(Fraction(0), left - taken)
    factor = room / (wanted - taken) if wanted > taken else Fraction(0)
    for line in free:
        line.units *= factor
        line.trimmed_by = "cap"
    text = N_(
        "{item}: {wanted} expected checks were scaled to the {left} that the ratio cap {cap} leaves ({reference})"
    )
    notes.append(Message(text, params))
    if taken > left:
        text = N_(
            "{item}: the {due} checks that law makes due exceed the {left} that the cap {cap} leaves ({reference})"
        )
        violations.append(Message(text, params | {"due": int(taken)}))
    if any(line.units < line.floor for line in free):
        text = N_("{item}: the ratio cap {cap} leaves {left} checks, below the floor of some grade ({reference})")
        violations.append(Message(text, params))


def _apply_capacity(
    by_item: Mapping[str, list[_Line]],
    capacity: Capacity,
    *,
    departments: Mapping[str, str],
    notes: list[Message],
    violations: list[Message],
) -> None:
    for department, days in sorted(capacity.person_days.items()):
        codes = sorted(code for code in by_item if departments[code] == department)
        missing = [code for code in codes if code not in capacity.effort]
        if missing:
            remedy = Message(N_("say how many person-days one check takes"))
            raise UsageError(what="effort of item", value=missing[0], remedy=remedy)
        weighted = [(line, capacity.effort[code]) for code in codes for line in by_item[code]]
        wanted = sum((line.units * effort for line, effort in weighted), Fraction(0))
        if wanted <= days:
            continue
        # a cap may already lie below the floor: then the cap is the least
        least = sum((min(line.floor, line.units) * effort for line, effort in weighted), Fraction(0))
        share = max(Fraction(0), (days - least) / (wanted - least)) if wanted > least else Fraction(0)
        for line, _ in weighted:
            _reduce(line, share=share)
        params: dict[str, object] = {
            "department": department,
            "days": f"{float(days):.1f}",
            "wanted": f"{float(wanted):.1f}",
            "share": f"{float(share):.1%}",
        }
        text = N_(
            "{department}: {wanted} person-days needed, {days} available: {share} of what exceeds the floors is kept"
        )
        notes.append(Message(text, params))
        if least > days:
            text = N_("{department}: the floors alone need {least} person-days, {days} are available")
            violations.append(Message(text, params | {"least": f"{float(least):.1f}"}))


def _reduce(line: _Line, *, share: Fraction) -> None:
    least = min(line.floor, line.units)
    excess = line.units - least
    if excess == 0 or line.n_units == 0:
        return
    ratio = Fraction(floor((least + excess * share) / line.n_units * _MILLIONTH), _MILLIONTH)
    line.units = max(least, ratio * line.n_units)
    line.trimmed_by = "capacity"


def _result(table: pd.DataFrame, lines: list[_Line], policy: RatioPolicy) -> pd.DataFrame:
    ratios = [line.units / line.n_units for line in lines]
    return table.assign(
        yearly_units=pd.Series([line.yearly for line in lines], dtype=object, index=table.index),
        ratio=pd.Series(ratios, dtype=object, index=table.index),
        expected_units=[float(line.units) for line in lines],
        rounding=[policy.rounding[line.item.item_class] for line in lines],
        trimmed_by=[line.trimmed_by for line in lines],
    )
