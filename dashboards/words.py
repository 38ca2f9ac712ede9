"""How figures and codes are written for people: shares, intervals, counts, dates, grades, names of codes.

One place, so that a card, a table and a chart never write the same figure in two ways. A null is written as a dash,
never as 0.
"""

import math
from datetime import date

from dashboards.theme import GRADE_MARKS
from engine.messages import N_, Translate

NOTHING = "—"

POPULATIONS = {
    "enterprise": N_("Enterprises"),
    "individual_business": N_("Individual businesses"),
    "farmer_cooperative": N_("Farmer cooperatives"),
    "facility": N_("Facilities"),
    "product": N_("Products"),
    "project": N_("Projects"),
    "activity": N_("Activities"),
    "all": N_("All populations"),
}

MODES = {
    "random": N_("Random draw"),
    "filtered_draw": N_("Random draw in a filtered pool"),
    "scheduled": N_("Scheduled inspections"),
    "directed": N_("Directed inspections"),
    "reserve": N_("Reserves"),
}

CHECKS: dict[str, str] = {}

BASES = {"design-based": N_("design-based"), "not design-based": N_("not design-based")}


def is_missing(value: object) -> bool:
    """Return whether ``value`` is null: None, NaN or NaT."""
    return value is None or value != value


def share(value: float | None, *, digits: int = 1) -> str:
    """Return a share 0..1 as per cent."""
    return NOTHING if value is None or is_missing(value) else f"{value:.{digits}%}"


def times(value: float | None) -> str:
    """Return a ratio with two decimals and the sign for "times"."""
    if value is None or is_missing(value):
        return NOTHING
    return "∞" if math.isinf(value) else f"{value:.2f}×"


def count(value: float | None) -> str:
    """Return a count with thousands separated."""
    return NOTHING if value is None or is_missing(value) else f"{int(value):,}"


def share_interval(low: float | None, high: float | None) -> str:
    """Return the limits of a share."""
    return f"{share(low)} – {share(high)}"


def times_interval(low: float | None, high: float | None) -> str:
    """Return the limits of a ratio."""
    return f"{times(low)} – {times(high)}"


def day(value: date | None) -> str:
    """Return a date as YYYY-MM-DD."""
    return NOTHING if value is None or is_missing(value) else value.isoformat()[:10]


def grade_name(grade: str, translate: Translate) -> str:
    """Return letter, shape and words of a grade, e.g. ``D ◆ high risk``."""
    mark = GRADE_MARKS[grade]
    return f"{grade} {mark.symbol} {translate(mark.label)}"


def grade_tag(grade: str) -> str:
    """Return letter and shape of a grade, e.g. ``D ◆``."""
    return f"{grade} {GRADE_MARKS[grade].symbol}"


def population_name(population: str, translate: Translate) -> str:
    """Return the name of a population; a name that the source brought stays as it is."""
    return translate(POPULATIONS[population]) if population in POPULATIONS else population


def mode_name(mode: str, translate: Translate) -> str:
    """Return the name of a way of selection."""
    return translate(MODES[mode]) if mode in MODES else mode


def basis_name(basis: str, translate: Translate) -> str:
    """Return what gives a rate the right to generalise."""
    return translate(BASES[basis]) if basis in BASES else basis


def p_value(value: float | None) -> str:
    """Return a p-value, small ones as ``< 0.001``."""
    if value is None or is_missing(value):
        return NOTHING
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def check_name(name: str, translate: Translate) -> str:
    """Return the name of a verification check; one that has no words yet stays as it is."""
    return translate(CHECKS[name]) if name in CHECKS else name
