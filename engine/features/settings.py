"""The dated numbers that features depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from engine.errors import PolicyInconsistentError
from engine.parameters import PolicyBook

DECAY = "features.decay"
PRIOR_STRENGTH = "features.prior_strength"


@dataclass(frozen=True, slots=True)
class DecayBand:
    """Events up to ``months`` old (and older than the band before) count with ``weight``."""

    months: int
    weight: float


@dataclass(frozen=True, slots=True)
class FeatureParameters:
    """Policy values of one date.

    Parameters
    ----------
    decay : bands from young to old; months rise, weights fall and lie in (0, 1]; older events count 0.
    entity_prior_strength : k of an entity's shrunken rate, in checks, > 0.
    peer_prior_strength : k of a peer group's rate, in checks, > 0.
    """

    decay: tuple[DecayBand, ...]
    entity_prior_strength: float
    peer_prior_strength: float

    def __post_init__(self) -> None:
        months = [band.months for band in self.decay]
        weights = [band.weight for band in self.decay]
        if not months or min(months) <= 0 or months != sorted(set(months)):
            raise PolicyInconsistentError(name=DECAY, problem="the bands must be given in rising months")
        if min(weights) <= 0 or max(weights) > 1 or weights != sorted(weights, reverse=True):
            raise PolicyInconsistentError(name=DECAY, problem="weights must lie in (0, 1] and never rise with age")
        if min(self.entity_prior_strength, self.peer_prior_strength) <= 0:
            raise PolicyInconsistentError(name=PRIOR_STRENGTH, problem="a prior strength must be above 0")

    @classmethod
    def from_policies(cls, policies: PolicyBook, *, on: date) -> "FeatureParameters":
        """Return the values in force on ``on`` (policies ``features.decay`` and ``features.prior_strength``).

        Raises
        ------
        ParameterUnknownError, ParameterNotInForceError, PolicyInconsistentError
        """
        decay: Mapping[int, float] = policies.value(DECAY, on=on)
        strength: Mapping[str, float] = policies.value(PRIOR_STRENGTH, on=on)
        if set(strength) != {"entity", "peers"}:
            raise PolicyInconsistentError(name=PRIOR_STRENGTH, problem="the values entity and peers are needed")
        return cls(
            decay=tuple(DecayBand(int(months), float(weight)) for months, weight in decay.items()),
            entity_prior_strength=float(strength["entity"]),
            peer_prior_strength=float(strength["peers"]),
        )
