"""What makes a plan line unlawful or meaningless: one sentence per fault, collected, never the first alone.

Items off the list (R38), a general item without a cap or planned above it (R9), departments that do not exist or do
not take part, windows outside the plan's year, draw types that contradict the pool, control arms outside policy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from engine.messages import N_, Message
from engine.registers.plan_lines import ControlArm, DrawType, PlanLine
from engine.vocabulary import ItemClass


@dataclass(frozen=True, slots=True)
class Lists:
    """What a line is held against.

    Parameters
    ----------
    items : item list in force, key item_code; item_class, ratio_cap, department_code.
    departments : codes known. districts : codes inside the authority's area.
    control_limits : unit to (least, most) share of a control arm (policy ``plan.control_arm``).
    """

    items: pd.DataFrame
    departments: frozenset[str]
    districts: frozenset[str]
    control_limits: Mapping[str, tuple[Fraction, Fraction]]


def line_faults(line: PlanLine, lists: Lists) -> tuple[Message, ...]:
    """Return every fault of a line; empty when it may stand in a plan."""
    found = [*_item_faults(line, lists), *_department_faults(line, lists), *_pool_faults(line, lists)]
    if line.window_start.year != line.year or line.window_end.year != line.year:
        found.append(_said(line, N_("line {line}: the window {first} to {last} leaves the plan's year {year}"),
                           first=line.window_start, last=line.window_end, year=line.year))  # fmt: skip
    if (line.window_end - line.window_start).days + 1 < line.draws:
        found.append(_said(line, N_("line {line}: {draws} draws do not fit into its window"), draws=line.draws))
    if not 0 < line.ratio <= 1:
        found.append(_said(line, N_("line {line}: the ratio {ratio} is not above 0 and at most 1"), ratio=line.ratio))
    if line.control is not None:
        found += _control_faults(line, line.control, lists)
    if not 0 <= line.blind_share <= 1:
        found.append(_said(line, N_("line {line}: {share} of the visits is no share"), share=line.blind_share))
    return tuple(found)


def _said(line: PlanLine, template: str, **params: object) -> Message:
    return Message(template, {"line": line.line_id, **{name: str(value) for name, value in params.items()}})


def _item_faults(line: PlanLine, lists: Lists) -> list[Message]:
    listed = lists.items.set_index("item_code")
    found = []
    for code in line.items:
        if code not in listed.index:
            found.append(
                _said(line, N_("line {line}: {item} is not on the item list; no check off the list"), item=code)
            )
            continue
        item = listed.loc[code]
        if item["item_class"] != ItemClass.GENERAL.value:
            continue
        if pd.isna(item["ratio_cap"]):
            found.append(_said(line, N_("line {line}: the general item {item} has no ratio cap"), item=code))
        elif line.ratio > Fraction(str(item["ratio_cap"])):
            text = N_("line {line}: the ratio {ratio} is above the cap {cap} of the general item {item}")
            found.append(_said(line, text, ratio=line.ratio, cap=item["ratio_cap"], item=code))
    return found


def _department_faults(line: PlanLine, lists: Lists) -> list[Message]:
    text = N_("line {line}: there is no department {department}")
    named = sorted({line.initiator, *line.participants} - lists.departments)
    found = [_said(line, text, department=code) for code in named]
    owners = lists.items.set_index("item_code")["department_code"]
    for code in line.items:
        owner = owners.get(code)
        if owner is not None and owner not in {line.initiator, *line.participants}:
            text = N_("line {line}: {department}, in charge of {item}, does not take part")
            found.append(_said(line, text, department=owner, item=code))
    return found


def _pool_faults(line: PlanLine, lists: Lists) -> list[Message]:
    found = []
    if line.draw_type is DrawType.OPEN and not line.pool.is_whole:
        text = N_("line {line}: an open draw (不定向) has no filter; call it filtered (定向) or drop the filter")
        found.append(_said(line, text))
    if line.draw_type is DrawType.FILTERED and line.pool.is_whole:
        found.append(_said(line, N_("line {line}: a filtered draw (定向) must say by what its pool is cut out")))
    for code in sorted(line.pool.districts - lists.districts):
        text = N_("line {line}: {district} lies outside the area of {authority}")
        found.append(_said(line, text, district=code, authority=line.authority))
    return found


def _control_faults(line: PlanLine, arm: ControlArm, lists: Lists) -> list[Message]:
    found = []
    least, most = lists.control_limits[arm.unit]
    if not least <= arm.share <= most:
        text = N_("line {line}: a control arm of {share} is outside the {least} to {most} that policy allows")
        found.append(_said(line, text, share=arm.share, least=least, most=most))
    if not 0 < arm.ratio <= line.ratio:
        text = N_("line {line}: the control ratio {ratio} must be above 0 and at most the planned {planned}")
        found.append(_said(line, text, ratio=arm.ratio, planned=line.ratio))
    return found


def jurisdiction(authority: str, districts: pd.DataFrame) -> frozenset[str]:
    """Return the area codes under an authority: itself and everything below it.

    Parameters
    ----------
    districts : key district_code; parent_code.
    """
    parents = dict(zip(districts["district_code"], districts["parent_code"], strict=True))
    inside = {authority}
    while grown := {code for code, parent in parents.items() if parent in inside} - inside:
        inside |= grown
    return frozenset(inside)


def double_items(lines: Sequence[PlanLine]) -> dict[str, tuple[str, ...]]:
    """Return items that several lines name: item to line ids."""
    by_item: dict[str, list[str]] = {}
    for line in lines:
        for item in line.items:
            by_item.setdefault(item, []).append(line.line_id)
    return {item: tuple(ids) for item, ids in sorted(by_item.items()) if len(ids) > 1}
