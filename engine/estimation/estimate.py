"""One figure with its interval, and the rule that says when it is too imprecise to stand alone.

Source: docs/spec/estimators.md §1.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.messages import N_, Message


class Basis(StrEnum):
    """Where the right to generalise comes from."""

    DESIGN = "design-based"
    DESCRIPTIVE = "not design-based"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its interval and what they rest on.

    Parameters
    ----------
    measure : str, what is estimated.
    value : point estimate; NaN when undefined, infinite for a ratio over zero.
    low, high : limits of the interval.
    n : rows (or units) the figure rests on.
    effective_n : size of the simple random sample that would be as precise; infinite when nothing is uncertain.
    method : str, name of interval or estimator (docs/spec/estimators.md).
    basis : ``design-based`` or ``not design-based``.
    """

    measure: str
    value: float
    low: float
    high: float
    n: int
    effective_n: float
    method: str
    basis: Basis

    @property
    def width(self) -> float:
        """Length of the interval."""
        return self.high - self.low

    def scaled(self, factor: float, *, measure: str) -> "Estimate":
        """Return the figure in another unit, e.g. a rate times the frame's size (``factor`` > 0)."""
        return replace(self, measure=measure, value=self.value * factor, low=self.low * factor, high=self.high * factor)


@dataclass(frozen=True, slots=True)
class PrecisionLimits:
    """When a rate is imprecise; the values are policy (``estimation.precision_limits``).

    Parameters
    ----------
    min_effective_n : below it a rate is imprecise.
    max_width : an interval this wide is imprecise.
    narrow_width : an interval no wider than this is precise whatever its relative width.
    max_relative_width : above it (width over value) an interval wider than ``narrow_width`` is imprecise.
    """

    min_effective_n: float
    max_width: float
    narrow_width: float
    max_relative_width: float


def imprecisions(rate: Estimate, *, limits: PrecisionLimits) -> tuple[Message, ...]:
    """Return why ``rate`` (a share in 0..1) should be withheld or marked; empty when it is precise enough."""
    found: list[Message] = []
    if rate.effective_n < limits.min_effective_n:
        found.append(
            Message(
                N_("imprecise: effective sample of {effective_n}, fewer than {need}"),
                {"effective_n": f"{rate.effective_n:.0f}", "need": f"{limits.min_effective_n:g}"},
            )
        )
    if math.isnan(rate.value) or rate.width >= limits.max_width:
        found.append(
            Message(
                N_("imprecise: the interval is {width} wide, {limit} or more"),
                {"width": f"{rate.width:.3f}", "limit": f"{limits.max_width:g}"},
            )
        )
    elif rate.width > limits.narrow_width and rate.width > limits.max_relative_width * rate.value:
        found.append(
            Message(
                N_("imprecise: the interval is wider than {limit} times the rate"),
                {"limit": f"{limits.max_relative_width:g}"},
            )
        )
    return tuple(found)
