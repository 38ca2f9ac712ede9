"""The committed order in which small strata find a partner when results are estimated.

A stratum that may give fewer than two draws cannot show its own spread: it is estimated with a partner, and the
partner has to stand before the draw. It is chosen from what the commitment publishes anyway (ratios and counts), so
the list tells nothing new about districts or grades. The cells that framing merged have no code of their own any more:
a stratum's code is a keyed hash of all its cells, which only a holder of the key can open.
Source: docs/spec/draw-protocol.md §9, docs/spec/estimators.md §4; Cochran, Sampling Techniques, 3rd ed. (1977), §5A.12.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Protocol

from engine.draw.populations.frame import Cell, is_exclusion
from engine.errors import CommitmentRefusedError
from engine.messages import N_, Message


class Terms(Protocol):
    """What is read of the terms of an item."""

    @property
    def rounding(self) -> str:
        """``ceil`` or ``cum``."""

    @property
    def ratios(self) -> Mapping[str, Fraction]:
        """Stratum → share to draw, 0..1."""


def committed_merges(items: Mapping[str, Terms], *, counts: Mapping[Cell, int]) -> tuple[tuple[str, str], ...]:
    """Return (small stratum, partner) in the order in which estimation merges them.

    Parameters
    ----------
    items : terms by item.
    counts : (item, stratum) → rows; exclusion cells are left out.

    Returns
    -------
    Items and strata in byte order. Small: ratio above 0, not drawn in full, and possibly fewer than two draws. Partner:
    among the item's strata that surely have a draw those of the same ratio, else all; of these the next in byte
    order, else the last. A small stratum without such a partner is not listed. A stratum code of several items has
    the partner of the first.
    """
    found: dict[str, str] = {}
    for item in sorted(items, key=str.encode):
        ratios, rounded = items[item].ratios, ceil if items[item].rounding == "ceil" else floor
        sizes = {cell[1]: n for cell, n in counts.items() if cell[0] == item and not is_exclusion(cell[1])}
        least = {stratum: rounded(ratios[stratum] * n_rows) for stratum, n_rows in sizes.items()}
        order = sorted(sizes, key=str.encode)
        for small in order:
            if least[small] < min(2, sizes[small]) and ratios[small] > 0 and small not in found:
                partner = _partner(small, [s for s in order if least[s] > 0 and s != small], ratios=ratios)
                found.update({small: partner} if partner is not None else {})
    return tuple(found.items())


def _partner(small: str, candidates: Sequence[str], *, ratios: Mapping[str, Fraction]) -> str | None:
    alike = [stratum for stratum in candidates if ratios[stratum] == ratios[small]] or candidates
    later = [stratum for stratum in alike if stratum.encode() > small.encode()]
    return (later[0] if later else alike[-1]) if alike else None


def check_merges(merges: Iterable[Sequence[str]], *, strata: Mapping[str, Iterable[str]]) -> None:
    """Raise unless every small stratum has one partner, another stratum with a ratio in the same item.

    Parameters
    ----------
    merges : (small stratum, partner), as committed.
    strata : item → the strata that have a ratio.

    Raises
    ------
    CommitmentRefusedError
    """
    held = [frozenset(codes) for codes in strata.values()]
    seen: set[str] = set()
    for small, partner in merges:
        if small in seen:
            raise CommitmentRefusedError(
                where="merges", problem=Message(N_("stratum {stratum} has two partners"), {"stratum": small})
            )
        seen.add(small)
        if small == partner or not any({small, partner} <= codes for codes in held):
            raise CommitmentRefusedError(
                where="merges",
                problem=Message(
                    N_("{stratum} and {partner} are not two strata of one item"),
                    {"stratum": small, "partner": partner},
                ),
            )
