"""Strata of a draw: district x grade x item, small cells merged in a committed order, under codes that say nothing.

Merge order, applied per item until no cell is below the policy minimum: (1) the smallest cell joins the same grade in
the nearest district of the committed neighbour order; (2) a grade that is still too small in the whole item joins the
adjacent grade, the riskier one first; its ratio becomes the size-weighted mean, so that no expected visit is lost.
Objects whose legal floor is due form cells of their own, drawn in full and never merged. Objects of a grade-blind
control arm form cells of their own too (merged among themselves only), so that one ratio can hold for every grade.
A stratum's code is a keyed hash of what it holds: it reveals neither district nor grade, and its order is arbitrary.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from engine.errors import DrawError
from engine.messages import N_, Message
from engine.vocabulary import JOINER, RISK_GRADES, Grade, TableShape

FRAME = TableShape(
    "frame",
    ("entity_id", "item_code"),
    {"item_class": "key or general", "district_code": "text", "grade": "A..D or U"},
)
_CODE_LENGTH = 10
_GRADE_ORDER = (Grade.UNCLASSIFIED, *RISK_GRADES)
_CELL = ["item_code", "grade", "district_code", "is_due", "is_control"]

NeighbourOrder = Callable[[str, Sequence[str]], Sequence[str]]
"""District and its candidates to the candidates, nearest first."""


@dataclass(frozen=True)
class Strata:
    """A stratified frame.

    Parameters
    ----------
    frame : the frame's rows in their order with column ``stratum``.
    cells : key (item_code, grade, district_code, is_due, is_control): n_units, item_class, stratum. One row per cell
        before merging, sorted by key.
    """

    frame: pd.DataFrame
    cells: pd.DataFrame

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per (item_code, stratum), sorted: item_class, district_code, grade, is_due, is_control, n_units.

        Worked out once: trials of ratios ask for it at every move.
        """
        groups = self.cells.groupby(["item_code", "stratum"], sort=True)
        return groups.agg(
            item_class=("item_class", "first"),
            district_code=("district_code", _joined),
            grade=("grade", _joined),
            is_due=("is_due", "first"),
            is_control=("is_control", "first"),
            n_units=("n_units", "sum"),
        ).reset_index()


def neighbour_order(neighbours: Mapping[str, Sequence[str]]) -> NeighbourOrder:
    """Return the committed order: first the listed neighbours, then the other districts by code.

    Parameters
    ----------
    neighbours : policy ``ratios.neighbours``: district code to its neighbours, nearest first.
    """

    def ordered(district: str, candidates: Sequence[str]) -> Sequence[str]:
        listed = [code for code in neighbours.get(district, ()) if code in candidates]
        return [*listed, *sorted(set(candidates) - set(listed))]

    return ordered


def build_strata(frame: pd.DataFrame, *, minimum_cell: int, nearest: NeighbourOrder, key: bytes) -> Strata:
    """Return the frame with opaque strata.

    Parameters
    ----------
    frame : key (entity_id, item_code); item_class, district_code, grade and, if there, is_due (boolean; legal floor
        due, taken in full) and is_control (boolean; in the grade-blind control arm).
    minimum_cell : cells with fewer units are merged, >= 1.
    nearest : neighbour order of districts (:func:`neighbour_order`).
    key : secret of this draw that blinds the codes; the same key gives the same codes.

    Raises
    ------
    SchemaMismatchError, ContractError
    DrawError
        An item has two classes, or two strata have the same code under this key.

    Notes
    -----
    Deterministic and independent of the rows' order. Cost: one group-by over the frame; merging is O(cells^2) per
    item in the number of cells below the minimum.
    """
    FRAME.check(frame)
    marks = {name: _mark(frame, name) for name in ("is_due", "is_control")}
    rows = frame.assign(**marks)
    cells = (
        rows.groupby(_CELL, sort=True, observed=True)
        .agg(n_units=("entity_id", "size"), item_class=("item_class", "first"))
        .reset_index()
    )
    _require_one_class(rows)
    groups = np.empty(len(cells), dtype=np.int64)
    for _, part in cells.groupby(["item_code", "is_due", "is_control"], sort=False):
        merged = _merge(part, minimum_cell=minimum_cell, nearest=nearest)
        for members in merged:
            groups[members] = members[0]
    held: dict[int, list[tuple[object, ...]]] = {}
    for group, cell in zip(groups.tolist(), cells[_CELL].itertuples(index=False, name=None), strict=True):
        held.setdefault(group, []).append(cell)
    codes = {group: _code(members, key=key) for group, members in held.items()}
    cells["stratum"] = [codes[int(g)] for g in groups]
    if len({(held[group][0][0], code) for group, code in codes.items()}) != len(codes):
        remedy = Message(N_("use another key for this draw"))
        raise DrawError(problem=Message(N_("two strata have the same code")), remedy=remedy)
    placed = rows.merge(cells[[*_CELL, "stratum"]], on=_CELL, how="left", sort=False, validate="many_to_one")
    return Strata(placed.set_axis(frame.index), cells)


def _mark(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].astype(bool) if name in frame.columns else pd.Series(data=False, index=frame.index)


def _merge(cells: pd.DataFrame, *, minimum_cell: int, nearest: NeighbourOrder) -> list[list[int]]:
    """Groups of cell labels, each sorted; deterministic."""
    labels = [int(label) for label in cells.index]
    if bool(cells["is_due"].iloc[0]):
        return [[label] for label in labels]
    sizes = dict(zip(labels, cells["n_units"].tolist(), strict=True))
    districts = dict(zip(labels, cells["district_code"].tolist(), strict=True))
    grades: dict[Grade, list[list[int]]] = {}
    for label, grade in zip(labels, cells["grade"].tolist(), strict=True):
        grades.setdefault(Grade(grade), []).append([label])

    def size(group: list[int]) -> int:
        return int(sum(sizes[label] for label in group))

    for grade, groups in grades.items():
        grades[grade] = _merge_districts(groups, size=size, minimum=minimum_cell, districts=districts, nearest=nearest)
    _merge_grades(grades, size=size, minimum=minimum_cell)
    return sorted(sorted(group) for groups in grades.values() for group in groups)


def _merge_districts(
    groups: list[list[int]],
    *,
    size: Callable[[list[int]], int],
    minimum: int,
    districts: Mapping[int, str],
    nearest: NeighbourOrder,
) -> list[list[int]]:
    groups = [list(group) for group in groups]
    while len(groups) > 1:
        smallest = min(groups, key=lambda group: (size(group), districts[group[0]]))
        if size(smallest) >= minimum:
            break
        others = {districts[label]: group for group in groups if group is not smallest for label in group}
        target = others[nearest(districts[smallest[0]], sorted(others))[0]]
        target += smallest
        groups = [group for group in groups if group is not smallest]
    return groups


def _merge_grades(grades: dict[Grade, list[list[int]]], *, size: Callable[[list[int]], int], minimum: int) -> None:
    """Join a grade that is too small as a whole to the adjacent one (its smallest group), riskier side first."""
    while len(present := [grade for grade in _GRADE_ORDER if grades.get(grade)]) > 1:
        small = [g for g in present if len(grades[g]) == 1 and size(grades[g][0]) < minimum]
        if not small:
            return
        place = present.index(small[0])
        target = present[place + 1] if place + 1 < len(present) else present[place - 1]
        host = min(grades[target], key=lambda group: (size(group), min(group)))
        host += grades.pop(small[0])[0]


def _code(cells: Sequence[tuple[object, ...]], *, key: bytes) -> str:
    """Return the code of cells (``_CELL``, in its order, which is that of the table)."""
    # the control mark enters only where it is set: strata of draws without a control arm keep their codes
    named = cells if any(cell[-1] for cell in cells) else [cell[:-1] for cell in cells]
    parts = ["\x1f".join(map(str, cell)) for cell in named]
    return "s" + hmac.new(key, "\x1e".join(parts).encode(), "sha256").hexdigest()[:_CODE_LENGTH]


def _require_one_class(rows: pd.DataFrame) -> None:
    classes = rows.groupby("item_code", sort=True)["item_class"].nunique()
    if (classes > 1).any():
        problem = Message(N_("item {item} is both key and general"), {"item": str(classes[classes > 1].index[0])})
        raise DrawError(problem=problem, remedy=Message(N_("give each item one class")))


def _joined(values: pd.Series) -> str:
    return JOINER.join(sorted(set(values)))
