"""An item's ratio cap lowers a draw's quotas; what cannot be kept is said.

If the expected units of a general item exceed what its cap leaves for this draw, every ratio becomes
``r_h * units left / sum of r_h N_h``, exactly (docs/spec/ratios.md). Strata drawn in full because a legal floor is due
are never trimmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from engine.messages import N_, Message
from engine.ratios.quota import DrawOfYear, Quota


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
