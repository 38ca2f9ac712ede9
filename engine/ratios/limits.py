"""What lowers a draw's quotas: an item's ratio cap, a department's person-days. And what cannot be kept.

Cap: if the expected units of a general item exceed what its cap leaves for this draw, every ratio becomes
``r_h * units left / sum of r_h N_h``, exactly (docs/spec/ratios.md). Capacity: what lies above the floors is reduced in
one proportion, each ratio rounded down to a millionth, so ratios still rise with risk. Strata drawn in full because a
legal floor is due are never trimmed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.ratios.quota import DrawOfYear, Quota

_MILLIONTH = 1_000_000


@dataclass(frozen=True, slots=True)
class YearTotal:
    """Units of an item in the year's frame, and units drawn at random this year before this draw."""

    n_units: int
    n_drawn: int


@dataclass(slots=True)
class Verdict:
    """Sentences gathered on the way: what was trimmed, and what cannot be kept."""

    notes: list[Message]
    violations: list[Message]


@dataclass(frozen=True, slots=True)
class Capacity:
    """What departments can do in this draw.

    Parameters
    ----------
    person_days : exact person-days by department; a department not named is not limited.
    effort : exact person-days of one check by item; every item of a limited department must be named.
    """

    person_days: Mapping[str, Fraction]
    effort: Mapping[str, Fraction]


def apply_cap(
    quotas: Sequence[Quota],
    *,
    year: YearTotal,
    draw: DrawOfYear,
    verdict: Verdict,
) -> None:
    """Scale an item's quotas to what its cap leaves for this draw: floor((floor(cap N) - drawn) / draws left)."""
    item = quotas[0].item
    cap = item.cap or Fraction(0)
    left = max(0, floor(Fraction(floor(cap * year.n_units) - year.n_drawn) / draw.left))
    wanted = sum((quota.units for quota in quotas), Fraction(0))
    if wanted <= left:
        return
    free = [quota for quota in quotas if not quota.is_due]
    taken = sum((quota.units for quota in quotas if quota.is_due), Fraction(0))
    params: dict[str, object] = {
        "item": item.item_code,
        "cap": str(cap),
        "wanted": f"{float(wanted):.1f}",
        "left": left,
        "reference": item.basis,
    }
    room = max(Fraction(0), left - taken)
    factor = room / (wanted - taken) if wanted > taken else Fraction(0)
    for quota in free:
        quota.units *= factor
        quota.trimmed_by = "cap"
    text = N_(
        "{item}: {wanted} expected checks were scaled to the {left} that the ratio cap {cap} leaves ({reference})"
    )
    verdict.notes.append(Message(text, params))
    if taken > left:
        text = N_(
            "{item}: the {due} checks that law makes due exceed the {left} that the cap {cap} leaves ({reference})"
        )
        verdict.violations.append(Message(text, params | {"due": int(taken)}))
    if any(quota.units < quota.floor for quota in free):
        text = N_("{item}: the ratio cap {cap} leaves {left} checks, below the floor of some grade ({reference})")
        verdict.violations.append(Message(text, params))


def apply_capacity(
    by_item: Mapping[str, list[Quota]],
    capacity: Capacity,
    *,
    departments: Mapping[str, str],
    verdict: Verdict,
) -> None:
    """Reduce the quotas of every department whose person-days do not suffice.

    Raises
    ------
    UsageError
        An item of a limited department has no effort.
    """
    for department, days in sorted(capacity.person_days.items()):
        codes = sorted(code for code in by_item if departments[code] == department)
        missing = [code for code in codes if code not in capacity.effort]
        if missing:
            remedy = Message(N_("say how many person-days one check takes"))
            raise UsageError(what=Message(N_("effort of item")), value=missing[0], remedy=remedy)
        weighted = [(quota, capacity.effort[code]) for code in codes for quota in by_item[code]]
        _trim_department(weighted, department=department, days=days, verdict=verdict)


def _trim_department(
    weighted: Sequence[tuple[Quota, Fraction]], *, department: str, days: Fraction, verdict: Verdict
) -> None:
    wanted = sum((quota.units * effort for quota, effort in weighted), Fraction(0))
    if wanted <= days:
        return
    # a cap may already lie below the floor: then the cap is the least
    least = sum((min(quota.floor, quota.units) * effort for quota, effort in weighted), Fraction(0))
    share = max(Fraction(0), (days - least) / (wanted - least)) if wanted > least else Fraction(0)
    for quota, _ in weighted:
        _reduce(quota, share=share)
    params: dict[str, object] = {
        "department": department,
        "days": f"{float(days):.1f}",
        "wanted": f"{float(wanted):.1f}",
        "share": f"{float(share):.1%}",
    }
    text = N_("{department}: {wanted} person-days needed, {days} available: {share} of what exceeds the floors is kept")
    verdict.notes.append(Message(text, params))
    if least > days:
        text = N_("{department}: the floors alone need {least} person-days, {days} are available")
        verdict.violations.append(Message(text, params | {"least": f"{float(least):.1f}"}))


def _reduce(quota: Quota, *, share: Fraction) -> None:
    least = min(quota.floor, quota.units)
    excess = quota.units - least
    if excess == 0 or quota.n_units == 0:
        return
    ratio = Fraction(floor((least + excess * share) / quota.n_units * _MILLIONTH), _MILLIONTH)
    quota.units = max(least, ratio * quota.n_units)
    quota.trimmed_by = "capacity"
