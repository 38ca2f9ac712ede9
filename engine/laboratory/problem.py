"""The question of the best ratios: gains, limits that are sums, and limits on precision.

Maximise sum b_v x_v over lowest <= x <= highest, subject to A x <= c (capacity, caps, ratios that rise with risk) and
to sum a_kv / x_v <= t_k (variance of an estimate). Source: docs/spec/laboratory.md §4.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from engine.laboratory.posterior import FloatArray
from engine.messages import Message


class LimitKind(StrEnum):
    """What a limit is about; decides the words of its price. ``link`` ties variables together and has no price."""

    CAPACITY = "capacity"
    CHECKS = "checks"
    CAP = "cap"
    ORDER = "order"
    VISITS = "visits"
    LINK = "link"
    PRECISION = "precision"
    FLOOR = "floor"


@dataclass(frozen=True, slots=True, eq=False)
class LinearLimit:
    """``weights @ x <= bound``; ``name`` says it to a person, ``subject`` is what a price speaks of."""

    kind: LimitKind
    name: Message
    subject: str | Message
    weights: FloatArray
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionLimit:
    """``sum(weights / x) <= bound``: a variance; ``cv`` is the coefficient of variation that it stands for."""

    name: Message
    subject: Message | str
    weights: FloatArray
    bound: float
    cv: float


@dataclass(frozen=True, slots=True, eq=False)
class RatioProblem:
    """Variables are ratios.

    Parameters
    ----------
    gains : expected findings per unit of each ratio.
    lowest, highest : bounds of each ratio, 0 < lowest <= highest <= 1.
    linear, precision : limits.
    floor_name : what a person calls the lower bounds.
    """

    gains: FloatArray
    lowest: FloatArray
    highest: FloatArray
    linear: tuple[LinearLimit, ...]
    precision: tuple[PrecisionLimit, ...]
    floor_name: Message

    def without(self, kept: frozenset[int], *, floors: bool) -> "RatioProblem":
        """Return the problem with the kept limits only (positions in ``linear`` then ``precision``)."""
        n_linear = len(self.linear)
        return replace(
            self,
            lowest=self.lowest if floors else np.minimum(self.lowest, 1e-6),
            linear=tuple(limit for at, limit in enumerate(self.linear) if at in kept),
            precision=tuple(limit for at, limit in enumerate(self.precision) if at + n_linear in kept),
        )
