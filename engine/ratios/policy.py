"""A ratio policy: how much of each grade is drawn in a year, per class of items, and the limits it must keep.

Ratios are exact fractions from the first line: policy files write ``"1/20"`` or ``"0.05"``, never a float.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.ratios.spared import LegalFloor, read_legal_floors
from engine.vocabulary import RISK_GRADES, Grade, ItemClass

FLOOR = "ratios.floor"
ITEMS = "ratios.items"
ROUNDING = "ratios.rounding"
MINIMUM_CELL = "ratios.minimum_cell"
ROUNDINGS = ("cum", "ceil")
_NEEDED_ITEM_COLUMNS = ("item_code", "item_class", "ratio_cap", "basis")


def class_parameter(item_class: ItemClass) -> str:
    """Name of the policy that holds the ratios of a class of items."""
    return f"ratios.{item_class.value}"


@dataclass(frozen=True, slots=True)
class GradeRatios:
    """Yearly ratio of each grade, as given, with the reference; a grade may be missing until checked."""

    by_grade: Mapping[str, Fraction]
    reference: str


@dataclass(frozen=True, slots=True)
class RatioPolicy:
    """What one profile says on one day.

    Parameters
    ----------
    profile : str.
    classes : ratios per item class.
    items : ratios of single items; they replace those of the class.
    floor : least ratio of every grade, > 0.
    rounding : ``cum`` or ``ceil`` per item class (DRAW: how the draw makes whole units).
    minimum_cell : smallest stratum that is kept apart, units.
    legal_floors : checks that law demands in so many months, whatever the grade.
    """

    profile: str
    classes: Mapping[ItemClass, GradeRatios]
    items: Mapping[str, GradeRatios]
    floor: GradeRatios
    rounding: Mapping[ItemClass, str]
    minimum_cell: int
    legal_floors: tuple[LegalFloor, ...] = ()

    def ratios(self, item_code: str, item_class: ItemClass) -> GradeRatios:
        """Return the yearly ratios that apply to an item."""
        return self.items.get(item_code, self.classes[item_class])

    def check(self, items: pd.DataFrame) -> tuple[Message, ...]:
        """Return every violation, each as a sentence with the reference it rests on; empty when all is well.

        Parameters
        ----------
        items : item list; reads item_code, item_class, ratio_cap (decimal text or number, null for none), basis, and
            specialities if there.
        """
        found: list[Message] = []
        sources = {class_parameter(c): ratios for c, ratios in self.classes.items()}
        sources |= {f"{ITEMS} {code}": ratios for code, ratios in self.items.items()}
        for name, ratios in {FLOOR: self.floor, **sources}.items():
            found += _shape_violations(name, ratios, floor=None if name == FLOOR else self.floor)
        found += [violation for row in item_rows(items) for violation in self._item_violations(row)]
        found += self._legal_violations(items)
        known = set(items["item_code"])
        text = N_("{name}: item {item} is not in the item list ({reference})")
        found += [
            Message(text, {"name": ITEMS, "item": code, "reference": ratios.reference})
            for code, ratios in sorted(self.items.items())
            if code not in known
        ]
        return tuple(found)

    def _legal_violations(self, items: pd.DataFrame) -> list[Message]:
        """Caps so low that what law makes due could never be drawn: over the years each object once per interval."""
        caps = {row.item_code: row for row in item_rows(items) if row.cap is not None}
        rows = items.assign(specialities=items["specialities"] if "specialities" in items.columns else None)
        text = N_(
            "{item}: the ratio cap {cap} is below the {due} a year that law makes due, one check in {months} months "
            "({reference}; {floor_reference})"
        )
        found = []
        for floor in self.legal_floors:
            yearly = Fraction(12, floor.interval_months)
            for code in rows.loc[floor.covers_items(rows), "item_code"]:
                item = caps.get(str(code))
                if item is None or item.cap is None or item.cap >= min(yearly, Fraction(1)):
                    continue
                params = {"item": item.item_code, "cap": str(item.cap), "due": str(yearly), "reference": item.basis}
                known = {"months": floor.interval_months, "floor_reference": floor.reference}
                found.append(Message(text, params | known))
        return found

    def _item_violations(self, item: "ItemRow") -> list[Message]:
        params: dict[str, object] = {"item": item.item_code, "cap": str(item.cap), "reference": item.basis}
        if item.item_class is ItemClass.GENERAL and item.cap is None:
            return [Message(N_("{item} is a general item without a ratio cap: set one ({reference})"), params)]
        if item.item_class is ItemClass.KEY and item.cap is not None:
            return [Message(N_("{item} is a key item and knows no ratio cap: remove {cap} ({reference})"), params)]
        if item.cap is None:
            return []
        if not 0 < item.cap <= 1:
            return [Message(N_("{item}: the ratio cap {cap} is not in 0..1 ({reference})"), params)]
        least = min(self.floor.by_grade.values(), default=Fraction(0))
        found = []
        if item.cap < least:
            text = N_("{item}: the ratio cap {cap} is below the floor {floor} ({reference}; {floor_reference})")
            limits = {"floor": str(least), "floor_reference": self.floor.reference}
            found.append(Message(text, params | limits))
        if self.rounding.get(item.item_class) == "ceil":
            text = N_("{item}: rounding up could break the ratio cap {cap}; use cum for general items ({reference})")
            found.append(Message(text, params))
        return found


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item as the policy needs it; ``cap`` is exact, None for none."""

    item_code: str
    item_class: ItemClass
    cap: Fraction | None
    basis: str


def item_rows(items: pd.DataFrame) -> list[ItemRow]:
    """Return the items of a table (columns item_code, item_class, ratio_cap?, basis?) with exact caps.

    Raises
    ------
    PolicyInconsistentError
        A cap or an item class cannot be read.
    """
    table = items.reindex(columns=list(_NEEDED_ITEM_COLUMNS))
    rows = []
    for code, item_class, cap, basis in table.itertuples(index=False, name=None):
        try:
            exact = None if pd.isna(cap) else Fraction(str(cap))
            rows.append(ItemRow(str(code), ItemClass(item_class), exact, "-" if pd.isna(basis) else str(basis)))
        except ValueError:
            text = N_("item class {item_class} or ratio cap {cap} cannot be read")
            problem = Message(text, {"item_class": str(item_class), "cap": str(cap)})
            raise PolicyInconsistentError(name=str(code), problem=problem) from None
    return rows


def read_ratio_policy(book: PolicyBook, *, on: date) -> RatioPolicy:
    """Read the ``ratios.*`` policies in force on a day.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        A ratio is a float or no number, an unknown grade or rounding is named, a legal floor is not of its form.
    """
    classes = {c: _grade_ratios(book, class_parameter(c), on=on) for c in ItemClass}
    own = book.dated(ITEMS, on=on)
    items = {
        str(code): GradeRatios(_exact(value, name=f"{ITEMS} {code}"), own.reference)
        for code, value in _mapping(own.value or {}, name=ITEMS).items()
    }
    rules = _mapping(book.value(ROUNDING, on=on), name=ROUNDING)
    if set(rules) != {c.value for c in ItemClass} or not set(map(str, rules.values())) <= set(ROUNDINGS):
        text = N_("it must say cum or ceil for key and general items")
        raise PolicyInconsistentError(name=ROUNDING, problem=Message(text))
    rounding = {ItemClass(name): str(rule) for name, rule in rules.items()}
    minimum_cell = book.value(MINIMUM_CELL, on=on)
    if not isinstance(minimum_cell, int) or isinstance(minimum_cell, bool) or minimum_cell < 1:
        problem = Message(N_("it must be a whole number of at least 1, not {found}"), {"found": str(minimum_cell)})
        raise PolicyInconsistentError(name=MINIMUM_CELL, problem=problem)
    floor, legal = _grade_ratios(book, FLOOR, on=on), read_legal_floors(book, on=on)
    return RatioPolicy(book.profile, classes, items, floor, rounding, minimum_cell, legal)


def exact_ratio(text: object, *, name: str) -> Fraction:
    """Return the fraction written as ``a/b`` or as a decimal.

    Raises
    ------
    PolicyInconsistentError
        It is a float (write it in quotes, so that it is exact) or no number.
    """
    if isinstance(text, str) or (isinstance(text, int) and not isinstance(text, bool)):
        try:
            return Fraction(text)
        except (ValueError, ZeroDivisionError):
            pass
    problem = Message(N_("the ratio {found} must be written in quotes as a/b or a decimal"), {"found": str(text)})
    raise PolicyInconsistentError(name=name, problem=problem)


def _grade_ratios(book: PolicyBook, name: str, *, on: date) -> GradeRatios:
    dated = book.dated(name, on=on)
    return GradeRatios(_exact(dated.value, name=name), dated.reference)


def _mapping(value: object, *, name: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    problem = Message(N_("it must map each name to its value, not hold {found}"), {"found": str(value)})
    raise PolicyInconsistentError(name=name, problem=problem)


def _exact(given: object, *, name: str) -> dict[str, Fraction]:
    value = _mapping(given, name=name)
    unknown = sorted(set(map(str, value)) - {grade.value for grade in Grade})
    if unknown:
        problem = Message(N_("it names the unknown grade {grade}"), {"grade": unknown[0]})
        raise PolicyInconsistentError(name=name, problem=problem)
    return {str(grade): exact_ratio(ratio, name=f"{name} {grade}") for grade, ratio in value.items()}


def _shape_violations(name: str, ratios: GradeRatios, *, floor: GradeRatios | None) -> list[Message]:
    """Missing grades, ratios outside (0, 1], below the floor, or falling while risk rises."""
    found: list[Message] = []
    held = ratios.by_grade

    def add(template: str, **params: object) -> None:
        found.append(Message(template, {"name": name, "reference": ratios.reference} | params))

    for grade in Grade:
        if grade not in held:
            add(N_("{name}: grade {grade} has no ratio ({reference})"), grade=grade.value)
            continue
        ratio = held[grade]
        if ratio <= 0:
            add(
                N_("{name}: grade {grade} has ratio {ratio}; it must be above 0 ({reference})"),
                grade=grade.value,
                ratio=str(ratio),
            )
        if ratio > 1:
            add(
                N_("{name}: grade {grade} has ratio {ratio}; it must not exceed 1 ({reference})"),
                grade=grade.value,
                ratio=str(ratio),
            )
        if floor is not None and ratio < floor.by_grade.get(grade, Fraction(0)):
            limits = {"floor": str(floor.by_grade[grade]), "floor_reference": floor.reference}
            text = N_("{name}: grade {grade} has ratio {ratio}, below the floor {floor} ({floor_reference})")
            add(text, grade=grade.value, ratio=str(ratio), **limits)
    for mild, risky in pairwise(grade for grade in RISK_GRADES if grade in held):
        if held[risky] < held[mild]:
            text = N_("{name}: the ratio falls from {high} for {mild} to {low} for {risky}; it must not ({reference})")
            add(text, mild=mild.value, risky=risky.value, high=str(held[mild]), low=str(held[risky]))
    return found
