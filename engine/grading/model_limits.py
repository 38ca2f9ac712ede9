"""What a model may do before somebody must look: dated limits of parity and of stability, and the verdicts by them.

A limit alone would call chance drift where few firms stand behind a figure; so both must speak: the size of a
difference, and that chance does not explain it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook

PARITY, STABILITY = "models.parity", "models.stability"


class Standing(StrEnum):
    """Passes, is to be watched, fails; or nothing can be said: too few firms, or two models that do not compare."""

    PASS = "pass"
    WATCH = "watch"
    FAIL = "fail"
    FEW = "few"
    OTHER = "other"
    """Another model decides since: what it gives is on another scale."""


@dataclass(frozen=True, slots=True)
class ParityLimits:
    """The band of a group's ratio over that of the reference group.

    Parameters
    ----------
    least, most : limits, 0 < least < 1 < most. reference : what they rest on.
    """

    least: float
    most: float
    reference: str

    def verdict(self, value: float, low: float, high: float, *, is_missed_apart: bool) -> Standing:
        """Judge one group.

        Parameters
        ----------
        value, low, high : its ratio over that of the reference, with simultaneous limits; NaN says nothing.
        is_missed_apart : its missed findings are not the share of everybody else, beyond chance.

        Returns
        -------
        FAIL where the whole interval lies outside the band, WATCH where the ratio does or findings are missed apart.
        """
        if math.isnan(value) or math.isnan(low):
            return Standing.FEW
        if high < self.least or low > self.most:
            return Standing.FAIL
        return Standing.WATCH if is_missed_apart or not self.least <= value <= self.most else Standing.PASS


@dataclass(frozen=True, slots=True)
class StabilityLimits:
    """When a score, a feature or the grades have moved between two runs.

    Parameters
    ----------
    index_watch, index_moved : of the stability index. changed_watch, changed_moved : of the share of changed grades.
    from_entities : firms below which nothing is said. chance : p-value from which chance explains an index.
    reference : what they rest on.
    """

    index_watch: float
    index_moved: float
    changed_watch: float
    changed_moved: float
    from_entities: int
    chance: float
    reference: str

    def of_index(self, psi: float, *, p_value: float, n: int) -> Standing:
        """Judge a stability index; ``n`` is the smaller of both numbers of firms."""
        if n < self.from_entities:
            return Standing.FEW
        if p_value > self.chance:
            return Standing.PASS
        return _by(psi, self.index_watch, self.index_moved)

    def of_changed(self, share: float, *, n: int) -> Standing:
        """Judge the share of firms, of those there before, whose grade changed."""
        return Standing.FEW if n < self.from_entities else _by(share, self.changed_watch, self.changed_moved)


def _by(value: float, watch: float, moved: float) -> Standing:
    return Standing.FAIL if value >= moved else Standing.WATCH if value >= watch else Standing.PASS


def read_parity_limits(book: PolicyBook, *, on: date) -> ParityLimits:
    """Read policy ``models.parity`` of a day.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError, PolicyInconsistentError
    """
    dated = book.dated(PARITY, on=on)
    least, most = _number(dated.value, "least", name=PARITY), _number(dated.value, "most", name=PARITY)
    if not 0 < least < 1 < most:
        raise PolicyInconsistentError(name=PARITY, problem=Message(N_("the band must hold 1")))
    return ParityLimits(least, most, dated.reference)


def read_stability_limits(book: PolicyBook, *, on: date) -> StabilityLimits:
    """Read policy ``models.stability`` of a day.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError, PolicyInconsistentError
    """
    dated = book.dated(STABILITY, on=on)
    index, changed = (_rising(dated.value, kind) for kind in ("index", "changed"))
    least, chance = (_number(dated.value, each, name=STABILITY) for each in ("from_entities", "chance"))
    return StabilityLimits(*index, *changed, from_entities=int(least), chance=chance, reference=dated.reference)


def _rising(value: Mapping[str, object], kind: str) -> tuple[float, float]:
    watch, moved = (_number(value.get(kind), key, name=STABILITY) for key in ("watch", "moved"))
    if not 0 < watch <= moved:
        problem = Message(N_("limits of '{kind}' must rise and lie above 0"), {"kind": kind})
        raise PolicyInconsistentError(name=STABILITY, problem=problem)
    return watch, moved


def _number(held: object, key: str, *, name: str) -> float:
    value = held.get(key) if isinstance(held, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PolicyInconsistentError(name=name, problem=Message(N_("it gives no number '{key}'"), {"key": key}))
    return float(value)
