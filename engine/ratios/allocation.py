"""From yearly ratios to the ratios that one draw commits to, exact and before any rounding to whole units.

Each draw takes an equal part of what remains of the year's quota (``quota``), then caps and capacity lower it
(``limits``). What was trimmed, and what cannot be kept, is said in sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.ratios.capacity import Capacity, apply_capacity
from engine.ratios.limits import Verdict, YearTotal, apply_cap
from engine.ratios.policy import RatioPolicy, item_rows
from engine.ratios.quota import DrawOfYear, Quota, quotas, with_done
from engine.ratios.strata import Strata


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


def committed_ratios(
    strata: Strata,
    policy: RatioPolicy,
    items: pd.DataFrame,
    *,
    draw: DrawOfYear | Mapping[str, DrawOfYear],
    done: pd.DataFrame | None = None,
    capacity: Capacity | None = None,
    control: Mapping[str, Fraction] | None = None,
) -> Allocation:
    """Return the exact ratio of every (item, stratum) for one draw.

    Parameters
    ----------
    strata : frame cut into strata.
    policy : yearly ratios; must have passed ``policy.check(items)``.
    items : item list; reads item_code, item_class, ratio_cap, basis, and department_code when capacity is given.
    draw : which draw of the year, for all items or by item.
    done : this year's random draws so far, key (item_code, district_code, grade, is_control if there): n_drawn,
        n_excluded (drawn ones that are not in this frame because a visit excludes them). None before the first draw.
    capacity : person-days of this draw by department and district (``Capacity.left_for``), or None.
    control : yearly ratio of the grade-blind control arm by item; needed where the frame has one.

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
        raise UsageError(what=Message(N_("item")), value=strange[0], remedy=Message(N_("name it in the item list")))
    parts = draw if isinstance(draw, Mapping) else dict.fromkeys(rows, draw)
    found = quotas(with_done(strata.cells, done), policy, rows, draw=parts, control=control or {})
    by_item: dict[str, list[Quota]] = {}
    for (code, _), quota in sorted(found.items(), key=lambda entry: entry[0]):
        by_item.setdefault(code, []).append(quota)
    verdict = Verdict([], _control_violations(control or {}, policy))
    totals = _year_totals(strata.cells, done)
    for code, held in by_item.items():
        if rows[code].cap is not None:
            apply_cap(held, year=totals[code], draw=parts[code], verdict=verdict)
    if capacity is not None:
        departments = dict(zip(items["item_code"], items["department_code"], strict=True))
        apply_capacity(
            by_item,
            capacity,
            cells=strata.cells,
            departments=departments,
            notes=verdict.notes,
            violations=verdict.violations,
        )
    return Allocation(_result(strata.table, found, policy), tuple(verdict.notes), tuple(verdict.violations))


def _control_violations(control: Mapping[str, Fraction], policy: RatioPolicy) -> list[Message]:
    """A control ratio below the floor of some grade would leave that grade safer than law or policy allows."""
    least = max(policy.floor.by_grade.values())
    text = N_("{item}: the control ratio {ratio} is below the floor {floor} ({reference})")
    return [
        Message(text, {"item": code, "ratio": str(ratio), "floor": str(least), "reference": policy.floor.reference})
        for code, ratio in sorted(control.items())
        if ratio < least
    ]


def _year_totals(cells: pd.DataFrame, done: pd.DataFrame | None) -> dict[str, YearTotal]:
    """Per item: units of the year's frame (those excluded by a visit included) and units drawn so far."""
    n_units = cells.groupby("item_code")["n_units"].sum()
    empty = pd.Series(0, index=n_units.index)
    drawn = empty if done is None else done.groupby("item_code")["n_drawn"].sum().reindex(n_units.index, fill_value=0)
    gone = empty if done is None else done.groupby("item_code")["n_excluded"].sum().reindex(n_units.index, fill_value=0)
    return {str(code): YearTotal(int(n_units[code] + gone[code]), int(drawn[code])) for code in n_units.index}


def _result(table: pd.DataFrame, found: Mapping[tuple[str, str], Quota], policy: RatioPolicy) -> pd.DataFrame:
    held = [found[key] for key in zip(table["item_code"], table["stratum"], strict=True)]
    ratios = [quota.units / quota.n_units for quota in held]
    return table.assign(
        yearly_units=pd.Series([quota.yearly for quota in held], dtype=object, index=table.index),
        ratio=pd.Series(ratios, dtype=object, index=table.index),
        expected_units=[float(quota.units) for quota in held],
        rounding=[policy.rounding[quota.item.item_class] for quota in held],
        trimmed_by=[quota.trimmed_by for quota in held],
    )
