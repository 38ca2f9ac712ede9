"""The ratios of a draw in floating point, for simulations that ask for them hundreds of times over one frame.

The rules are those of ``allocation`` and nothing else: quota of each cell, caps, capacity. What does not depend on the
ratios is worked out once; asking for another policy is a handful of array operations. What a draw commits to is always
the exact fraction of ``allocation.committed_ratios``; a test holds the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.ratios.capacity import Capacity, rows_of_limits
from engine.ratios.policy import ItemRow, RatioPolicy, item_rows
from engine.ratios.quota import DrawOfYear, with_done
from engine.vocabulary import Grade

Floats: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int64]
_GRADES = tuple(grade.value for grade in Grade)
_MILLIONTH = 1e6
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """One capacity limit: person-days that one expected check of each stratum takes from it."""

    per_check: Floats
    days: float


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedRatios:
    """A frame cut into strata, ready for any policy; see :func:`expected_ratios`.

    Parameters
    ----------
    items : rows of the item list, by code of ``item``. item, grade, stratum : codes of each cell.
    n_units, n_year, n_drawn : of each cell: in the frame, in the year's frame, drawn this year.
    is_due : of each cell. draws, left : of each cell: draws of the year, those that remain.
    control : yearly ratio of each cell of a grade-blind control arm, nan elsewhere.
    stratum_item, stratum_units, stratum_is_due : of each stratum.
    cap_left : checks that an item's cap leaves for this draw, by code of ``item``; inf without one.
    limits : capacity limits.
    """

    items: tuple[ItemRow, ...]
    item: Codes
    grade: Codes
    stratum: Codes
    n_units: Floats
    n_year: Floats
    n_drawn: Floats
    is_due: npt.NDArray[np.bool_]
    draws: Floats
    left: Floats
    control: Floats
    stratum_item: Codes
    stratum_units: Floats
    stratum_is_due: npt.NDArray[np.bool_]
    cap_left: Floats
    limits: tuple[_Weights, ...]

    def of(self, policy: RatioPolicy) -> Floats:
        """Return the ratio of every cell in this draw, 0..1, in the order of the cells.

        Notes
        -----
        Cost: O(cells) array operations.
        """
        by_grade = np.array([_graded(policy.ratios(row.item_code, row.item_class).by_grade) for row in self.items])
        graded = np.where(np.isnan(self.control), by_grade[self.item, self.grade], self.control)
        yearly = np.where(self.is_due, 1.0, graded)
        least = np.where(self.is_due, 1.0, _graded(policy.floor.by_grade)[self.grade] / self.draws) * self.n_units
        wanted = np.where(self.is_due, self.n_units, (yearly * self.n_year - self.n_drawn) / self.left)
        units = self._by_stratum(np.minimum(np.maximum(wanted, least), self.n_units))
        floors = self._by_stratum(least)
        units = self._capped(units)
        for limit in self.limits:
            units = self._within(units, floors, limit)
        return np.asarray((units / self.stratum_units)[self.stratum])

    def _by_stratum(self, values: Floats) -> Floats:
        return np.bincount(self.stratum, weights=values, minlength=len(self.stratum_units)).astype(float)

    def _capped(self, units: Floats) -> Floats:
        """Scale the strata of items whose expected checks exceed what the cap leaves; due ones stand first."""
        n_items = len(self.items)
        wanted = np.bincount(self.stratum_item, weights=units, minlength=n_items)
        taken = np.bincount(self.stratum_item, weights=np.where(self.stratum_is_due, units, 0.0), minlength=n_items)
        room = np.maximum(self.cap_left - taken, 0.0)
        over = wanted > self.cap_left * (1 + _ROUNDING)
        free = np.where(wanted > taken, wanted - taken, 1.0)
        factor = np.where(over, np.where(np.isfinite(room), room, 0.0) / free, 1.0)
        return np.where(self.stratum_is_due, units, units * factor[self.stratum_item])

    def _within(self, units: Floats, floors: Floats, limit: _Weights) -> Floats:
        wanted = float(limit.per_check @ units)
        if wanted <= limit.days * (1 + _ROUNDING):
            return units
        least = np.minimum(floors, units)
        held = float(limit.per_check @ least)
        share = max(0.0, (limit.days - held) / (wanted - held)) if wanted > held else 0.0
        ratio = np.floor((least + (units - least) * share) / self.stratum_units * _MILLIONTH + _ROUNDING) / _MILLIONTH
        meant = (limit.per_check > 0) & (units > least)
        return np.where(meant, np.maximum(least, ratio * self.stratum_units), units)


def expected_ratios(
    cells: pd.DataFrame,
    items: pd.DataFrame,
    *,
    draw: DrawOfYear | Mapping[str, DrawOfYear],
    done: pd.DataFrame | None = None,
    capacity: Capacity | None = None,
    control: Mapping[str, Fraction] | None = None,
) -> ExpectedRatios:
    """Return the frame ready for any policy.

    Parameters
    ----------
    cells : ``Strata.cells``: item_code, district_code, grade, is_due, is_control, n_units, stratum.
    items, draw, done, capacity, control : see ``allocation.committed_ratios``.
    """
    table = with_done(cells, done)
    rows = {row.item_code: row for row in item_rows(items)}
    item, codes = pd.factorize(table["item_code"], sort=True)
    stratum, keys = pd.factorize(pd.MultiIndex.from_frame(table[["item_code", "stratum"]]), sort=True)
    held = tuple(rows[str(code)] for code in codes)
    n_units = table["n_units"].to_numpy(dtype=float)
    n_year = n_units + table["n_excluded"].to_numpy(dtype=float)
    due = table["is_due"].to_numpy(dtype=bool)
    parts = [draw[str(code)] if isinstance(draw, Mapping) else draw for code in codes]
    blind = np.array([float((control or {}).get(str(code), "nan")) for code in codes])
    stratum_units = np.bincount(stratum, weights=n_units).astype(float)
    stratum_item = np.zeros(len(keys), dtype=np.int64)
    stratum_item[stratum] = item
    stratum_is_due = np.zeros(len(keys), dtype=bool)
    stratum_is_due[stratum] = due
    return ExpectedRatios(
        items=held,
        item=item,
        grade=pd.Index(_GRADES).get_indexer(pd.Index(table["grade"])),
        stratum=stratum,
        n_units=n_units,
        n_year=n_year,
        n_drawn=table["n_drawn"].to_numpy(dtype=float),
        is_due=due,
        draws=np.array([float(part.draws) for part in parts])[item],
        left=np.array([float(part.left) for part in parts])[item],
        control=np.where(table["is_control"].to_numpy(dtype=bool), blind[item], np.nan),
        stratum_item=stratum_item,
        stratum_units=stratum_units,
        stratum_is_due=stratum_is_due,
        cap_left=_caps(held, table, done, parts=parts),
        limits=_limits(capacity, table, stratum, item, list(codes), items, stratum_units),
    )


def _graded(by_grade: Mapping[str, Fraction]) -> Floats:
    return np.array([float(by_grade[grade]) for grade in _GRADES])


def _caps(
    held: Sequence[ItemRow], cells: pd.DataFrame, done: pd.DataFrame | None, *, parts: Sequence[DrawOfYear]
) -> Floats:
    """Checks that each item's cap leaves for this draw: floor((floor(cap N) - drawn) / draws left)."""
    units = cells.groupby("item_code")["n_units"].sum()
    gone, drawn = (
        pd.Series(dtype=float) if done is None else done.groupby("item_code")[name].sum()
        for name in ("n_excluded", "n_drawn")
    )
    left = []
    for row, part in zip(held, parts, strict=True):
        if row.cap is None:
            left.append(np.inf)
            continue
        of_year = int(units[row.item_code]) + int(gone.get(row.item_code, 0))
        open_checks = floor(row.cap * of_year) - int(drawn.get(row.item_code, 0))
        left.append(float(max(0, floor(Fraction(open_checks) / part.left))))
    return np.array(left)


def _limits(
    capacity: Capacity | None,
    cells: pd.DataFrame,
    stratum: Codes,
    item: Codes,
    codes: Sequence[str],
    items: pd.DataFrame,
    stratum_units: Floats,
) -> tuple[_Weights, ...]:
    if capacity is None:
        return ()
    departments = dict(zip(items["item_code"], items["department_code"], strict=True))
    effort = np.array([float(capacity.effort.get(str(code), Fraction(0))) for code in codes])
    found = []
    limits = sorted(capacity.limits, key=lambda each: each.name)
    days = effort[item] * cells["n_units"].to_numpy(dtype=float)
    for limit, own in zip(limits, rows_of_limits(limits, cells, departments), strict=True):
        shares = np.where(own, days, 0.0)
        per_check = np.bincount(stratum, weights=shares, minlength=len(stratum_units)) / stratum_units
        found.append(_Weights(per_check.astype(float), float(limit.person_days)))
    return tuple(found)
