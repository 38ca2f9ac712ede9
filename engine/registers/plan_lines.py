"""One line of an annual inspection plan: the six mandatory fields, who is meant, and how the line is to be drawn.

The six (city plan 四(一)): 抽查事项 items, 检查对象 objects, 抽查比例 ratio, 抽查时限 window, 发起部门 initiator,
参与部门 participants. Ratios are exact fractions from the first line on.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

import pandas as pd

from engine.vocabulary import JOINER

MANDATORY = (
    "item_codes", "objects", "ratio", "window_start", "window_end", "initiating_department",
    "participating_departments",
)  # fmt: skip
"""Columns of table ``plans`` that hold the six mandatory fields (the window takes two)."""


class DrawType(StrEnum):
    """Open (不定向): the whole library; filtered (定向): a pool cut out of it, a frame of its own."""

    OPEN = "open"
    FILTERED = "filtered"


class RatioBasis(StrEnum):
    """Graded: ratios by risk class up to the planned ratio; uniform: the planned ratio for everybody."""

    GRADED = "graded"
    UNIFORM = "uniform"


@dataclass(frozen=True, slots=True)
class Pool:
    """Who of an item's objects is meant; an empty set does not restrict.

    Parameters
    ----------
    entity_types, industries (sections or divisions), tags, districts, grades : codes; ``grades`` is internal.
    """

    entity_types: frozenset[str] = frozenset()
    industries: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()
    grades: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is cut out (districts say where the plan holds, they are no filter)."""
        return not (self.entity_types or self.industries or self.tags or self.grades)


@dataclass(frozen=True, slots=True)
class ControlArm:
    """A randomised grade-blind control arm.

    Parameters
    ----------
    unit : ``firm`` or ``district``, what is assigned. share : of the units. ratio : the one ratio of every class.
    """

    unit: str
    share: Fraction
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of a plan; see the contract ``plans`` for every field.

    Parameters
    ----------
    plan_id : year and area of the plan, e.g. ``2026-330600``.
    draws : into how many draws the year is divided.
    """

    line_id: str
    plan_id: str
    year: int
    authority: str
    items: tuple[str, ...]
    objects: str
    ratio: Fraction
    window_start: date
    window_end: date
    initiator: str
    participants: tuple[str, ...]
    draw_type: DrawType
    ratio_basis: RatioBasis
    methods: tuple[str, ...]
    is_off_site: bool
    draws: int
    pool: Pool
    ticket_group: str | None
    person_days: Fraction | None
    control: ControlArm | None
    blind_share: Fraction
    merged_from: tuple[str, ...]
    submitted_on: date


def plan_name(year: int, authority: str) -> str:
    """Return the identifier of the plan of an area and year."""
    return f"{year}-{authority}"


def read_lines(table: pd.DataFrame) -> tuple[PlanLine, ...]:
    """Return the lines of table ``plans``, sorted by line_id.

    Parameters
    ----------
    table : rows that passed the contract, key line_id.
    """
    lines = [_line(row) for row in table.to_dict("records")]
    return tuple(sorted(lines, key=lambda line: line.line_id))


def _line(row: Mapping[Hashable, Any]) -> PlanLine:
    year, authority = int(row["plan_year"]), str(row["authority_code"])
    names = ("entity_types", "industries", "tags", "districts", "grades")
    control = None
    if _text(row["control_unit"]) is not None:
        control = ControlArm(
            str(row["control_unit"]), Fraction(str(row["control_share"])), Fraction(str(row["control_ratio"]))
        )
    days, draws = row["person_days"], row["draws_per_year"]
    return PlanLine(
        line_id=str(row["line_id"]),
        plan_id=plan_name(year, authority),
        year=year,
        authority=authority,
        items=codes_of(row["item_codes"]),
        objects=str(row["objects"]),
        ratio=Fraction(str(row["ratio"])),
        window_start=pd.Timestamp(row["window_start"]).date(),
        window_end=pd.Timestamp(row["window_end"]).date(),
        initiator=str(row["initiating_department"]),
        participants=codes_of(row["participating_departments"]),
        draw_type=DrawType(row["draw_type"]),
        ratio_basis=RatioBasis(row["ratio_basis"]),
        methods=codes_of(row["check_method"]),
        is_off_site=bool(row["is_off_site"]),
        draws=1 if pd.isna(draws) else int(draws),
        pool=Pool(**{name: frozenset(codes_of(row[name])) for name in names}),
        ticket_group=_text(row["ticket_group"]),
        person_days=None if pd.isna(days) else Fraction(str(days)),
        control=control,
        blind_share=Fraction(_text(row["blind_share"]) or 0),
        merged_from=codes_of(row["merged_from"]),
        submitted_on=pd.Timestamp(row["occurred_on"]).date(),
    )


def line_row(line: PlanLine, *, known_on: date) -> dict[str, object]:
    """Return the line as a row of table ``plans``."""
    arm = line.control
    return {
        "line_id": line.line_id,
        "plan_year": line.year,
        "authority_code": line.authority,
        "item_codes": JOINER.join(line.items),
        "objects": line.objects,
        "ratio": ratio_text(line.ratio),
        "window_start": line.window_start,
        "window_end": line.window_end,
        "initiating_department": line.initiator,
        "participating_departments": JOINER.join(line.participants),
        "draw_type": line.draw_type.value,
        "ratio_basis": line.ratio_basis.value,
        "check_method": JOINER.join(line.methods),
        "is_off_site": line.is_off_site,
        "draws_per_year": line.draws,
        **{
            name: JOINER.join(sorted(getattr(line.pool, name))) or None
            for name in ("entity_types", "industries", "tags", "districts", "grades")
        },
        "ticket_group": line.ticket_group,
        "person_days": None if line.person_days is None else float(line.person_days),
        "control_unit": arm.unit if arm else None,
        "control_share": ratio_text(arm.share) if arm else None,
        "control_ratio": ratio_text(arm.ratio) if arm else None,
        "blind_share": ratio_text(line.blind_share) if line.blind_share else None,
        "merged_from": JOINER.join(line.merged_from) or None,
        "occurred_on": line.submitted_on,
        "known_at": max(known_on, line.submitted_on),
    }


def ratio_text(ratio: Fraction) -> str:
    """Return ``a/b`` in lowest terms."""
    return f"{ratio.numerator}/{ratio.denominator}"


def codes_of(joined: object) -> tuple[str, ...]:
    """Return the distinct codes of a joined text, sorted; their order never means anything."""
    text = _text(joined)
    return tuple(sorted({part for part in text.split(JOINER) if part})) if text else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
