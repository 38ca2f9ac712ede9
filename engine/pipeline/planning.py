"""From published plan lines to the frame and the ratios of one draw.

Every draw takes an equal part of what remains of its lines' year: what earlier draws of a line took is subtracted in
the stratum in which it was drawn, and firms that a visit keeps out of this frame still count for the year's size.
Objects that law makes due, and grades that law itself decided, are never randomised into a control arm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.draw.protocol.encoding import HashSuite
from engine.draw.selecting.arms import control_districts, control_firms
from engine.messages import N_, Message
from engine.pipeline.framing import Planned
from engine.ratios.capacity import CapacityLimit
from engine.ratios.policy import GradeRatios
from engine.ratios.quota import DrawOfYear
from engine.ratios.spared import Scope
from engine.registers.plan_lines import ControlArm, DrawType, PlanLine, RatioBasis
from engine.vocabulary import Arm, Grade, SelectionMode

TAKEN_BY_VISIT = ("visited", "visit_cap", "drawn")
"""Reasons of exclusion that earlier draws of the year brought about."""


@dataclass(frozen=True, slots=True)
class ArmKey:
    """What assigns a plan's control arm: its name, seed (from a public event) and secret key."""

    plan: str
    seed: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class PlannedDraw:
    """The lines that one draw carries out.

    Parameters
    ----------
    lines : of one plan, each item in one line only.
    numbers : line id to which of how many draws of the year this is.
    areas : line id to the districts it holds for.
    """

    lines: tuple[PlanLine, ...]
    numbers: Mapping[str, DrawOfYear]
    areas: Mapping[str, frozenset[str]]

    @property
    def line_of(self) -> dict[str, PlanLine]:
        """Item to its line."""
        return {item: line for line in self.lines for item in line.items}

    @property
    def mode(self) -> SelectionMode:
        """``random`` of open lines, ``filtered_draw`` of filtered ones."""
        is_open = self.lines[0].draw_type is DrawType.OPEN
        return SelectionMode.RANDOM if is_open else SelectionMode.FILTERED_DRAW

    @property
    def draws(self) -> dict[str, DrawOfYear]:
        """Item to which draw of the year this is."""
        return {item: self.numbers[line.line_id] for item, line in self.line_of.items()}

    @property
    def groups(self) -> dict[str, str]:
        """Item to its ticket group: the whole plan, unless its line names another."""
        return {item: line.ticket_group or line.plan_id for item, line in self.line_of.items()}

    @property
    def planned(self) -> Planned:
        """What the lines say about ratios."""
        most, uniform, control = {}, {}, {}
        for item, line in self.line_of.items():
            reference = f"{line.plan_id} {line.line_id}"
            if line.ratio_basis is RatioBasis.UNIFORM:
                uniform[item] = GradeRatios({grade.value: line.ratio for grade in Grade}, reference)
            else:
                most[item] = (line.ratio, reference)
            if line.control is not None:
                control[item] = line.control.ratio
        return Planned(most, uniform, control)

    @property
    def limits(self) -> dict[str, CapacityLimit]:
        """Line to the person-days that it may use in the year, for lines that say so."""
        return {
            line.line_id: CapacityLimit(
                None, None, line.person_days, f"{line.plan_id} {line.line_id}", frozenset(line.items), line.line_id
            )
            for line in self.lines
            if line.person_days is not None
        }


def in_plan(rows: pd.DataFrame, draw: PlannedDraw) -> pd.DataFrame:
    """Return the rows of the lines' areas, with ``in_pool``: whether the line's pool holds the object.

    Parameters
    ----------
    rows : ``engine.pipeline.eligibility.frame_rows`` of the lines' items.
    """
    parts = []
    for item, line in sorted(draw.line_of.items()):
        own = rows[(rows["item_code"] == item) & rows["district_code"].isin(draw.areas[line.line_id])]
        pool = line.pool
        scope = Scope(industries=pool.industries, tags=pool.tags, entity_types=pool.entity_types)
        held = scope.holds(own) & own["grade"].isin(pool.grades) if pool.grades else scope.holds(own)
        parts.append(own.assign(in_pool=held.astype(bool)))
    found = pd.concat(parts) if parts else rows.iloc[:0].assign(in_pool=False)
    return found.sort_values(["entity_id", "item_code"], ignore_index=True)


def with_arms(rows: pd.DataFrame, draw: PlannedDraw, arms: ArmKey | None, *, suite: HashSuite) -> pd.DataFrame:
    """Return the rows with ``is_control`` and ``arm`` (graded, control, or null where nothing is randomised).

    Parameters
    ----------
    rows : entity_id, item_code, district_code and, if there, override_code; grades that law decided stay graded and
        are outside the trial.
    arms : of the plan; needed when a line has a control arm.
    """
    found = rows.assign(is_control=False, arm=pd.Series(None, index=rows.index, dtype=object))
    decided = rows["override_code"].notna() if "override_code" in rows.columns else pd.Series(False, index=rows.index)
    places = {
        item: set(found.loc[found["item_code"].isin(line.items), "district_code"].dropna().unique())
        for item, line in draw.line_of.items()
    }
    for item, line in sorted(draw.line_of.items()):
        if line.control is None or arms is None:
            continue
        own = (found["item_code"] == item) & ~decided
        held = _control(found.loc[own], line.control, arms, everywhere=sorted(places[item]), suite=suite)
        found.loc[own, "is_control"] = held
        found.loc[own, "arm"] = np.where(held, Arm.CONTROL.value, Arm.GRADED.value)
    return found


def _control(
    rows: pd.DataFrame, arm: ControlArm, arms: ArmKey, *, everywhere: Sequence[str], suite: HashSuite
) -> NDArray[np.bool_]:
    if arm.unit == "firm":
        named = rows["entity_id"].tolist()
        return control_firms(suite, seed=arms.seed, key=arms.key, plan=arms.plan, identifiers=named, share=arm.share)
    codes = control_districts(
        suite, seed=arms.seed, key=arms.key, plan=arms.plan, districts=everywhere, share=arm.share
    )
    return np.asarray(rows["district_code"].isin(codes), dtype=bool)


def without_due(eligible: pd.DataFrame) -> pd.DataFrame:
    """Return the eligible rows with those that law makes due taken out of the trial: they are drawn in full."""
    due = eligible["is_due"]
    return eligible.assign(is_control=eligible["is_control"] & ~due, arm=eligible["arm"].where(~due, None))


def drawn_so_far(selections: pd.DataFrame, strata: pd.DataFrame, outside: pd.DataFrame) -> pd.DataFrame | None:
    """Return what earlier draws of the year took, by item, district, grade and arm at the time they were drawn.

    Parameters
    ----------
    selections : drawn rows of the earlier draws: draw_id, entity_id, item_code, stratum, grade, district_code, arm.
    strata : of those draws: draw_id, item_code, stratum, is_due.
    outside : excluded rows of this frame with ``reason``.

    Returns
    -------
    DataFrame, key (item_code, district_code, grade, is_control): n_drawn, n_excluded; None before the first draw. What
    law made due is no part of the graded quota and is left out.
    """
    if selections.empty:
        return None
    key = ["draw_id", "item_code", "stratum"]
    rows = selections.merge(strata[[*key, "is_due"]], on=key, how="left", validate="m:1")
    rows = rows[~rows["is_due"].fillna(value=False).astype(bool)]
    gone = outside.loc[outside["reason"].isin(TAKEN_BY_VISIT), ["entity_id", "item_code"]]
    pairs = pd.MultiIndex.from_frame(rows[["entity_id", "item_code"]])
    counted = rows.assign(
        is_control=rows["arm"].eq(Arm.CONTROL.value).astype(bool),
        n_excluded=pairs.isin(pd.MultiIndex.from_frame(gone)).astype(int),
        n_drawn=1,
    )
    cells = ["item_code", "district_code", "grade", "is_control"]
    return counted.groupby(cells)[["n_drawn", "n_excluded"]].sum().reset_index()


def fits_together(draw: PlannedDraw) -> Message | None:
    """Return why the lines cannot be one draw, None when they can."""
    plans = sorted({line.plan_id for line in draw.lines})
    if len(plans) > 1:
        return Message(N_("lines of {plans} are lines of different plans"), {"plans": ", ".join(plans)})
    if len({line.draw_type for line in draw.lines}) > 1:
        return Message(N_("open and filtered lines have different frames and cannot be one draw"))
    named = [item for line in draw.lines for item in line.items]
    doubled = sorted({item for item in named if named.count(item) > 1})
    if doubled:
        return Message(N_("several lines name {item}; merge them first"), {"item": doubled[0]})
    return None


def common_window(draw: PlannedDraw, slots: Mapping[str, tuple[date, date]]) -> tuple[date, date]:
    """Return the days in which every line's slot holds; the widest span when they have none in common.

    Parameters
    ----------
    slots : line id to the first and last day of its slot for this draw.
    """
    held: Sequence[tuple[date, date]] = [slots[line.line_id] for line in draw.lines]
    start, end = max(first for first, _ in held), min(last for _, last in held)
    return (start, end) if start <= end else (min(first for first, _ in held), max(last for _, last in held))
