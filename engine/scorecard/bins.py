"""Bin tables: what share of an indicator's points a value earns.

A table is a list of lower limits with shares; the last bin is open upwards. Shares only rise or only fall along the
table, so the answer to "what would change it" is always "move towards the good end". What an empty value means is said
in every table: ``unknown`` (the indicator leaves the score) or a fixed share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import PolicyInconsistentError, UnknownBinError
from engine.messages import N_, Message

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BinTable:
    """Shares of an indicator's points by value.

    Parameters
    ----------
    lower_limits : strictly increasing; bin i is ``[lower_limits[i], lower_limits[i + 1])``, the last one is open.
    shares : one per bin, 0..1, monotone, with 0 as the least and 1 as the greatest.
    null_share : share for an empty value, or None when an empty value is unknown.
    """

    lower_limits: tuple[float, ...]
    shares: tuple[float, ...]
    null_share: float | None

    @property
    def rises(self) -> bool:
        """Whether a larger value is riskier."""
        return self.shares[-1] >= self.shares[0]

    def positions(self, values: npt.NDArray[np.float64], *, indicator: str, policy: str) -> npt.NDArray[np.int64]:
        """Return each value's bin, -1 for an empty value.

        Raises
        ------
        UnknownBinError
            A value lies below the first limit.
        """
        found = np.searchsorted(np.asarray(self.lower_limits), values, side="right") - 1
        empty = np.isnan(values)
        below = (found < 0) & ~empty
        if below.any():
            raise UnknownBinError(indicator=indicator, value=float(values[below][0]), policy=policy)
        return np.where(empty, -1, found).astype(np.int64)

    def shares_at(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the share of each bin position; NaN where the value is unknown."""
        null_share = np.nan if self.null_share is None else self.null_share
        # position -1 (empty) picks the last entry
        return np.asarray((*self.shares, null_share), dtype=np.float64)[positions]


def bin_table(bins: Sequence[Mapping[str, Any]], *, nulls: object, name: str) -> BinTable:
    """Read a bin table from policy.

    Parameters
    ----------
    bins : list of ``{from: lower limit, share: 0..1}``, in rising order of ``from``.
    nulls : ``unknown`` or a share in 0..1.
    name : str, indicator and policy, for errors.

    Raises
    ------
    PolicyInconsistentError
        Limits do not rise, shares are not monotone from 0 to 1, or the null rule is missing.
    """
    try:
        limits = tuple(float(entry["from"]) for entry in bins)
        shares = tuple(float(entry["share"]) for entry in bins)
    except (KeyError, TypeError, ValueError):
        text = N_("every bin needs numbers 'from' and 'share'")
        raise PolicyInconsistentError(name=name, problem=Message(text)) from None
    if len(limits) < 2 or not all(map(isfinite, limits)) or any(lower >= upper for lower, upper in pairwise(limits)):
        raise PolicyInconsistentError(name=name, problem=Message(N_("bins need at least two rising limits")))
    rising = all(left <= right for left, right in pairwise(shares))
    falling = all(left >= right for left, right in pairwise(shares))
    if not (rising or falling) or min(shares) != 0 or max(shares) != 1:
        text = N_("bin shares must only rise or only fall, and reach both 0 and 1")
        raise PolicyInconsistentError(name=name, problem=Message(text))
    return BinTable(limits, shares, _null_share(nulls, name=name))


def _null_share(nulls: object, *, name: str) -> float | None:
    if nulls == UNKNOWN:
        return None
    if isinstance(nulls, int | float) and not isinstance(nulls, bool) and 0 <= nulls <= 1:
        return float(nulls)
    text = N_("'nulls' must be 'unknown' or a share 0..1, not {found}")
    raise PolicyInconsistentError(name=name, problem=Message(text, {"found": repr(nulls)}))
