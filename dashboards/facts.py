"""The figures of the briefing in one object; cards and paragraph read it and nothing else."""

from dataclasses import dataclass

import pandas as pd

from engine.api.reading.draws import DrawRecord
from engine.api.reading.measures import Figure, Intake


@dataclass(frozen=True, slots=True)
class Facts:
    """What the briefing says, with None where nothing was measured.

    Parameters
    ----------
    hit_rate, lift, rate_ratio : single figures with interval and n.
    shares : DataFrame ``grade``, ``n_entities``, ``share``; empty when nothing is graded.
    draw : the latest draw.
    intake : source rows in and quarantined.
    """

    hit_rate: Figure | None
    lift: Figure | None
    rate_ratio: Figure | None
    shares: pd.DataFrame
    draw: DrawRecord | None
    intake: Intake

    @property
    def n_graded(self) -> int:
        """Entities of the population with a grade."""
        return int(self.shares["n_entities"].sum())
