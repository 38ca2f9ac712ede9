"""Did a rate change between two periods? Only like is compared with like.

Rates move with the season, so a change is stated only between periods of the same calendar quarters.
Source: docs/spec/estimators.md §6.
"""

from collections.abc import Collection
from datetime import date

import numpy as np

from engine.errors import EstimationError
from engine.estimation.combination import Rates, linear_limits
from engine.estimation.estimate import Estimate
from engine.messages import N_, Message


def quarters_of(days: Collection[date]) -> frozenset[int]:
    """Return the calendar quarters (1..4) in which the days lie."""
    return frozenset((day.month - 1) // 3 + 1 for day in days)


def change(
    earlier: Estimate, later: Estimate, *, earlier_quarters: frozenset[int], later_quarters: frozenset[int]
) -> Estimate:
    """Return the later rate minus the earlier one, with its interval.

    Parameters
    ----------
    earlier, later : rates of the same measure and basis, from separate draws.
    earlier_quarters, later_quarters : quarters in which the checks took place (:func:`quarters_of`).

    Raises
    ------
    EstimationError
        The seasons, the measures or the bases differ.
    """
    if earlier_quarters != later_quarters:
        raise EstimationError(
            problem=Message(
                N_("quarters {earlier} and {later} are different seasons"),
                {"earlier": sorted(earlier_quarters), "later": sorted(later_quarters)},
            ),
            remedy=Message(N_("compare the same quarters of two years")),
        )
    if (earlier.measure, earlier.basis) != (later.measure, later.basis):
        raise EstimationError(
            problem=Message(
                N_("{earlier} and {later} are different figures"),
                {
                    "earlier": f"{earlier.measure} ({earlier.basis})",
                    "later": f"{later.measure} ({later.basis})",
                },
            ),
            remedy=Message(N_("compare one measure on one basis")),
        )
    values, lows, highs = (
        np.array([getattr(one, name) for one in (earlier, later)], dtype=float) for name in ("value", "low", "high")
    )
    low, high = linear_limits(np.array([-1.0, 1.0]), Rates(values, lows, highs))
    return Estimate(
        measure=f"change_of_{later.measure}",
        value=later.value - earlier.value,
        low=low,
        high=high,
        n=earlier.n + later.n,
        effective_n=min(earlier.effective_n, later.effective_n),
        method="mover",
        basis=later.basis,
    )
