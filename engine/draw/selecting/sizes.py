"""How many objects each cell gives: exact fractions, two named roundings, caps of general items.

``ceil``: n = ⌈N r⌉, for a legal floor. ``cum``: strata in byte order share one public uniform U, n_h = ⌊C_h + U⌋ −
⌊C_{h−1} + U⌋ with C_h the running sum of r_h N_h; then E n_h = r_h N_h exactly, |n_h − r_h N_h| < 1 and the total
is within 1 of its target. Source: docs/spec/draw-protocol.md §5; Deville & Tillé, Biometrika 85 (1998) for systematic
rounding.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor, gcd

from engine.draw.protocol.encoding import HashSuite
from engine.errors import CommitmentRefusedError
from engine.messages import N_, Message

ROUNDINGS = ("ceil", "cum")
_RATIO = re.compile(r"(0|[1-9][0-9]*)/([1-9][0-9]*)")
_LONGEST_RATIO = 400


def read_ratio(text: str) -> Fraction:
    """Return the ratio written ``a/b`` in lowest terms, 0 ≤ a/b ≤ 1.

    Raises
    ------
    CommitmentRefusedError
        It is written otherwise or lies outside 0..1.
    """
    found = _RATIO.fullmatch(text) if len(text) <= _LONGEST_RATIO else None
    if found is None or gcd(int(found[1]), int(found[2])) != 1 or int(found[1]) > int(found[2]):
        raise CommitmentRefusedError(
            where="items.ratios",
            problem=Message(N_("{ratio!r} is not a/b in lowest terms between 0 and 1"), {"ratio": text[:40]}),
        )
    return Fraction(int(found[1]), int(found[2]))


def ratio_text(ratio: Fraction) -> str:
    """Return the ratio as ``a/b`` in lowest terms (0 is ``0/1``, 1 is ``1/1``)."""
    return f"{ratio.numerator}/{ratio.denominator}"


def scale_to_cap(ratios: Mapping[str, Fraction], *, counts: Mapping[str, int], cap: Fraction) -> dict[str, Fraction]:
    """Return the ratios of a general item, scaled so that their target is at most ⌊cap · N⌋.

    Parameters
    ----------
    ratios : stratum → r_h, 0..1.
    counts : stratum → N_h; strata without rows may be absent.
    cap : the item's largest share of all its objects, 0..1.

    Returns
    -------
    dict stratum → ``r_h · ⌊cap·N⌋ / Σ r_h N_h`` when the target exceeds the cap, else r_h; exact.
    """
    target = sum((ratio * counts.get(stratum, 0) for stratum, ratio in ratios.items()), Fraction(0))
    most = floor(cap * sum(counts.values()))
    if target <= most:
        return dict(ratios)
    return {stratum: ratio * most / target for stratum, ratio in ratios.items()}


def public_uniform(suite: HashSuite, *, seed: bytes, item: str) -> Fraction:
    """Return U = H("round", seed, item) / 2^256, in [0, 1)."""
    return Fraction(int.from_bytes(suite.tagged("round", seed, item), "big"), 2**256)


def cumulative_sizes(ratios: Mapping[str, Fraction], *, counts: Mapping[str, int], uniform: Fraction) -> dict[str, int]:
    """Return n_h by systematic rounding with the given U in [0, 1); strata in byte order, keys as in ``counts``."""
    sizes, reached = {}, Fraction(0)
    for stratum in sorted(counts, key=str.encode):
        before = floor(reached + uniform)
        reached += ratios[stratum] * counts[stratum]
        sizes[stratum] = floor(reached + uniform) - before
    return sizes


def draw_sizes(
    ratios: Mapping[str, Fraction],
    *,
    counts: Mapping[str, int],
    rounding: str,
    suite: HashSuite,
    seed: bytes,
    item: str,
) -> dict[str, int]:
    """Return the number to draw in each stratum of one item.

    Parameters
    ----------
    ratios : stratum → r_h; covers every stratum of ``counts``.
    counts : stratum → N_h > 0, drawable strata only.
    rounding : ``ceil`` or ``cum``.

    Returns
    -------
    dict stratum → n_h, 0 ≤ n_h ≤ N_h, same keys as ``counts``.

    Raises
    ------
    CommitmentRefusedError
        A stratum has no ratio, or the rounding is unknown.
    """
    for stratum in counts:
        if stratum not in ratios:
            raise CommitmentRefusedError(
                where=f"items.{item}.ratios",
                problem=Message(N_("stratum {stratum} has no ratio"), {"stratum": stratum}),
            )
    if rounding == "ceil":
        return {stratum: ceil(ratios[stratum] * n_rows) for stratum, n_rows in counts.items()}
    if rounding == "cum":
        return cumulative_sizes(ratios, counts=counts, uniform=public_uniform(suite, seed=seed, item=item))
    raise CommitmentRefusedError(
        where=f"items.{item}.rounding", problem=Message(N_("{rounding!r} is not ceil or cum"), {"rounding": rounding})
    )
