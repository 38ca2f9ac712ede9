"""The part of a year's quota that one draw takes, stratum by stratum, before any limit.

cell quota = (r (N + excluded) - drawn) / draws left, at least floor N / draws, at most N; a stratum's quota is the sum
over the cells merged into it. Fractions throughout.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.ratios.policy import ItemRow, RatioPolicy

_DONE = ["n_drawn", "n_excluded"]
_CELL = ["item_code", "district_code", "grade", "is_control"]


@dataclass(frozen=True, slots=True)
class DrawOfYear:
    """Which of the year's draws this is: ``number`` from 1 to ``draws``."""

    number: int
    draws: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.draws:
            remedy = Message(N_("number the year's draws from 1 to their count"))
            raise UsageError(what=Message(N_("draw of the year")), value=f"{self.number}/{self.draws}", remedy=remedy)

    @property
    def left(self) -> int:
        """Draws that remain, this one included."""
        return self.draws - self.number + 1


@dataclass(slots=True)
class Quota:
    """One stratum of one item while limits are applied.

    Parameters
    ----------
    item, stratum : what it is.
    is_due : drawn in full because a legal floor falls due; never trimmed.
    n_units : units in the frame.
    yearly : expected units of the whole year.
    floor : least expected units of this draw.
    units : expected units of this draw; limits lower them.
    trimmed_by : ``cap``, ``capacity`` or empty.
    """

    item: ItemRow
    stratum: str
    is_due: bool
    n_units: int
    yearly: Fraction
    floor: Fraction
    units: Fraction
    trimmed_by: str = ""


def with_done(cells: pd.DataFrame, done: pd.DataFrame | None) -> pd.DataFrame:
    """Return the cells with n_drawn and n_excluded; what was done counts for the cell that is not due.

    ``done`` may leave ``is_control`` out: nothing was drawn in a control arm then.
    """
    if done is None or done.empty:
        return cells.assign(n_drawn=0, n_excluded=0)
    marked = done if "is_control" in done.columns else done.assign(is_control=False)
    sums = marked.groupby(_CELL)[_DONE].sum().reset_index().assign(is_due=False)
    merged = cells.merge(sums, on=[*_CELL, "is_due"], how="left")
    return merged.assign(**{name: merged[name].fillna(0).astype("int64") for name in _DONE})


def quotas(
    cells: pd.DataFrame,
    policy: RatioPolicy,
    rows: Mapping[str, ItemRow],
    *,
    draw: Mapping[str, DrawOfYear],
    control: Mapping[str, Fraction],
) -> dict[tuple[str, str], Quota]:
    """Return the quota of every (item_code, stratum).

    Parameters
    ----------
    cells : ``Strata.cells`` after :func:`with_done`.
    policy, rows, draw : what applies; ``rows`` and ``draw`` name every item of the cells.
    control : yearly ratio of the control arm by item, for items that have one.
    """
    found: dict[tuple[str, str], Quota] = {}
    names = ["item_code", "stratum", "grade", "is_due", "is_control", "n_units", *_DONE]
    for code, stratum, grade, is_due, is_control, n_units, n_drawn, n_excluded in cells[names].itertuples(
        index=False, name=None
    ):
        item, part = rows[code], draw[code]
        quota = found.setdefault(
            (code, stratum), Quota(item, stratum, bool(is_due), 0, Fraction(0), Fraction(0), Fraction(0))
        )
        graded = control[code] if is_control else policy.ratios(code, item.item_class).by_grade[grade]
        ratio = Fraction(1) if is_due else graded
        yearly = ratio * (n_units + n_excluded)
        least = Fraction(n_units) if is_due else policy.floor.by_grade[grade] * n_units / part.draws
        due_now = Fraction(n_units) if is_due else (yearly - n_drawn) / part.left
        quota.n_units += int(n_units)
        quota.yearly += yearly
        quota.floor += least
        quota.units += min(max(due_now, least), Fraction(n_units))
    return found
