"""The figures of the briefing in one object; cards and paragraph read it and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from engine.api.reading.draws import DrawRecord
from engine.api.reading.measures import Figure, Intake

DRAWN_COURSE = "drawn"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the briefing says, with None where nothing was measured.

    Parameters
    ----------
    hit_rate, lift, rate_ratio : single figures with interval and n.
    shares : DataFrame ``grade``, ``n_entities``, ``share``; empty when nothing is graded.
    draw : the latest draw.
    intake : source rows in and quarantined.
    history : of the single figures by measure, one value per date measured, oldest first; ``drawn`` of the objects
        drawn, one per draw.
    """

    hit_rate: Figure | None
    lift: Figure | None
    rate_ratio: Figure | None
    shares: pd.DataFrame
    draw: DrawRecord | None
    intake: Intake
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def n_graded(self) -> int:
        """Entities of the population with a grade."""
        return int(self.shares["n_entities"].sum())
