"""What the policy leaves of each ratio that may be tried: its floor, what ratio caps leave, what law makes due.

A cap limits all checks of an item together. What it leaves to one grade is the share that no item of the class can
exceed while the other grades keep their floors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from engine.api.policies.laboratory import Bench
from engine.messages import N_, Message
from engine.ratios.policy import ItemRow, item_rows
from engine.ratios.spared import LegalFloor
from engine.vocabulary import ItemClass


@dataclass(frozen=True, slots=True)
class CellLimit:
    """What holds for the yearly ratio of one item class and grade.

    Parameters
    ----------
    ratio : in force. least : floor, with its reference. most : 1 where no cap binds.
    capped_by : the item whose cap leaves ``most``; None where none does.
    due : checks that law demands of items of the class, whatever the ratio.
    """

    item_class: ItemClass
    grade: str
    ratio: Fraction
    least: Fraction
    least_reference: str
    most: Fraction
    capped_by: ItemRow | None
    due: tuple[LegalFloor, ...]

    def refusal(self, ratio: Fraction) -> Message | None:
        """Return in one sentence why a ratio cannot be tried; None where it can."""
        said: dict[str, object] = {"grade": self.grade, "ratio": _percent(ratio)}
        if ratio < self.least:
            text = N_("Grade {grade}: {ratio} lies below the least yearly ratio {least} ({reference}).")
            reference = Message(self.least_reference, {}) if self.least_reference else ""
            return Message(text, {**said, "least": _percent(self.least), "reference": reference})
        if ratio > self.most:
            if self.capped_by is None:
                return Message(N_("Grade {grade}: {ratio} is more than all objects."), said)
            text = N_(
                "Grade {grade}: {ratio} lies above {most}, all that the ratio cap {cap} of item {item} leaves it "
                "({reference})."
            )
            cap = _percent(self.capped_by.cap or Fraction(1))
            named = {"item": self.capped_by.item_code, "cap": cap, "reference": self.capped_by.basis}
            return Message(text, {**said, "most": _percent(self.most), **named})
        return None


def cell_limits(bench: Bench) -> tuple[CellLimit, ...]:
    """Return the limits of every ratio of the policy, in its order. Cost: one pass over the cells of the frame."""
    policy, items = bench.policy, bench.items
    cells = bench.frame.cells
    units = cells.groupby(["item_code", "grade"])["n_units"].sum()
    rows = item_rows(items)
    specialities = items["specialities"] if "specialities" in items.columns else None
    covered = {floor: floor.covers_items(items.assign(specialities=specialities)) for floor in policy.legal_floors}
    floors = policy.floor.by_grade
    found = []
    for kind, held in policy.classes.items():
        own = [row for row in rows if row.item_class is kind]
        of_class = items["item_code"].isin([row.item_code for row in own])
        due = tuple(floor for floor, meant in covered.items() if (meant & of_class).any())
        for grade, ratio in held.by_grade.items():
            most, item = _most(own, grade, units, floors)
            least = floors.get(grade, Fraction(0))
            found.append(CellLimit(kind, grade, ratio, least, policy.floor.reference, most, item, due))
    return tuple(found)


def _most(
    items: list[ItemRow], grade: str, units: pd.Series, floors: Mapping[str, Fraction]
) -> tuple[Fraction, ItemRow | None]:
    """The greatest share of a grade that caps leave to some item of a class."""
    best, by = Fraction(0), None
    for row in items:
        sizes = units.get(row.item_code)
        if sizes is None or grade not in sizes.index or not sizes[grade]:
            continue
        if row.cap is None:
            return Fraction(1), None
        kept = sum((floors.get(str(g), Fraction(0)) * int(n) for g, n in sizes.items() if g != grade), Fraction(0))
        room = (row.cap * int(sizes.sum()) - kept) / int(sizes[grade])
        if room >= 1:
            return Fraction(1), None
        if by is None or room > best:
            best, by = room, row
    return (Fraction(1), None) if by is None else (max(best, floors.get(grade, Fraction(0))), by)


def _percent(ratio: Fraction) -> str:
    return f"{round(float(ratio) * 100, 4):g}%"
